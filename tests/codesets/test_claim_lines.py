"""HCPCS codes with attributes and modifiers, on a date."""

from datetime import date

import pytest
from made_files import real_text

from codesets.claim_lines import validate_lines
from codesets.errors import SourceError
from codesets.hcpcs import read_anweb
from codesets.store import Releases, save_release
from codesets.types import Attribute, System
from codesets.validate import CodeStatus

NAME = "HCPC2026_JAN_ANWEB.txt"


def record(
    code: str, kind: str = "3", *, fields: dict[int, str] | None = None, added: str = "20200101", ended: str = ""
) -> str:
    """Make a record of 320 characters with fields at their places of the layout, counted from 1 as CMS does."""
    line = list(f"{code:>5}00100{kind}{'Description of ' + code:<80}{'Short ' + code:<28}".ljust(320))
    given = {269: added, 277: added, 285: ended, 293: "N", **(fields or {})}
    for begin, text in given.items():
        line[begin - 1 : begin - 1 + len(text)] = text
    return "".join(line)


TEXT = "\n".join(
    [
        record(
            "E0260",
            fields={120: "3646", 128: "A", 129: "60-18", 147: "2100.1", 171: "1861.x", 205: "E0261", 230: "D",
                    231: "YY", 233: "20210101", 253: "0088", 257: "D1B", 261: "RP", 266: "007", 293: "C"},
        ),
        record("J0120", ended="20260331"),
        record("K0001", ended="20251231"),
        record("NU", "7"),
        record("KX", "7", ended="20260115"),
        record("JZ", "7", added="20260701"),
        record("J1", "7"),
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    home = tmp_path_factory.mktemp("hcpcs")
    save_release(home, read_anweb(TEXT, name=NAME))
    return Releases.open(home)


def test_every_field_of_a_record_is_kept_with_its_meaning(store: Releases) -> None:
    found = store.release(System.HCPCS).find("E0260")
    assert found.notes == ()
    assert found.attributes == (
        Attribute("pricing", "36", "capped rental DME"),
        Attribute("pricing", "46", "carrier priced"),
        Attribute("multiple_pricing", "A", "priced under one methodology"),
        Attribute("coverage_manual", "60-18"),
        Attribute("carriers_manual", "2100.1"),
        Attribute("statute", "1861.x"),
        Attribute("cross_reference", "E0261"),
        Attribute("coverage", "D", "special coverage instructions apply"),
        Attribute("asc_group", "YY", "approved for an ambulatory surgical center"),
        Attribute("asc_from", "20210101"),
        Attribute("processing_note", "0088"),
        Attribute("betos", "D1B"),
        Attribute("type_of_service", "R", "rental of DME"),
        Attribute("type_of_service", "P", "lump sum purchase of DME, prosthetics, orthotics"),
        Attribute("anesthesia_units", "7"),
        Attribute("action_from", "20200101"),
        Attribute("action", "C", "long description changed"),
    )
    assert store.release(System.HCPCS).attribute("E0260", "coverage") == ("D",)
    assert store.release(System.HCPCS).attribute("J0120", "coverage") == ()


@pytest.mark.parametrize(
    ("asked", "day", "status", "said"),
    [
        ("E0260", date(2026, 2, 1), CodeStatus.VALID, "valid in hcpcs"),
        ("e0260-nu", date(2026, 2, 1), CodeStatus.VALID, "with its modifiers"),
        ("E0260:NU:J1", date(2026, 2, 1), CodeStatus.VALID, "with its modifiers"),
        ("E0260 NU, J1", date(2026, 2, 1), CodeStatus.VALID, "with its modifiers"),
        ("E0260-KX", date(2026, 1, 15), CodeStatus.VALID, "with its modifiers"),
        ("E0260-KX", date(2026, 1, 16), CodeStatus.DELETED, "modifier KX: deleted: last in force on 2026-01-15"),
        ("E0260-JZ", date(2026, 2, 1), CodeStatus.NOT_YET_EFFECTIVE, "modifier JZ: in force from 2026-07-01"),
        ("E0260-QQ", date(2026, 2, 1), CodeStatus.UNKNOWN, "modifier QQ: not a modifier"),
        ("E0260-NU-NU", date(2026, 2, 1), CodeStatus.MALFORMED, "modifier NU twice"),
        ("E0260-NU-J1-AA-BB-CC", date(2026, 2, 1), CodeStatus.MALFORMED, "got 5 modifiers, want at most 4"),
        ("E0260-59", date(2026, 2, 1), CodeStatus.VALID, "59 not checked: no release of the day"),
        ("J0120-NU", date(2026, 3, 31), CodeStatus.VALID, "with its modifiers"),
        ("J0120-NU", date(2026, 4, 1), CodeStatus.DELETED, "last in force on 2026-03-31"),
        ("K0001", None, CodeStatus.DELETED, "last in force on 2025-12-31"),
        ("NU", date(2026, 2, 1), CodeStatus.NOT_BILLABLE, "a modifier, appended to a code"),
        ("E0260-N", date(2026, 2, 1), CodeStatus.MALFORMED, "want a letter A to V"),
        ("E0260-\U0001f600\0", date(2026, 2, 1), CodeStatus.MALFORMED, "want a letter A to V"),
    ],
)
def test_a_line_is_checked_with_its_modifiers_on_a_day(
    store: Releases, asked: str, day: date | None, status: CodeStatus, said: str
) -> None:
    (check,) = validate_lines(store, System.HCPCS, [asked], day)
    assert (check.asked, check.status) == (asked, status)
    assert said in check.message


def test_a_valid_line_is_given_back_in_one_form(store: Releases) -> None:
    (check,) = validate_lines(store, System.HCPCS, ["e0260: nu, j1"])
    assert (check.code, check.title) == ("E0260-NU-J1", "Description of E0260")


def test_a_code_that_ended_before_it_began_is_refused() -> None:
    with pytest.raises(SourceError, match="terminated: got 2019-12-31"):
        read_anweb(record("A0001", added="20200101", ended="20191231"), name=NAME)


def test_the_published_file_has_its_codes_modifiers_and_attributes() -> None:
    read = read_anweb(real_text("hcpcs_2019/HCPC2019_CONTR_ANWEB.txt"), name="HCPC2019_CONTR_ANWEB.txt")
    nodes = {node.code: node for node in read.nodes}
    kind = Attribute("kind", "modifier", "a modifier, appended to a code").as_note()
    assert sum(kind in node.notes for node in nodes.values()) == 360  # record id 7, counted with grep
    assert Attribute("coverage", "I", "not payable by Medicare").as_note() in nodes["A0021"].notes
    assert Attribute("cross_reference", "A0030").as_note() in nodes["A0021"].notes
