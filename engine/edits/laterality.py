"""Sides: a line's side against that of its diagnoses, and lines of a paired structure that name no side.

Sources: ICD-10-CM Guidelines I.B.13 (laterality); NCCI Policy Manual I.E (LT, RT, 50). That a structure is paired is
taken from the MUE table, where two units are the most by anatomic consideration.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from codesets.mue import find_limit
from codesets.snapshot import Snapshot
from codesets.types import System
from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits.base import AlertMaker, Edit, Line, Sheet, label, shown
from engine.edits.mue import TABLES
from engine.edits.ptp import ANATOMIC
from engine.types import Severity

SOURCE = "ICD-10-CM Guidelines I.B.13; NCCI Policy Manual I.E"
_MAKER = AlertMaker("laterality", SOURCE)
_SIDES = {"LT": "left", "RT": "right"}
_SIDE = re.compile(r"\b(right|left|bilateral)\b")
_PAIRED_UNITS = 2


@lru_cache(maxsize=16_384)
def _side_of(snapshot: Snapshot, code: str) -> str:
    """Return the side that a diagnosis names, "" if none or both."""
    number = snapshot.index_of(code)
    found = set(_SIDE.findall(snapshot.title_at(number).lower())) if number >= 0 else set()
    return found.pop() if len(found) == 1 else ""


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on lines whose side no diagnosis has, and on those that name none where a diagnosis does."""
    if sheet.kind is ClaimKind.INPATIENT or not sheet.lines or not sheet.diagnoses:
        return
    snapshot = sheet.release(System.ICD10CM, is_needed=False)
    if snapshot is None:
        return
    for line in sheet.lines:
        sides = {side for code in line.pointed if (side := _side_of(snapshot, code))}
        if not sides:
            continue
        named = {_SIDES[modifier] for modifier in line.modifiers if modifier in _SIDES}
        if len(named) == 1 and not sides & (named | {"bilateral"}):
            yield _contradiction(line, next(iter(named)), sides)
        elif not ANATOMIC & {*line.modifiers} and "50" not in line.modifiers:
            yield from _missing(sheet, line, sides)


def _contradiction(line: Line, named: str, sides: set[str]) -> ClaimAlert:
    return _MAKER.make(
        Severity.WARNING,
        f"{shown(line.code)} is on the {named}, its diagnoses on the {' and '.join(sorted(sides))}",
        "correct the modifier or the diagnosis by what the record says",
        kind="laterality_conflict",
        codes=[shown(line.code), *[shown(code) for code in line.pointed]],
        lines=[line.number],
    )


def _missing(sheet: Sheet, line: Line, sides: set[str]) -> Iterable[ClaimAlert]:
    kind = TABLES.get(sheet.kind)
    release = sheet.table(kind, line.day) if kind is not None else None
    limit = find_limit(release, line.code) if release is not None else None
    if limit is None or release is None or limit.units != _PAIRED_UNITS or "anatomic" not in limit.rationale.lower():
        return
    yield _MAKER.make(
        Severity.WARNING,
        f"{line.code} is of a paired structure and names no side; its diagnoses say {' and '.join(sorted(sides))}",
        "report LT, RT or 50",
        kind="laterality_missing",
        release=label(release),
        codes=[line.code],
        lines=[line.number],
    )


EDIT = Edit("laterality", SOURCE, "2015-10-01", apply)
