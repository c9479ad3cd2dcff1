"""From a matched phrase to the billable codes it may mean in this place."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from codesets.snapshot import Snapshot
from engine.rank.axes import AxisReading, Families
from engine.rank.resolve import Resolver

_REACH_BEFORE = 40
_REACH_AFTER = 30
_SIDES = ("", "right", "left", "bilateral")


@dataclass(slots=True)
class SenseChoice:
    """A code that a mention may mean, with what led to it.

    `is_default` tells that the term named a category and the conventions chose the child; `moved` that words
    near the mention chose a sibling; `side_agrees` that the term names the side the text gives.
    """

    code: str
    origin: int
    is_default: bool = False
    moved: bool = False
    side_agrees: bool = False


class CandidateMaker:
    """Turns the senses of a phrase into codes, given the axis words of the document."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._resolver = Resolver(snapshot)
        self._families = Families(snapshot)
        self._cache: dict[tuple[int, tuple[tuple[str, str], ...], str], tuple[str, bool, bool]] = {}

    def choices(
        self, senses: Sequence[tuple[int, int]], wanted: dict[str, str], *, encounter: str
    ) -> list[SenseChoice]:
        """List the codes of the senses (code number, origin + 16 * side), one choice a code, best origin first."""
        side = wanted.get("side", "")
        best: dict[str, SenseChoice] = {}
        for number, packed in senses:
            origin, sense_side = packed & 15, _SIDES[packed >> 4]
            if sense_side and sense_side != side:
                continue
            code, is_default, moved = self._complete(number, wanted, encounter)
            known = best.get(code)
            if known is None or origin < known.origin:
                best[code] = SenseChoice(code, origin, is_default, moved, bool(sense_side))
        return sorted(best.values(), key=lambda choice: (choice.origin, not choice.side_agrees, choice.code))

    def _complete(self, number: int, wanted: dict[str, str], encounter: str) -> tuple[str, bool, bool]:
        key = (number, tuple(sorted(wanted.items())), encounter)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) > 100_000:
                self._cache.clear()
            found = self._cache[key] = self._complete_anew(number, wanted, encounter)
        return found

    def _complete_anew(self, number: int, wanted: dict[str, str], encounter: str) -> tuple[str, bool, bool]:
        named = self._snapshot.code_at(number)
        code = self._resolver.default_child(named)
        moved = self._families.move(code, wanted) if wanted else code
        if moved != code:
            moved = self._resolver.default_child(moved)
        completed = self._resolver.seventh(moved, encounter=encounter, side=wanted.get("side", ""))
        return completed, code != named, moved != code


_SUBSEQUENT = re.compile(
    r"\b(?:follow-?\s?up|healing|healed|re-?check|post-?operative|status post|s/p|aftercare|weeks? ago|months? ago|cast removal)\b",
    re.IGNORECASE,
)
_SEQUELA = re.compile(
    r"\b(?:sequelae?|late effects?|residuals? of|due to (?:an |a )?(?:old|previous|prior))\b", re.IGNORECASE
)
_ENCOUNTER_REACH = 80


def encounter_near(text: str, begin: int, end: int) -> str:
    """Read the encounter of an injury from the words around it: initial, subsequent or sequela.

    Guidelines I.C.19.a: initial means active treatment, which is what a chart that says nothing else records.
    """
    around = text[max(0, begin - _ENCOUNTER_REACH) : end + _ENCOUNTER_REACH]
    if _SEQUELA.search(around):
        return "sequela"
    return "subsequent" if _SUBSEQUENT.search(around) else "initial"


class AxisIndex:
    """The axis words of one document, ready to be asked what stands near a span."""

    def __init__(self, text: str, readings: Sequence[AxisReading]) -> None:
        self._text = text
        self._readings = readings
        self._begins = [reading.begin for reading in readings]

    def near(self, begin: int, end: int) -> dict[str, str]:
        """Return the nearest value on each axis within reach of a span and its clause."""
        if not self._readings:
            return {}
        first = bisect_left(self._begins, begin - _REACH_BEFORE)
        last = bisect_right(self._begins, end + _REACH_AFTER)
        best: dict[str, tuple[int, str]] = {}
        for reading in self._readings[first:last]:
            distance = self._distance(reading, begin, end)
            if distance is not None and (reading.axis not in best or distance < best[reading.axis][0]):
                best[reading.axis] = (distance, reading.value)
        return {axis: value for axis, (_, value) in best.items()}

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
        if (
            len(between) > limit
            or any(mark in between for mark in ".;:?!\n")
            or " and " in between
            or between.count(",") > 1
        ):
            return None
        return len(between) + cost
