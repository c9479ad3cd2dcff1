"""External causes: place, activity and status once, at the initial encounter; no cause beside a code that says it.

Sources: ICD-10-CM Guidelines I.C.20.a.6 (never first: sequence.py), I.C.20.a.8 (no cause where the code includes it:
poisoning, T36-T50), I.C.20.b (place: initial encounter, once, not Y92.9), I.C.20.c (activity: once, not Y93.9),
I.C.20.k (status, not Y99.9).
"""

from engine.rules.base import Facts, Outcome, Rule
from engine.types import Alert, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.C.20.b, I.C.20.c, I.C.20.k"
_ONCE = ("Y92", "Y93", "Y99")
_UNSTATED = ("Y92.9", "Y93.9", "Y99.9")
_INJURIES = ("S", "T")
_LATER = ("D", "E", "F", "G", "H", "J", "K", "M", "N", "P", "Q", "R", "S")
_LENGTH = 7


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Leave out places, activities and status that are unstated, repeated, or not of the initial encounter."""
    if not any(s.code.startswith(_ONCE) for s in suggestions):
        return Outcome(suggestions)
    phases = [bare[6] for s in suggestions if len(bare := s.code.replace(".", "")) == _LENGTH and bare[0] in _INJURIES]
    is_later = bool(phases) and all(phase in _LATER for phase in phases)
    outcome = Outcome([])
    seen: set[str] = set()
    for suggestion in suggestions:
        why = _fault(suggestion.code, seen, is_later=is_later)
        if why:
            outcome.alerts.append(_alert(suggestion, why))
        else:
            outcome.suggestions.append(suggestion)
            seen.add(suggestion.code[:3])
    return outcome


def _fault(code: str, seen: set[str], *, is_later: bool) -> str:
    """Return why a place, activity or status is not coded, "" if it is or the code is none."""
    if not code.startswith(_ONCE):
        return ""
    if is_later:
        return "place, activity and status are coded at the initial encounter only"
    if code in _UNSTATED:
        return "what is not stated is not coded"
    return "only one place, activity and status is coded" if code[:3] in seen else ""


def _alert(lost: Suggestion, why: str) -> Alert:
    return Alert(RULE.name, Severity.INFO, f"{lost.code} left out: {why}", SOURCE, list(lost.evidence), [lost.code])


RULE = Rule("external_causes", SOURCE, "2025-10-01", apply)
