"""Who acts on a suggestion: the thresholds, the alerts that hold one back, and the reason that is recorded."""

import pytest

from engine.routing import AUTO_CONFIDENCE, HOLD_CONFIDENCE, route_suggestions
from engine.types import Alert, Role, Route, Severity, Suggestion


def suggestion(confidence: float, code: str = "I10") -> Suggestion:
    """Make a suggestion of some confidence."""
    return Suggestion("icd10cm", code, code, Role.PRINCIPAL, confidence, Route.REVIEW, [])


def alert(severity: Severity, *codes: str) -> Alert:
    """Make an alert that names codes."""
    return Alert("made", severity, "made", "made", codes=list(codes))


@pytest.mark.parametrize(
    ("confidence", "route"),
    [
        (0.0, Route.HOLD),
        (HOLD_CONFIDENCE - 0.0001, Route.HOLD),
        (HOLD_CONFIDENCE, Route.REVIEW),
        (AUTO_CONFIDENCE - 0.0001, Route.REVIEW),
        (AUTO_CONFIDENCE, Route.AUTO),
        (1.0, Route.AUTO),
    ],
)
def test_confidence_decides_the_route(confidence: float, route: Route) -> None:
    routed = suggestion(confidence)
    route_suggestions([routed], [])
    assert routed.route is route
    assert [reason.rule for reason in routed.reasons] == [f"route:{route.value.lower()}"]


@pytest.mark.parametrize(
    ("severity", "route"),
    [(Severity.INFO, Route.AUTO), (Severity.WARNING, Route.REVIEW), (Severity.ERROR, Route.REVIEW)],
)
def test_a_code_that_an_alert_contests_is_reviewed(severity: Severity, route: Route) -> None:
    routed, other = suggestion(0.95), suggestion(0.95, "E11.9")
    route_suggestions([routed, other], [alert(severity, "I10")])
    assert routed.route is route
    assert other.route is Route.AUTO


def test_what_is_too_unsure_is_held_though_an_alert_names_it() -> None:
    routed = suggestion(0.1)
    route_suggestions([routed], [alert(Severity.WARNING, "I10")])
    assert routed.route is Route.HOLD


def test_the_reason_names_the_threshold_and_the_policy() -> None:
    routed = suggestion(0.95)
    route_suggestions([routed], [])
    (reason,) = routed.reasons
    assert f"{AUTO_CONFIDENCE:.2f}" in reason.detail
    assert reason.source == "Chartcoder routing policy 1"
