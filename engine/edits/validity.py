"""Codes that are not in force on their day: unknown, not billable, deleted, not yet effective.

Source: 45 CFR 162.1000 and 162.1002 (the code set valid at the time of service); Medicare Code Editor, edit 1.
ICD-10-CM and ICD-10-PCS go by the discharge of a stay, everything else by the date of service.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from codesets.edit_table import EditKind
from codesets.mce import find_flags
from codesets.snapshot import Snapshot
from codesets.types import System
from codesets.validate import is_written_rightly
from engine.claims.records import ClaimAlert
from engine.edits.base import AlertMaker, Edit, Sheet, shown
from engine.types import Severity

SOURCE = "45 CFR 162.1000-1002; Medicare Code Editor 1 (invalid code)"
_MAKER = AlertMaker("invalid_code", SOURCE)
_TABLES = {System.ICD10CM: EditKind.MCE_DIAGNOSES, System.ICD10PCS: EditKind.MCE_PROCEDURES}


@dataclass(frozen=True, slots=True)
class _Standing:
    is_known: bool
    is_billable: bool = False
    added: date | None = None
    terminated: date | None = None


@lru_cache(maxsize=65_536)
def _standing(snapshot: Snapshot, code: str) -> _Standing:
    if snapshot.index_of(code) < 0:
        return _Standing(False)
    found = snapshot.find(code)
    return _Standing(True, found.billable, found.added, found.terminated)


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each code that may not be reported on its day."""
    for number, code in enumerate(sheet.diagnoses):
        for kind, why in _faults(sheet, System.ICD10CM, code, sheet.day):
            yield _alert(kind, why, code, diagnoses=[number])
    for number, code in enumerate(sheet.procedures):
        for kind, why in _faults(sheet, System.ICD10PCS, code, sheet.day):
            yield _alert(kind, why, code, procedures=[number])
    for line in sheet.lines:
        for kind, why in _faults(sheet, line.system, line.code, line.day):
            yield _alert(kind, why, line.code, lines=[line.number])


def _faults(sheet: Sheet, system: System, code: str, day: date) -> Iterator[tuple[str, str]]:
    """Yield the kind of fault and what is wrong; nothing if the code may be reported, or nothing loaded tells."""
    snapshot = sheet.release(system, day)
    if snapshot is None:
        yield from _by_code_editor(sheet, system, code, day)
        return
    found = _standing(snapshot, code)
    edition = f"{system.value} {snapshot.release.version}"
    if not found.is_known:
        yield _unknown(sheet, system, code, edition)
    elif found.terminated is not None and found.terminated < day:
        yield "deleted_code", f"was deleted on {found.terminated}"
    elif found.added is not None and found.added > day:
        yield "future_code", f"is not in force before {found.added}"
    elif not found.is_billable:
        yield "not_billable", f"is no billable code of {edition}: more characters are needed"


def _unknown(sheet: Sheet, system: System, code: str, edition: str) -> tuple[str, str]:
    """Tell a code of another release from one of none, and that from what is no code at all."""
    for snapshot in sheet.releases.snapshots(system):
        if _standing(snapshot, code).is_billable:
            release = snapshot.release
            if release.effective_from > sheet.day:
                return "future_code", f"is in force from {release.effective_from} on, not in {edition}"
            return "deleted_code", f"is of {system.value} {release.version}, and not in {edition} any more"
    if not is_written_rightly(code, system):
        return "malformed_code", f"is not written as {system.value} codes are"
    return "invalid_code", f"is no code of {edition}"


def _by_code_editor(sheet: Sheet, system: System, code: str, day: date) -> Iterator[tuple[str, str]]:
    kind = _TABLES.get(system)
    table = sheet.tables.on(kind, day) if kind is not None else None
    if kind is None or table is None:
        if not is_written_rightly(code, system):
            yield "malformed_code", f"is not written as {system.value} codes are"
        return
    is_valid = find_flags(table, code, day).is_valid
    if is_valid is not None:
        sheet.used_tables[kind] = table
        sheet.missing.pop(system.value, None)
    if is_valid is False:
        yield "invalid_code", f"is no valid code of {day} in the Medicare Code Editor {table.version}"


def _alert(
    kind: str,
    why: str,
    code: str,
    *,
    lines: list[int] | None = None,
    diagnoses: list[int] | None = None,
    procedures: list[int] | None = None,
) -> ClaimAlert:
    return _MAKER.make(
        Severity.ERROR,
        f"{shown(code)} {why}",
        "report the code that was in force on the day",
        kind=kind,
        codes=[shown(code)],
        lines=lines or (),
        diagnoses=diagnoses or (),
        procedures=procedures or (),
    )


EDIT = Edit("validity", SOURCE, "2000-10-16", apply)
