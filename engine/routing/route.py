"""Who acts on a suggestion: nobody (AUTO), a coder (REVIEW), or nobody before a question is answered (HOLD).

The strictest of what threshold and escalations say holds; a cap then takes charts (or codes) out of AUTO. The reason of
each decision names the rule that made it, the others that would have, and the policy.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache

from engine.routing.policy import Cap, Escalation, Limits, Policy, Scope, Threshold, Unit, When
from engine.routing.quality import measure_quality
from engine.types import Alert, Chart, Reason, Route, Severity, Suggestion

# Whether a code is new in the release that codes a chart: (system, code).
IsNew = Callable[[str, str], bool]
_STRICTNESS = {Route.AUTO: 0, Route.REVIEW: 1, Route.HOLD: 2}
_SEVERITIES = {severity: number for number, severity in enumerate(Severity)}
_UNSPECIFIED = re.compile(r"\bunspecified\b|\bNOS\b|\bnot (?:otherwise )?specified\b|\bunsp\b", re.IGNORECASE)
_CAP_DOMAIN = b"chartcoder routing cap 1\n"
_MOST_REMEMBERED = 8192

_Decision = tuple[Route, Reason]


def _never_new(_: str, __: str) -> bool:
    return False


class Router:
    """Routes the suggestions of charts by one policy; what codes alone decide is remembered, within bounds."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._parts_of = lru_cache(_MOST_REMEMBERED)(self._find_parts)
        self._decision = lru_cache(_MOST_REMEMBERED)(self._make_decision)

    def route(
        self, chart: Chart, suggestions: Sequence[Suggestion], alerts: Sequence[Alert], *, is_new: IsNew = _never_new
    ) -> None:
        """Set the route of every suggestion and record which rule decided."""
        look = _Look(self.policy, chart, suggestions, alerts, is_new)
        for suggestion in suggestions:
            thresholds, escalations, caps = self._parts_of(suggestion.system, suggestion.code, suggestion.display)
            threshold = next(number for number in thresholds if look.is_meant(look.thresholds[number], suggestion))
            hits = tuple([number for number in escalations if look.hits(number, suggestion)])
            by_confidence = _by_confidence(self.policy.thresholds[threshold], suggestion.confidence)
            drawn = -1
            if by_confidence is Route.AUTO and not hits:
                drawn = next((number for number in caps if look.is_drawn(number, suggestion)), -1)
            suggestion.route, reason = self._decision(threshold, by_confidence, hits, drawn)
            suggestion.reasons.append(reason)

    def _find_parts(self, system: str, code: str, title: str) -> tuple[tuple[int, ...], ...]:
        """Return the numbers of the thresholds, escalations and caps that may mean a code."""
        policy = self.policy
        return (
            tuple(n for n, part in enumerate(policy.thresholds) if part.scope.has_code(system, code)),
            tuple(
                n
                for n, part in enumerate(policy.escalations)
                if part.scope.has_code(system, code) and (part.when is not When.UNSPECIFIED or is_unspecified(title))
            ),
            tuple(n for n, part in enumerate(policy.caps) if part.scope.has_code(system, code)),
        )

    def _make_decision(self, threshold: int, by_confidence: Route, hits: tuple[int, ...], drawn: int) -> _Decision:
        policy = self.policy
        by_threshold = _of_threshold(policy.thresholds[threshold], by_confidence)
        said = [(e.route, f"route:{e.name}", e.why) for e in (policy.escalations[number] for number in hits)]
        said.append(by_threshold)
        if drawn >= 0:
            said.insert(0, _of_cap(policy.caps[drawn]))
        route, rule, why = max(said, key=lambda each: _STRICTNESS[each[0]])  # the first of the strictest
        others = [other for other_route, other, _ in said if other != rule and other_route is not Route.AUTO]
        also = f"; also {', '.join(_shown(name, by_threshold[1]) for name in others)}" if others else ""
        return route, Reason(rule, policy.source, f"{route.value}: {why}{also}")


