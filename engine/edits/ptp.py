"""NCCI procedure-to-procedure edits: a code that is part of another of its day, unless a modifier tells them apart.

Source: NCCI Policy Manual for Medicare Services, chapter I, sections D and E, and the quarterly PTP tables. The
modifiers that bypass an edit of indicator 1 are those of chapter I.E: anatomic, global surgery, and 27, 59, 91, XE,
XP, XS, XU; on either code since 2019-07-01. An anatomic one does not set a visit apart from a procedure.
"""

from collections.abc import Iterable, Iterator

from codesets.edit_store import EditRelease
from codesets.edit_table import EditKind
from codesets.ncci import PairEdit, find_pairs
from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits.base import AlertMaker, Edit, Line, Sheet, is_visit, label
from engine.types import Severity

SOURCE = "NCCI Policy Manual I.D-E, PTP edits (42 CFR 414.40)"
_MAKER = AlertMaker("ncci_ptp", SOURCE)
_TABLES = {
    ClaimKind.PROFESSIONAL: EditKind.PTP_PRACTITIONER,
    ClaimKind.OUTPATIENT: EditKind.PTP_OUTPATIENT,
}
ANATOMIC = frozenset(
    ["LT", "RT", "LC", "LD", "RC", "LM", "RI", "FA", "TA", "E1", "E2", "E3", "E4"]
    + [f"F{n}" for n in range(1, 10)]
    + [f"T{n}" for n in range(1, 10)]
)
DISTINCT = frozenset(("59", "XE", "XP", "XS", "XU"))
_OTHER = frozenset(("24", "25", "57", "58", "78", "79", "27", "91"))
BYPASSING = ANATOMIC | DISTINCT | _OTHER


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each line that an edit in force bundles into another of its day."""
    kind = _TABLES.get(sheet.kind)
    by_day: dict[object, list[Line]] = {}
    for line in sheet.lines:
        by_day.setdefault(line.day, []).append(line)
    if kind is None:
        return
    for lines in by_day.values():
        codes = list(dict.fromkeys(line.code for line in lines))
        if len(codes) < 2:
            continue
        release = sheet.table(kind, lines[0].day)
        if release is not None:
            yield from _pairs_of_day(release, lines, codes)


def _pairs_of_day(release: EditRelease, lines: list[Line], codes: list[str]) -> Iterator[ClaimAlert]:
    day = lines[0].day
    of_code: dict[str, list[Line]] = {}
    for line in lines:
        of_code.setdefault(line.code, []).append(line)
    for edit in find_pairs(release, codes):
        if edit.modifier == 9 or not edit.holds_on(day) or edit.column_1 == edit.column_2:
            continue
        for second in of_code[edit.column_2]:
            yield _judge(edit, of_code[edit.column_1], second, label(release))


def _judge(edit: PairEdit, firsts: list[Line], second: Line, release: str) -> ClaimAlert:
    """Judge one column 2 line beside the column 1 lines of its day; one that is not told apart decides."""
    if edit.modifier == 0:
        return _bundled(edit, firsts[0], second, release)
    for first in firsts:
        modifiers = _bypassing(first, second)
        if not modifiers:
            return _unmodified(edit, first, second, release)
        if modifiers <= ANATOMIC and ANATOMIC & {*first.modifiers} == ANATOMIC & {*second.modifiers}:
            return _same_site(edit, first, second, release)
    return _bypassed(edit, firsts[0], second, release)


def _bypassing(first: Line, second: Line) -> frozenset[str]:
    """Return the modifiers of either line that set the two apart; a visit is not another site than a procedure."""
    allowed = BYPASSING - ANATOMIC if is_visit(first.code) or is_visit(second.code) else BYPASSING
    return allowed & {*first.modifiers, *second.modifiers}


def _bundled(edit: PairEdit, first: Line, second: Line, release: str) -> ClaimAlert:
    return _MAKER.make(
        Severity.ERROR,
        f"{second.code} is part of {first.code} on the same day, and no modifier sets them apart"
        f" (indicator 0; {edit.rationale or 'no rationale given'})",
        f"take {second.code} off the claim",
        release=release,
        codes=[first.code, second.code],
        lines=[first.number, second.number],
        units=second.units,
    )


def _unmodified(edit: PairEdit, first: Line, second: Line, release: str) -> ClaimAlert:
    return _MAKER.make(
        Severity.ERROR,
        f"{second.code} is part of {first.code} on the same day unless they were distinct"
        f" (indicator 1; {edit.rationale or 'no rationale given'})",
        f"take {second.code} off, or, if the record shows another site, session or encounter, report the modifier that"
        " says so (XE, XP, XS, XU, 59, an anatomic one; 25 on an E/M service)",
        release=release,
        codes=[first.code, second.code],
        lines=[first.number, second.number],
        units=second.units,
    )


def _same_site(edit: PairEdit, first: Line, second: Line, release: str) -> ClaimAlert:
    return _MAKER.make(
        Severity.WARNING,
        f"{second.code} and {first.code} carry the same anatomic modifier, which does not set them apart (indicator 1)",
        f"take {second.code} off, unless the record shows them distinct; then report the modifier that says so",
        kind="ncci_ptp_same_site",
        release=release,
        codes=[first.code, second.code],
        lines=[first.number, second.number],
        units=second.units,
    )


def _bypassed(edit: PairEdit, first: Line, second: Line, release: str) -> ClaimAlert:
    modifiers = ", ".join(sorted(_bypassing(first, second)))
    return _MAKER.make(
        Severity.INFO,
        f"{second.code} is paid beside {first.code} by modifier {modifiers} only (indicator 1)",
        "keep the record that shows them distinct",
        kind="ncci_ptp_bypassed",
        release=release,
        codes=[first.code, second.code],
        lines=[first.number, second.number],
    )


EDIT = Edit("ncci_ptp", SOURCE, "1996-01-01", apply)
