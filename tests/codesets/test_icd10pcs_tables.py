"""The tables of ICD-10-PCS: what an axis may be, what is wrong with a code; made-up codes, and all of FY2026."""

import gzip
import random
from pathlib import Path

import pytest
from made_files import PCS, PCS_CODES, PCS_NAME, TABULAR, real_file

from codesets.icd10cm import read_tabular
from codesets.icd10pcs import read_codes
from codesets.icd10pcs_tables import LENGTH, Tables, axis_name, parse_pattern
from codesets.snapshot import Snapshot
from codesets.store import Releases, save_release
from codesets.types import System
from codesets.validate import CodeStatus, validate_codes

MADE = Tables([code for code, *_ in PCS_CODES if len(code) == LENGTH])
MUTATIONS = 100_000
CHARACTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("", "0B"),
        ("0T", "T"),
        ("0TT", "012"),
        ("0TT0", "04"),
        ("0TT2", "0"),
        ("0TT04Z", "Z"),
        ("0X", ""),
        ("0TT00ZZ", ""),
    ],
)
def test_an_axis_may_take_what_some_code_has_after_the_axes_before_it(prefix: str, values: str) -> None:
    assert "".join(MADE.values(prefix)) == values


@pytest.mark.parametrize(
    ("code", "axis", "got", "valid"),
    [
        ("1TT00ZZ", 0, "1", "0B"),
        ("0UT00ZZ", 1, "U", "T"),
        ("0TB00ZZ", 2, "B", "T"),
        ("0TT30ZZ", 3, "3", "012"),
        ("0TT24ZZ", 4, "4", "0"),
        ("0TT00CZ", 5, "C", "Z"),
        ("0TT00ZX", 6, "X", "Z"),
        ("0TT0", 4, "", "04"),
        ("0TT00ZZZ", 7, "Z", ""),
    ],
)
def test_the_axis_where_no_row_goes_on_is_named(code: str, axis: int, got: str, valid: str) -> None:
    fault = MADE.check(code)
    assert fault is not None
    assert (fault.axis, fault.got, "".join(fault.valid)) == (axis, got, valid)


def test_all_changes_of_one_axis_that_make_a_code_are_told() -> None:
    # Bilateral kidneys have no percutaneous endoscopic row: either the body part is wrong, or the approach.
    fault = MADE.check("0TT24ZZ")
    assert fault is not None
    assert fault.repairs == ((3, ("0", "1")), (4, ("0",)))
    assert fault.axes == (3, 4)


def test_a_valid_code_has_no_fault() -> None:
    assert MADE.check("0TT14ZZ") is None


def test_an_axis_has_the_name_of_its_section() -> None:
    assert [axis_name("0TT00ZZ", axis) for axis in (3, 4)] == ["body part", "approach"]
    assert axis_name("BW20ZZZ", 4) == "contrast"
    assert str(MADE.check("BW201ZZ")) == "character 5 (contrast): got 1, want one of 0, Z"


@pytest.mark.parametrize(
    ("pattern", "codes"),
    [
        ("0TT", "0TT00ZZ 0TT04ZZ 0TT10ZZ 0TT14ZZ 0TT20ZZ"),
        ("0TT[10]4", "0TT14ZZ 0TT04ZZ"),
        ("0TT?0ZZ", "0TT00ZZ 0TT10ZZ 0TT20ZZ"),
        ("0TT9", ""),
        ("BW40ZZZ", "BW40ZZZ"),
    ],
)
def test_a_pattern_lists_its_codes_in_the_order_of_its_values(pattern: str, codes: str) -> None:
    assert " ".join(MADE.matching(pattern)) == codes


@pytest.mark.parametrize("pattern", ["0TT00ZZZ", "0TT[01", "0TT[]"])
def test_a_pattern_that_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"pattern|substring"):
        parse_pattern(pattern)


def test_another_system_has_no_tables(tmp_path: Path) -> None:
    save_release(tmp_path, read_tabular(TABULAR.encode(), source="made"))
    with pytest.raises(ValueError, match="icd10cm"):
        Tables.of(Releases.open(tmp_path).release(System.ICD10CM))


def test_a_check_of_a_code_says_the_axis_and_what_would_be_valid(tmp_path: Path) -> None:
    save_release(tmp_path, read_codes(PCS, name=PCS_NAME))
    releases = Releases.open(tmp_path)
    valid, wrong, malformed = validate_codes(releases, System.ICD10PCS, ["0tt00zz", "0TT29ZZ", "0TTO0ZZ"])
    assert valid.status is CodeStatus.VALID
    assert wrong.status is CodeStatus.UNKNOWN
    assert "character 5 (approach): got 9, want one of 0" in wrong.message
    assert [alternative.code for alternative in wrong.alternatives] == ["0TT20ZZ"]
    assert malformed.status is CodeStatus.MALFORMED


@pytest.fixture(scope="module")
def codes_2026() -> list[str]:
    """List the codes of the order file of FY2026."""
    text = gzip.decompress(real_file("icd10pcs_order_2026.txt.gz").read_bytes()).decode()
    return [node.code for node in read_codes(text, name="icd10pcs_order_2026.txt").nodes if node.billable]


@pytest.fixture(scope="module")
def tables_2026(codes_2026: list[str], tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Read the tables from a snapshot of FY2026."""
    text = gzip.decompress(real_file("icd10pcs_order_2026.txt.gz").read_bytes()).decode()
    home = tmp_path_factory.mktemp("pcs")
    tables = Tables.of(Snapshot(save_release(home, read_codes(text, name="icd10pcs_order_2026.txt"))))
    assert all(code in tables for code in codes_2026)
    return tables


def test_every_code_of_2026_is_built_axis_by_axis(codes_2026: list[str], tables_2026: Tables) -> None:
    values = {prefix: tables_2026.values(prefix) for prefix in {code[:n] for code in codes_2026 for n in range(LENGTH)}}
    for code in codes_2026:
        assert tables_2026.check(code) is None
        assert all(code[axis] in values[code[:axis]] for axis in range(LENGTH))
    # Nothing else can be built: what the axes allow, one after another, are the codes.
    built = [""]
    for _ in range(LENGTH):
        built = [prefix + value for prefix in built for value in values[prefix]]
    assert built == codes_2026


def test_random_mutations_are_refused_with_the_right_axis(codes_2026: list[str], tables_2026: Tables) -> None:
    chance = random.Random(20_26)
    known = set(codes_2026)
    prefixes = {code[:n] for code in codes_2026 for n in range(LENGTH + 1)}
    refused = 0
    while refused < MUTATIONS:
        code, axis = chance.choice(codes_2026), chance.randrange(LENGTH)
        mutated = code[:axis] + chance.choice(CHARACTERS) + code[axis + 1 :]
        fault = tables_2026.check(mutated)
        assert (fault is None) == (mutated in known)
        if fault is None:
            continue
        refused += 1
        # The first axis that no code goes on with; never one before the mutation, and the mutated one would repair it.
        assert fault.axis == next(n for n in range(LENGTH) if mutated[: n + 1] not in prefixes) >= axis
        assert dict(fault.repairs)[axis].count(code[axis]) == 1
        assert mutated[fault.axis] not in fault.valid
