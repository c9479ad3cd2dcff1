"""CPT: the user's own files in the AMA's layouts; numbers and words here are made up."""

from datetime import date
from pathlib import Path

import pytest

from codesets.claim_lines import validate_lines
from codesets.cpt import Descriptors, looks_like, make_release, read_descriptors
from codesets.errors import NoReleaseError, SourceError
from codesets.importer import import_files
from codesets.search import search_codes
from codesets.store import Releases
from codesets.types import Attribute, Node, System
from codesets.validate import CodeStatus

NOTICE = "CPT(R) 2026 data file\r\nCopyright American Medical Association. 2026 edition, see the licence.\r\n\r\n"
LONGULT = (
    NOTICE
    + "99901\tVisit of the house, made up, long\r\n99902\tPicture of a knee, made up, long\r\n0001T\tTry of a thing\r\n"
)
MEDU = NOTICE + "99901 HOUSE VISIT MEDIUM\r\n99902 KNEE PICTURE MEDIUM\r\n"
SHORTU = NOTICE + "99901 HOUSE VISIT\r\n99902 KNEE PICTURE\r\n"
LONG = NOTICE + "9990101 Visit of the house, made up,\n9990102 and its second line\n9990201 Picture of a knee\n"
CONSOLIDATED = (
    "Notice of the American Medical Association\n\n"
    "Concept Id\tCPT Code\tLong\tMedium\tShort\tConsumer\n"
    '1\t99901\t"Visit of the house"\tHOUSE VISIT MED\tHOUSE\tA visit\n'
    "2\t99902\tPicture of a knee\tKNEE MED\tKNEE\tA picture\n"
)


def read(text: str, name: str) -> Descriptors:
    assert looks_like(text, name=name)
    return read_descriptors(text, name=name)


@pytest.mark.parametrize(
    ("name", "text", "texts"),
    [
        (
            "LONGULT.TXT",
            LONGULT,
            {
                "long": {
                    "99901": "Visit of the house, made up, long",
                    "99902": "Picture of a knee, made up, long",
                    "0001T": "Try of a thing",
                }
            },
        ),
        ("MEDU.TXT", MEDU, {"medium": {"99901": "HOUSE VISIT MEDIUM", "99902": "KNEE PICTURE MEDIUM"}}),
        ("SHORTU.TXT", SHORTU, {"short": {"99901": "HOUSE VISIT", "99902": "KNEE PICTURE"}}),
        (
            "LONG.TXT",
            LONG,
            {"long": {"99901": "Visit of the house, made up, and its second line", "99902": "Picture of a knee"}},
        ),
        (
            "Consolidated_Code_List_2026.txt",
            CONSOLIDATED,
            {
                "long": {"99901": "Visit of the house", "99902": "Picture of a knee"},
                "medium": {"99901": "HOUSE VISIT MED", "99902": "KNEE MED"},
                "short": {"99901": "HOUSE", "99902": "KNEE"},
            },
        ),
    ],
)
def test_each_layout_is_read(name: str, text: str, texts: dict[str, dict[str, str]]) -> None:
    found = read(text, name)
    assert (found.year, found.texts) == (2026, texts)


def test_the_edition_is_in_the_name_first() -> None:
    assert read(LONGULT, "2027_LONGULT.TXT").year == 2027


def test_a_release_has_long_titles_short_titles_and_the_medium_ones() -> None:
    made = make_release([read(LONGULT, "LONGULT.TXT"), read(MEDU, "MEDU.TXT"), read(SHORTU, "SHORTU.TXT")])
    assert (made.version, made.effective_from, made.effective_to) == ("2026", date(2026, 1, 1), date(2026, 12, 31))
    assert "licensed by the American Medical Association" in made.source
    medium = Attribute("medium", "HOUSE VISIT MEDIUM").as_note()
    assert made.nodes[1] == Node("99901", "Visit of the house, made up, long", "", True, (medium,), "HOUSE VISIT")
    assert made.nodes[0] == Node("0001T", "Try of a thing", "", True)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("LONGULT.TXT", LONGULT.replace("2026", "last"), "neither a name nor a notice with the edition"),
        ("LONGULT.TXT", LONGULT + "99901\tAgain\r\n", "code 99901: got it twice"),
        ("LONGULT.TXT", LONGULT + "and more words\r\n", "line 7: got a line that is no row"),
        ("LONG.TXT", LONG + "9990302 A second line\n", "code 99903: got line 02 of it before its first"),
        ("Consolidated_2026.txt", CONSOLIDATED + "3\tABC\tx\ty\tz\tw\n", "line 6: got a row without a CPT code"),
        ("Consolidated_2026.txt", CONSOLIDATED + "3\t99903\n", "line 6"),
        ("Consolidated_2026.txt", CONSOLIDATED + "3\t99902\tx\ty\tz\tw\n", "code 99902: got it twice"),
        ("LONGULT.TXT", NOTICE, "got no row of a CPT code"),
    ],
)
def test_a_wrong_file_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_descriptors(text, name=name)


def test_two_files_of_the_same_descriptors_are_refused() -> None:
    with pytest.raises(SourceError, match="second file of long descriptors of 2026"):
        make_release([read(LONGULT, "LONGULT.TXT"), read(LONG, "LONG.TXT")])


@pytest.mark.parametrize(
    ("name", "text"), [("codes.txt", "99901\tVisit\n"), ("CMS32_DESC_SHORT_DX.txt", "00100 Sore\n"), ("LONG.TXT", "")]
)
def test_other_texts_are_not_taken_for_cpt(name: str, text: str) -> None:
    assert not looks_like(text, name=name)


@pytest.fixture
def store(tmp_path: Path) -> Releases:
    paths = []
    for name, text in (("LONGULT.TXT", LONGULT), ("MEDU.TXT", MEDU), ("SHORTU.TXT", SHORTU)):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(text.encode())
    import_files(tmp_path / "home", paths)
    return Releases.open(tmp_path / "home")


def test_imported_files_make_one_release_that_answers(store: Releases) -> None:
    snapshot = store.release(System.CPT, date(2026, 5, 1))
    assert snapshot.find("99901").title == "Visit of the house, made up, long"
    assert [hit.code for hit in search_codes(store, "knee picture")] == ["99902"]
    checks = validate_lines(store, System.CPT, ["99901", "99901-25", "9990", "99903"], date(2026, 5, 1))
    statuses = [CodeStatus.VALID, CodeStatus.VALID, CodeStatus.MALFORMED, CodeStatus.UNKNOWN]
    assert [check.status for check in checks] == statuses
    assert "25 not checked: no release of the day" in checks[1].message
    # Without a release of HCPCS its modifiers cannot be checked either, and the line is answered all the same.
    (check,) = validate_lines(store, System.CPT, ["99901-GT"], date(2026, 5, 1))
    assert (check.status, "GT not checked" in check.message) == (CodeStatus.VALID, True)


def test_a_day_of_another_year_has_no_release(store: Releases) -> None:
    with pytest.raises(NoReleaseError):
        store.release(System.CPT, date(2025, 12, 31))


def test_without_the_user_s_files_cpt_says_how_to_import_them(tmp_path: Path) -> None:
    with pytest.raises(NoReleaseError, match=r"licensed by the American Medical Association.*codesets import"):
        Releases.open(tmp_path).release(System.CPT)
