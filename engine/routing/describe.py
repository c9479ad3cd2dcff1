"""A policy in plain sentences, one a part, for whoever has to answer for it."""

from collections.abc import Iterator

from engine.routing.policy import Cap, Escalation, Limits, Policy, Scope, Threshold, Unit, When
from engine.types import Route

_ACTS = {Route.REVIEW: "a coder looks at", Route.HOLD: "nothing is reported before a question is answered of"}
_MOST_LISTED = 12


def describe(policy: Policy) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, name, sentence) of each part of a policy, in the order in which they are looked at."""
    for threshold in policy.thresholds:
        yield "threshold", threshold.name, _threshold(threshold)
    for escalation in policy.escalations:
        yield "escalation", escalation.name, _escalation(escalation)
    for cap in policy.caps:
        yield "cap", cap.name, _cap(cap)


def _threshold(threshold: Threshold) -> str:
    return (
        f"{_meant(threshold.scope)}: AUTO from confidence {threshold.auto:.2f} on, HOLD under {threshold.hold:.2f}, "
        "REVIEW between"
    )


def _escalation(escalation: Escalation) -> str:
    below = f" of confidence under {escalation.below:.2f}" if escalation.below is not None else ""
    condition = _condition(escalation.when, escalation.limits)
    where = f" {condition}" if condition else ""
    return f"{escalation.route.value}: {_ACTS[escalation.route]} {_meant(escalation.scope)}{below}{where}"


def _condition(when: When, limits: Limits) -> str:
    match when:
        case When.UNSPECIFIED:
            return 'whose title says "unspecified"'
        case When.NEW_CODE:
            return "that the release before did not have"
        case When.ALERT:
            return f"named by an alert of {limits.severity.value} or worse"
        case When.ALERTS:
            return f"in charts with {limits.least} or more alerts of {limits.severity.value} or worse"
        case When.MANY_CODES:
            return f"in charts with more than {limits.most} codes"
        case When.AGE:
            return f"of patients {_ages(limits)}"
        case When.CHART_HAS:
            return f"in charts with {limits.any_of_system} {_listed(limits.any_of.written)}"
        case When.DOCUMENT_QUALITY:
            return f"stated in a document with {_qualities(limits)}"
        case _:
            return ""


def _ages(limits: Limits) -> str:
    under = f"under {limits.under_years} years" if limits.under_years is not None else ""
    over = f"of {limits.from_years} years or more" if limits.from_years is not None else ""
    return " and ".join(filter(None, (over, under)))


def _qualities(limits: Limits) -> str:
    return " or ".join(
        said
        for limit, said in (
            (limits.least_characters, f"under {limits.least_characters} characters"),
            (limits.least_letters, f"under {limits.least_letters or 0:.0%} letters"),
            (limits.most_odd, f"over {limits.most_odd or 0:.1%} odd characters"),
        )
        if limit is not None
    )


def _cap(cap: Cap) -> str:
    unit = "charts" if cap.unit is Unit.CHART else "codes"
    return f"of {_meant(cap.scope)} that would go AUTO, at most {cap.share:.0%} of {unit} do; the others are reviewed"


def _meant(scope: Scope) -> str:
    what = " ".join(filter(None, (", ".join(scope.systems), _listed(scope.codes.written))))
    where = f" in settings {', '.join(scope.settings)}" if scope.settings else ""
    stated = f" stated only in {', '.join(scope.documents)}" if scope.documents else ""
    return f"{what or 'every code'}{where}{stated}"


def _listed(families: tuple[str, ...]) -> str:
    more = len(families) - _MOST_LISTED
    return f"{', '.join(families[:_MOST_LISTED])}{f' and {more} more' if more > 0 else ''}"
