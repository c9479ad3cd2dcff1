"""Service lines that say the same twice: same code, modifiers, day and place.

Source: Medicare Claims Processing Manual (Pub. 100-04), chapter 1, section 120 (duplicate claims and lines). Modifiers
76, 77 and 91 say that a service was repeated, 59 and X{EPSU} that it was distinct.
"""

from collections.abc import Iterable

from engine.claims.records import ClaimAlert
from engine.edits.base import AlertMaker, Edit, Line, Sheet, shown
from engine.edits.ptp import DISTINCT
from engine.types import Severity

SOURCE = "Pub. 100-04 chapter 1 section 120 (duplicates)"
_MAKER = AlertMaker("duplicate_line", SOURCE)
_REPEATED = frozenset(("76", "77", "91")) | DISTINCT


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each line that repeats an earlier one without saying so."""
    first_of: dict[tuple[object, ...], Line] = {}
    for line in sheet.lines:
        key = (line.code, tuple(sorted(line.modifiers)), line.day, line.place)
        first = first_of.setdefault(key, line)
        if first is not line and not _REPEATED & {*line.modifiers}:
            yield _MAKER.make(
                Severity.ERROR,
                f"{shown(line.code)} is on lines {first.number + 1} and {line.number + 1} alike",
                "take one off, put the units on one line, or report the repeat with 76, 77 or 91",
                codes=[shown(line.code)],
                lines=[first.number, line.number],
                units=line.units,
            )


EDIT = Edit("duplicate_line", SOURCE, "2005-01-01", apply)
