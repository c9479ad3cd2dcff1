"""What a coding rule is: a name, a cited source, and a pure function over the suggestions of a chart."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from codesets.snapshot import Snapshot
from engine.types import Alert, Chart, Finding, Reason, Severity, Suggestion


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may look at besides the suggestions; `copied` is where (document, begin) copied mentions stand."""

    chart: Chart
    snapshot: Snapshot
    findings: Sequence[Finding]
    copied: Set[tuple[int, int]] = frozenset()


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


# Chapter 18 codes that are no complaint but a diagnosis or a measure of one: coma, NIHSS, shock, SIRS and severe
# sepsis (Guidelines I.C.1.d, I.C.18.e, I.C.18.g, I.C.18.i), prediabetes, bacteremia.
_DIAGNOSES_OF_CHAPTER_18 = ("R29.7", "R40.2", "R57", "R65", "R73.03", "R78.81")


def is_symptom(code: str) -> bool:
    """Whether a code says a symptom or sign (Guidelines I.C.18: chapter 18), not a diagnosis."""
    return code.startswith("R") and not code.startswith(_DIAGNOSES_OF_CHAPTER_18)


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


def made_from(
    like: Suggestion, code: str, snapshot: Snapshot, reason: Reason, others: Sequence[Suggestion] = ()
) -> Suggestion:
    """Make a suggestion that rests on the evidence of others, with the least confidence of them all."""
    rests_on = (like, *others)
    places = {(e.document, e.begin, e.end): e for suggestion in rests_on for e in suggestion.evidence}
    return Suggestion(
        system=like.system,
        code=code,
        display=snapshot.title(code),
        role=like.role,
        confidence=min(suggestion.confidence for suggestion in rests_on),
        route=like.route,
        evidence=[places[place] for place in sorted(places)],
        reasons=[*like.reasons, reason],
    )
