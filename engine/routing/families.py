"""Families of codes as a policy writes them: beginnings ("E11", "I50.2", "?" for any character), ranges ("A40-A41")."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WRITTEN = re.compile(r"[A-Z0-9?][A-Z0-9?]{0,6}(?:-[A-Z0-9]{1,7})?")
WANT = 'a beginning of codes ("E11", "I50.2", "L89.??3") or a range of them ("A40-A41")'


@dataclass(frozen=True, slots=True)
class Families:
    """Codes by their beginnings and ranges; without any, every code is one of them."""

    written: tuple[str, ...] = ()
    prefixes: re.Pattern[str] | None = None
    ranges: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, written: Sequence[str]) -> "Families":
        """Make families of what a policy lists; raises ValueError with the first that is none."""
        bare = [_bare(family) for family in written]
        ranges = tuple(_range(family) for family in bare if "-" in family)
        starts = [re.escape(family).replace(r"\?", ".") for family in bare if "-" not in family]
        return cls(tuple(written), re.compile("|".join(starts)) if starts else None, ranges)

    def has(self, code: str) -> bool:
        """Whether a code, with or without its dot, is of one of the families."""
        if not self.written:
            return True
        bare = code.replace(".", "")
        if self.prefixes is not None and self.prefixes.match(bare):
            return True
        return any(low <= bare[: len(low)] and bare[: len(high)] <= high for low, high in self.ranges)


def _bare(family: str) -> str:
    bare = family.replace(".", "").upper()
    if not _WRITTEN.fullmatch(bare) or ("-" in bare and "?" in bare):
        raise ValueError(family)
    return bare


def _range(family: str) -> tuple[str, str]:
    low, high = family.split("-")
    shorter = min(len(low), len(high))
    if low[:shorter] > high[:shorter]:
        raise ValueError(family)
    return low, high


EVERY = Families()
