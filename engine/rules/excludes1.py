"""Excludes1: two conditions that cannot be coded together.

Source: ICD-10-CM Guidelines I.A.12.a. The note stands at a code, its category, block or chapter and names codes
or ranges. Of a pair the definite diagnosis is kept before a symptom; else the code that the note sends the coder to (a
note at N20 names N13.2 for a stone with hydronephrosis: N13.2 stays); where each names the other, the one with more
confidence. The guideline's exception (the two are unrelated) is a person's call: the code that stays is flagged.
"""

import re
from functools import lru_cache

from codesets.snapshot import Snapshot
from codesets.types import NoteKind
from engine.rules.base import Facts, Outcome, Rule
from engine.types import Alert, Reason, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.A.12.a"
_CODE = r"[A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?"
_PARENTHESIS = re.compile(r"\(([^()]*)\)")
_REFERENCE = re.compile(rf"({_CODE})(?:\.?-(?!\s*[A-Z]))?(?:\s*-\s*({_CODE}))?")


def references(note: str) -> list[tuple[str, str]]:
    """Read the codes a note names in parentheses, as (first, last) code prefixes."""
    found = []
    for group in _PARENTHESIS.findall(note):
        found.extend((first, last or first) for first, last in _REFERENCE.findall(group))
    return found


def covers(reference: tuple[str, str], code: str) -> bool:
    """Whether a code lies in a reference; "K50" covers K50.911, ("C00", "C14") covers C07."""
    first, last = reference
    if first == last:
        return code.startswith(first)
    return first <= code[: len(first)] and code[: len(last)] <= last


@lru_cache(maxsize=16384)
def _excluded(snapshot: Snapshot, code: str) -> tuple[tuple[str, tuple[str, str]], ...]:
    notes = snapshot.inherited_notes(code, NoteKind.EXCLUDES1)
    return tuple((owner, reference) for owner, note in notes for reference in references(note))


def _noted_at(snapshot: Snapshot, code: str, other: str) -> str:
    for owner, reference in _excluded(snapshot, code):
        if covers(reference, other) and not other.startswith(owner):
            return owner
    return ""


def _preference(suggestion: Suggestion) -> tuple[bool, float]:
    return not _is_symptom(suggestion), suggestion.confidence


def _is_symptom(suggestion: Suggestion) -> bool:
    return suggestion.code.startswith("R")


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Keep one of each Excludes1 pair."""
    kept: list[Suggestion] = []
    alerts: list[Alert] = []
    for suggestion in sorted(suggestions, key=_preference, reverse=True):
        rivals = [(other, owner) for other in kept if (owner := _owner(facts.snapshot, suggestion.code, other.code))]
        stronger = next((pair for pair in rivals if not _yields(facts.snapshot, pair[0], suggestion)), None)
        if stronger is not None:
            alerts.append(_settle(suggestion, stronger[0], stronger[1]))
            continue
        for rival, owner in rivals:
            kept.remove(rival)
            alerts.append(_settle(rival, suggestion, owner))
        kept.append(suggestion)
    order = {id(suggestion): position for position, suggestion in enumerate(suggestions)}
    return Outcome(sorted(kept, key=lambda suggestion: order[id(suggestion)]), alerts)


def _owner(snapshot: Snapshot, code: str, other: str) -> str:
    """Return the node whose note sets the two apart, "" if none does."""
    return _noted_at(snapshot, code, other) or _noted_at(snapshot, other, code)


def _yields(snapshot: Snapshot, kept: Suggestion, new: Suggestion) -> bool:
    """Whether the code kept so far gives way to one with less confidence: its own note sends the coder there."""
    if _is_symptom(kept) != _is_symptom(new):
        return False
    return bool(_noted_at(snapshot, kept.code, new.code)) and not _noted_at(snapshot, new.code, kept.code)


def _settle(lost: Suggestion, kept: Suggestion, owner: str) -> Alert:
    kept.reasons.append(Reason(RULE.name, SOURCE, f"kept before {lost.code}: Excludes1 note at {owner}"))
    return _alert(lost, kept, owner)


def _alert(lost: Suggestion, kept: Suggestion, owner: str) -> Alert:
    # Two definite diagnoses may be unrelated, which the guideline allows; a symptom beside its cause needs nobody.
    is_symptom = _is_symptom(lost)
    return Alert(
        kind=RULE.name,
        severity=Severity.INFO if is_symptom else Severity.WARNING,
        message=f"{lost.code} and {kept.code} exclude each other (Excludes1 at {owner}); {kept.code} kept"
        + ("" if is_symptom else "; report both only if the two conditions are unrelated"),
        source=SOURCE,
        evidence=list(lost.evidence),
        codes=[lost.code, kept.code],
    )


RULE = Rule("excludes1", SOURCE, "2025-10-01", apply)
