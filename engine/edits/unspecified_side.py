"""Diagnoses of a stay that leave the side open where the record is expected to say it.

Source: Medicare Code Editor 20, unspecified code, from 2022-04-01: codes for an unspecified site where a code for a
side exists.
"""

from collections.abc import Iterable
from datetime import date

from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits import code_editor as mce
from engine.edits.base import AlertMaker, Edit, Sheet, shown
from engine.types import Severity

SOURCE = "Medicare Code Editor 20 (unspecified code)"
BEGAN = date(2022, 4, 1)
_MAKER = AlertMaker("unspecified_side", SOURCE)


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each diagnosis of an unspecified side."""
    if sheet.kind is not ClaimKind.INPATIENT or sheet.day < BEGAN:
        return
    flags, release = mce.diagnosis_flags(sheet)
    for number, code in enumerate(sheet.diagnoses):
        if mce.UNSPECIFIED in flags[number]:
            yield _MAKER.make(
                Severity.WARNING,
                f"{shown(code)} does not say the side",
                "report the side; if neither record nor clinician can tell it, say so in the billing note",
                release=release,
                codes=[shown(code)],
                diagnoses=[number],
            )


EDIT = Edit("unspecified_side", SOURCE, "2022-04-01", apply)
