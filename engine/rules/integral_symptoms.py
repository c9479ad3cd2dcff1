"""Symptoms integral to a stated diagnosis are not coded beside it.

Sources: ICD-10-CM Guidelines I.B.4 and I.B.5. Which symptoms belong to which disease is clinical knowledge, kept
as data in integral_symptoms.toml.
"""

import tomllib
from functools import lru_cache
from pathlib import Path

from engine.rules.base import Facts, Outcome, Rule, dropped
from engine.types import Reason, Suggestion

SOURCE = "ICD-10-CM Guidelines I.B.4, I.B.5"


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    path = Path(__file__).with_name("integral_symptoms.toml")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["disease"]
    return tuple((tuple(row["codes"]), tuple(row["symptoms"])) for row in rows)


@lru_cache(maxsize=8192)
def _symptoms_of(code: str) -> tuple[tuple[str, ...], ...]:
    """List the symptoms of each disease that a code is of."""
    return tuple(symptoms for codes, symptoms in _table() if code.startswith(codes))


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Drop symptom codes that a suggested diagnosis explains."""
    explained: list[tuple[tuple[str, ...], Suggestion]] = []
    for suggestion in suggestions:
        explained.extend((symptoms, suggestion) for symptoms in _symptoms_of(suggestion.code))
    if not explained:
        return Outcome(suggestions)
    outcome = Outcome([])
    every = tuple({symptom for symptoms, _ in explained for symptom in symptoms})
    for suggestion in suggestions:
        cause = None
        if suggestion.code.startswith(every):
            cause = next(
                (s for symptoms, s in explained if suggestion.code.startswith(symptoms) and s is not suggestion), None
            )
        if cause is None:
            outcome.suggestions.append(suggestion)
            continue
        cause.reasons.append(Reason(RULE.name, SOURCE, f"accounts for {suggestion.code}"))
        outcome.alerts.append(
            dropped(RULE.name, SOURCE, lost=suggestion, kept=cause, why="the symptom is integral to the diagnosis")
        )
    return outcome


RULE = Rule("integral_symptoms", SOURCE, "2025-10-01", apply)
