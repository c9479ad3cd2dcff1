"""One TOML table of a file of payer rules, read field by field, and what stands in it: codes, ages, frequencies."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from engine.errors import ConfigError

_PATTERN = re.compile(r"[A-Z0-9][A-Z0-9.]{0,9}(\*|-[A-Z0-9][A-Z0-9.]{0,9})?")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codes:
    """Patterns of codes: whole ("99213"), a beginning ("M17*"), a range ("99202-99215", both ends in)."""

    patterns: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def has(self, code: str) -> bool:
        """Whether a code, as published, is one of them."""
        return any(_matches(pattern, code) for pattern in self.patterns)


def _matches(pattern: str, code: str) -> bool:
    if pattern.endswith("*"):
        return code.startswith(pattern[:-1])
    if "-" in pattern:
        first, last = pattern.split("-")
        return len(code) == len(first) and first <= code <= last
    return code == pattern


@dataclass(frozen=True, slots=True)
class Ages:
    """Ages in whole years, both ends in; None is open."""

    least: int | None = None
    most: int | None = None

    def has(self, age: int) -> bool:
        """Whether an age is one of them."""
        return (self.least is None or self.least <= age) and (self.most is None or age <= self.most)


@dataclass(frozen=True, slots=True)
class Frequency:
    """At most so many units in so many days, the day of service among them."""

    units: int
    days: int


class RuleTable:
    """Takes the fields of a TOML table one by one; `finish` refuses what is left."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where}: got something else, want a table")
        self._left = dict(value)
        self._known: list[str] = []
        self.where = where

    def fault(self, name: str, got: object, want: str) -> ConfigError:
        return ConfigError(f"{self.where}.{name}: got {got}, want {want}", field=name)

    def has(self, name: str) -> bool:
        return name in self._left

    def _take(self, name: str, kind: type[T], want: str) -> T | None:
        self._known.append(name)
        value = self._left.pop(name, None)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise self.fault(name, type(value).__name__, want)
        return value

    def text(self, name: str) -> str:
        return self._take(name, str, "text") or ""

    def wanted(self, name: str) -> str:
        text = self.text(name)
        if not text:
            raise self.fault(name, "nothing", "text for a person")
        return text

    def number(self, name: str) -> int | None:
        value = self._take(name, int, "a whole number")
        if value is not None and value < 0:
            raise self.fault(name, value, "0 or more")
        return value

    def day(self, name: str) -> date | None:
        value = self._take(name, date, "a date, as 2026-01-01 without quotes")
        return date(value.year, value.month, value.day) if value is not None else None

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._take(name, list, "a list of texts") or []
        for value in values:
            if not isinstance(value, str) or not value:
                raise self.fault(name, type(value).__name__, "a list of texts")
        return tuple(values)

    def codes(self, name: str) -> Codes:
        patterns = self.texts(name)
        for pattern in patterns:
            first, _, last = pattern.partition("-")
            if not _PATTERN.fullmatch(pattern) or (last and (len(first) != len(last) or first > last)):
                raise self.fault(name, repr(pattern[:24]), "codes as 99213, M17* or 99202-99215")
        return Codes(patterns)

    def ages(self, name: str) -> Ages | None:
        if not self.has(name):
            return None
        table = self.table(name)
        found = Ages(table.number("from"), table.number("to"))
        table.finish()
        return found

    def frequency(self, name: str) -> Frequency | None:
        if not self.has(name):
            return None
        table = self.table(name)
        units, days = table.number("units"), table.number("days")
        table.finish()
        if units is None or not days:
            raise self.fault(name, "one of units and days", "both, as {units = 1, days = 365}")
        return Frequency(units, days)

    def member(self, name: str, kind: Callable[[str], T], default: Any) -> Any:
        text = self.text(name)
        return self.one_of(name, text, kind) if text else default

    def one_of(self, name: str, text: str, kind: Any) -> Any:
        try:
            return kind(text.upper())
        except ValueError:
            raise self.fault(name, repr(text[:24]), f"one of {', '.join(kind)}") from None

    def table(self, name: str) -> "RuleTable":
        return RuleTable(self._take(name, dict, "a table") or {}, f"{self.where}.{name}")

    def tables(self, name: str) -> list[Any]:
        return self._take(name, list, "[[rule]] tables") or []

    def finish(self) -> None:
        for name in self._left:
            raise ConfigError(
                f"{self.where}: {name[:40]}: unknown, want one of {', '.join(self._known)}", field=name[:40]
            )
