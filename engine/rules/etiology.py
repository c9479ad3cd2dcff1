"""Etiology and manifestation: the cause of a manifestation has a code, which goes before it.

Sources: ICD-10-CM Guidelines I.A.13, and the code first notes of the tabular list. Where the sentence that states the
manifestation names the cause (etiology.toml), its code is added; where no cause is on the claim, a person is asked,
since a manifestation code ("in diseases classified elsewhere") may never stand alone.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.rules.base import Facts, Outcome, Rule, made_from
from engine.rules.gather import is_manifestation
from engine.rules.surroundings import is_said_with
from engine.types import Alert, Reason, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.A.13"


@dataclass(frozen=True, slots=True)
class Cause:
    """The code of a cause, for manifestations that are stated with its words, unless one of `present` is there."""

    codes: tuple[str, ...]
    words: re.Pattern[str]
    becomes: str
    present: tuple[str, ...]


@lru_cache(maxsize=1)
def causes() -> tuple[Cause, ...]:
    """Read the table."""
    rows = tomllib.loads(Path(__file__).with_name("etiology.toml").read_text(encoding="utf-8"))["cause"]
    return tuple(
        Cause(tuple(r["codes"]), re.compile(r["words"], re.IGNORECASE), r["becomes"], tuple(r["present"])) for r in rows
    )


@lru_cache(maxsize=8192)
def _causes_of(code: str) -> tuple[Cause, ...]:
    return tuple(cause for cause in causes() if code.startswith(cause.codes))


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Add the causes that are named with their manifestations; ask where a manifestation stands alone."""
    if not any(_causes_of(s.code) or is_manifestation(s.display) for s in suggestions):
        return Outcome(suggestions)
    outcome = Outcome([])
    present = [suggestion.code for suggestion in suggestions]
    for suggestion in suggestions:
        for cause in _causes_of(suggestion.code):
            if any(code.startswith(cause.present) for code in present):
                continue
            if is_said_with(cause.words, suggestion, facts) and facts.snapshot.is_billable(cause.becomes):
                reason = Reason(RULE.name, SOURCE, f"named as the cause of {suggestion.code}")
                outcome.suggestions.append(made_from(suggestion, cause.becomes, facts.snapshot, reason))
                present.append(cause.becomes)
                break
        outcome.suggestions.append(suggestion)
    codes = [suggestion.code for suggestion in outcome.suggestions]
    alone = [s for s in outcome.suggestions if is_manifestation(s.display) and not _has_other(s, codes)]
    outcome.alerts = [_alert(suggestion) for suggestion in alone]
    return outcome


def _has_other(suggestion: Suggestion, codes: list[str]) -> bool:
    """Whether another diagnosis is on the claim that may be the cause."""
    return any(code[0] not in "RVWXYZ" for code in codes if code != suggestion.code)


def _alert(suggestion: Suggestion) -> Alert:
    return Alert(
        kind=RULE.name,
        severity=Severity.WARNING,
        message=f"{suggestion.code} is a manifestation: the disease that causes it must be coded first, and none is",
        source=SOURCE,
        evidence=list(suggestion.evidence),
        codes=[suggestion.code],
    )


RULE = Rule("etiology", SOURCE, "2025-10-01", apply)
