"""Who acts on a suggestion: nobody (AUTO), a coder (REVIEW), or nobody before a question is answered (HOLD)."""

from collections.abc import Sequence

from engine.types import Alert, Reason, Route, Severity, Suggestion

AUTO_CONFIDENCE = 0.85
HOLD_CONFIDENCE = 0.35
_SOURCE = "Chartcoder routing policy 1"


def route_suggestions(suggestions: Sequence[Suggestion], alerts: Sequence[Alert]) -> None:
    """Set the route of every suggestion and record which rule decided."""
    contested = {code for alert in alerts if alert.severity is not Severity.INFO for code in alert.codes}
    for suggestion in suggestions:
        suggestion.route, detail = _decide(suggestion, is_contested=suggestion.code in contested)
        suggestion.reasons.append(Reason(f"route:{suggestion.route.value.lower()}", _SOURCE, detail))


def _decide(suggestion: Suggestion, *, is_contested: bool) -> tuple[Route, str]:
    if suggestion.confidence < HOLD_CONFIDENCE:
        return Route.HOLD, f"confidence under {HOLD_CONFIDENCE:.2f}"
    if is_contested:
        return Route.REVIEW, "an alert names this code"
    if suggestion.confidence < AUTO_CONFIDENCE:
        return Route.REVIEW, f"confidence under {AUTO_CONFIDENCE:.2f}"
    return Route.AUTO, f"confidence of {AUTO_CONFIDENCE:.2f} or more and no alert"
