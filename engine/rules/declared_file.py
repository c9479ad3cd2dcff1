"""Reads declared rules from TOML, and says exactly what is wrong with a file that is not one.

A file has `[[rule]]` tables: `name`, `source`, `why`, optionally `effective` (a date), `when` and `then`; and, in a
user's file, `off`, a list of built-in rules that are switched off, and `poa_exempt`, the name of CMS's list beside
the file. rules/README.md shows one.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import ConfigError
from engine.rules.declared import Declared, Then, When
from engine.types import Setting, Severity, Sex

_Named = TypeVar("_Named", Setting, Sex, Severity)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PREFIX = re.compile(r"[A-Z](?:[0-9A-Z](?:[0-9A-Z](?:\.[0-9A-Z]{0,4})?)?)?")
_CODE = re.compile(r"[A-Z][0-9A-Z]{2}(?:\.[0-9A-Z]{1,4})?")
_WHEN = ("every", "any", "none", "first", "settings", "sexes", "payers", "min_age", "max_age", "from", "to")
_THEN = ("drop", "add", "before", "after", "alert", "severity")
_RULE = ("name", "source", "why", "effective", "when", "then")
_MOST_BYTES = 4 * 1024 * 1024
_OLDEST = 130


@lru_cache(maxsize=1)
def chapter_rules() -> tuple[Declared, ...]:
    """Read the table of the chapters."""
    return parse(tomllib.loads(Path(__file__).with_name("chapters.toml").read_text(encoding="utf-8"))).rules


@dataclass(frozen=True, slots=True)
class RulesFile:
    """What a file says: its rules, the built-in rules that are off, and the list of codes exempt from POA, if any."""

    rules: tuple[Declared, ...]
    off: tuple[str, ...] = ()
    poa_exempt: str = ""


def read_file(path: Path) -> RulesFile:
    """Read a user's file.

    Raises ConfigError that names the rule and the field, what it got and what it wants.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"rules file {path}: got more than {_MOST_BYTES} bytes, want a TOML file", field="rules")
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"rules file {path}: {error.strerror}", field="rules") from None
    except UnicodeDecodeError:
        raise ConfigError(f"rules file {path}: got bytes that are not UTF-8, want a TOML file", field="rules") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"rules file {path}: not TOML: {error}", field="rules") from None
    except RecursionError:
        raise ConfigError(f"rules file {path}: nested too deep, want a TOML file", field="rules") from None
    try:
        return parse(data)
    except ConfigError as error:
        raise ConfigError(f"rules file {path}: {error}", field="rules") from None


def parse(data: Mapping[str, Any]) -> RulesFile:
    """Read rules from a parsed file; raises ConfigError."""
    _only(data, ("rule", "off", "poa_exempt"), "rules file")
    rows = data.get("rule", [])
    _want("rule", rows, isinstance(rows, list) and all(isinstance(row, dict) for row in rows), "a list of tables")
    rules = tuple(_rule(row, f"rule {number}") for number, row in enumerate(rows))
    names = [rule.name for rule in rules]
    for name in names:
        _want(f"rule {name}", "its name twice", names.count(name) == 1, "a name of its own")
    exempt = _text(data, "poa_exempt", "rules file") if "poa_exempt" in data else ""
    return RulesFile(rules, _texts(data, "off", "rules file"), exempt)


def _rule(row: Mapping[str, Any], where: str) -> Declared:
    _only(row, _RULE, where)
    name = _text(row, "name", where)
    _want(f"{where}.name", name, _NAME.fullmatch(name) is not None, "lower-case letters, digits and underscores")
    where = f"rule {name}"
    when, then = _when(_table(row, "when", where), f"{where}.when"), _then(_table(row, "then", where), f"{where}.then")
    does = bool(then.drop or then.add or then.before or then.alert)
    _want(f"{where}.then", "nothing to do", does, "one of drop, add, before or alert")
    day = row.get("effective", date(2025, 10, 1))
    _want(f"{where}.effective", day, type(day) is date, "a date")
    return Declared(name, _text(row, "source", where), _text(row, "why", where), day.isoformat(), when, then)


def _when(row: Mapping[str, Any], where: str) -> When:
    _only(row, _WHEN, where)
    groups = row.get("every", [])
    is_list = isinstance(groups, list) and all(isinstance(group, list) and group for group in groups)
    _want(f"{where}.every", groups, is_list, "a list of lists of codes")
    every = [_prefixes({"every": group}, "every", where) for group in groups]
    if "any" in row:
        every.append(_prefixes(row, "any", where))
    return When(
        every=tuple(every),
        none=_prefixes(row, "none", where),
        first=_prefixes(row, "first", where),
        settings=tuple(_member(Setting, name, f"{where}.settings") for name in _texts(row, "settings", where)),
        sexes=tuple(_member(Sex, name, f"{where}.sexes") for name in _texts(row, "sexes", where)),
        payers=tuple(name.lower() for name in _texts(row, "payers", where)),
        min_age=_age(row, "min_age", where),
        max_age=_age(row, "max_age", where),
        from_day=_day(row, "from", where),
        to_day=_day(row, "to", where),
    )


def _then(row: Mapping[str, Any], where: str) -> Then:
    _only(row, _THEN, where)
    added = _texts(row, "add", where)
    for code in added:
        _want(f"{where}.add", code, _CODE.fullmatch(code) is not None, "whole codes such as E11.22")
    severity = _text(row, "severity", where) if "severity" in row else Severity.WARNING.value
    return Then(
        drop=_prefixes(row, "drop", where),
        add=added,
        before=_prefixes(row, "before", where),
        after=_prefixes(row, "after", where),
        alert=_text(row, "alert", where) if "alert" in row else "",
        severity=_member(Severity, severity, f"{where}.severity"),
    )


def _table(row: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    value = row.get(name, {})
    _want(f"{where}.{name}", value, isinstance(value, dict), "a table")
    return value if isinstance(value, dict) else {}


def _text(row: Mapping[str, Any], name: str, where: str) -> str:
    value = row.get(name)
    _want(f"{where}.{name}", value, isinstance(value, str) and bool(value.strip()) and "\0" not in value, "text")
    return str(value)


def _texts(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = row.get(name, [])
    is_list = isinstance(value, list) and all(isinstance(item, str) and item for item in value)
    _want(f"{where}.{name}", value, is_list, "a list of texts")
    return tuple(value)


def _prefixes(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    found = _texts(row, name, where)
    for prefix in found:
        _want(
            f"{where}.{name}",
            prefix,
            _PREFIX.fullmatch(prefix) is not None,
            "codes or how they begin, such as E11 or E11.6",
        )
    return found


def _age(row: Mapping[str, Any], name: str, where: str) -> int | None:
    value = row.get(name)
    _want(f"{where}.{name}", value, value is None or (type(value) is int and 0 <= value <= _OLDEST), "whole years")
    return value


def _day(row: Mapping[str, Any], name: str, where: str) -> date | None:
    value = row.get(name)
    _want(f"{where}.{name}", value, value is None or type(value) is date, "a date such as 2026-10-01")
    return value


def _member(kind: type[_Named], name: str, where: str) -> _Named:
    names = [member.value for member in kind]
    _want(where, name, name in names, f"names among {', '.join(names)}")
    return kind(name)


def _only(row: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in sorted(set(row) - set(known)):
        _want(where, name, False, f"fields among {', '.join(known)}")


def _want(where: str, got: object, holds: bool, want: str) -> None:
    if not holds:
        raise ConfigError(f"{where}: got {str(got)[:80]!r}, want {want}", field="rules")
