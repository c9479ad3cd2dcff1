"""Which code goes before which: what the tabular list and the chapters of the guidelines say of order.

Code first and use additional notes (Guidelines I.A.13, I.A.17) are read from the snapshot, the orders of the chapters
from sequence.toml. A code that must come before another is put just before it, and nothing else moves: the provider's
order holds (II, IV.G). Organisms stand behind their infection, status and history codes behind the diagnoses,
external causes last (I.C.20.a.6). Where two rules contradict each other, the chapter's holds before the note.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from codesets.snapshot import Snapshot
from codesets.types import NoteKind
from engine.rules.base import Facts, Outcome, Rule
from engine.rules.note_references import Reference, named_at, owners_above
from engine.rules.order_table import Order, orders_for
from engine.types import Reason, Suggestion

SOURCE = "ICD-10-CM Guidelines I.A.13, I.A.17"
_LAST_SOURCE = "ICD-10-CM Guidelines I.C.20.a.6, I.C.21.c.3-4"
_ORGANISMS = ("B95", "B96", "B97")
_STATUS = ("Z55", "Z56", "Z57", "Z58", "Z59", "Z60", "Z62", "Z63", "Z64", "Z65", "Z66", "Z72", "Z77", "Z78", "Z79",
           "Z8", "Z90",
           "Z91", "Z92", "Z93", "Z94", "Z95", "Z96", "Z97", "Z98", "Z99")  # fmt: skip
# Of these, what says nothing of why the patient came; the others may be what a visit is about.
_NEVER_FIRST = ("Z55", "Z56", "Z57", "Z58", "Z59", "Z60", "Z62", "Z63", "Z64", "Z65", "Z66", "Z72", "Z78", "Z79")
# More codes than a claim has places for: a chart of many documents in one. Pairs of all its codes would take minutes.
_MOST = 120
_EXTERNAL = ("V", "W", "X", "Y")
# The note above drugs holds for adverse effects alone ("the nature of the adverse effect"): sequence.toml.
_OF_DRUGS = "T36-T50"


@dataclass(frozen=True, slots=True)
class Constraint:
    """The code at place `before` of the claim goes before the one at `after`; the heavier holds against the lighter."""

    before: int
    after: int
    weight: int
    source: str
    why: str


@dataclass(frozen=True, slots=True)
class _Note:
    owner: str
    is_first: bool  # "code first": what it names goes before the code
    references: tuple[Reference, ...]


@lru_cache(maxsize=16384)
def _notes_above(snapshot: Snapshot, code: str) -> tuple[frozenset[str], tuple[_Note, ...]]:
    """Return the notes in force for a code that order it against others, and all categories they name."""
    notes: list[_Note] = []
    categories: set[str] = set()
    for kind in (NoteKind.CODE_FIRST, NoteKind.USE_ADDITIONAL):
        for owner in owners_above(snapshot, code, kind):
            if owner == _OF_DRUGS:
                continue
            references, named = named_at(snapshot, owner, kind)
            notes.append(_Note(owner, kind is NoteKind.CODE_FIRST, references))
            categories |= named
    return frozenset(categories), tuple(notes)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Put the suggestions in the order of a claim; what was moved has a reason."""
    if len(suggestions) < 2:
        return Outcome(suggestions)
    codes = [suggestion.code for suggestion in suggestions]
    tiers = [_tier(code) for code in codes]
    ordered = codes[:_MOST]
    if not codes[0].startswith(_NEVER_FIRST):
        tiers[0] = 0
    constraints = [*_from_notes(ordered, facts.snapshot), *_from_table(ordered, facts)]
    if not _is_wrong(constraints) and tiers == sorted(tiers) and not any(c.startswith(_ORGANISMS) for c in codes):
        return Outcome(suggestions)
    order = solve(len(codes), constraints, tiers)
    order = _behind_infections(order, codes, constraints)
    _explain(suggestions, constraints)
    return Outcome([suggestions[place] for place in order])


@lru_cache(maxsize=8192)
def _tier(code: str) -> int:
    return 2 if code.startswith(_EXTERNAL) else 1 if code.startswith(_STATUS) else 0


