"""Edits over service lines: add-on codes, modifiers, sides, places, duplicates, medical necessity."""

import pytest
from made_tables import alerts, said, visit

from engine.claims.records import ClaimKind
from engine.edits.run import ClaimChecker


def line(code: str, *modifiers: str, **more: object) -> dict[str, object]:
    """Make a line."""
    return {"code": code, "modifiers": list(modifiers), **more}


@pytest.mark.parametrize(
    ("lines", "want"),
    [
        # Type 1: a listed primary, on the same day, while it is in force.
        (("U9101", "U9001"), []),
        (("U9101", "U9005"), ["add_on_without_primary ERROR"]),
        (("U9101",), ["add_on_without_primary ERROR"]),
        ((line("U9101", day="2024-08-02"), "U9001"), ["add_on_without_primary ERROR"]),
        (("U9104",), []),
        # Type 2: what the contractor accepts; an add-on code is none.
        (("U9102", "U9005"), []),
        (("U9102",), ["add_on_without_primary ERROR"]),
        (("U9102", "U9103", "U9001"), []),
        # Type 3: a listed one, or perhaps another.
        (("U9103", "U9001"), []),
        (("U9103", "U9005"), ["add_on_without_primary WARNING"]),
        (("U9103",), ["add_on_without_primary ERROR"]),
    ],
)
def test_an_add_on_code_wants_its_primary(checker: ClaimChecker, lines: tuple[object, ...], want: list[str]) -> None:
    assert said(checker, visit(*lines)) == want


@pytest.mark.parametrize(
    ("modifiers", "want"),
    [
        (["RT"], ""),
        (["59", "GA"], ""),
        (["R"], "modifier_malformed"),
        (["R T"], "modifier_malformed"),
        (["QQ"], "modifier_unknown"),
        (["ZZ"], "modifier_deleted"),
        (["22", "22"], "modifier_repeated"),
        (["22", "23", "32", "47", "76"], "modifier_too_many"),
        (["LT", "RT"], "modifier_conflict"),
        (["50", "LT"], "modifier_conflict"),
        (["26", "TC"], "modifier_conflict"),
        (["59", "XS"], "modifier_conflict"),
        (["XS"], ""),
        (["73"], "modifier_misplaced"),
    ],
)
def test_modifiers_of_a_service(checker: ClaimChecker, modifiers: list[str], want: str) -> None:
    kinds = [alert.kind for alert in alerts(checker, visit(line("U9005", *modifiers)))]
    assert kinds == ([want] if want else [])


def test_a_surgery_centre_reports_discontinued_procedures_as_a_facility(checker: ClaimChecker) -> None:
    assert said(checker, visit(line("U9005", "73", place="22"))) == ["modifier_misplaced WARNING"]
    assert said(checker, visit(line("U9005", "73", place="24"))) == []


@pytest.mark.parametrize(
    ("code", "modifier", "want"),
    [
        ("99213", "25", []),
        ("12345", "25", ["modifier_misplaced WARNING"]),
        ("99213", "59", ["modifier_misplaced WARNING"]),
        ("92014", "25", []),
        ("99202", "57", []),
    ],
)
def test_some_modifiers_are_for_visits_only(checker: ClaimChecker, code: str, modifier: str, want: list[str]) -> None:
    assert said(checker, visit(line(code, modifier))) == want


@pytest.mark.parametrize(
    ("lines", "diagnoses", "want"),
    [
        ([line("U9005", "LT")], ["M17.12"], []),
        ([line("U9005", "LT")], ["M17.11"], ["laterality_conflict WARNING"]),
        ([line("U9005", "LT")], ["M17.11", "M17.12"], []),
        ([line("U9005", "LT", pointers=[1])], ["M17.11", "M17.12"], ["laterality_conflict WARNING"]),
        ([line("U9005", "LT")], ["J18.9"], []),
        # U9002 is of a paired structure by its MUE.
        ([line("U9002")], ["M17.11"], ["laterality_missing WARNING"]),
        ([line("U9002", "RT")], ["M17.11"], []),
        ([line("U9002", "50")], ["M17.11"], []),
        ([line("U9002")], ["J18.9"], []),
        ([line("U9005")], ["M17.11"], []),
    ],
)
def test_sides_of_lines_and_diagnoses(
    checker: ClaimChecker, lines: list[object], diagnoses: list[str], want: list[str]
) -> None:
    assert said(checker, visit(*lines, diagnoses=diagnoses)) == want


