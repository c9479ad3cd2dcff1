"""The tables of ICD-10-PCS: which values an axis may take after the axes before it, and what is wrong with a code.

A row of the published tables says which values go together; taken together the rows are the valid codes, so the tables
are read from a release's codes and say the same. A code is built from the left: at each axis the values that some valid
code has after what is chosen so far (ICD-10-PCS Reference Manual: "a valid code is built from one row of one table").
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from codesets.types import Release, System

LENGTH = 7
_SURGICAL = ("section", "body system", "operation", "body part", "approach", "device", "qualifier")
_MENTAL = ("section", "body system", "type", "qualifier", "qualifier", "qualifier", "qualifier")
# What the axes are called in the sections that call them otherwise (ICD-10-PCS Reference Manual, appendix of sections).
_AXES = {
    "2": ("section", "body system", "operation", "body region", "approach", "device", "qualifier"),
    "3": ("section", "body system", "operation", "body system or region", "approach", "substance", "qualifier"),
    "4": ("section", "body system", "operation", "body system", "approach", "function or device", "qualifier"),
    "5": ("section", "body system", "operation", "body system", "duration", "function", "qualifier"),
    "6": ("section", "body system", "operation", "body system", "duration", "qualifier", "qualifier"),
    "7": ("section", "body system", "operation", "body region", "approach", "method", "qualifier"),
    "8": ("section", "body system", "operation", "body region", "approach", "method", "qualifier"),
    "9": ("section", "body system", "operation", "body region", "approach", "method", "qualifier"),
    "B": ("section", "body system", "type", "body part", "contrast", "qualifier", "qualifier"),
    "C": ("section", "body system", "type", "body part", "radionuclide", "qualifier", "qualifier"),
    "D": ("section", "body system", "modality", "treatment site", "modality qualifier", "isotope", "qualifier"),
    "F": ("section", "section qualifier", "type", "body system and region", "type qualifier", "equipment", "qualifier"),
    "G": _MENTAL,
    "H": _MENTAL,
    "X": ("section", "body system", "operation", "body part", "approach", "device or substance", "qualifier"),
}
ANY = "?"
_LAST = "~"  # after every character of a code


class CodesOfRelease(Protocol):
    """What the tables need of a release."""

    @property
    def release(self) -> Release: ...
    def codes(self) -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class AxisFault:
    """Why seven characters are no code: the axis (from 0) where no row goes on, and what the tables have there.

    `axes` are all the axes whose change alone would make a code, each in `repairs` with the values that would.
    """

    section: str
    axis: int
    got: str
    valid: tuple[str, ...]
    repairs: tuple[tuple[int, tuple[str, ...]], ...] = ()

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes whose change alone would make a code."""
        return tuple(axis for axis, _ in self.repairs)

    def __str__(self) -> str:
        if self.axis >= LENGTH:
            return f"got more than {LENGTH} characters"
        name = axis_name(self.section, self.axis)
        return f"character {self.axis + 1} ({name}): got {self.got or 'nothing'}, want one of {', '.join(self.valid)}"


class Tables:
    """The tables of one release."""

    def __init__(self, codes: Sequence[str]) -> None:
        self._codes = sorted(codes)
        self._known = frozenset(self._codes)
        # Patterns come from a lexicon, so they are few and asked for often.
        self.matching = lru_cache(maxsize=16_384)(self._matching)

    @classmethod
    def of(cls, snapshot: CodesOfRelease) -> "Tables":
        """Take the tables of a release of ICD-10-PCS; raises ValueError on another system."""
        if snapshot.release.system is not System.ICD10PCS:
            raise ValueError(f"system: got {snapshot.release.system}, want {System.ICD10PCS}")
        return cls([code for code in snapshot.codes() if len(code) == LENGTH])

    def __contains__(self, code: str) -> bool:
        return code in self._known

    def values(self, prefix: str) -> tuple[str, ...]:
        """List the values of the axis after `prefix`, in order; none if no row begins so."""
        found: list[str] = []
        at, end = self._range(prefix)
        while at < end and len(prefix) < LENGTH:
            found.append(self._codes[at][len(prefix)])
            at = bisect_left(self._codes, prefix + found[-1] + _LAST, at, end)
        return tuple(found)

    def check(self, code: str) -> AxisFault | None:
        """Say which axis of a code is wrong and what would be valid there; None for a valid code."""
        if code in self._known:
            return None
        axis = next((length for length in range(LENGTH) if not self._has(code[: length + 1], length + 1)), LENGTH)
        valid = self.values(code[:axis]) if axis < LENGTH else ()
        return AxisFault(code[:1], axis, code[axis : axis + 1], valid, tuple(self._repairs(code)))

    def _has(self, prefix: str, length: int) -> bool:
        begin, end = self._range(prefix)
        return len(prefix) == length and begin < end

    def _range(self, prefix: str) -> tuple[int, int]:
        if len(prefix) >= LENGTH:
            at = bisect_left(self._codes, prefix)
            return at, at + (prefix in self._known)
        return bisect_left(self._codes, prefix), bisect_left(self._codes, prefix + _LAST)

    def _repairs(self, code: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        for axis in range(LENGTH if len(code) == LENGTH else 0):
            before, after = code[:axis], code[axis + 1 :]
            fit = tuple(value for value in self.values(before) if before + value + after in self._known)
            if fit:
                yield axis, fit

    def _matching(self, pattern: str) -> tuple[str, ...]:
        """List the codes that a pattern allows, in the order of its values.

        A pattern has for each axis a value, "?" for any, or values in brackets, first the preferred: "0TT[01]4ZZ". What
        it leaves out at its end may be anything.
        """
        found = [""]
        for allowed in parse_pattern(pattern):
            found = [prefix + value for prefix in found for value in self._allowed(prefix, allowed)]
        return tuple(found)

    def _allowed(self, prefix: str, allowed: str) -> Iterator[str]:
        values = self.values(prefix)
        yield from values if allowed == ANY else (value for value in allowed if value in values)


def axis_name(code: str, axis: int) -> str:
    """Return what an axis (from 0) is called in the section of a code."""
    return _AXES.get(code[:1], _SURGICAL)[axis]


def parse_pattern(pattern: str) -> tuple[str, ...]:
    """Split a pattern into what each of the seven axes allows; raises ValueError on one with more, or unclosed."""
    allowed: list[str] = []
    at = 0
    while at < len(pattern):
        end = pattern.index("]", at) if pattern[at] == "[" else at
        allowed.append(pattern[at + 1 : end] if end > at else pattern[at])
        at = end + 1
    if len(allowed) > LENGTH or not all(allowed):
        raise ValueError(f"pattern: got {pattern!r}, want at most {LENGTH} axes, none empty")
    return (*allowed, *(ANY for _ in range(LENGTH - len(allowed))))
