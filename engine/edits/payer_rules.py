"""Payer rules as declarative files: the records, and a reader that refuses what it does not know.

One TOML file holds the rules of one payer (and plan); README.md has the schema. Nothing in a file is evaluated:
conditions are lists of codes, ranges and names.
"""

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from engine.claims.records import ClaimKind
from engine.edits.rule_table import Ages, Codes, Frequency, RuleTable
from engine.errors import ConfigError
from engine.types import Severity, Sex

FOLDER = "payer-rules"
_MAX_BYTES = 1024 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


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
    top = RuleTable(table, where)
    payer, plan, source = top.text("payer"), top.text("plan"), top.text("source")
    if not source:
        raise ConfigError(f"{where}: source: got nothing, want the policy that the rules are from", field="source")
    rules = [
        _rule(RuleTable(item, f"{where} rule[{number}]"), payer, plan, source)
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


def _rule(table: RuleTable, payer: str, plan: str, source: str) -> PayerRule:
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


def _when(table: RuleTable) -> When:
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


def _require(table: RuleTable) -> Require:
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
