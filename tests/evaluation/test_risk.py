"""Risk and coverage worked by hand: what is taken, how much of it is right, and which charts are whole."""

import pytest

from engine.evaluation.risk import Given, Point, Recorder, RiskCoverage, under_policy
from engine.types import Chart, CodedChart, Document, Header, Reason, Role, Route, Suggestion

# Chart a: both right, one unsure. Chart b: a sure one that is wrong. Chart c: nothing was given.
GIVEN = [
    Given("a", 0.9, True, "AUTO", "route:auto"),
    Given("a", 0.5, True, "REVIEW", "route:sepsis"),
    Given("b", 0.8, False, "AUTO", "route:auto"),
    Given("b", 0.8, True, "AUTO", "route:auto"),
    Given("d", 0.2, False, "HOLD", "route:hold"),
]


def test_points_are_those_worked_by_hand() -> None:
    assert RiskCoverage(GIVEN, 4).points == [
        Point(0.9, 1, 1, 0, 0),
        Point(0.8, 3, 2, 1, 0),  # equal confidences are taken together; b is whole, and has an error
        Point(0.5, 4, 3, 2, 1),  # a is whole, and free of error
        Point(0.2, 5, 3, 3, 1),
    ]


def test_the_furthest_point_with_a_precision_is_found_though_nearer_ones_lack_it() -> None:
    curve = RiskCoverage(GIVEN, 4)
    found = curve.at_precision(0.7)
    assert found is not None
    assert (found.threshold, found.precision) == (0.5, 0.75)  # 0.8 has only 2 of 3
    assert curve.at_precision(1.0) == curve.points[0]
    assert RiskCoverage([Given("a", 0.9, False)], 1).at_precision(0.5) is None


@pytest.mark.parametrize(("coverage", "threshold"), [(0.2, 0.9), (0.25, 0.8), (0.6, 0.8), (0.61, 0.5), (1.0, 0.2)])
def test_a_coverage_is_reached_by_the_first_point_that_takes_so_much(coverage: float, threshold: float) -> None:
    found = RiskCoverage(GIVEN, 4).at_coverage(coverage)
    assert found is not None
    assert found.threshold == threshold


def test_the_area_is_the_mean_risk_in_steps() -> None:
    # 1 code at risk 0, 2 at 1/3, 1 at 1/4, 1 at 2/5.
    assert RiskCoverage(GIVEN, 4).area() == pytest.approx((0 + 2 / 3 + 1 / 4 + 2 / 5) / 5)


def test_the_json_has_shares_and_an_interval_that_holds_the_precision() -> None:
    shown = RiskCoverage(GIVEN, 4).to_json()
    assert (shown["codes"], shown["charts"], len(shown["curve"])) == (5, 4, 4)
    point = shown["at_coverage"]["0.75"]
    assert {key: point[key] for key in point if key != "precision_95"} == {
        "threshold": 0.5,
        "precision": 0.75,
        "codes": 4,
        "code_share": 0.8,
        "charts": 2,
        "chart_share": 0.5,
        "charts_without_error": 1,
    }
    low, high = point["precision_95"]
    assert low <= 0.75 <= high
    assert shown["at_precision"]["0.95"]["threshold"] == 0.9


def test_nothing_given_is_nothing_taken() -> None:
    shown = RiskCoverage([], 3).to_json()
    assert (shown["codes"], shown["area_under_risk"], shown["curve"]) == (0, 0.0, [])
    assert set(shown["at_precision"].values()) == {None}


def test_a_policy_is_counted_by_route_and_by_rule() -> None:
    found = under_policy(GIVEN, 4)
    assert found["routes"] == {
        "AUTO": {"codes": 3, "code_share": 0.6, "precision": 0.6667},
        "REVIEW": {"codes": 1, "code_share": 0.2, "precision": 1.0},
        "HOLD": {"codes": 1, "code_share": 0.2, "precision": 0.0},
    }
    assert list(found["rules"]) == ["auto", "hold", "sepsis"]
    # Only b is of AUTO alone, and it has an error.
    assert (found["charts"], found["chart_share"], found["charts_without_error"]) == (1, 0.25, 0)


def test_of_suggestions_written_alike_the_surest_is_judged() -> None:
    def suggestion(code: str, confidence: float, system: str = "icd10cm") -> Suggestion:
        reasons = [Reason("stated", "made"), Reason("route:auto", "made")]
        return Suggestion(system, code, code, Role.SECONDARY, confidence, Route.AUTO, [], [], reasons)

    def code_chart(chart: Chart) -> CodedChart:
        made = [suggestion("S52.501A", 0.4), suggestion("S52.502A", 0.7), suggestion("0SG", 1.0, "icd10pcs")]
        return CodedChart(chart.chart_id, Header("made", (), ()), [], made, [])

    recorder = Recorder(code_chart)
    recorder(Chart("a", (Document("x"),)))
    assert recorder.given({"a": {"S52"}, "never coded": {"I10"}}, lambda code: code[:3], system="icd10cm") == [
        Given("a", 0.7, True, "AUTO", "route:auto")
    ]