@pytest.mark.parametrize(
    ("lines", "want"),
    [
        ([line("U9005"), line("U9005")], ["duplicate_line ERROR"]),
        ([line("U9005"), line("U9005"), line("U9005")], ["duplicate_line ERROR"] * 2),
        ([line("U9005"), line("U9005", "76")], []),
        ([line("U9005"), line("U9005", "76"), line("U9005", "76")], []),
        ([line("U9005", "LT"), line("U9005", "RT")], []),
        ([line("U9005", "LT"), line("U9005", "LT")], ["duplicate_line ERROR"]),
        ([line("U9005", "22", "32"), line("U9005", "32", "22")], ["duplicate_line ERROR"]),
        ([line("U9005"), line("U9005", day="2024-08-02")], []),
    ],
)
def test_lines_that_say_the_same_twice(checker: ClaimChecker, lines: list[object], want: list[str]) -> None:
    assert said(checker, visit(*lines)) == want


@pytest.mark.parametrize(
    ("code", "place", "want"),
    [
        ("U9005", "11", []),
        ("U9005", "", ["place_of_service ERROR"]),
        ("U9005", "88", ["place_of_service ERROR"]),
        ("99213", "21", ["place_of_service WARNING"]),
        ("99213", "22", []),
        ("99223", "11", ["place_of_service WARNING"]),
        ("99223", "21", []),
    ],
)
def test_places_of_service(checker: ClaimChecker, code: str, place: str, want: list[str]) -> None:
    assert said(checker, visit(code, place=place)) == want


def test_hospitals_report_no_place(checker: ClaimChecker) -> None:
    assert said(checker, visit("U9005", place="", kind=ClaimKind.OUTPATIENT.value)) == []


@pytest.mark.parametrize(
    ("lines", "facts", "want"),
    [
        (["U9201"], {"diagnoses": ["J18.9"]}, []),
        (["U9201"], {"diagnoses": ["M81.0"]}, ["medical_necessity ERROR"]),
        (["U9201"], {"diagnoses": ["E11.9"]}, []),
        # A whole code goes before the beginning that it falls under.
        (["U9201"], {"diagnoses": ["E11.65"]}, ["medical_necessity ERROR"]),
        # Only the diagnoses that the line points at count.
        ([line("U9201", pointers=[2])], {"diagnoses": ["J18.9", "M81.0"]}, ["medical_necessity ERROR"]),
        ([line("U9201", pointers=[1])], {"diagnoses": ["J18.9", "M81.0"]}, []),
        ([line("U9201", "GA")], {"diagnoses": ["M81.0"]}, ["medical_necessity INFO"]),
        # L2 ended 2024-06-30; L3 is of another contractor, and answers where none is named.
        (["U9202"], {"diagnoses": ["E11.9"], "contractor": "13102"}, []),
        (["U9202"], {"diagnoses": ["J18.9"], "contractor": "13102", "from_date": "2024-06-30"}, []),
        (
            ["U9202"],
            {"diagnoses": ["E11.9"], "contractor": "13102", "from_date": "2024-06-30"},
            ["medical_necessity ERROR"],
        ),
        (["U9202"], {"diagnoses": ["E11.9"], "from_date": "2024-06-30"}, []),
        (["U9202"], {"diagnoses": ["J18.9"]}, ["medical_necessity ERROR"]),
        (["U9203"], {"diagnoses": ["M81.0"]}, []),
    ],
)
def test_services_need_a_diagnosis_of_their_policy(
    checker: ClaimChecker, lines: list[object], facts: dict[str, object], want: list[str]
) -> None:
    assert said(checker, visit(*lines, **facts)) == want
