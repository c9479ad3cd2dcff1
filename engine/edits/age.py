"""Diagnoses that do not go with the patient's age.

Source: Medicare Code Editor 4, age conflict: newborn 0 years; pediatric 0 to 17; maternity 9 to 64; adult 15 to 124.
The outpatient code editor (edit 2) has the same lists.
"""

from collections.abc import Iterable

from engine.claims.records import ClaimAlert
from engine.edits import code_editor as mce
from engine.edits.base import AlertMaker, Edit, Sheet, shown
from engine.types import Severity

SOURCE = "Medicare Code Editor 4 (age conflict)"
_MAKER = AlertMaker("age_conflict", SOURCE)
RANGES = {mce.NEWBORN: (0, 0), mce.PEDIATRIC: (0, 17), mce.MATERNITY: (9, 64), mce.ADULT: (15, 124)}


def conflict(flags: frozenset[str], age: int) -> str:
    """Say which ages a code of these flags is for, if the age is none of them; "" if it is one."""
    for flag, (least, most) in RANGES.items():
        if flag in flags and not least <= age <= most:
            return f"{flag}, {least} to {most} years"
    return ""


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each diagnosis whose ages the patient's is not among."""
    if sheet.age is None:
        return
    flags, release = mce.diagnosis_flags(sheet)
    for number, code in enumerate(sheet.diagnoses):
        wanted = conflict(flags[number], sheet.age)
        if wanted:
            yield _MAKER.make(
                Severity.ERROR,
                f"{shown(code)} is for patients who are {wanted}; this one is {sheet.age}",
                "check the date of birth and the code",
                release=release,
                codes=[shown(code)],
                diagnoses=[number],
            )


EDIT = Edit("age_conflict", SOURCE, "1984-10-01", apply)
