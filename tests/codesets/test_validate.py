"""Validation and translation over two small releases."""

from datetime import date

import pytest

from codesets.errors import CrosswalkError, NoReleaseError
from codesets.store import Releases, save_release
from codesets.translate import TranslationKind, choose_releases, translate, translate_codes
from codesets.types import Node, ReleaseSource, System
from codesets.validate import CodeStatus, normalise_code, validate_codes

COMMON = (
    Node("A00-A09", "Intestinal infectious diseases", "", False),
    Node("A00", "Cholera", "A00-A09", False),
    Node("A00.0", "Cholera, biovar cholerae", "A00", True),
    Node("A00.9", "Cholera, unspecified", "A00", True),
    Node("S52", "Fracture of forearm", "", False),
    Node("S52.50", "Unspecified fracture of the lower end of radius", "S52", False),
    Node("S52.501", "of right radius", "S52.50", False),
    Node("S52.501A", "of right radius, initial encounter", "S52.501", True),
)
OLD = (*COMMON, Node("R51", "Headache", "", True), Node("A00.5", "Old cholera", "A00", True))
NEW = (
    *COMMON,
    Node("R51", "Headache", "", False),
    Node("R51.9", "Headache, unspecified", "R51", True),
    Node("U07.1", "COVID-19", "", True, added=date(2026, 4, 1)),
    Node("Z09", "Follow-up", "", True, terminated=date(2025, 12, 31)),
)
OLD_DAY, NEW_DAY = date(2025, 1, 1), date(2026, 1, 15)


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    home = tmp_path_factory.mktemp("validate")
    periods = (("2025", date(2024, 10, 1), date(2025, 9, 30), OLD), ("2026", date(2025, 10, 1), date(2026, 9, 30), NEW))
    for version, begin, end, nodes in periods:
        save_release(home, ReleaseSource(System.ICD10CM, version, begin, end, "made for tests", nodes))
    return Releases.open(home)


@pytest.mark.parametrize(
    ("code", "day", "status", "written"),
    [
        ("A00.0", NEW_DAY, CodeStatus.VALID, "A00.0"),
        ("a000", NEW_DAY, CodeStatus.VALID, "A00.0"),
        (" A00.0 ", None, CodeStatus.VALID, "A00.0"),
        ("A00", NEW_DAY, CodeStatus.NOT_BILLABLE, "A00"),
        ("A00-A09", NEW_DAY, CodeStatus.NOT_BILLABLE, "A00-A09"),
        ("S52501", NEW_DAY, CodeStatus.NOT_BILLABLE, "S52.501"),
        ("R51", OLD_DAY, CodeStatus.VALID, "R51"),
        ("R51", NEW_DAY, CodeStatus.NOT_BILLABLE, "R51"),
        ("A00.5", OLD_DAY, CodeStatus.VALID, "A00.5"),
        ("A00.5", NEW_DAY, CodeStatus.DELETED, "A00.5"),
        ("A00.5", None, CodeStatus.DELETED, "A00.5"),
        ("R51.9", OLD_DAY, CodeStatus.NOT_YET_EFFECTIVE, "R51.9"),
        ("U07.1", NEW_DAY, CodeStatus.NOT_YET_EFFECTIVE, "U07.1"),
        ("U07.1", date(2026, 4, 1), CodeStatus.VALID, "U07.1"),
        ("Z09", NEW_DAY, CodeStatus.DELETED, "Z09"),
        ("Z09", date(2025, 12, 31), CodeStatus.VALID, "Z09"),
        ("A00.1", NEW_DAY, CodeStatus.UNKNOWN, ""),
        ("A0.00", NEW_DAY, CodeStatus.MALFORMED, ""),
        ("A00.00000", NEW_DAY, CodeStatus.MALFORMED, ""),
        ("cholera", NEW_DAY, CodeStatus.MALFORMED, ""),
        ("", NEW_DAY, CodeStatus.MALFORMED, ""),
        ("\x00😀", NEW_DAY, CodeStatus.MALFORMED, ""),
    ],
)
def test_the_verdict_on_a_code(
    releases: Releases, code: str, day: date | None, status: CodeStatus, written: str
) -> None:
    (check,) = validate_codes(releases, System.ICD10CM, [code], day)
    assert (check.asked, check.status, check.code) == (code, status, written)
    assert check.message


@pytest.mark.parametrize(
    ("code", "alternatives"),
    [
        ("A00", ["A00.0", "A00.9"]),
        ("A00-A09", ["A00.0", "A00.9"]),
        ("S52.501", ["S52.501A"]),
        ("A00.5", ["A00.0", "A00.9"]),  # deleted: what is left of its category
        ("0A0.9", ["A00.9"]),  # two characters swapped
        ("A0O.9", ["A00.9"]),  # one character wrong
        ("S52.501AA", ["S52.501A"]),  # one character too many
        ("S52.51A", ["S52.501A"]),  # one missing
        ("Q99.9", []),
    ],
)
def test_what_would_be_valid_instead(releases: Releases, code: str, alternatives: list[str]) -> None:
    (check,) = validate_codes(releases, System.ICD10CM, [code], NEW_DAY)
    assert [other.code for other in check.alternatives] == alternatives


def test_a_day_outside_every_release_is_an_error(releases: Releases) -> None:
    with pytest.raises(NoReleaseError):
        validate_codes(releases, System.ICD10CM, ["A00.0"], date(1999, 1, 1))


@pytest.mark.parametrize(
    ("system", "code", "written"),
    [
        (System.ICD10CM, "e1122", "E11.22"),
        (System.ICD10CM, "I10", "I10"),
        (System.ICD10CM, "E11.22", "E11.22"),
        (System.ICD9CM, "25000", "250.00"),
        (System.ICD9CM, "E8500", "E850.0"),
        (System.ICD9CM, "v5867", "V58.67"),
        (System.ICD10PCS, "0dtj4zz", "0DTJ4ZZ"),
        (System.HCPCS, "j0120", "J0120"),
    ],
)
def test_codes_are_written_as_their_publisher_does(system: System, code: str, written: str) -> None:
    assert normalise_code(code, system) == written


def test_translation_between_releases(releases: Releases) -> None:
    before, after = choose_releases(releases, System.ICD10CM)
    assert (before.release.version, after.release.version) == ("2025", "2026")
    found = translate_codes(before, after, ["A000", "R51", "A00.5", "Q99.9"])
    assert [(item.kind, [target.code for target in item.targets]) for item in found] == [
        (TranslationKind.UNCHANGED, ["A00.0"]),
        (TranslationKind.SUBDIVIDED, ["R51.9"]),
        (TranslationKind.DELETED, ["A00"]),
        (TranslationKind.UNKNOWN, []),
    ]


def test_translation_backwards_by_date(releases: Releases) -> None:
    before, after = choose_releases(releases, System.ICD10CM, source_day=NEW_DAY, target_day=OLD_DAY)
    assert [item.kind for item in translate_codes(before, after, ["U07.1"])] == [TranslationKind.DELETED]


def test_translation_between_systems_names_the_import_it_needs(releases: Releases) -> None:
    with pytest.raises(CrosswalkError, match="codesets import"):
        translate(releases, ["E11.9"], source=System.ICD10CM, target=System.ICD9CM)
