"""From a pattern of codes to the candidates that the text around leaves, by the tables of the release.

The facts that may settle an axis are tried one by one; one that would leave no code says nothing of this procedure and
is passed over ("laparoscopic" near an X-ray). What stays open is not guessed: the candidates are all that is left, the
plainest first. A default is taken only where the guidelines give one (B3.1b: what closes or opens the way is no
procedure of its own; B4.3: sides are coded apart where no bilateral value exists).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from codesets.icd10pcs_tables import ANY, Tables, parse_pattern
from codesets.snapshot import Snapshot
from engine.types import Side

_SIDE_WORDS = {"right": Side.RIGHT, "left": Side.LEFT, "bilateral": Side.BILATERAL}
# Rank of a value among those left, by axis from 0: the approach that most procedures have, and no device or qualifier.
_APPROACHES = "X083474F"
_NONE = "Z"
_SURGERY, _OTHER = "0", "Y"
_MOST_REMEMBERED = 16_384
_EXAMINATIONS = ("08J", "09J")


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes that are left of a pattern, the likeliest first; several if the text does not settle every axis."""

    codes: tuple[str, ...]

    @property
    def body_parts(self) -> int:
        """How many body parts are among them."""
        return len({code[:4] for code in self.codes})


Fact = tuple[int, str]


class Resolver:
    """Resolves patterns in one release, and remembers: charts repeat themselves."""

    def __init__(self, snapshot: Snapshot, tables: Tables) -> None:
        self._snapshot = snapshot
        self._tables = tables
        self._sides: dict[str, Side] = {}
        self._found: dict[tuple[str, Side, tuple[Fact, ...]], Codes] = {}

    def has(self, pattern: str) -> bool:
        """Whether the tables have a code of the pattern."""
        return bool(self._tables.matching(pattern))

    def resolve(self, pattern: str, side: Side, facts: Sequence[Fact] = ()) -> list[Codes]:
        """Return what a pattern leaves: one set of codes, or one a side where both are named and no code has both."""
        if side is Side.NONE and pattern.startswith(_EXAMINATIONS):
            side = Side.BILATERAL  # an examination that names no side is of both
        whole = self._resolve(pattern, side, tuple(facts))
        if side is Side.BILATERAL and whole.codes and self._side(whole.codes[0]) is not Side.BILATERAL:
            each = [self._resolve(pattern, one, tuple(facts)) for one in (Side.RIGHT, Side.LEFT)]
            if {self._side(codes.codes[0]) for codes in each} == {Side.RIGHT, Side.LEFT}:
                return each
        return [whole] if whole.codes else []

    def _resolve(self, pattern: str, side: Side, facts: tuple[Fact, ...]) -> Codes:
        key = (pattern, side, facts)
        found = self._found.get(key)
        if found is None:
            if len(self._found) > _MOST_REMEMBERED:
                self._found.clear()
            found = self._found[key] = Codes(tuple(self._left(pattern, side, facts)))
        return found

    def _left(self, pattern: str, side: Side, facts: tuple[Fact, ...]) -> list[str]:
        codes = list(self._tables.matching(pattern))
        if side is not Side.NONE:
            codes = [code for code in codes if self._side(code) is side] or codes
        for axis, values in facts:
            codes = [code for code in codes if code[axis] in values] or codes
        codes = _without_unsaid(codes)
        parts, approaches = parse_pattern(pattern)[3:5]
        # Sorting is stable: what is as plain stays in the order of the pattern's values.
        return sorted(codes, key=lambda code: (parts.find(code[3]), *_plainness(code, approaches)))

    def _side(self, code: str) -> Side:
        side = self._sides.get(code)
        if side is None:
            number = self._snapshot.index_of(code)
            words = self._snapshot.title_at(number).lower().replace(",", " ").split() if number >= 0 else []
            side = self._sides[code] = next((_SIDE_WORDS[word] for word in words if word in _SIDE_WORDS), Side.NONE)
        return side


def _without_unsaid(codes: list[str]) -> list[str]:
    """Leave out qualifiers that a document would have to name where the tables have "no qualifier" beside them.

    In the medical and surgical section Z says that there is nothing to qualify (ICD-10-PCS Guidelines A9, B3.4b: X only
    for what is done to diagnose).
    """
    plain = {code[:6] for code in codes if code[0] == _SURGERY and code[6] == _NONE}
    return [code for code in codes if code[6] == _NONE or code[:6] not in plain]


def _plainness(code: str, approaches: str) -> tuple[int, int]:
    """Rank what says least first; of operations, the approach that the pattern prefers, or that most of them have."""
    preferred = _APPROACHES if approaches == ANY else approaches
    approach = preferred.find(code[4]) if code[0] == _SURGERY else code[4] != _NONE
    return (code[6] != _NONE) + (code[5] != _NONE) + (code[5] == _OTHER), approach
