"""What a coding rule is: a name, a cited source, and a pure function over the suggestions of a chart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from codesets.snapshot import Snapshot
from engine.types import Alert, Chart, Finding, Severity, Suggestion


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may look at besides the suggestions. `encounter` is initial, subsequent or sequela."""

    chart: Chart
    snapshot: Snapshot
    findings: Sequence[Finding]


@dataclass(slots=True)
class Outcome:
    """What a rule leaves: suggestions (changed ones carry a reason) and alerts (one for each it dropped)."""

    suggestions: list[Suggestion]
    alerts: list[Alert] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rule:
    """One official rule. `source` cites the guideline section or note; `effective` is that edition's first day."""

    name: str
    source: str
    effective: str
    apply: Callable[[list[Suggestion], Facts], Outcome]


def dropped(rule: str, source: str, *, lost: Suggestion, kept: Suggestion, why: str) -> Alert:
    """Record that a rule took a suggestion off the claim."""
    return Alert(
        kind=rule,
        severity=Severity.INFO,
        message=f"{lost.code} left out beside {kept.code}: {why}",
        source=source,
        evidence=list(lost.evidence),
        codes=[lost.code, kept.code],
    )
