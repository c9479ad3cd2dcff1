"""Payer rules as declarative files: the records, and a reader that refuses what it does not know.

One TOML file holds the rules of one payer (and plan); README.md has the schema. Nothing in a file is evaluated:
conditions are lists of codes, ranges and names.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from engine.claims.records import ClaimKind
from engine.errors import ConfigError
from engine.types import Severity, Sex

FOLDER = "payer-rules"
_MAX_BYTES = 1024 * 1024
_PATTERN = re.compile(r"[A-Z0-9][A-Z0-9.]{0,9}(\*|-[A-Z0-9][A-Z0-9.]{0,9})?")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
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


@dataclass(frozen=True, slots=True)
class When:
    """Which lines a rule is about; all that is given must hold."""

    codes: Codes = field(default_factory=Codes)
    kinds: tuple[ClaimKind, ...] = ()
    diagnoses: Codes = field(default_factory=Codes)
    modifiers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    ages: Ages | None = None
    sex: Sex | None = None
    units_over: int | None = None


@dataclass(frozen=True, slots=True)
class Require:
    """What such a line must have; without any of it, the rule alerts on every line that it is about."""

    diagnoses: Codes = field(default_factory=Codes)
    modifiers: tuple[str, ...] = ()
    no_modifiers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    ages: Ages | None = None
    with_codes: Codes = field(default_factory=Codes)
    without_codes: Codes = field(default_factory=Codes)
    documentation: tuple[str, ...] = ()
    at_most: Frequency | None = None


@dataclass(frozen=True, slots=True)
class PayerRule:
    """One rule of a payer; "" for payer or plan is every one. `end` is the last day, None while it is open."""

    name: str
    payer: str
    plan: str
    source: str
    effective: date
    end: date | None
    severity: Severity
    message: str
    resolve: str
    when: When
    require: Require | None

    def is_about(self, payer: str, plan: str, day: date) -> bool:
        """Whether it is a rule of that payer and plan, in force on a day; names are compared without case."""
        return (
            self.payer.casefold() in ("", payer.casefold())
            and self.plan.casefold() in ("", plan.casefold())
            and self.effective <= day
            and (self.end is None or day <= self.end)
        )


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a folder or file, in order of file and place, with the hash of their files."""

    rules: tuple[PayerRule, ...] = ()
    content_hash: str = ""


def read_rules(path: Path) -> RuleSet:
    """Read a file of rules, or every .toml of a folder (none, if there is no such folder).

    Raises ConfigError that names file, rule and field, what it got and what it wants.
    """
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path] if path.exists() else []
    rules: list[PayerRule] = []
    digest = hashlib.sha256()
    for file in files:
        data = _read(file)
        digest.update(file.name.encode() + b"\0" + data + b"\0")
        rules.extend(read_rule_file(data, name=file.name))
    return RuleSet(tuple(rules), digest.hexdigest() if files else "")


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"payer rules {file.name}: got over {_MAX_BYTES} bytes, want at most that")
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"payer rules {file.name}: {error.strerror}") from None


def read_rule_file(data: bytes, *, name: str) -> list[PayerRule]:
    """Read one file's rules; raises ConfigError."""
    where = f"payer rules {name}"
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(f"{where}: got bytes that are not UTF-8, want a TOML file") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{where}: not TOML: {error}") from None
    top = _Table(table, where)
    payer, plan, source = top.text("payer"), top.text("plan"), top.text("source")
    if not source:
        raise ConfigError(f"{where}: source: got nothing, want the policy that the rules are from", field="source")
    rules = [
        _rule(_Table(item, f"{where} rule[{number}]"), payer, plan, source)
        for number, item in enumerate(top.tables("rule"))
    ]
    top.finish()
    names = [rule.name for rule in rules]
    for rule in rules:
        if names.count(rule.name) > 1:
            raise ConfigError(f"{where}: name: got {rule.name!r} twice, want each once", field="name")
    if not rules:
        raise ConfigError(f"{where}: rule: got none, want at least one [[rule]]", field="rule")
    return rules


def _rule(table: "_Table", payer: str, plan: str, source: str) -> PayerRule:
    name = table.text("name")
    if not _NAME.fullmatch(name):
        raise table.fault("name", name[:40], "lower-case letters, digits, - and _")
    effective, end = table.day("effective"), table.day("end")
    if effective is None:
        raise table.fault("effective", "nothing", "the first day, as 2026-01-01")
    if end is not None and end < effective:
        raise table.fault("end", str(end), f"{effective} (effective) or later")
    rule = PayerRule(
        name=name,
        payer=payer,
        plan=plan,
        source=table.text("source") or source,
        effective=effective,
        end=end,
        severity=table.member("severity", Severity, Severity.WARNING),
        message=table.wanted("message"),
        resolve=table.wanted("resolve"),
        when=_when(table.table("when")),
        require=_require(table.table("require")) if table.has("require") else None,
    )
    table.finish()
    return rule


def _when(table: "_Table") -> When:
    found = When(
        codes=table.codes("codes"),
        kinds=tuple([table.one_of("kinds", kind, ClaimKind) for kind in table.texts("kinds")]),
        diagnoses=table.codes("diagnoses"),
        modifiers=table.texts("modifiers"),
        places=table.texts("places"),
        ages=table.ages("age"),
        sex=table.member("sex", Sex, None),
        units_over=table.number("units_over"),
    )
    table.finish()
    return found


def _require(table: "_Table") -> Require:
    found = Require(
        diagnoses=table.codes("diagnoses"),
        modifiers=table.texts("modifiers"),
        no_modifiers=table.texts("no_modifiers"),
        places=table.texts("places"),
        ages=table.ages("age"),
        with_codes=table.codes("with_codes"),
        without_codes=table.codes("without_codes"),
        documentation=table.texts("documentation"),
        at_most=table.frequency("at_most"),
    )
    table.finish()
    if found == Require():
        raise ConfigError(f"{table.where}: got nothing, want at least one requirement, or no [rule.require]")
    return found


class _Table:
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

    def table(self, name: str) -> "_Table":
        return _Table(self._take(name, dict, "a table") or {}, f"{self.where}.{name}")

    def tables(self, name: str) -> list[Any]:
        return self._take(name, list, "[[rule]] tables") or []

    def finish(self) -> None:
        for name in self._left:
            raise ConfigError(
                f"{self.where}: {name[:40]}: unknown, want one of {', '.join(self._known)}", field=name[:40]
            )
