"""What routing looks at of one chart: its questions, each answered at most once, and the draw of its caps."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from engine.routing.policy import Cap, Escalation, Limits, Scope, Unit, When
from engine.routing.quality import Quality, measure_quality
from engine.types import Alert, Chart, Severity, Suggestion

# Whether a code is new in the release that codes a chart: (system, code).
IsNew = Callable[[str, str], bool]
_RANKS = {severity.value: number for number, severity in enumerate(Severity)}
_CAP_DOMAIN = b"chartcoder routing cap 1\n"


class Look:
    """One chart with what was made of it."""

    def __init__(self, chart: Chart, suggestions: Sequence[Suggestion], alerts: Sequence[Alert], is_new: IsNew) -> None:
        self.chart = chart
        self.suggestions = suggestions
        self.alerts = alerts
        self.is_new = is_new
        self._contested: dict[str, set[str]] = {}
        self._qualities: list[Quality] = []
        self._key = b""

    def hits(self, escalation: Escalation, suggestion: Suggestion) -> bool:
        """Whether an escalation that means the code takes it, by how sure it is and how it is stated."""
        if escalation.below is not None and suggestion.confidence >= escalation.below:
            return False
        if not self.is_stated(escalation.scope, suggestion):
            return False
        when, limits = escalation.when, escalation.limits
        if when is When.ALERT:
            return suggestion.code in self.codes_of_alerts(limits.severity)
        if when is When.NEW_CODE:
            return self.is_new(suggestion.system, suggestion.code)
        if when is When.DOCUMENT_QUALITY:
            qualities = self.qualities()
            return any(qualities[evidence.document].fails(limits) for evidence in suggestion.evidence)
        return True

    def is_stated(self, scope: Scope, suggestion: Suggestion) -> bool:
        """Whether a suggestion is stated in documents of the kinds that a scope names, and in no others."""
        if not scope.documents:
            return True
        kinds = [self.chart.documents[evidence.document].kind for evidence in suggestion.evidence]
        return all(" ".join(kind.casefold().split()) in scope.documents for kind in kinds)

    def is_drawn(self, cap: Cap, suggestion: Suggestion) -> bool:
        """Whether a cap takes the code out of AUTO."""
        if not self.is_stated(cap.scope, suggestion):
            return False
        self._key = self._key or _chart_key(self.chart)
        of_code = f"{suggestion.system} {suggestion.code}" if cap.unit is Unit.CODE else ""
        return draw(self._key, salt=cap.salt, of_code=of_code) >= cap.share

    def codes_of_alerts(self, severity: Severity) -> set[str]:
        """Return the codes that alerts of a severity or worse name."""
        found = self._contested.get(severity.value)
        if found is None:
            least = _RANKS[severity.value]
            found = {code for alert in self.alerts if _RANKS[alert.severity.value] >= least for code in alert.codes}
            self._contested[severity.value] = found
        return found

    def count_alerts(self, severity: Severity) -> int:
        """Count the alerts of a severity or worse."""
        least = _RANKS[severity.value]
        return sum([_RANKS[alert.severity.value] >= least for alert in self.alerts])

    def qualities(self) -> list[Quality]:
        """Measure the documents."""
        if not self._qualities:
            self._qualities = [measure_quality(document.text) for document in self.chart.documents]
        return self._qualities


# What an escalation asks of the chart before it looks at any code; a kind that is not here asks nothing.
CHART_QUESTIONS: Mapping[When, Callable[[Look, Limits], bool]] = {
    When.ALERT: lambda look, limits: bool(look.alerts) and bool(look.codes_of_alerts(limits.severity)),
    When.ALERTS: lambda look, limits: len(look.alerts) >= limits.least <= look.count_alerts(limits.severity),
    When.MANY_CODES: lambda look, limits: len(look.suggestions) > limits.most,
    When.AGE: lambda look, limits: _is_of_age(_age_years(look.chart), limits),
    When.DOCUMENT_QUALITY: lambda look, limits: any(quality.fails(limits) for quality in look.qualities()),
    When.CHART_HAS: lambda look, limits: any(
        s.system == limits.any_of_system and limits.any_of.has(s.code) for s in look.suggestions
    ),
}


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
