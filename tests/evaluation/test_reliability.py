"""Calibration error, Brier score and the diagram, worked by hand."""

import pytest

from engine.evaluation.reliability import Judgement, precision_at_coverage, reliability, to_json, to_svg, to_text


def judged(*pairs: tuple[float, bool], system: str = "icd10cm", setting: str = "INPATIENT") -> list[Judgement]:
    """Judgements of (confidence, right)."""
    return [Judgement(system, setting, "I10", confidence, is_right) for confidence, is_right in pairs]


FOUR = judged((0.9, True), (1.0, True), (0.9, False), (0.2, False))


def test_the_error_is_the_distance_of_confidence_from_what_is_right_over_bins() -> None:
    found = reliability(FOUR)
    # Bin 0.9: mean confidence 2.8 / 3, two of three right; bin 0.2: 0.2, none right.
    assert found.error == pytest.approx(3 / 4 * (2.8 / 3 - 2 / 3) + 1 / 4 * 0.2)
    assert found.brier == pytest.approx((0.01 + 0.0 + 0.81 + 0.04) / 4)
    assert [(one.low, one.count) for one in found.bins] == [(0.2, 1), (0.9, 3)]


def test_of_nothing_the_errors_are_nought() -> None:
    found = reliability([])
    assert (found.count, found.error, found.brier, found.bins) == (0, 0.0, 0.0, ())
    assert precision_at_coverage([], 0.5) == 0.0
    assert "<svg" in to_svg(found, "nothing")


@pytest.mark.parametrize(("share", "want"), [(0.25, 1.0), (0.5, 0.5), (0.75, 2 / 3), (1.0, 0.5), (0.0, 1.0)])
def test_precision_of_the_surest_share(share: float, want: float) -> None:
    # In order: 1.0 right, 0.9 wrong and 0.9 right of equal codes as they come, 0.2 wrong.
    ordered = [FOUR[2], FOUR[0], FOUR[1], FOUR[3]]
    assert precision_at_coverage(ordered, share) == pytest.approx(want)


def test_figures_come_by_system_setting_and_chapter() -> None:
    found = to_json([*FOUR, *judged((0.5, True), system="icd10pcs", setting="OUTPATIENT")])
    assert found["count"] == 5
    assert {name: part["count"] for name, part in found["by_system"].items()} == {"icd10cm": 4, "icd10pcs": 1}
    assert found["by_setting"]["OUTPATIENT"] == {"ece": 0.5, "brier": 0.25, "count": 1}
    # Chapters are those of diagnoses.
    assert list(found["by_chapter"]) == ["9 Circulatory"]


def test_the_diagram_has_a_line_and_a_bar_for_each_bin() -> None:
    lines = to_text(reliability(FOUR)).splitlines()
    assert lines[0] == "calibration error 0.250, Brier 0.215, 4 suggestions"
    assert [line[:5] for line in lines[1:]] == ["0.2 |", "0.9 |"]
    assert lines[2].endswith("0.67 of 3")
    drawn = to_svg(reliability(FOUR), "<visits & stays>")
    assert drawn.count("<rect") == drawn.count("<circle") == 2
    assert "&lt;visits &amp; stays&gt;" in drawn
