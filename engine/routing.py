"""Who acts on a suggestion: nobody (AUTO), a coder (REVIEW), or nobody before a question is answered (HOLD)."""

from collections.abc import Sequence

from engine.types import Alert, Reason, Route, Severity, Suggestion

AUTO_CONFIDENCE = 0.85
HOLD_CONFIDENCE = 0.35
_SOURCE = "Chartcoder routing policy 1"

_Decision = tuple[Route, Reason]


def _decision(route: Route, detail: str) -> _Decision:
    return route, Reason(f"route:{route.value.lower()}", _SOURCE, detail)


_TOO_UNSURE = _decision(Route.HOLD, f"confidence under {HOLD_CONFIDENCE:.2f}")
_CONTESTED = _decision(Route.REVIEW, "an alert names this code")
_UNSURE = _decision(Route.REVIEW, f"confidence under {AUTO_CONFIDENCE:.2f}")
_SURE = _decision(Route.AUTO, f"confidence of {AUTO_CONFIDENCE:.2f} or more and no alert")


def route_suggestions(suggestions: Sequence[Suggestion], alerts: Sequence[Alert]) -> None:
    """Set the route of every suggestion and record which rule decided."""
    contested = {code for alert in alerts if alert.severity is not Severity.INFO for code in alert.codes}
    for suggestion in suggestions:
        suggestion.route, reason = _decide(suggestion, is_contested=suggestion.code in contested)
        suggestion.reasons.append(reason)


def _decide(suggestion: Suggestion, *, is_contested: bool) -> _Decision:
    if suggestion.confidence < HOLD_CONFIDENCE:
        return _TOO_UNSURE
    if is_contested:
        return _CONTESTED
    return _UNSURE if suggestion.confidence < AUTO_CONFIDENCE else _SURE
