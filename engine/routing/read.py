"""A routing policy from its TOML file, checked whole: every fault is told, and a policy with one is not used."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from engine.routing.fields import NAME, NONE, Fault, PolicyError, Table
from engine.routing.lines import Lines
from engine.routing.policy import Cap, Escalation, Limits, Policy, Scope, Threshold, Unit, When
from engine.types import Route, Setting, Severity

PACKAGED = Path(__file__).with_name("default.toml")
MAX_BYTES = 1024 * 1024
# What code systems a policy may name (codesets.types.System, which routing does not import).
SYSTEMS = ("icd10cm", "icd10pcs", "hcpcs", "cpt", "icd11", "icd9cm")
_TABLES = ("policy", "threshold", "escalation", "cap")
# A decision by confidence is named after its route.
_TAKEN = tuple(route.value.lower() for route in Route)
_IS_SYSTEM = re.compile("|".join(SYSTEMS))
_LABEL = re.compile(r"[\w.:-]{1,64}")
_SENTENCE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,200}")
_KIND = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_IS_NAME = "small letters, digits and hyphens, at most 40"
Part = TypeVar("Part", Threshold, Escalation, Cap)


def read_policy(path: Path | None = None) -> Policy:
    """Read a policy (None: the packaged one).

    Raises PolicyError, which lists every fault with its field, what it got, what it wants and its line.
    """
    return _packaged() if path is None else _read(path)


@lru_cache(maxsize=1)
def _packaged() -> Policy:
    return _read(PACKAGED)


def _read(path: Path) -> Policy:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _unreadable(path, getattr(error, "strerror", None) or "cannot be read") from None
    if len(data) > MAX_BYTES:
        raise _unreadable(path, f"over {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"a byte that is not UTF-8 at {error.start}") from None
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(path, f"no TOML ({error})") from None
    except RecursionError:
        raise _unreadable(path, "lists within lists too deep to read") from None
    return parse_policy(parsed, Lines.of(text, parsed), content_hash=hashlib.sha256(data).hexdigest(), file=path.name)


def _unreadable(path: Path, got: str) -> PolicyError:
    return PolicyError(path.name, [Fault("file", got, "a TOML file (docs/configuration.md, routing policy)")])


def parse_policy(parsed: Mapping[str, Any], lines: Lines, *, content_hash: str, file: str) -> Policy:
    """Make a policy of a parsed file; raises PolicyError."""
    faults: list[Fault] = []
    for name in parsed:
        if name not in _TABLES:
            got = Fault(name, "a table that means nothing here", f"one of {', '.join(_TABLES)}")
            faults.append(Fault(got.field, got.got, got.want, lines.line(name, 0, "") or lines.line("", 0, name)))
    about = Table("policy", 0, _table(parsed.get("policy")), lines, faults, is_listed=False)
    name = about.text("name", _LABEL, "1 to 64 letters, digits, dots and hyphens")
    version = about.text("version", _LABEL, 'text of 1 to 64 letters, digits, dots and hyphens ("2026-01")')
    about.finish()
    policy = Policy(
        name,
        version,
        content_hash,
        tuple(_parts(parsed, "threshold", lines, faults, _threshold)),
        tuple(_parts(parsed, "escalation", lines, faults, _escalation)),
        tuple(_parts(parsed, "cap", lines, faults, _cap)),
    )
    _check_thresholds(policy.thresholds, lines, faults)
    _check_names(policy.thresholds, faults)
    _check_names([*policy.escalations, *policy.caps], faults, taken=_TAKEN)
    if faults:
        raise PolicyError(file, faults)
    return policy


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _parts(
    parsed: Mapping[str, Any], kind: str, lines: Lines, faults: list[Fault], read: Callable[[Table], Part]
) -> list[Part]:
    """Read the tables of a kind, `[[kind]]`."""
    given = parsed.get(kind, [])
    if not isinstance(given, list) or not all(isinstance(values, dict) for values in given):
        faults.append(Fault(kind, "something else", f"tables [[{kind}]]", lines.line(kind, 0, "")))
        return []
    parts = []
    for number, values in enumerate(given):
        table = Table(kind, number, values, lines, faults)
        parts.append(read(table))
        table.finish()
    return parts


def _threshold(table: Table) -> Threshold:
    name, scope = table.text("name", NAME, _IS_NAME), _scope(table)
    for key in ("auto", "hold"):
        if not table.has(key):
            table.note(key, NONE, "a confidence from 0 to 1")
    auto, hold = table.number_in("auto", 0, 1, 1.0) or 0.0, table.number_in("hold", 0, 1, 0.0) or 0.0
    if hold > auto:
        table.note("hold", hold, f"at most auto, {auto:g}")
    return Threshold(name, scope, auto, hold)


def _scope(table: Table) -> Scope:
    scope = Scope(
        table.items("systems", _system, f"one of {', '.join(SYSTEMS)}"),
        table.items("settings", lambda name: Setting(name.upper()), f"one of {', '.join(Setting)}"),
        table.items("documents", _document_kind, "a kind of document, as charts name it"),
        table.families("codes"),
    )
    if scope.codes.written and not scope.systems:
        table.note("systems", NONE, "the code systems that its codes are of")
    return scope


def _system(name: str) -> str:
    if name not in SYSTEMS:
        raise ValueError(name)
    return name


def _document_kind(name: str) -> str:
    if not _KIND.fullmatch(name) or not name.strip():
        raise ValueError(name)
    return " ".join(name.casefold().split())


def _escalation(table: Table) -> Escalation:
    name, scope = table.text("name", NAME, _IS_NAME), _scope(table)
    when = table.member("when", When) or When.ANY
    route = table.member("route", Route, Route.REVIEW, among=(Route.REVIEW, Route.HOLD)) or Route.REVIEW
    if when is When.CODES and not scope.codes.written:
        table.note("codes", NONE, "families of codes, since that is what it looks at")
    below = table.number_in("below", 0, 1, None)
    why = table.text("why", _SENTENCE, "one line of at most 200 characters", when.value.replace("_", " "))
    return Escalation(name, when, route, scope, below, _limits(table, when), why)


def _limits(table: Table, when: When) -> Limits:
    """Read the numbers that a kind of escalation asks for."""
    if when is When.ALERT:
        return Limits(severity=_severity(table))
    if when is When.ALERTS:
        return Limits(severity=_severity(table), least=table.whole("least", 1, 10_000, 1) or 1)
    if when is When.MANY_CODES:
        _want_one(table, ("most",), "how many codes a chart may have")
        return Limits(most=table.whole("most", 0, 10_000, 0) or 0)
    if when is When.AGE:
        _want_one(table, ("under_years", "from_years"), "an age in whole years")
        return Limits(
            under_years=table.whole("under_years", 1, 150, None), from_years=table.whole("from_years", 0, 150, None)
        )
    if when is When.DOCUMENT_QUALITY:
        _want_one(table, ("least_letters", "most_odd", "least_characters"), "what to measure")
        return Limits(
            least_letters=table.number_in("least_letters", 0, 1, None),
            most_odd=table.number_in("most_odd", 0, 1, None),
            least_characters=table.whole("least_characters", 0, 1_000_000, None),
        )
    if when is When.CHART_HAS:
        _want_one(table, ("any_of",), "families of codes")
        system = table.text("any_of_system", _IS_SYSTEM, f"one of {', '.join(SYSTEMS)}", SYSTEMS[0])
        return Limits(any_of=table.families("any_of"), any_of_system=system)
    return Limits()


def _severity(table: Table) -> Severity:
    return table.member("severity", Severity, Severity.WARNING) or Severity.WARNING


def _want_one(table: Table, keys: Sequence[str], want: str) -> None:
    if not any(table.has(key) for key in keys):
        table.note(keys[0], NONE, f"{want} ({' or '.join(keys)})")


def _cap(table: Table) -> Cap:
    name, scope = table.text("name", NAME, _IS_NAME), _scope(table)
    _want_one(table, ("share",), "a share from 0 to 1")
    share = table.number_in("share", 0, 1, 1.0)
    unit = table.member("unit", Unit, Unit.CHART) or Unit.CHART
    return Cap(name, scope, 1.0 if share is None else share, unit, table.text("salt", _LABEL, "a label", name or "-"))


def _check_thresholds(thresholds: Sequence[Threshold], lines: Lines, faults: list[Fault]) -> None:
    """See that every code finds a threshold, and that no threshold stands behind one that takes all."""
    if not thresholds or not thresholds[-1].scope.is_everything:
        faults.append(
            Fault("threshold", "no last one for everything", "a last [[threshold]] without systems, settings, documents"
                  " or codes", lines.line("threshold", len(thresholds) - 1, ""))
        )  # fmt: skip
    for number, threshold in enumerate(thresholds[:-1]):
        if threshold.scope.is_everything:
            line = lines.line("threshold", number, "")
            faults.append(
                Fault(f"threshold[{number + 1}] {threshold.name}", "everything", "limits, since others follow", line)
            )


def _check_names(
    parts: Sequence[Threshold | Escalation | Cap], faults: list[Fault], *, taken: Sequence[str] = ()
) -> None:
    seen = set(taken)
    for part in parts:
        if part.name and part.name in seen:
            faults.append(Fault(f"{part.name}.name", f"a name that is taken ({part.name})", "one of its own"))
        seen.add(part.name)
