"""Combination codes: two conditions that the classification presumes to be related are coded as one with the other.

Sources: ICD-10-CM Guidelines I.B.9 (combination code), I.A.15 ("with": related unless the record says otherwise),
I.C.9.a (hypertension with heart failure and kidney disease), I.C.4.a (diabetes); the table is combination.toml. Where
the provider says that the two are not related, they stay as they are, with an alert.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.rules.base import Facts, Outcome, Rule, dropped, made_from
from engine.types import Alert, Evidence, Reason, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.A.15, I.B.9"
_DIABETES = ("E08", "E09", "E10", "E11", "E13")
_UNRELATED = re.compile(
    r"\b(?:not (?:felt to be |thought to be )?(?:due|related|secondary|attributed) to|unrelated to|not from|"
    r"non-?(?:diabetic|hypertensive)|not (?:diabetic|hypertensive))\b",
    re.IGNORECASE,
)
_REACH = 60
# A bleeding of no stated place is that of the lesion only where it is said with it.
_BLEEDING = "R58"


@dataclass(frozen=True, slots=True)
class Pair:
    """Prefixes of two codes (and of a third, if any) that stand on a claim, and the code they become.

    `beside`: where no code is of `first`, one of these has the new code put behind it and stays. `stays`: the new code
    stands where the first of the two conditions stood, not before both.
    """

    first: tuple[str, ...]
    other: tuple[str, ...]
    also: tuple[str, ...]
    becomes: str
    takes_other: bool
    stays: bool = False
    beside: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def pairs() -> tuple[Pair, ...]:
    """Read the table."""
    data = tomllib.loads(Path(__file__).with_name("combination.toml").read_text(encoding="utf-8"))
    return (*(_pair(row) for row in data["pair"]), *(pair for row in data["diabetes"] for pair in _of_diabetes(row)))


def _pair(row: dict[str, Any]) -> Pair:
    also = tuple(row.get("also", ()))
    takes, stays = row.get("takes_other", False), row.get("stays", False)
    beside = tuple(row.get("beside", ()))
    return Pair(tuple(row["first"]), tuple(row["other"]), also, row["becomes"], takes, stays, beside)


def _of_diabetes(row: dict[str, Any]) -> list[Pair]:
    other, takes = tuple(row["other"]), row.get("takes_other", False)
    return [Pair((f"{t}.9",), other, (), f"{t}.{row['complication']}", takes, beside=(t,)) for t in _DIABETES]


@lru_cache(maxsize=1)
def _by_categories() -> dict[str, list[tuple[int, frozenset[str], Pair]]]:
    """Return the pairs by the category of their first code, each with its place and the categories of the other."""
    found: dict[str, list[tuple[int, frozenset[str], Pair]]] = {}
    for number, pair in enumerate(pairs()):
        for category in dict.fromkeys(prefix[:3] for prefix in pair.first):
            found.setdefault(category, []).append((number, frozenset(prefix[:3] for prefix in pair.other), pair))
    return found


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Put combination codes in the place of the codes they combine."""
    outcome = Outcome(suggestions)
    keys = {suggestion.code[:3] for suggestion in suggestions}
    firsts = _by_categories().keys() & keys
    if not firsts:
        return outcome
    keys.update([suggestion.code[0] for suggestion in suggestions])
    rows = [row for category in firsts for row in _by_categories()[category] if not row[1].isdisjoint(keys)]
    for _, _, pair in sorted(rows, key=lambda row: row[0]):
        _apply_pair(outcome, pair, facts)
    return outcome


def _apply_pair(outcome: Outcome, pair: Pair, facts: Facts) -> None:
    first, other = _find(outcome.suggestions, pair.first), _find(outcome.suggestions, pair.other)
    also = _find(outcome.suggestions, pair.also) if pair.also else other
    is_beside = first is None and bool(pair.beside)
    if is_beside:
        first = _find(outcome.suggestions[::-1], pair.beside)
        if _find(outcome.suggestions, (pair.becomes,)) is not None and not pair.takes_other:
            return
    if first is None or other is None or also is None or first is other:
        return
    if other.code == _BLEEDING and not _is_near(first, other):
        return
    if _is_unrelated(other, facts):
        outcome.alerts.append(_kept_apart(first, other))
        return
    _combine(outcome, pair, first, other, facts, is_beside=is_beside)


def _find(suggestions: list[Suggestion], prefixes: tuple[str, ...]) -> Suggestion | None:
    return next((suggestion for suggestion in suggestions if suggestion.code.startswith(prefixes)), None)


def _is_near(first: Suggestion, other: Suggestion) -> bool:
    """Whether two conditions are stated within a sentence's reach of each other."""
    return any(
        one.document == two.document and one.begin - _REACH < two.begin < one.end + _REACH
        for one in first.evidence
        for two in other.evidence
    )


def _is_unrelated(other: Suggestion, facts: Facts) -> bool:
    """Whether the provider says near a condition that it is not related."""
    return any(
        _UNRELATED.search(facts.chart.documents[e.document].text, max(0, e.begin - _REACH), e.end + _REACH)
        for e in other.evidence
    )


def _combine(
    outcome: Outcome, pair: Pair, first: Suggestion, other: Suggestion, facts: Facts, *, is_beside: bool
) -> None:
    made = next((s for s in outcome.suggestions if s.code == pair.becomes), None)
    gone = [s for s, is_gone in ((first, not is_beside), (other, pair.takes_other)) if is_gone and s is not made]
    kept = list(outcome.suggestions)
    if made is None:
        reason = Reason(RULE.name, SOURCE, f"{first.code} with {other.code}")
        made = made_from(first, pair.becomes, facts.snapshot, reason, [other])
        # The combination code goes before the code that details it ("use additional code").
        place = kept.index(first) + 1 if is_beside else kept.index(first)
        kept.insert(place if is_beside or pair.stays else min(place, kept.index(other)), made)
    outcome.suggestions = [suggestion for suggestion in kept if not any(suggestion is lost for lost in gone)]
    why = "the classification presumes the two conditions to be related"
    outcome.alerts += [dropped(RULE.name, SOURCE, lost=lost, kept=made, why=why) for lost in gone]


def _kept_apart(first: Suggestion, other: Suggestion) -> Alert:
    return Alert(
        kind=RULE.name,
        severity=Severity.INFO,
        message=f"{first.code} and {other.code} are not combined: the documentation says they are not related",
        source=SOURCE,
        evidence=[Evidence(e.document, e.begin, e.end) for e in other.evidence],
        codes=[first.code, other.code],
    )


RULE = Rule("combination", SOURCE, "2025-10-01", apply)
