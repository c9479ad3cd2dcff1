"""Seventh character: a code that wants one is not valid without it, and X fills the places before it.

Sources: ICD-10-CM Guidelines I.A.4, I.A.5 and I.C.19.a. The character itself is chosen where the mention is read
(encounter words, side); this rule refuses what is still incomplete and says what the character rests on.
"""

from functools import lru_cache

from codesets.snapshot import Snapshot
from engine.rules.base import Facts, Outcome, Rule
from engine.types import Alert, Reason, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.A.4, I.A.5, I.C.19.a"


@lru_cache(maxsize=16384)
def _is_billable(snapshot: Snapshot, code: str) -> bool:
    return snapshot.is_billable(code)


@lru_cache(maxsize=4096)
def _children(snapshot: Snapshot, code: str) -> str:
    return ", ".join(snapshot.children(code)[:6])


@lru_cache(maxsize=4096)
def _meaning(snapshot: Snapshot, code: str, character: str) -> str:
    return snapshot.seventh_characters(code).get(character, "")


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Take incomplete codes off the claim with an alert; explain the seventh character of the others."""
    kept: list[Suggestion] = []
    alerts: list[Alert] = []
    for suggestion in suggestions:
        if suggestion.system != "icd10cm":
            kept.append(suggestion)
        elif not _is_billable(facts.snapshot, suggestion.code):
            alerts.append(_incomplete(suggestion, facts))
        else:
            kept.append(suggestion)
            _explain(suggestion, facts)
    return Outcome(kept, alerts)


def _incomplete(suggestion: Suggestion, facts: Facts) -> Alert:
    wants = _children(facts.snapshot, suggestion.code) or "a code of the release"
    return Alert(
        kind="missing_specificity",
        severity=Severity.WARNING,
        message=f"{suggestion.code} is not billable: the chart does not say enough to choose among {wants} ...",
        source=SOURCE,
        evidence=list(suggestion.evidence),
        codes=[suggestion.code],
    )


def _explain(suggestion: Suggestion, facts: Facts) -> None:
    bare = suggestion.code.replace(".", "")
    if len(bare) != 7:
        return
    meaning = _meaning(facts.snapshot, suggestion.code, bare[6])
    suggestion.reasons.append(Reason(RULE.name, SOURCE, f"seventh character {bare[6]}: {meaning}"))


RULE = Rule("seventh_character", SOURCE, "2025-10-01", apply)
