"""The axes on which sibling codes differ (side, acuity, trimester ...), read from titles and from text.

A title is its residue (the words that name the condition) plus a value on each axis. Moving a code along an
axis finds the code of the same category with the same residue and the wanted value.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from codesets.snapshot import Snapshot
from engine.rank.axis_words import AXIS_OF_WORD, IN_TITLES, AxisReading, read_special

# Clauses of a title that only say what is not said.
_UNSAID = re.compile(r",? (?:unspecified (?:whether|as)|not specified as)\b[^,]*", re.IGNORECASE)
# Words of a title that do not tell one condition from another.
_EMPTY = frozenset([
    "of", "the", "in", "and", "or", "unspecified", "unilateral", "primary", "type", "side", "site",
    "to", "nos", "due", "part", "initial", "encounter", "eye", "ear",
])  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?|,")
# A code with its seventh character, dot included.
_FULL_LENGTH = 8
# Injuries have up to a thousand titles a category, which are taken apart when it is first asked for.
_MOST_FAMILIES = 1024

# Whether a title, in small letters, may have a value on an axis; a few more than have one pass.
_MAY_NAME_AN_AXIS = re.compile(
    "|".join(
        word if len(word) > 2 else rf"\b{word}\b"
        for word in [*AXIS_OF_WORD, "trimester", "region", "stage", "finger", "toe"]
    )
)

Values = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TitleShape:
    """A title taken apart: the words that name the condition ("-" before what it is without), and values by axis."""

    residue: frozenset[str]
    values: Values


@lru_cache(maxsize=8192)
def title_shape(title: str) -> TitleShape:
    """Take a title apart; where it names two values of an axis, they are one value of their own. Remembers."""
    return _take_apart(title)


def _take_apart(title: str) -> TitleShape:
    said = _UNSAID.sub("", title).replace("(s)", "")
    found = [read_special(matched[0]) for matched in IN_TITLES.finditer(said)]
    residue = set()
    denied = ""
    for word in _WORD.findall(IN_TITLES.sub(_without_value, said).lower()):
        if word in ("without", "with", ","):
            denied = "-" if word == "without" else ""
        elif word in AXIS_OF_WORD:
            found.append(AXIS_OF_WORD[word])
        elif word not in _EMPTY and word != "trimester":
            residue.add(denied + _singular(word))
    values: dict[str, set[str]] = {}
    for axis, value in found:
        values.setdefault(axis, set()).add(value)
    return TitleShape(frozenset(residue), _joined(values))


def _without_value(matched: re.Match[str]) -> str:
    """Return what words that give a value also name: the finger or toe."""
    noun = matched[0].rpartition(" ")[2]
    return noun if noun in ("finger", "toe") else " "


def _singular(word: str) -> str:
    if len(word) < 5:
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def _joined(values: Mapping[str, set[str]]) -> Values:
    return tuple((axis, " and ".join(sorted(values[axis]))) for axis in sorted(values))


_REACH_BEFORE = 40
_REACH_AFTER = 30
# How far in its sentence the only side that is named may stand from what is said of an eye.
_REACH_OF_EYE = 200
_SENTENCE_MARKS = (". ", ".\n", "\n", ";")
# What holds for the patient holds for every mention of a document.
_OF_THE_PATIENT = ("trimester", "sex")
_SIDES = ("side", "eye")
# What sex a patient has is known of all mentions; an eye's side is asked for where an eye is meant.
_ASKED_APART = ("sex", "eye")
# The axes whose words may stand apart from what they are said of.
_FAR_BEFORE = (*_SIDES, "region", "digit")
_FAR_AFTER = (*_SIDES, "region", "digit", "stage", "trimester")
_CUTS = re.compile(r"[.;:?!\n]| and ")


class AxisIndex:
    """The axis words of one document, ready to be asked what stands near a span.

    `known` gives values that are known of the patient ("sex").
    """

    def __init__(self, text: str, readings: Sequence[AxisReading], known: Mapping[str, str] | None = None) -> None:
        self._text = text
        self._readings = readings
        self._begins = [reading.begin for reading in readings]
        self._everywhere = {**_agreed(readings), **(known or {})}

    def near(self, begin: int, end: int) -> Mapping[str, str]:
        """Return the nearest value on each axis within reach of a span and its clause; "eye" is asked for apart."""
        first = bisect_left(self._begins, begin - _REACH_BEFORE)
        last = bisect_right(self._begins, end + _REACH_AFTER)
        if first == last:
            return self._everywhere
        best: dict[str, tuple[int, str]] = {}
        for reading in self._readings[first:last]:
            if reading.axis in _ASKED_APART:
                continue
            distance = self._distance(reading, begin, end)
            if distance is not None and (reading.axis not in best or distance < best[reading.axis][0]):
                best[reading.axis] = (distance, reading.value)
        return {**self._everywhere, **{axis: value for axis, (_, value) in best.items()}}

    def eye_near(self, begin: int, end: int) -> str:
        """Return which eye a span is said of where no word for a side stands near: OD, or the only one named, or ""."""
        first = bisect_left(self._begins, begin - _REACH_BEFORE)
        last = bisect_right(self._begins, end + _REACH_AFTER)
        near = [
            (distance, reading.value)
            for reading in self._readings[first:last]
            if reading.axis == "eye" and (distance := self._distance(reading, begin, end)) is not None
        ]
        return min(near)[1] if near else self._side_of_sentence(begin, end)

    def _side_of_sentence(self, begin: int, end: int) -> str:
        """Return the side that all words for a side in the sentence of a span name, "" if they differ."""
        floor, ceiling = max(0, begin - _REACH_OF_EYE), end + _REACH_OF_EYE
        if bisect_left(self._begins, floor) == bisect_right(self._begins, ceiling):
            return ""
        first = max(floor, *(self._text.rfind(mark, floor, begin) for mark in _SENTENCE_MARKS))
        last = min(
            [at for mark in _SENTENCE_MARKS if (at := self._text.find(mark, end, ceiling)) >= 0], default=ceiling
        )
        within = self._readings[bisect_left(self._begins, first) : bisect_right(self._begins, last)]
        said = {reading.value for reading in within if reading.axis in _SIDES}
        return said.pop() if len(said) == 1 else ""

    def _distance(self, reading: AxisReading, begin: int, end: int) -> int | None:
        if reading.begin < end and reading.end > begin:
            return 0
        if reading.end <= begin:
            between = self._text[reading.end : begin]
            limit, cost = (_REACH_BEFORE if reading.axis in _FAR_BEFORE else 16), 0
            if reading.axis == "stage" and "," in between:
                return None
        else:
            between = self._text[end : reading.begin]
            limit, cost = (_REACH_AFTER if reading.axis in _FAR_AFTER else -1), 3
        # A clause mark or another item between the words and the mention cuts them apart.
        if len(between) > limit or between.count(",") > 1 or _CUTS.search(between):
            return None
        return len(between) + cost


def _agreed(readings: Sequence[AxisReading]) -> dict[str, str]:
    said: dict[str, set[str]] = {}
    for reading in readings:
        if reading.axis in _OF_THE_PATIENT:
            said.setdefault(reading.axis, set()).add(reading.value)
    return {axis: next(iter(values)) for axis, values in said.items() if len(values) == 1}


class Families:
    """Codes of a release by category, residue and axis values."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._family = lru_cache(maxsize=_MOST_FAMILIES)(self._read_family)

    def move(self, code: str, wanted: Mapping[str, str], *, fixed: frozenset[str] = frozenset()) -> str:
        """Return the code of the same condition with the wanted values, as far as the release has one.

        Values on `fixed` axes stay; a wanted value that no sibling has is left out.
        """
        shape = title_shape(self._snapshot.title(code))
        values = dict(shape.values)
        family = self._family(code[:3])
        best = code
        left = []
        for axis, value in sorted(wanted.items()):
            if axis in fixed or values.get(axis) == value:
                continue
            trial = {**values, axis: value}
            found = family.get(TitleShape(shape.residue, tuple(sorted(trial.items()))))
            if found is not None:
                values, best = trial, found
            else:
                left.append((axis, value))
        # A finger has no code of its own but with its side.
        if "digit" in wanted and "side" in wanted and (digit := dict(left).get("digit")):
            trial = {**values, "digit": digit, "side": wanted["side"]}
            best = family.get(TitleShape(shape.residue, tuple(sorted(trial.items()))), best)
        return best

    def _read_family(self, category: str) -> dict[TitleShape, str]:
        family: dict[TitleShape, str] = {}
        # Nodes are in document order: what stands under a category follows it.
        number = self._snapshot.index_of(category) + 1
        while number < len(self._snapshot) and (code := self._snapshot.code_at(number)).startswith(category):
            # Only a title with a value on an axis is ever looked for; most have none, and are not worth taking apart.
            if len(code) < _FULL_LENGTH and _MAY_NAME_AN_AXIS.search(self._snapshot.title_at(number).lower()):
                family.setdefault(_take_apart(self._snapshot.title_at(number)), code)
            number += 1
        return family
