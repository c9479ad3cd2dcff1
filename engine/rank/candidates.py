"""From a matched phrase to the billable codes it may mean in this place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from codesets.snapshot import Snapshot
from engine.rank.axes import Families, Values, title_shape
from engine.rank.encounter import Encounter
from engine.rank.resolve import Resolver

_OF_THE_TERM = frozenset(("side", "region"))
_SIDES = ("", "right", "left", "bilateral")
_MOST_REMEMBERED = 16_384


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


@dataclass(slots=True, eq=False)
class ChoiceSet:
    """The choices of a mention, best origin first. Equal to itself alone, so that what is known of it is kept by it."""

    options: tuple[SenseChoice, ...]


def _is_of_eye(code: str) -> bool:
    """Whether a code is of chapter 7, the eye and adnexa."""
    return "H00" <= code[:3] <= "H59"


class CandidateMaker:
    """Turns the senses of a phrase into codes, given the axis words of the document."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._resolver = Resolver(snapshot)
        self._families = Families(snapshot)
        self._chosen = lru_cache(maxsize=_MOST_REMEMBERED)(self._choose)
        self.is_of_eye = lru_cache(maxsize=_MOST_REMEMBERED)(self._is_of_eye)

    def choices(
        self, senses: tuple[tuple[int, int], ...], wanted: Mapping[str, str], *, encounter: Encounter
    ) -> ChoiceSet:
        """List the codes of the senses (code number, origin + 16 * side), one choice a code, best origin first.

        `wanted` gives the axis values that hold for the mention. What was once chosen is remembered: charts repeat
        themselves.
        """
        return self._chosen(senses, tuple(wanted.items()), encounter)

    def _is_of_eye(self, senses: tuple[tuple[int, int], ...]) -> bool:
        """Whether a sense is of the eye: then `wanted` may say which one on the axis "eye"."""
        return any(_is_of_eye(self._snapshot.code_at(number)) for number, _ in senses)

    def _choose(self, senses: Sequence[tuple[int, int]], values: Values, encounter: Encounter) -> ChoiceSet:
        wanted = dict(values)
        side = wanted.get("side", "")
        eye = wanted.pop("eye", "")
        best: dict[str, SenseChoice] = {}
        for number, packed in senses:
            origin, sense_side = packed & 15, _SIDES[packed >> 4]
            of_eye = eye and not side and _is_of_eye(self._snapshot.code_at(number))
            if sense_side and sense_side != (eye if of_eye else side):
                continue
            said = {**wanted, "side": eye} if of_eye else wanted
            code, is_default, moved = self._complete(number, said, encounter)
            known = best.get(code)
            if known is None or origin < known.origin:
                best[code] = SenseChoice(code, origin, is_default, moved, bool(sense_side))
        chosen = sorted(best.values(), key=lambda choice: (choice.origin, not choice.side_agrees, choice.code))
        return ChoiceSet(tuple(chosen))

    def _complete(self, number: int, wanted: Mapping[str, str], encounter: Encounter) -> tuple[str, bool, bool]:
        named = self._without_default_seventh(self._snapshot.code_at(number))
        code = self._resolver.default_child(named)
        # What the term itself means (an abbreviation may) stays, whatever stands near it.
        fixed = frozenset(axis for axis, _ in title_shape(self._snapshot.title(named)).values if axis in _OF_THE_TERM)
        moved = self._families.move(code, wanted, fixed=fixed) if wanted else code
        if moved != code and (below := self._resolver.default_child(moved)) != moved:
            # The child may have siblings that the node above it has not.
            moved = self._resolver.default_child(self._families.move(below, wanted, fixed=fixed))
        completed = self._resolver.seventh(moved, encounter=encounter, side=wanted.get("side", ""))
        return completed, code != named, moved != code

    def _without_default_seventh(self, code: str) -> str:
        """Return a code without a seventh character that says no more than that nothing was said."""
        if len(code) != 8:
            return code
        stem = self._snapshot.parent(code)
        return stem if self._resolver.seventh(stem, encounter=Encounter()) == code else code
