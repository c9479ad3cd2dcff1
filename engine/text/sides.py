"""The side of the body that a transcript is about, and the talk as it is matched.

Side and part are said once ("my right knee"), and later the part alone ("a knee sprain"). The words are those of
dialogue.toml.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.text.dialogue import Dialogue, any_of, patterns

_PART = any_of(patterns()["sides"]["parts"])
_SIDED = re.compile(rf"\b(right|left|both|bilateral)\s{{1,3}}(?:[a-z]{{1,16}}\s){{0,2}}({_PART})", re.IGNORECASE)
_NAMED_PART = re.compile(rf"\b{_PART}", re.IGNORECASE)
_SIDE_SAID = {"right": "right", "left": "left", "both": "bilateral", "bilateral": "bilateral"}
_ONE_OF = {"feet": "foot", "calves": "calf"}
_MOSTLY = 3
# The heart has sides of its own: "right heart failure" is not told by the knee that hurts.
_OF_THE_HEART = re.compile(r"\b(?:heart|cardiac|ventric|atri|chf\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sides:
    """The side that a visit is about: of each part of the body, and overall; "" where that is not plain."""

    overall: str
    by_part: Mapping[str, str]

    def of(self, words: str) -> str:
        """Return the side of what some words name: that of the part they name, else that of the visit."""
        named = _NAMED_PART.search(words)
        return self.by_part.get(_part_of(named[0]), self.overall) if named else self.overall


def read_sides(text: str) -> Sides:
    """Read which side a transcript is about: side and part are said once, and later the part alone.

    Of a part it is the side named first, if none is named more often: the other one is examined for comparison. For
    what names no such part, all parts must agree, or a side be named thrice as often as the other.
    """
    said: dict[str, list[str]] = {}
    for match in _SIDED.finditer(text):
        said.setdefault(_part_of(match[2]), []).append(_SIDE_SAID[match[1].lower()])
    by_part = {part: side for part, sides in said.items() if (side := _leading(sides))}
    agreed = set(by_part.values())
    if agreed in ({"right"}, {"left"}):
        return Sides(agreed.pop(), by_part)
    return Sides(_main([side for sides in said.values() for side in sides]), by_part)


def with_side(values: Mapping[str, str], sides: Sides | None, words: str) -> Mapping[str, str]:
    """Add, to the values on axes that stand near some words, the side that a transcript tells of what they name."""
    if sides is None or "side" in values or _OF_THE_HEART.search(words):
        return values
    side = sides.of(words)
    return {**values, "side": side} if side else values


def _part_of(words: str) -> str:
    """Return the part that words like "big toes" name."""
    last = words.lower().split()[-1]
    return _ONE_OF.get(last) or (last if last == "biceps" else last.removesuffix("s"))


def _leading(sides: Sequence[str]) -> str:
    return sides[0] if sides.count(sides[0]) == max(map(sides.count, sides)) else ""


def _main(sides: Sequence[str]) -> str:
    for side, other in (("right", "left"), ("left", "right")):
        if sides.count(side) >= max(1, _MOSTLY * sides.count(other)):
            return side
    return ""


def as_heard(text: str, dialogue: Dialogue | None) -> str:
    """Return a text as the matcher is to read it: talk without its hesitation."""
    return text if dialogue is None else dialogue.heard
