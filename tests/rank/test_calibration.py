"""Curves of confidence: worked by hand, chosen by system and setting, refused when they are none."""

import pytest

from engine.rank.calibration import Calibration, Curve
from engine.types import Role, Route, Setting, Suggestion

VISITS = Curve("icd10cm", "OUTPATIENT", 0.0, 1.0, 0.5, 3, "test")
ALL = Curve("icd10cm", "", 0.0, 2.0, 1.0, 5, "test")


def suggestion(system: str, confidence: float) -> Suggestion:
    """A suggestion of a system."""
    return Suggestion(system, "I10", "", Role.SECONDARY, confidence, Route.REVIEW, [])


@pytest.mark.parametrize(
    ("curve", "score", "want"),
    [
        (Curve("a", ""), 0.7, 0.7),
        (VISITS, 0.8, 0.4),
        # Odds of 4 squared are 16: 16 of 17.
        (ALL, 0.8, 0.9412),
        (Curve("a", "", 0.0, 1.0), 0.0, 0.0001),
        (Curve("a", "", 0.0, 1.0), 1.0, 0.9999),
    ],
)
def test_a_score_becomes_the_probability_of_its_curve(curve: Curve, score: float, want: float) -> None:
    assert curve.confidence(score) == pytest.approx(want)


@pytest.mark.parametrize(
    ("system", "setting", "want"),
    [
        ("icd10cm", Setting.OUTPATIENT, 0.4),
        ("icd10cm", Setting.INPATIENT, 0.9412),
        ("icd10pcs", Setting.INPATIENT, 0.8),
    ],
)
def test_a_setting_has_its_curve_then_that_of_the_system_then_the_score(
    system: str, setting: Setting, want: float
) -> None:
    one = suggestion(system, 0.8)
    Calibration([VISITS, ALL]).apply([one], setting)
    assert one.confidence == pytest.approx(want)


def test_curves_are_read_as_they_are_written() -> None:
    text = Calibration([VISITS, ALL]).to_text()
    assert Calibration.of_text(text).curves == (VISITS, ALL)
    assert Calibration.of_text("").curves == ()


WHOLE = {"system": '"icd10cm"', "setting": '""', "intercept": "0.0", "slope": "1.0", "most": "1.0", "charts": "1"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("system", "1"), ("setting", '"WARD"'), ("intercept", "nan"), ("intercept", '"0"'), ("slope", "0.0"),
        ("slope", "inf"), ("most", "1.5"), ("most", "0.0"), ("charts", "true"),
    ],
)  # fmt: skip
def test_a_table_that_is_no_curve_is_refused(name: str, value: str) -> None:
    rows = {**WHOLE, name: value}
    text = "[[curve]]\n" + "\n".join(f"{key} = {cell}" for key, cell in rows.items())
    with pytest.raises(ValueError, match="curve"):
        Calibration.of_text(text)
