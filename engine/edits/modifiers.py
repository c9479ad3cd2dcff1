"""Modifiers that are no modifiers, are repeated, contradict one another, or do not go with the service or the biller.

Sources: CPT appendix A and HCPCS Level II modifiers (numbers only); Medicare Claims Processing Manual (Pub. 100-04),
chapter 12 sections 30 and 40, chapter 4 section 20.6; NCCI Policy Manual I.E. The lists are in modifiers.toml.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codesets.snapshot import Snapshot
from codesets.types import System
from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits.base import AlertMaker, Edit, Line, Sheet, is_visit, shown
from engine.types import Severity

SOURCE = "Pub. 100-04 chapter 12 sections 30-40, chapter 4 section 20.6; NCCI Policy Manual I.E"
_MAKER = AlertMaker("modifier", SOURCE)
_FORM = re.compile(r"[A-Z0-9]{2}")
_MOST = 4


@dataclass(frozen=True, slots=True)
class _OfKinds:
    """Modifiers that go on claims of some kinds only, or on those of any kind at some places."""

    modifiers: frozenset[str]
    kinds: frozenset[str]
    places: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Lists:
    level_1: frozenset[str]
    conflicts: tuple[tuple[frozenset[str], frozenset[str], str], ...]
    visits_only: frozenset[str]
    not_visits: frozenset[str]
    kinds: tuple[_OfKinds, ...]


@cache
def _lists() -> _Lists:
    data = tomllib.loads(Path(__file__).with_name("modifiers.toml").read_text(encoding="utf-8"))
    return _Lists(
        frozenset(data["level_1"]),
        tuple((frozenset(row["one"]), frozenset(row["other"]), row["why"]) for row in data["conflicts"]),
        frozenset(data["visits_only"]),
        frozenset(data["not_visits"]),
        tuple(
            _OfKinds(frozenset(row["modifiers"]), frozenset(row["kinds"]), frozenset(row.get("places", ())))
            for row in data["kinds"]
        ),
    )


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each modifier of a line that is wrong by itself or beside the others."""
    if not any(line.modifiers for line in sheet.lines):
        return
    for line in sheet.lines:
        if line.modifiers:
            yield from _of_line(line, sheet)


def _of_line(line: Line, sheet: Sheet) -> Iterator[ClaimAlert]:
    if len(line.modifiers) > _MOST:
        yield _alert("modifier_too_many", line, f"{len(line.modifiers)} modifiers, at most {_MOST} go on a line")
    for modifier in sorted({m for m in line.modifiers if line.modifiers.count(m) > 1}):
        yield _alert("modifier_repeated", line, f"modifier {shown(modifier)} is there twice")
    snapshot = sheet.release(System.HCPCS, line.day) if set(line.modifiers) - _lists().level_1 else None
    for modifier in dict.fromkeys(line.modifiers):
        yield from _of_modifier(modifier, line, sheet.kind, snapshot)
    given = {*line.modifiers}
    for one, other, why in _lists().conflicts:
        both = sorted((one | other) & given)
        if one & given and other & given and len(both) > 1:
            yield _alert("modifier_conflict", line, f"modifiers {' and '.join(both)} contradict one another: {why}")


def _of_modifier(modifier: str, line: Line, kind: ClaimKind, snapshot: Snapshot | None) -> Iterator[ClaimAlert]:
    if not _FORM.fullmatch(modifier):
        yield _alert("modifier_malformed", line, f"modifier {shown(modifier)!r} is not two letters or digits")
        return
    yield from _existing(modifier, line, snapshot)
    if modifier in _lists().visits_only and line.system is System.CPT and not is_visit(line.code):
        yield _alert("modifier_misplaced", line, f"modifier {modifier} goes on visits only", Severity.WARNING)
    if modifier in _lists().not_visits and is_visit(line.code):
        yield _alert("modifier_misplaced", line, f"modifier {modifier} does not go on a visit", Severity.WARNING)
    for row in _lists().kinds:
        if modifier in row.modifiers and kind.value not in row.kinds and line.place not in row.places:
            wanted = " or ".join(sorted(row.kinds)).lower()
            yield _alert("modifier_misplaced", line, f"modifier {modifier} is for {wanted} claims", Severity.WARNING)


def _existing(modifier: str, line: Line, snapshot: Snapshot | None) -> Iterator[ClaimAlert]:
    """Alert on a modifier that does not exist on the day; nothing where no HCPCS release is loaded to tell."""
    if modifier in _lists().level_1 or snapshot is None:
        return
    if snapshot.index_of(modifier) < 0:
        yield _alert("modifier_unknown", line, f"there is no modifier {modifier} in HCPCS {snapshot.release.version}")
        return
    found = snapshot.find(modifier)
    if found.terminated is not None and found.terminated < line.day:
        yield _alert("modifier_deleted", line, f"modifier {modifier} was deleted on {found.terminated}")


def _alert(kind: str, line: Line, why: str, severity: Severity = Severity.ERROR) -> ClaimAlert:
    return _MAKER.make(
        severity,
        f"{shown(line.code)}: {why}",
        "correct the modifiers by what the record says",
        kind=kind,
        codes=[shown(line.code)],
        lines=[line.number],
    )


EDIT = Edit("modifiers", SOURCE, "2000-01-01", apply)
