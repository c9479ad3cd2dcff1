"""NCCI pairs: NCCI Policy Manual I.D and I.E; the rows are those of made_tables.PTP_ROWS."""

import pytest
from made_tables import alerts, said, visit

from engine.edits.run import ClaimChecker

PLAIN = {"code": "U9003"}


def line(code: str, *modifiers: str, **more: object) -> dict[str, object]:
    """Make a line."""
    return {"code": code, "modifiers": list(modifiers), **more}


@pytest.mark.parametrize(
    ("lines", "want"),
    [
        # Indicator 0: no modifier helps.
        (("U9001", "U9002"), ["ncci_ptp ERROR"]),
        (("U9002", "U9001"), ["ncci_ptp ERROR"]),
        (("U9001", line("U9002", "59")), ["ncci_ptp ERROR"]),
        # Indicator 1: a modifier on either line.
        (("U9001", "U9003"), ["ncci_ptp ERROR"]),
        (("U9001", line("U9003", "59")), ["ncci_ptp_bypassed INFO"]),
        ((line("U9001", "XS"), "U9003"), ["ncci_ptp_bypassed INFO"]),
        (("U9001", line("U9003", "LT")), ["ncci_ptp_bypassed INFO"]),
        ((line("U9001", "RT"), line("U9003", "LT")), ["ncci_ptp_bypassed INFO"]),
        ((line("U9001", "LT"), line("U9003", "LT")), ["ncci_ptp_same_site WARNING"]),
        (("U9001", line("U9003", "GA")), ["ncci_ptp ERROR"]),
        # One that is not told apart decides.
        (("U9001", line("U9003", "59"), "U9003"), ["ncci_ptp_bypassed INFO", "ncci_ptp ERROR"]),
        # A visit beside a procedure: 25 on the visit, a side on the procedure does not do.
        (("U9007", "99213"), ["ncci_ptp ERROR"]),
        (("U9007", line("99213", "25")), ["ncci_ptp_bypassed INFO"]),
        ((line("U9007", "LT"), "99213"), ["ncci_ptp ERROR"]),
        # Indicator 9, no pair, one line alone.
        (("U9005", "U9006"), []),
        (("U9001", "U9006"), []),
        (("U9001",), []),
        # Other days.
        ((line("U9001", day="2024-08-01"), line("U9002", day="2024-08-02")), []),
    ],
)
def test_a_pair_is_bundled_unless_a_modifier_tells_them_apart(
    checker: ClaimChecker, lines: tuple[object, ...], want: list[str]
) -> None:
    assert said(checker, visit(*lines)) == want


@pytest.mark.parametrize(
    ("codes", "day", "want"),
    [
        (("U9001", "U9002"), "2023-12-31", []),
        (("U9001", "U9002"), "2024-01-01", ["ncci_ptp ERROR"]),
        (("U9003", "U9004"), "2024-03-31", ["ncci_ptp ERROR"]),
        (("U9003", "U9004"), "2024-04-01", []),
        (("U9008", "U9009"), "2015-12-31", ["ncci_ptp ERROR"]),
        (("U9008", "U9009"), "2016-01-01", []),
        (("U9008", "U9009"), "2024-04-01", ["ncci_ptp ERROR"]),
    ],
)
def test_an_edit_holds_from_its_effective_to_its_deletion_date(
    checker: ClaimChecker, codes: tuple[str, str], day: str, want: list[str]
) -> None:
    assert [kind for kind in said(checker, visit(*codes, from_date=day)) if kind.startswith("ncci")] == want


def test_outpatient_hospitals_have_a_table_of_their_own(checker: ClaimChecker) -> None:
    claim = visit("U9001", {"code": "U9003", "modifiers": ["59"]}, kind="OUTPATIENT")
    assert said(checker, claim) == ["ncci_ptp ERROR"]


def test_a_stay_has_no_pairs(checker: ClaimChecker) -> None:
    claim = visit("U9001", "U9002", kind="INPATIENT", discharge_status="01", sex="MALE", age_years=40)
    assert said(checker, claim) == []


def test_an_alert_says_codes_lines_release_and_what_would_resolve_it(checker: ClaimChecker) -> None:
    [alert] = alerts(checker, visit("U9001", {"code": "U9003", "units": 2}))
    assert (alert.codes, alert.lines, alert.units) == (["U9001", "U9003"], [0, 1], 2)
    assert alert.release == "ncci-ptp-practitioner 2024Q3"
    assert "NCCI Policy Manual" in alert.source
    assert "Misuse of Column Two" in alert.message
    assert "take U9003 off" in alert.resolve
