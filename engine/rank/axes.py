"""The axes on which sibling codes differ (side, acuity, trimester ...), read from titles and from text.

A title is its residue (the words that name the condition) plus a value on each axis. Moving a code along an
axis finds the code of the same category with the same residue and the wanted value.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from codesets.snapshot import Snapshot

_AXIS_OF_WORD = {
    "right": ("side", "right"), "rt": ("side", "right"), "left": ("side", "left"), "lt": ("side", "left"),
    "bilateral": ("side", "bilateral"), "bilaterally": ("side", "bilateral"), "both": ("side", "bilateral"),
    "acute": ("acuity", "acute"), "chronic": ("acuity", "chronic"), "subacute": ("acuity", "subacute"),
    "displaced": ("displacement", "displaced"), "nondisplaced": ("displacement", "nondisplaced"), "undisplaced": ("displacement", "nondisplaced"),
    "mild": ("severity", "mild"), "moderate": ("severity", "moderate"), "severe": ("severity", "severe"),
    "recurrent": ("course", "recurrent"),
}  # fmt: skip
_TRIMESTER = re.compile(r"\b(first|second|third|1st|2nd|3rd)\s+trimester\b", re.IGNORECASE)
_TRIMESTER_VALUE = {
    "first": "first",
    "1st": "first",
    "second": "second",
    "2nd": "second",
    "third": "third",
    "3rd": "third",
}

# Words of a title that do not tell one condition from another.
_EMPTY = frozenset(
    [
        "of",
        "the",
        "in",
        "and",
        "or",
        "with",
        "unspecified",
        "unilateral",
        "primary",
        "other",
        "type",
        "side",
        "site",
        "to",
        "nos",
        "due",
        "without",
        "part",
        "initial",
        "encounter",
    ]
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True, slots=True)
class AxisReading:
    """A value read for an axis, with the span that says so."""

    axis: str
    value: str
    begin: int
    end: int


@dataclass(frozen=True)
class TitleShape:
    """A title taken apart: the words that name the condition, and its value on each axis."""

    residue: frozenset[str]
    values: frozenset[tuple[str, str]]

    @cached_property
    def by_axis(self) -> dict[str, str]:
        """The value on each axis the title names."""
        return dict(self.values)


@lru_cache(maxsize=65536)
def title_shape(title: str) -> TitleShape:
    """Take a title apart."""
    values: set[tuple[str, str]] = set()
    for matched in _TRIMESTER.finditer(title):
        values.add(("trimester", _TRIMESTER_VALUE[matched[1].lower()]))
    words = _WORD.findall(_TRIMESTER.sub(" ", title).lower())
    residue = set()
    for word in words:
        if word in _AXIS_OF_WORD:
            values.add(_AXIS_OF_WORD[word])
        elif word not in _EMPTY and word != "trimester":
            residue.add(word[:-1] if len(word) > 3 and word.endswith("s") else word)
    return TitleShape(frozenset(residue), frozenset(values))


_AXIS_WORDS = re.compile(
    r"\b(?:" + "|".join(sorted(_AXIS_OF_WORD, key=len, reverse=True)) + r")\b|" + _TRIMESTER.pattern, re.IGNORECASE
)


def read_axes(text: str) -> list[AxisReading]:
    """Find every word of a document that gives a value on an axis."""
    found = []
    for matched in _AXIS_WORDS.finditer(text):
        word = matched[0].lower()
        axis, value = _AXIS_OF_WORD.get(word) or ("trimester", _TRIMESTER_VALUE[word.split()[0]])
        found.append(AxisReading(axis, value, matched.start(), matched.end()))
    return found


class Families:
    """Codes of a release by category, residue and axis values."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._families: dict[str, dict[tuple[frozenset[str], frozenset[tuple[str, str]]], str]] = {}

    def move(self, code: str, wanted: dict[str, str]) -> str:
        """Return the code of the same condition with the wanted values, as far as the release has one.

        Only axes on which `code` says nothing are moved; a wanted value that no sibling has is left out.
        """
        shape = title_shape(self._snapshot.title_at(self._snapshot.index_of(code)))
        values = dict(shape.by_axis)
        family = self._family(code[:3])
        best = code
        for axis, value in sorted(wanted.items()):
            if axis in values:
                continue
            trial = family.get((shape.residue, frozenset({**values, axis: value}.items())))
            if trial is not None:
                values[axis] = value
                best = trial
        return best

    def _family(self, category: str) -> dict[tuple[frozenset[str], frozenset[tuple[str, str]]], str]:
        family = self._families.get(category)
        if family is None:
            family = self._families[category] = {}
            self._collect(category, family)
        return family

    def _collect(self, code: str, family: dict[tuple[frozenset[str], frozenset[tuple[str, str]]], str]) -> None:
        for child in self._snapshot.children(code):
            if len(child.replace(".", "")) == 7:
                continue
            shape = title_shape(self._snapshot.title_at(self._snapshot.index_of(child)))
            family.setdefault((shape.residue, shape.values), child)
            self._collect(child, family)