class _Look:
    """What routing looks at of one chart: what each part of the policy asks of the chart is answered at most once."""

    def __init__(
        self, policy: Policy, chart: Chart, suggestions: Sequence[Suggestion], alerts: Sequence[Alert], is_new: IsNew
    ) -> None:
        self.policy = policy
        self.chart = chart
        self.suggestions = suggestions
        self.alerts = alerts
        self.is_new = is_new
        self.kinds = [" ".join(document.kind.casefold().split()) for document in chart.documents]
        self.thresholds = [part.scope for part in policy.thresholds]
        self.contested: dict[Severity, set[str]] = {}
        self.poor: dict[tuple[int, Limits], bool] = {}
        self.key: bytes = b""
        self.active = [self._is_active(escalation) for escalation in policy.escalations]

    def is_meant(self, scope: Scope, suggestion: Suggestion) -> bool:
        """Whether a scope that may mean the code means it here."""
        if not scope.has_setting(self.chart.setting):
            return False
        return not scope.documents or all(self.kinds[e.document] in scope.documents for e in suggestion.evidence)

    def hits(self, number: int, suggestion: Suggestion) -> bool:
        """Whether an escalation that may mean the code takes it."""
        if not self.active[number]:
            return False
        escalation = self.policy.escalations[number]
        if escalation.below is not None and suggestion.confidence >= escalation.below:
            return False
        return self.is_meant(escalation.scope, suggestion) and self._holds(escalation, suggestion)

    def is_drawn(self, number: int, suggestion: Suggestion) -> bool:
        """Whether a cap takes the code out of AUTO."""
        cap = self.policy.caps[number]
        if not self.is_meant(cap.scope, suggestion):
            return False
        self.key = self.key or _chart_key(self.chart)
        of_code = f"{suggestion.system} {suggestion.code}" if cap.unit is Unit.CODE else ""
        return draw(self.key, salt=cap.salt, of_code=of_code) >= cap.share

    def _is_active(self, escalation: Escalation) -> bool:
        """Whether an escalation can take anything in this chart, as far as the chart alone tells."""
        limits = escalation.limits
        if not escalation.scope.has_setting(self.chart.setting):
            return False
        if escalation.when is When.MANY_CODES:
            return len(self.suggestions) > limits.most
        if escalation.when is When.ALERTS:
            return sum(1 for alert in self.alerts if _is_severe(alert, limits.severity)) >= limits.least
        if escalation.when is When.AGE:
            return _is_of_age(_age_years(self.chart), limits)
        if escalation.when is When.CHART_HAS:
            return any(s.system == limits.any_of_system and limits.any_of.has(s.code) for s in self.suggestions)
        return True

    def _holds(self, escalation: Escalation, suggestion: Suggestion) -> bool:
        if escalation.when is When.ALERT:
            return suggestion.code in self._codes_of_alerts(escalation.limits.severity)
        if escalation.when is When.NEW_CODE:
            return self.is_new(suggestion.system, suggestion.code)
        if escalation.when is When.DOCUMENT_QUALITY:
            return any(self._is_poor(evidence.document, escalation.limits) for evidence in suggestion.evidence)
        return True

    def _codes_of_alerts(self, severity: Severity) -> set[str]:
        found = self.contested.get(severity)
        if found is None:
            found = {code for alert in self.alerts if _is_severe(alert, severity) for code in alert.codes}
            self.contested[severity] = found
        return found

    def _is_poor(self, number: int, limits: Limits) -> bool:
        key = number, limits
        found = self.poor.get(key)
        if found is None:
            found = self.poor[key] = measure_quality(self.chart.documents[number].text).fails(limits)
        return found


@lru_cache(maxsize=8192)
def is_unspecified(title: str) -> bool:
    """Whether a title says that the documentation said no more (Guidelines I.A.9.b, I.B.18)."""
    return _UNSPECIFIED.search(title) is not None


def draw(chart_key: bytes, *, salt: str, of_code: str = "") -> float:
    """Return a number in [0, 1) that the chart alone decides: the first 8 bytes of a SHA-256, over 2**64."""
    digest = hashlib.sha256(b"\0".join((_CAP_DOMAIN + salt.encode(), chart_key, of_code.encode()))).digest()
    return int.from_bytes(digest[:8]) / 2.0**64


def _chart_key(chart: Chart) -> bytes:
    """Return the chart's id, or, where it has none, a hash of its texts."""
    if chart.chart_id:
        return chart.chart_id.encode("utf-8", "surrogatepass")
    texts = (document.text.encode("utf-8", "surrogatepass") for document in chart.documents)
    return hashlib.sha256(b"\0".join(texts)).digest()


def _by_confidence(threshold: Threshold, confidence: float) -> Route:
    if confidence < threshold.hold:
        return Route.HOLD
    return Route.REVIEW if confidence < threshold.auto else Route.AUTO


def _of_threshold(threshold: Threshold, route: Route) -> tuple[Route, str, str]:
    said = {
        Route.HOLD: f"confidence under {threshold.hold:.2f}",
        Route.REVIEW: f"confidence under {threshold.auto:.2f}",
        Route.AUTO: f"confidence of {threshold.auto:.2f} or more, and nothing against it",
    }
    return route, f"route:{route.value.lower()}", f"{said[route]} (threshold {threshold.name})"


def _shown(rule: str, of_threshold: str) -> str:
    return "confidence" if rule == of_threshold else rule.removeprefix("route:")


def _of_cap(cap: Cap) -> tuple[Route, str, str]:
    return Route.REVIEW, f"route:{cap.name}", f"drawn for a person's look; {cap.share:.0%} go without"


def _is_severe(alert: Alert, least: Severity) -> bool:
    return _SEVERITIES[alert.severity] >= _SEVERITIES[least]


def _age_years(chart: Chart) -> int | None:
    """Return the age on the date of service, None if neither it nor the dates are known."""
    if chart.age_years is not None or chart.birth_date is None or chart.date_of_service is None:
        return chart.age_years
    return _whole_years(chart.birth_date, chart.date_of_service)


def _whole_years(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _is_of_age(years: int | None, limits: Limits) -> bool:
    if years is None:
        return False
    return (limits.under_years is None or years < limits.under_years) and (
        limits.from_years is None or years >= limits.from_years
    )
