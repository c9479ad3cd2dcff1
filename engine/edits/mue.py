"""Medically Unlikely Edits: more units of a code than a patient has on a day, as a rule.

Source: NCCI Policy Manual I.V and the quarterly MUE tables. Adjudication indicator 1: each line by itself. 2 and 3:
all units of the code on the date of service, whatever the line; 2 is absolute, 3 may be overturned by records. Lines
with modifier 55 do not count.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from codesets.edit_table import EditKind
from codesets.mue import UnitLimit, find_limit
from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits.base import AlertMaker, Edit, Line, Sheet, label
from engine.types import Severity

SOURCE = "NCCI Policy Manual I.V, Medically Unlikely Edits"
_MAKER = AlertMaker("mue", SOURCE)
_POSTOPERATIVE_ONLY = "55"
TABLES = {
    ClaimKind.PROFESSIONAL: EditKind.MUE_PRACTITIONER,
    ClaimKind.OUTPATIENT: EditKind.MUE_OUTPATIENT,
    ClaimKind.DME: EditKind.MUE_DME,
}


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on units over the limit of their line (indicator 1) or day (2 and 3)."""
    kind = TABLES.get(sheet.kind)
    if kind is None:
        return
    groups: dict[tuple[str, date], list[Line]] = {}
    for line in sheet.lines:
        if _POSTOPERATIVE_ONLY not in line.modifiers:
            groups.setdefault((line.code, line.day), []).append(line)
    for (code, day), lines in groups.items():
        release = sheet.table(kind, day)
        limit = find_limit(release, code) if release is not None else None
        if release is not None and limit is not None:
            yield from _over(lines, limit, label(release))


def _over(lines: list[Line], limit: UnitLimit, release: str) -> Iterator[ClaimAlert]:
    if limit.indicator == 1:
        for line in lines:
            if line.units > limit.units:
                yield _line_alert(line, limit, release)
        return
    total = sum(line.units for line in lines)
    if total > limit.units:
        yield _day_alert(lines, total, limit, release)


def _line_alert(line: Line, limit: UnitLimit, release: str) -> ClaimAlert:
    return _MAKER.make(
        Severity.ERROR,
        f"{line.code}: {line.units} units on one line, at most {limit.units} (MAI 1; {limit.rationale})",
        "correct the units; if all are necessary, report them on further lines with the modifier that says why",
        release=release,
        codes=[line.code],
        lines=[line.number],
        units=line.units - limit.units,
    )


def _day_alert(lines: list[Line], total: int, limit: UnitLimit, release: str) -> ClaimAlert:
    is_absolute = limit.indicator == 2
    return _MAKER.make(
        Severity.ERROR if is_absolute else Severity.WARNING,
        f"{lines[0].code}: {total} units on {lines[0].day}, at most {limit.units} a day"
        f" (MAI {limit.indicator}; {limit.rationale})",
        "correct the units: no modifier or record raises this limit"
        if is_absolute
        else "correct the units; if all are necessary, appeal with the records, since the excess is denied at first",
        release=release,
        codes=[lines[0].code],
        lines=[line.number for line in lines],
        units=total - limit.units,
    )


EDIT = Edit("mue", SOURCE, "2007-01-01", apply)
