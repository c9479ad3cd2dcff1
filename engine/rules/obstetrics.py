"""Pregnancy and childbirth: codes of chapter 15 come before others, with the trimester that the weeks give.

Sources: ICD-10-CM Guidelines I.C.15.a.1 (a condition of a pregnant patient complicates the pregnancy unless the
provider says that it is incidental, Z33.1), I.C.15.a.3 (trimesters: to 13 weeks and 6 days, to 27 weeks and 6 days,
from 28 weeks), I.C.15.b.5 and n (O80 stands alone of its chapter; the mother's record has the outcome of delivery,
Z37). The table is obstetrics.toml.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from codesets.snapshot import Snapshot
from engine.rules.base import Facts, Outcome, Rule, dropped, made_from
from engine.rules.declared import age_of
from engine.types import Reason, Sex, Suggestion

SOURCE = "ICD-10-CM Guidelines I.C.15"
_PREGNANT = ("O", "Z3A", "Z34", "Z37", "Z38")
# Chapter 16 is never for the mother's record (I.C.16.a.1): the chart is the child's.
_OF_CHILD = ("P",)
_INCIDENTAL = "Z33.1"
_DELIVERED = ("Z37", "O80", "O82", "Z38")
_NORMAL = "O80"
_OUTCOMES = {"Z38.0": "Z37.0", "Z38.1": "Z37.0", "Z38.2": "Z37.0", "Z38.3": "Z37.2", "Z38.4": "Z37.2", "Z38.5": "Z37.2"}
_SINGLE = "Z37.0"
_FIRST, _SECOND = 14, 28
_YOUNGEST, _OLDEST = 9, 64
_ONLY_WEEKS = len("Z3A.")


@dataclass(frozen=True, slots=True)
class Condition:
    """Codes of other chapters, and the nodes under which the code of chapter 15 for them stands."""

    codes: tuple[str, ...]
    under: tuple[str, ...]
    goes: bool


@lru_cache(maxsize=1)
def conditions() -> tuple[Condition, ...]:
    """Read the table."""
    rows = tomllib.loads(Path(__file__).with_name("obstetrics.toml").read_text(encoding="utf-8"))["condition"]
    return tuple(Condition(tuple(r["codes"]), tuple(r["under"]), r.get("goes", False)) for r in rows)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Bring the codes of a pregnant or delivered patient into the terms of chapter 15."""
    is_childs = any(s.code.startswith(_OF_CHILD) for s in suggestions)
    if is_childs or not any(s.code.startswith(_PREGNANT) for s in suggestions) or not _may_be_mother(facts):
        return Outcome(suggestions)
    codes = [suggestion.code for suggestion in suggestions]
    if _INCIDENTAL in codes and not any(code.startswith("O") for code in codes):
        return Outcome(suggestions)
    outcome = _with_outcome(suggestions, facts)
    codes = [suggestion.code for suggestion in outcome.suggestions]
    when = "childbirth" if any(c.startswith(_DELIVERED) for c in codes) else f"{_trimester(codes)} trimester"
    outcome = _in_time(outcome, when, facts.snapshot)
    outcome = _of_conditions(outcome, when, facts.snapshot)
    return _normal_alone(outcome, facts.snapshot)


def _may_be_mother(facts: Facts) -> bool:
    age = age_of(facts.chart)
    return facts.chart.sex is not Sex.MALE and (age is None or _YOUNGEST <= age <= _OLDEST)


def _trimester(codes: Sequence[str]) -> str:
    """Return the trimester of the weeks that are coded: first, second, third; "unspecified" where none are."""
    weeks = [code[_ONLY_WEEKS:] for code in codes if code.startswith("Z3A.")]
    number = int(weeks[0]) if weeks and weeks[0].isdigit() else 0
    if number == 0:
        return "unspecified"
    return "first" if number < _FIRST else "second" if number < _SECOND else "third"


