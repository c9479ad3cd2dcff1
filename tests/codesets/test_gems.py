"""The General Equivalence Mappings: four files by their codes, five flags, combinations kept together."""

import pytest
from made_files import real_text

from codesets.crosswalk import MapRow, Relationship
from codesets.errors import SourceError
from codesets.gems import looks_like, read_gem
from codesets.types import System

RELATED, EQUIVALENT, NONE = Relationship.RELATED_TO, Relationship.EQUIVALENT, Relationship.NOT_RELATED_TO
# Made up in the layout: one exact entry, two approximate alternatives, no map, and a cluster of two lists.
OLD_TO_NEW = (
    "0010  A000    00000\r\n25000 E119    10000\r\n25000 E1169   10000\r\nE9500 NoDx    11000\r\n"
    "V1000 Z8500   00000\r\n"
)
NEW_TO_OLD = (
    "E1152   25070 10111\nE1152   25072 10111\nE1152   7854  10112\nE119    25000 10000\nR29700  NoDx  11000\n"
    "T3991XA v5889 10000\nT3991XD 9654  10121\nT3991XD E9500 10122\n"
)
PROCEDURES = "0001  6A750Z4 10000\n0001  6A751Z4 10000\n1651  08T0XZZ 10111\n1651  0NBR0ZZ 10113\n"
BACK = "0016070 0231  10000\n02H40NZ NoI9  10000\nXHRPXL2 8665  10000\n"


@pytest.mark.parametrize(
    ("text", "source", "target", "codes"),
    [
        (OLD_TO_NEW, System.ICD9CM, System.ICD10CM, ["001.0", "250.00", "E950.0", "V10.00"]),
        (NEW_TO_OLD, System.ICD10CM, System.ICD9CM, ["E11.52", "E11.9", "R29.700", "T39.91XA", "T39.91XD"]),
        (PROCEDURES, System.ICD9CM, System.ICD10PCS, ["00.01", "16.51"]),
        (BACK, System.ICD10PCS, System.ICD9CM, ["0016070", "02H40NZ", "XHRPXL2"]),
    ],
)
def test_the_codes_say_which_of_the_four_a_file_is(text: str, source: System, target: System, codes: list[str]) -> None:
    assert looks_like(text)
    read = read_gem(text, name="2018_gem.txt")
    assert (read.source_system, read.target_system, read.version) == (source, target, "2018")
    assert list(read.rows) == codes


@pytest.mark.parametrize(
    ("text", "code", "rows"),
    [
        (OLD_TO_NEW, "001.0", [MapRow("A00.0", EQUIVALENT)]),
        (OLD_TO_NEW, "250.00", [MapRow("E11.9", RELATED), MapRow("E11.69", RELATED)]),
        (OLD_TO_NEW, "E950.0", [MapRow("", NONE)]),
        (
            NEW_TO_OLD,
            "E11.52",
            [MapRow("250.70", RELATED, 1, 1), MapRow("250.72", RELATED, 1, 1), MapRow("785.4", RELATED, 1, 2)],
        ),
        (NEW_TO_OLD, "T39.91XA", [MapRow("V58.89", RELATED)]),
        (NEW_TO_OLD, "T39.91XD", [MapRow("965.4", RELATED, 2, 1), MapRow("E950.0", RELATED, 2, 2)]),
        (PROCEDURES, "16.51", [MapRow("08T0XZZ", RELATED, 1, 1), MapRow("0NBR0ZZ", RELATED, 1, 3)]),
        (BACK, "02H40NZ", [MapRow("", NONE)]),
    ],
)
def test_the_flags_are_read(text: str, code: str, rows: list[MapRow]) -> None:
    assert read_gem(text, name="2018_gem.txt").rows[code] == rows


def test_a_stray_list_on_an_entry_that_is_no_combination_means_nothing() -> None:
    assert read_gem("0016070 0231  10001\n", name="2018.txt").rows["0016070"] == [MapRow("02.31", RELATED)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0010  A000    00000\n0011  A00\n", "line 2: got '0011  A00'"),
        ("0010  A000    00000\n0010  A000    00000\n", "code 001.0: got its entry for A00.0 twice"),
        ("0010  A000    01000\n", "got target A000 flagged as no map"),
        ("0010  A000    10110\n", "got a combination in scenario 1, list 0"),
        ("0010  NoDx    11000\n0010  A000    10000\n", "code 001.0: got targets beside its entry of no map"),
        ("0010  A000    00000\n0016070 0231  10000\n", "codes of several systems mixed"),
        ("", "got no entry"),
    ],
)
def test_a_wrong_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_gem(text, name="2018_gem.txt")


def test_a_file_name_without_its_year_is_refused() -> None:
    with pytest.raises(SourceError, match="without its year"):
        read_gem(OLD_TO_NEW, name="gem.txt")


@pytest.mark.parametrize("text", ["", "0TT00ZZ Resection of Kidney\n", "0010  Cholera\n", "code\tbillable\n"])
def test_other_texts_are_not_taken_for_a_gem(text: str) -> None:
    assert not looks_like(text)


@pytest.mark.parametrize(
    ("name", "codes", "code", "targets"),
    [
        # Counts of the files; spot codes from the published tables.
        ("2018_gem_cm_I9I10.txt.gz", 14_567, "250.70", {"E11.51"}),
        ("2018_gem_cm_I10I9.txt.gz", 71_704, "E11.52", {"250.70", "443.81", "785.4"}),
        ("2018_gem_pcs_I9I10.txt.gz", 3_882, "00.01", {"6A750Z4", "6A751Z4"}),
        ("2018_gem_pcs_I10I9.txt.gz", 78_705, "0016070", {"02.31"}),
    ],
)
def test_the_published_files_are_read_whole(name: str, codes: int, code: str, targets: set[str]) -> None:
    read = read_gem(real_text(name), name=name)
    assert len(read.rows) == codes
    assert {row.target for row in read.rows[code]} == targets
