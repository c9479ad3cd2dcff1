"""A stay that reports a wrong operation: wrong procedure, wrong patient, wrong site.

Source: Medicare Code Editor 18, wrong procedure performed (Y65.51 to Y65.53); NCD 140.6 to 140.8: Medicare does not
pay for it.
"""

from collections.abc import Iterable

from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits import code_editor as mce
from engine.edits.base import AlertMaker, Edit, Sheet, shown
from engine.types import Severity

SOURCE = "Medicare Code Editor 18 (wrong procedure performed); NCD 140.6-140.8"
_MAKER = AlertMaker("wrong_procedure", SOURCE)


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each code that says so."""
    if sheet.kind is not ClaimKind.INPATIENT:
        return
    flags, release = mce.diagnosis_flags(sheet)
    for number, code in enumerate(sheet.diagnoses):
        if mce.WRONG_PROCEDURE in flags[number]:
            yield _MAKER.make(
                Severity.ERROR,
                f"{shown(code)} says that a wrong operation was done, which is not paid",
                "file the wrong operation on a claim of its own, as non-covered (type of bill 110)",
                release=release,
                codes=[shown(code)],
                diagnoses=[number],
            )


EDIT = Edit("wrong_procedure", SOURCE, "2009-10-01", apply)