def _with_outcome(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Say the outcome of delivery on the mother's record, where the words are those of the newborn's (I.C.15.b.5)."""
    outcome = Outcome([])
    known = {suggestion.code for suggestion in suggestions}
    for suggestion in suggestions:
        code = _OUTCOMES.get(suggestion.code[:5], "")
        if not code:
            outcome.suggestions.append(suggestion)
            continue
        reason = Reason(RULE.name, SOURCE, "the mother's record has the outcome of delivery, the newborn's has Z38")
        made = made_from(suggestion, code, facts.snapshot, reason)
        if code not in known:
            outcome.suggestions.append(made)
            known.add(code)
        outcome.alerts.append(dropped(RULE.name, SOURCE, lost=suggestion, kept=made, why="the chart is the mother's"))
    return outcome


def _in_time(outcome: Outcome, when: str, snapshot: Snapshot) -> Outcome:
    """Give codes of chapter 15 the trimester or childbirth that the chart states."""
    kept: list[Suggestion] = []
    codes = {suggestion.code for suggestion in outcome.suggestions}
    for suggestion in outcome.suggestions:
        code = _sibling(snapshot, suggestion.code, when) if suggestion.code.startswith("O") else ""
        if not code or code == suggestion.code or code in codes:
            kept.append(suggestion)
            continue
        made = made_from(suggestion, code, snapshot, Reason(RULE.name, SOURCE, f"{suggestion.code}: {when}"))
        kept.append(made)
        outcome.alerts.append(dropped(RULE.name, SOURCE, lost=suggestion, kept=made, why=f"the chart states {when}"))
    return Outcome(kept, outcome.alerts)


@lru_cache(maxsize=4096)
def _sibling(snapshot: Snapshot, code: str, when: str) -> str:
    """Return the code beside one that says the time, "" if the code is not of a time or no other says it.

    What says a trimester is changed to childbirth; what says none, or another than the weeks give, to theirs.
    """
    if code not in snapshot or "unspecified" in when:
        return ""
    title = snapshot.title(code).lower()
    if "trimester" not in title:
        return ""
    beside = (other for other in snapshot.children(snapshot.parent(code)) if when in snapshot.title(other).lower())
    return next(beside, "")


def _of_conditions(outcome: Outcome, when: str, snapshot: Snapshot) -> Outcome:
    """Put before each condition of another chapter the code of chapter 15 that it complicates a pregnancy."""
    kept: list[Suggestion] = []
    codes = [suggestion.code for suggestion in outcome.suggestions]
    for suggestion in outcome.suggestions:
        condition = next((c for c in conditions() if suggestion.code.startswith(c.codes)), None)
        code = _complication(snapshot, condition.under, when) if condition else ""
        if condition is None or not code or any(c.startswith(tuple(u[:6] for u in condition.under)) for c in codes):
            kept.append(suggestion)
            continue
        reason = Reason(RULE.name, SOURCE, f"{suggestion.code} complicates the pregnancy")
        made = made_from(suggestion, code, snapshot, reason)
        kept.append(made)
        codes.append(code)
        if condition.goes:
            why = "the code of chapter 15 says the condition"
            outcome.alerts.append(dropped(RULE.name, SOURCE, lost=suggestion, kept=made, why=why))
        else:
            kept.append(suggestion)
    return Outcome(kept, outcome.alerts)


@lru_cache(maxsize=1024)
def _complication(snapshot: Snapshot, under: tuple[str, ...], when: str) -> str:
    return next(
        (code for node in under for code in _leaves(snapshot, node) if when in snapshot.title(code).lower()), ""
    )


def _leaves(snapshot: Snapshot, node: str) -> Iterator[str]:
    if node not in snapshot:
        return
    if snapshot.is_billable(node):
        yield node
    for child in snapshot.children(node):
        yield from _leaves(snapshot, child)


def _normal_alone(outcome: Outcome, snapshot: Snapshot) -> Outcome:
    """Take normal delivery off a record with any other code of its chapter; give it its outcome (I.C.15.n)."""
    normal = next((s for s in outcome.suggestions if s.code == _NORMAL), None)
    if normal is None:
        return outcome
    other = next((s for s in outcome.suggestions if s.code.startswith("O") and s is not normal), None)
    kept = list(outcome.suggestions)
    if other is not None:
        kept.remove(normal)
        why = "O80 is for a delivery with no other code of chapter 15"
        outcome.alerts.append(dropped(RULE.name, SOURCE, lost=normal, kept=other, why=why))
    if not any(s.code.startswith("Z37") for s in kept):
        kept.append(made_from(normal, _SINGLE, snapshot, Reason(RULE.name, SOURCE, "the outcome of a normal delivery")))
    return Outcome(kept, outcome.alerts)


RULE = Rule("obstetrics", SOURCE, "2025-10-01", apply)
