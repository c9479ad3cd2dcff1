"""MUE limits by adjudication indicator: NCCI Policy Manual I.V."""

import pytest
from made_tables import alerts, check, said, visit

from engine.edits.run import ClaimChecker


def units(code: str, number: int, *modifiers: str, **more: object) -> dict[str, object]:
    """Make a line."""
    return {"code": code, "units": number, "modifiers": list(modifiers), **more}


@pytest.mark.parametrize(
    ("lines", "want"),
    [
        # U9001: 2, MAI 1, each line by itself.
        ([units("U9001", 2)], []),
        ([units("U9001", 3)], ["mue ERROR"]),
        ([units("U9001", 2), units("U9001", 2, "76")], []),
        # U9002: 2, MAI 2, the day, absolute.
        ([units("U9002", 1), units("U9002", 1, "76")], []),
        ([units("U9002", 2), units("U9002", 1, "76")], ["mue ERROR"]),
        ([units("U9002", 2), units("U9002", 2, day="2024-08-02")], []),
        ([units("U9002", 2), units("U9002", 1, "55")], []),
        # U9003: 3, MAI 3, the day, may be appealed.
        ([units("U9003", 3)], []),
        ([units("U9003", 4)], ["mue WARNING"]),
        # U9004: none at all. U9005: no limit.
        ([units("U9004", 1)], ["mue WARNING"]),
        ([units("U9005", 999)], []),
    ],
)
def test_units_are_limited_by_line_or_by_day(checker: ClaimChecker, lines: list[object], want: list[str]) -> None:
    assert said(checker, visit(*lines)) == want


def test_the_alert_says_how_many_units_are_too_many(checker: ClaimChecker) -> None:
    [alert] = alerts(checker, visit(units("U9002", 2), units("U9002", 3, "76")))
    assert (alert.units, alert.lines, alert.codes) == (3, [0, 1], ["U9002"])
    assert "5 units on 2024-08-01, at most 2 a day (MAI 2; Anatomic Consideration)" in alert.message


def test_a_table_of_a_later_quarter_does_not_answer_and_that_is_said(checker: ClaimChecker) -> None:
    found = check(checker, visit(units("U9001", 9), from_date="2024-06-30"))
    assert [alert.kind for alert in found.alerts] == ["not_checked"]
    assert "mue-practitioner" in found.alerts[0].message
    assert "2024Q3" in found.alerts[0].message
