"""Reads the fields of one table of a policy; what is wrong is noted with its line, and reading goes on."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from engine.errors import ConfigError
from engine.routing.families import WANT, Families
from engine.routing.lines import NO_LINE, Lines

E = TypeVar("E", bound=StrEnum)
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
MOST_ITEMS = 2000
_MOST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, what it got and what it wants; `line` 0 is not known."""

    field: str
    got: str
    want: str
    line: int = NO_LINE

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.field}: got {self.got}, want {self.want}"


class PolicyError(ConfigError):
    """A routing policy that may not be used; `faults` lists all that is wrong with it."""

    REASON = "ROUTING_POLICY_INVALID"

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"routing policy {file}: {faults[0]}{more}", field="routing_policy")
        self.faults = tuple(faults)


@dataclass(slots=True)
class Table:
    """One table of the file: its values, and where to note faults. Keys that nobody reads are faults, too."""

    kind: str
    number: int
    values: Mapping[str, Any]
    lines: Lines
    faults: list[Fault]
    is_listed: bool = True
    read: set[str] = field(default_factory=set)

    def note(self, key: str, got: object, want: str) -> None:
        """Note that a key is wrong."""
        name = self.values.get("name")
        place = f"{self.kind}[{self.number + 1}]" if self.is_listed else self.kind
        named = f" {name}" if self.is_listed and isinstance(name, str) and NAME.fullmatch(name) else ""
        shown = got if isinstance(got, _Said) else _shown(got)
        line = self.lines.line(self.kind, self.number, key)
        self.faults.append(Fault(f"{place}{named}.{key}", shown, want, line))

    def has(self, key: str) -> bool:
        """Whether a key is given."""
        return key in self.values

    def number_in(self, key: str, low: float, high: float, default: float | None) -> float | None:
        """Read a number between two bounds."""
        found = self._take(key, default)
        if key not in self.values:
            return default
        if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
            self.note(key, found, f"a number from {low:g} to {high:g}")
            return default
        return float(found)

    def whole(self, key: str, low: int, high: int, default: int | None) -> int | None:
        """Read a whole number between two bounds."""
        found = self._take(key, default)
        if key not in self.values:
            return default
        if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
            self.note(key, found, f"a whole number from {low} to {high}")
            return default
        return found

    def text(self, key: str, pattern: re.Pattern[str], want: str, default: str | None = None) -> str:
        """Read text of a form; without a default it must be there."""
        found = self._take(key, default)
        if found is not None and found is default:
            return str(default)
        if not isinstance(found, str) or not pattern.fullmatch(found):
            self.note(key, NONE if found is None else found, want)
            return default or ""
        return found

    def member(self, key: str, members: type[E], default: E | None = None, *, among: Sequence[E] = ()) -> E | None:
        """Read one of some names; without a default it must be there."""
        allowed = list(among) or list(members)
        found = self._take(key, default)
        if isinstance(found, str) and found in [member.value for member in allowed]:
            return members(found)
        self.note(key, NONE if found is None else found, f"one of {', '.join(allowed)}")
        return default

    def items(self, key: str, read: Callable[[str], Any], want: str) -> tuple[Any, ...]:
        """Read a list, each of whose items `read` turns into what is wanted or refuses with a ValueError."""
        found = self._take(key, [])
        if not isinstance(found, list) or (key in self.values and not 1 <= len(found) <= MOST_ITEMS):
            self.note(key, found, f"a list of 1 to {MOST_ITEMS} items, each {want}")
            return ()
        items = []
        for item in found:
            try:
                items.append(read(item) if isinstance(item, str) else _refuse())
            except ValueError:
                self.note(key, item, want)
        return tuple(items)

    def families(self, key: str) -> Families:
        """Read a list of families of codes."""
        return Families.of(self.items(key, lambda written: Families.of((written,)).written[0], WANT))

    def finish(self) -> None:
        """Note the keys that nobody has read."""
        for key in self.values:
            if key not in self.read:
                self.note(key, _Said("a key that means nothing here"), f"one of {', '.join(sorted(self.read))}")

    def _take(self, key: str, default: Any) -> Any:
        self.read.add(key)
        return self.values.get(key, default)


class _Said(str):
    """What a fault got, in words already."""


NONE = _Said("none")


def _refuse() -> Any:
    raise ValueError


def _shown(got: object) -> str:
    """Return a value as a message shows it: one line, not long."""
    shown = repr(got) if isinstance(got, str) else str(got)
    shown = "".join(c if c.isprintable() else "?" for c in shown)
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}.."
