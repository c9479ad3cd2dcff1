"""Combination codes: two conditions that the classification presumes to be related are coded as one with the other.

Sources: ICD-10-CM Guidelines I.B.9 (combination code), I.A.15 ("with": related unless the record says otherwise),
I.C.9.a (hypertension with heart failure and kidney disease), I.C.4.a (diabetes); the table is combination.toml.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.rules.base import Facts, Outcome, Rule, dropped
from engine.types import Evidence, Reason, Suggestion

SOURCE = "ICD-10-CM Guidelines I.A.15, I.B.9"


@dataclass(frozen=True, slots=True)
class Pair:
    """Prefixes of two codes (and of a third, if any) that stand on a claim, and the code they become."""

    first: tuple[str, ...]
    other: tuple[str, ...]
    also: tuple[str, ...]
    becomes: str
    takes_other: bool


@lru_cache(maxsize=1)
def pairs() -> tuple[Pair, ...]:
    """Read the table."""
    path = Path(__file__).with_name("combination.toml")
    return tuple(_pair(row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["pair"])


def _pair(row: dict[str, Any]) -> Pair:
    also = tuple(row.get("also", ()))
    return Pair(tuple(row["first"]), tuple(row["other"]), also, row["becomes"], row.get("takes_other", False))


@lru_cache(maxsize=1)
def _by_categories() -> dict[str, list[tuple[frozenset[str], Pair]]]:
    """Return the pairs by the category of their first code, each with the categories of the other."""
    found: dict[str, list[tuple[frozenset[str], Pair]]] = {}
    for pair in pairs():
        for category in dict.fromkeys(prefix[:3] for prefix in pair.first):
            found.setdefault(category, []).append((frozenset(prefix[:3] for prefix in pair.other), pair))
    return found


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Put combination codes in the place of the codes they combine."""
    outcome = Outcome(suggestions)
    categories = {suggestion.code[:3] for suggestion in suggestions}
    by_categories = _by_categories()
    for category in sorted(by_categories.keys() & categories):
        for others, pair in by_categories[category]:
            if not others.isdisjoint(categories):
                _apply_pair(outcome, pair, facts)
    return outcome


def _apply_pair(outcome: Outcome, pair: Pair, facts: Facts) -> None:
    first, other = _find(outcome.suggestions, pair.first), _find(outcome.suggestions, pair.other)
    also = _find(outcome.suggestions, pair.also) if pair.also else other
    if first is not None and other is not None and also is not None and first is not other:
        _combine(outcome, pair, first, other, facts)


def _find(suggestions: list[Suggestion], prefixes: tuple[str, ...]) -> Suggestion | None:
    return next((suggestion for suggestion in suggestions if suggestion.code.startswith(prefixes)), None)


def _combine(outcome: Outcome, pair: Pair, first: Suggestion, other: Suggestion, facts: Facts) -> None:
    made = next((s for s in outcome.suggestions if s.code == pair.becomes), None)
    gone = [first, other] if pair.takes_other else [first]
    kept = list(outcome.suggestions)
    if made is None:
        made = _suggestion(pair.becomes, first, other, facts)
        # The combination code goes before the code that details it ("use additional code").
        kept.insert(min(kept.index(first), kept.index(other)), made)
    outcome.suggestions = [suggestion for suggestion in kept if not any(suggestion is lost for lost in gone)]
    why = "the classification presumes the two conditions to be related"
    outcome.alerts += [dropped(RULE.name, SOURCE, lost=lost, kept=made, why=why) for lost in gone]


def _suggestion(code: str, first: Suggestion, other: Suggestion, facts: Facts) -> Suggestion:
    places = {(e.document, e.begin, e.end) for e in (*first.evidence, *other.evidence)}
    return Suggestion(
        system=first.system,
        code=code,
        display=facts.snapshot.title(code),
        role=first.role,
        confidence=min(first.confidence, other.confidence),
        route=first.route,
        evidence=[Evidence(*place) for place in sorted(places)],
        reasons=[*first.reasons, Reason(RULE.name, SOURCE, f"{first.code} with {other.code}")],
    )


RULE = Rule("combination", SOURCE, "2025-10-01", apply)