def _is_wrong(constraints: Sequence[Constraint]) -> bool:
    return any(constraint.before > constraint.after for constraint in constraints)


def _from_notes(codes: Sequence[str], snapshot: Snapshot) -> Iterator[Constraint]:
    categories = {code[:3] for code in codes}
    for place, code in enumerate(codes):
        if code not in snapshot:
            continue
        named, notes = _notes_above(snapshot, code)
        if named.isdisjoint(categories):
            continue
        for other_place, other in enumerate(codes):
            if other_place == place or other[:3] not in named:
                continue
            for note in notes:
                if not note.is_first and _says_more_than_use(snapshot, other):
                    continue
                if any(reference.covers(other) for reference in note.references):
                    yield _of_note(note, place, other_place)
                    break


@lru_cache(maxsize=1024)
def _says_more_than_use(snapshot: Snapshot, code: str) -> bool:
    """Whether a substance code is a reason for care of its own (withdrawal), not what a note asks "to identify use"."""
    return code.startswith("F1") and "withdrawal" in snapshot.title(code).lower()


def _of_note(note: _Note, place: int, other: int) -> Constraint:
    if note.is_first:
        return Constraint(other, place, 1, SOURCE, f"code first note at {note.owner}")
    return Constraint(place, other, 1, SOURCE, f"use additional code note at {note.owner}")


def _from_table(codes: Sequence[str], facts: Facts) -> Iterator[Constraint]:
    for order in orders_for(codes, facts.chart.setting):
        yield from _of_order(order, codes)


def _of_order(order: Order, codes: Sequence[str]) -> Iterator[Constraint]:
    befores = [place for place, code in enumerate(codes) if order.is_first(code)]
    if not befores:
        return
    for place, code in enumerate(codes):
        if order.is_later(code):
            for before in befores:
                if before != place and not order.is_first(code):
                    yield Constraint(before, place, order.weight, order.source, order.why)


def solve(count: int, constraints: Sequence[Constraint], tiers: Sequence[int]) -> list[int]:
    """Return the places 0..count-1 in an order that keeps the constraints, and else the given order by tiers.

    What must come before another is taken just before it. A constraint that closes a circle with heavier ones is left
    out.
    """
    needs: list[set[int]] = [set() for _ in range(count)]
    for constraint in sorted(constraints, key=lambda c: -c.weight):
        if not _reaches(needs, constraint.before, constraint.after):
            needs[constraint.after].add(constraint.before)
    order: list[int] = []
    done: set[int] = set()
    for place in sorted(range(count), key=lambda number: (tiers[number], number)):
        _take(place, needs, order, done)
    return order


def _take(place: int, needs: Sequence[set[int]], order: list[int], done: set[int]) -> None:
    """Put a place in the order, what it needs before it."""
    if place in done:
        return
    done.add(place)
    for needed in sorted(needs[place]):
        _take(needed, needs, order, done)
    order.append(place)


def _reaches(needs: Sequence[set[int]], start: int, goal: int) -> bool:
    """Whether `start` needs `goal` before it, by whatever many steps."""
    seen, todo = {start}, [start]
    while todo:
        for needed in needs[todo.pop()]:
            if needed == goal:
                return True
            if needed not in seen:
                seen.add(needed)
                todo.append(needed)
    return False


def _behind_infections(order: list[int], codes: Sequence[str], constraints: Sequence[Constraint]) -> list[int]:
    """Move each organism straight behind the last of the infections that call for it."""
    for organism in [place for place in order if codes[place].startswith(_ORGANISMS)]:
        infections = [c.before for c in constraints if c.after == organism and c.before in order]
        if infections:
            order.remove(organism)
            order.insert(min(order.index(infection) for infection in infections) + 1, organism)
    return order


def _explain(suggestions: Sequence[Suggestion], constraints: Sequence[Constraint]) -> None:
    for c in constraints:
        if c.before > c.after:
            first, later = suggestions[c.before], suggestions[c.after]
            first.reasons.append(Reason(RULE.name, c.source, f"goes before {later.code}: {c.why}"))


RULE = Rule("sequence", SOURCE, "2025-10-01", apply)
