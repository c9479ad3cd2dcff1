"""The axes on which sibling codes differ (side, acuity, trimester ...), read from titles and from text.

A title is its residue (the words that name the condition) plus a value on each axis. Moving a code along an
axis finds the code of the same category with the same residue and the wanted value.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from codesets.snapshot import Snapshot
from engine.rank.hints import Places

_AXIS_OF_WORD = {
    "right": ("side", "right"), "rt": ("side", "right"), "left": ("side", "left"), "lt": ("side", "left"),
    "bilateral": ("side", "bilateral"), "bilaterally": ("side", "bilateral"), "both": ("side", "bilateral"),
    "acute": ("acuity", "acute"), "chronic": ("acuity", "chronic"), "subacute": ("acuity", "subacute"),
    "displaced": ("displacement", "displaced"), "nondisplaced": ("displacement", "nondisplaced"),
    "undisplaced": ("displacement", "nondisplaced"),
    "mild": ("severity", "mild"), "moderate": ("severity", "moderate"), "severe": ("severity", "severe"),
    "recurrent": ("course", "recurrent"), "female": ("sex", "female"), "male": ("sex", "male"),
}  # fmt: skip
# Words that titles do not use.
_ONLY_IN_TEXT = {
    "woman": ("sex", "female"), "lady": ("sex", "female"), "man": ("sex", "male"), "gentleman": ("sex", "male"),
    "non-displaced": ("displacement", "nondisplaced"),
}  # fmt: skip
_ACUTE_ON_CHRONIC = r"acute[- ](?:on|upon|and)[- ](?:top[- ]of[- ])?chronic"
_TRIMESTER = r"(?:first|second|third|1st|2nd|3rd)\s+trimester"
_TRIMESTER_OF_WORD = {
    "first": "first",
    "1st": "first",
    "second": "second",
    "2nd": "second",
    "third": "third",
    "3rd": "third",
}
# Weeks of gestation; a number of weeks alone may be the length of anything.
_GESTATION = re.compile(
    r"\b(?P<weeks>\d{1,2})(?: ?\+ ?\d|w\d?d?|[ -]?(?:wks?|weeks?))(?:[ ,]+(?:and )?\d (?:days?|/7))?['\u2019]?,?\s+"
    r"(?:of\s+)?(?:gestation(?:al)?|pregnan(?:t|cy)|IUP|EGA|GA)\b"
    r"|\b(?:gestational age|EGA|GA|IUP|pregnan(?:t|cy))(?:,| of| is| at|:)?\s+(?:at )?(?P<weeks_after>\d{1,2})"
    r"(?= ?\+ ?\d| ?\d/7|w| ?-?(?:wks?|weeks?)\b)",
    re.IGNORECASE,
)
# How far the number of weeks may stand from the word that ends (or begins) the phrase.
_WEEKS_BEFORE, _WEEKS_AFTER = 60, 24

# Clauses of a title that only say what is not said.
_UNSAID = re.compile(r",? (?:unspecified (?:whether|as)|not specified as)\b[^,]*", re.IGNORECASE)
# Words of a title that do not tell one condition from another.
_EMPTY = frozenset([
    "of", "the", "in", "and", "or", "unspecified", "unilateral", "primary", "type", "side", "site",
    "to", "nos", "due", "part", "initial", "encounter", "eye", "ear",
])  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?|,")
_TITLE_SPECIAL = re.compile(rf"\b(?:{_ACUTE_ON_CHRONIC}|{_TRIMESTER})\b", re.IGNORECASE)
_AXIS_WORDS = re.compile(
    rf"(?:{_ACUTE_ON_CHRONIC}|{_TRIMESTER}|"
    + "|".join(sorted([*_AXIS_OF_WORD, *_ONLY_IN_TEXT], key=len, reverse=True))
    + r")\b",
    re.IGNORECASE,
)

# A code with its seventh character, dot included.
_FULL_LENGTH = 8
# Injuries have up to a thousand titles a category, which are taken apart when it is first asked for.
_MOST_FAMILIES = 1024

# Whether a title, in small letters, may have a value on an axis; a few more than have one pass.
_MAY_NAME_AN_AXIS = re.compile(
    "|".join(word if len(word) > 2 else rf"\b{word}\b" for word in [*_AXIS_OF_WORD, "trimester"])
)

Values = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AxisReading:
    """A value read for an axis, with the span that says so."""

    axis: str
    value: str
    begin: int
    end: int


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
    said = _UNSAID.sub("", title)
    found = [_special(matched[0]) for matched in _TITLE_SPECIAL.finditer(said)]
    residue = set()
    denied = ""
    for word in _WORD.findall(_TITLE_SPECIAL.sub(" ", said).lower()):
        if word in ("without", "with", ","):
            denied = "-" if word == "without" else ""
        elif word in _AXIS_OF_WORD:
            found.append(_AXIS_OF_WORD[word])
        elif word not in _EMPTY and word != "trimester":
            residue.add(denied + _singular(word))
    values: dict[str, set[str]] = {}
    for axis, value in found:
        values.setdefault(axis, set()).add(value)
    return TitleShape(frozenset(residue), _joined(values))


def _singular(word: str) -> str:
    if len(word) < 5:
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def _joined(values: Mapping[str, set[str]]) -> Values:
    return tuple((axis, " and ".join(sorted(values[axis]))) for axis in sorted(values))


def _special(words: str) -> tuple[str, str]:
    lowered = words.lower()
    if lowered.startswith("acute"):
        return "acuity", "acute on chronic"
    return "trimester", _TRIMESTER_OF_WORD[lowered.split()[0]]


def trimester_of(weeks: int) -> str:
    """Return the trimester of a week of gestation (ICD-10-CM chapter 15: under 14 weeks, under 28, from there on)."""
    if weeks < 14:
        return "first"
    return "second" if weeks < 28 else "third"


def read_axes(text: str, places: Places) -> list[AxisReading]:
    """Read the values that a document gives on axes, at the places where words of an axis stand."""
    found: list[AxisReading] = []
    passed = 0
    for begin in places.axes:
        if begin >= passed and (matched := _AXIS_WORDS.match(text, begin)):
            passed = matched.end()
            word = matched[0].lower()
            axis, value = _AXIS_OF_WORD.get(word) or _ONLY_IN_TEXT.get(word) or _special(word)
            found.append(AxisReading(axis, value, begin, passed))
    found.extend(_gestation(text, places.gestation))
    return sorted(found, key=lambda reading: reading.begin)


def _gestation(text: str, ends: Sequence[int]) -> Iterator[AxisReading]:
    passed = 0
    for end in ends:
        for matched in _GESTATION.finditer(text, max(passed, end - _WEEKS_BEFORE), end + _WEEKS_AFTER):
            passed = matched.end()
            weeks = int(matched["weeks"] or matched["weeks_after"])
            yield AxisReading("trimester", trimester_of(weeks), matched.start(), matched.end())


_REACH_BEFORE = 40
_REACH_AFTER = 30
# What holds for the patient holds for every mention of a document.
_OF_THE_PATIENT = ("trimester", "sex")
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
        """Return the nearest value on each axis within reach of a span and its clause."""
        first = bisect_left(self._begins, begin - _REACH_BEFORE)
        last = bisect_right(self._begins, end + _REACH_AFTER)
        if first == last:
            return self._everywhere
        best: dict[str, tuple[int, str]] = {}
        for reading in self._readings[first:last]:
            if reading.axis == "sex":
                continue
            distance = self._distance(reading, begin, end)
            if distance is not None and (reading.axis not in best or distance < best[reading.axis][0]):
                best[reading.axis] = (distance, reading.value)
        return {**self._everywhere, **{axis: value for axis, (_, value) in best.items()}}

    def _distance(self, reading: AxisReading, begin: int, end: int) -> int | None:
        if reading.begin >= begin and reading.end <= end:
            return 0
        if reading.end <= begin:
            between = self._text[reading.end : begin]
            limit, cost = (_REACH_BEFORE if reading.axis == "side" else 16), 0
        else:
            between = self._text[end : reading.begin]
            limit, cost = (_REACH_AFTER if reading.axis in ("side", "trimester") else -1), 3
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
        for axis, value in sorted(wanted.items()):
            if axis in fixed or values.get(axis) == value:
                continue
            trial = {**values, axis: value}
            found = family.get(TitleShape(shape.residue, tuple(sorted(trial.items()))))
            if found is not None:
                values, best = trial, found
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
