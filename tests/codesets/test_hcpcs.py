"""The HCPCS contractor record file: made-up records by the CMS layout, and the 2019 file by its counts."""

from dataclasses import replace
from datetime import date

import pytest
from made_files import HCPCS, HCPCS_NAME, hcpcs_record, real_file

from codesets.errors import SourceError
from codesets.hcpcs import effective_from, looks_like, read_anweb
from codesets.types import Node, System


def read(text: str) -> dict[str, Node]:
    return {node.code: node for node in read_anweb(text, name=HCPCS_NAME).nodes}


def test_made_up_records_have_the_columns_of_the_layout() -> None:
    line = hcpcs_record("J0120", "3", "long", short="short", added="19860101", terminated="20161231")
    assert (len(line), line[:5], line[5:10], line[10], line[11:15], line[91:96]) == (
        320,
        "J0120",
        "00100",
        "3",
        "long",
        "short",
    )
    assert (line[268:276], line[276:284], line[284:292], line[292]) == ("19860101", "19860101", "20161231", "N")


def test_a_description_goes_on_over_its_continuations() -> None:
    title = (
        "Non-emergency transportation, per mile - vehicle provided by volunteer "
        "(individual or organization), with no vested interest"
    )
    node = replace(read(HCPCS)["A0080"], notes=())
    assert node == Node("A0080", title, "", True, (), "Volunteer", date(1982, 1, 1))


def test_modifiers_are_read_and_never_stand_on_a_claim_alone() -> None:
    modifier = read(HCPCS)["AA"]
    assert (modifier.title, modifier.billable) == (
        "Anesthesia services performed personally by anesthesiologist",
        False,
    )


def test_a_code_that_ended_before_the_release_is_kept_but_not_billable() -> None:
    nodes = read(HCPCS)
    assert (nodes["A4466"].billable, nodes["A4466"].terminated) == (False, date(2016, 12, 31))
    assert (nodes["A9600"].billable, nodes["A9600"].terminated) == (True, date(2019, 1, 1))


def test_the_release_is_of_the_quarter_in_the_name_and_has_no_end() -> None:
    release = read_anweb(HCPCS, name="HCPC2025_OCT_ANWEB.txt")
    assert (release.system, release.version) == (System.HCPCS, "2025-10")
    assert (release.effective_from, release.effective_to) == (date(2025, 10, 1), None)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("HCPC2025_OCT_ANWEB.txt", date(2025, 10, 1)),
        ("HCPC2026_JAN_ANWEB_v2.txt", date(2026, 1, 1)),
        ("HCPC2026_APR_ANWEB.txt", date(2026, 4, 1)),
        ("hcpc2026_jul_anweb.txt", date(2026, 7, 1)),
        ("HCPC2019_CONTR_ANWEB.txt", date(2019, 1, 1)),
    ],
)
def test_the_first_day_is_read_from_the_name(name: str, day: date) -> None:
    assert effective_from(name) == day


@pytest.mark.parametrize("name", ["ANWEB.txt", "HCPC19_ANWEB.txt", "HCPC20199_ANWEB.txt", ""])
def test_a_name_without_a_year_is_refused(name: str) -> None:
    with pytest.raises(SourceError, match="without a year"):
        effective_from(name)


FIRST = hcpcs_record("J0120", "3", "Injection", added="19860101")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no HCPCS record"),
        ("only a disclaimer\n", "no HCPCS record"),
        (FIRST + "\n" + FIRST[:200], "line 2: got 200 characters"),
        (FIRST + "\n" + FIRST[:15], "line 2: got 15 characters"),
        (FIRST + "\nrubbish", "line 2: got 7 characters"),
        (FIRST + "\n" + FIRST, "code J0120: got it twice"),
        (hcpcs_record("J0120", "4", "continued"), "line 1: got a continuation of J0120"),
        (FIRST + "\n" + hcpcs_record("J0130", "4", "continued"), "line 2: got a continuation of J0130"),
        (hcpcs_record("J0120", "3", "x", added="19861301"), "line 1: date: got '19861301'"),
        (hcpcs_record("J0120", "3", "x", terminated="2019-1-1"), "line 1: date: got '2019-1-1'"),
        (hcpcs_record("J0120", "3", "x", added="1986"), "line 1: date: got '1986    '"),
        (hcpcs_record("J0120", "3", ""), "code J0120: got no description"),
    ],
)
def test_a_damaged_file_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_anweb(text, name=HCPCS_NAME)
    assert message in str(caught.value)


def test_a_file_cut_short_within_a_record_is_refused() -> None:
    whole = "\r\n".join(line for line in HCPCS.split("\r\n") if line.startswith(("A", "J", " ")))
    assert len(read(whole)) == 5
    for length in range(1, len(whole)):
        cut = whole[:length].rsplit("\r\n", 1)[-1].rstrip("\r")
        is_whole = len(cut) >= 293 or not cut.strip() or (cut[10:11] in "48" and len(cut) >= 91)
        if is_whole:
            continue
        with pytest.raises(SourceError):
            read_anweb(whole[:length], name=HCPCS_NAME)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (HCPCS, True),
        (FIRST, True),
        ("", False),
        ("code\tbillable\n", False),
        ("J0120 Injection\n", False),
        ("\n" * 300 + FIRST, False),
    ],
)
def test_a_contractor_record_file_is_known_by_its_records(text: str, is_one: bool) -> None:
    assert looks_like(text) is is_one


def test_the_2019_file_is_read_whole() -> None:
    path = real_file(f"hcpcs_2019/{HCPCS_NAME}")
    nodes = read(path.read_bytes().decode("cp1252"))
    # Lines with record id 3 and 7; 506 codes carry a termination date before 2019.
    assert sum(len(code) == 5 for code in nodes) == 6_440
    assert sum(len(code) == 2 for code in nodes) == 360
    assert sum(node.billable for node in nodes.values()) == 6_440 - 506
    assert nodes["J0120"].title == "Injection, tetracycline, up to 250 mg"
    assert nodes["A0080"].title.endswith("volunteer (individual or organization), with no vested interest")
