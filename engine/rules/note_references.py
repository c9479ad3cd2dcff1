"""What the notes of the tabular list name: codes and ranges in parentheses, with what they ask of them.

Source: the tabular list itself ("Excludes1: ...", "Code first ...", "Use additional code ..."), Guidelines I.A.7-17.
"""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache

from codesets.snapshot import Snapshot
from codesets.types import NoteKind

_CODE = r"[A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?"
_PARENTHESIS = re.compile(r"\(([^()]*)\)")
_REFERENCE = re.compile(rf"({_CODE})(?:\.?-(?!\s*[A-Z]))?(?:\s*-\s*({_CODE}))?")
_WITH = re.compile(r"-?\s*\bwith\s+")
_DETAIL = re.compile(r"\.(\w+)-?(?:\.(\w+))?")
_PLACES = {"fourth": 4, "4th": 4, "fifth": 5, "5th": 5, "sixth": 6, "6th": 6, "seventh": 7, "7th": 7}
_CATEGORY_LENGTH = 3
_CHARACTERS = re.compile(r"(\w+)(?: to (\w+))?[ -]characters? [.-]?(\w+)")


@dataclass(frozen=True, slots=True)
class Condition:
    """The characters that a reference asks for: `first` to `last` at [begin, end) of the undotted code."""

    begin: int
    end: int | None
    first: str
    last: str

    def holds(self, code: str) -> bool:
        """Whether a code has the characters."""
        return self.first <= code.replace(".", "")[self.begin : self.end] <= self.last


@dataclass(frozen=True, slots=True)
class Reference:
    """The codes that a note names: those that begin with `first`, or lie between `first` and `last`."""

    first: str
    last: str
    condition: Condition | None = None

    def covers(self, code: str) -> bool:
        """Whether a code is named; "K50" covers K50.911, "C00-C14" covers C07."""
        if self.condition is not None and not self.condition.holds(code):
            return False
        if self.first == self.last:
            return code.startswith(self.first)
        return self.first <= code[: len(self.first)] and code[: len(self.last)] <= self.last


def references(note: str) -> list[Reference]:
    """Read the codes a note names in parentheses.

    Conditions are read in the forms that the tabular list uses ("with .51-.52", "with 7th character B", "with final
    characters -23"); a reference with one in other words is left out, so that it excludes nothing.
    """
    found: list[Reference] = []
    for group in _PARENTHESIS.findall(note):
        codes, *conditions = _WITH.split(group, maxsplit=1)
        condition = _condition(conditions[0]) if conditions else None
        if conditions and condition is None:
            continue
        found.extend(Reference(first, last or first, condition) for first, last in _REFERENCE.findall(codes))
    return found


def _condition(words: str) -> Condition | None:
    detail = _DETAIL.fullmatch(words.strip())
    if detail:
        return Condition(3, 3 + len(detail[1]), detail[1], detail[2] or detail[1])
    characters = _CHARACTERS.fullmatch(words.strip())
    if characters is None:
        return None
    place, last_place, wanted = characters[1], characters[2] or characters[1], characters[3]
    if place == "final":
        return Condition(-len(wanted), None, wanted, wanted)
    if place in _PLACES and last_place in _PLACES:
        return Condition(_PLACES[place] - 1, _PLACES[last_place], wanted, wanted)
    return None


@lru_cache(maxsize=32768)
def named_at(snapshot: Snapshot, owner: str, kind: NoteKind) -> tuple[tuple[Reference, ...], frozenset[str]]:
    """Return what the notes of a kind at a node name, and the categories of it."""
    found = tuple(found for note in snapshot.notes(owner, kind) for found in references(note))
    every = _categories(snapshot)
    return found, frozenset(
        category
        for reference in found
        for category in every[bisect_left(every, reference.first[:3]) : bisect_right(every, reference.last[:3])]
    )


@lru_cache(maxsize=64)
def _categories(snapshot: Snapshot) -> list[str]:
    # All nodes, once: no pattern tells categories ("QA0" is one), and no range of numbers holds them.
    return sorted(code for code in snapshot.codes() if len(code) == _CATEGORY_LENGTH)


@lru_cache(maxsize=32768)
def owners_above(snapshot: Snapshot, code: str, kind: NoteKind) -> tuple[str, ...]:
    """List the nodes from a code upward whose notes of a kind name something, nearest first."""
    return tuple(owner for owner in snapshot.ancestors(code) if named_at(snapshot, owner, kind)[0])
