"""Add-on codes without the primary code that they are added to.

Source: NCCI add-on code edits (CMS Transmittal 2636, CR 7501). Type 1: one of the listed primary codes on the same day.
Type 2: no primary is listed, the contractor decides. Type 3: some are listed, the contractor may accept others.
"""

from collections.abc import Iterable

from codesets.aoc import AddOn, find_add_on
from codesets.edit_table import EditKind
from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits.base import AlertMaker, Edit, Line, Sheet, label
from engine.types import Severity

SOURCE = "NCCI add-on code edits (CR 7501)"
_MAKER = AlertMaker("add_on_without_primary", SOURCE)
_MOST_SHOWN = 8


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each add-on code whose day has no primary code for it."""
    if sheet.kind is ClaimKind.INPATIENT or not sheet.lines:
        return
    known: dict[tuple[str, object], AddOn | None] = {}
    for line in sheet.lines:
        release = sheet.table(EditKind.ADD_ON, line.day)
        if release is None:
            return
        key = (line.code, line.day)
        if key not in known:
            known[key] = find_add_on(release, line.code, line.day)
    for line in sheet.lines:
        add_on = known[line.code, line.day]
        if add_on is None:
            continue
        same_day = {other.code for other in sheet.lines if other.day == line.day and other.code != line.code}
        has_other = any(known[code, line.day] is None for code in same_day)
        found = _judge(line, add_on, is_listed=bool(add_on.primaries & same_day), has_other=has_other)
        if found is not None and release is not None:
            found.release = label(release)
            yield found


def _judge(line: Line, add_on: AddOn, *, is_listed: bool, has_other: bool) -> ClaimAlert | None:
    """Return the alert that a line deserves, None if its primary is there or may be."""
    if is_listed or (add_on.kind == 2 and has_other):
        return None
    listed = sorted(add_on.primaries)
    names = ", ".join(listed[:_MOST_SHOWN]) + (
        f" and {len(listed) - _MOST_SHOWN} more" if len(listed) > _MOST_SHOWN else ""
    )
    may_be_accepted = add_on.kind == 3 and has_other
    return _MAKER.make(
        Severity.WARNING if may_be_accepted else Severity.ERROR,
        f"{line.code} is an add-on code (type {add_on.kind}), and its primary code is not on {line.day}"
        + (f"; listed: {names}" if names else ""),
        "ask the contractor whether the other service of the day is accepted as primary"
        if may_be_accepted
        else "add the primary service of the same day, or take the add-on code off",
        codes=[line.code],
        lines=[line.number],
        units=line.units,
    )


EDIT = Edit("add_on", SOURCE, "2013-04-01", apply)
