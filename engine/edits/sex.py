"""Codes that do not go with the patient's sex, on days before 2024-10-01: CMS has ended the edit since.

Source: Medicare Code Editor 5, sex conflict, deactivated by the FY 2025 IPPS final rule for discharges from 2024-10-01
on.
"""

from collections.abc import Iterable
from datetime import date

from engine.claims.records import ClaimAlert
from engine.edits import code_editor as mce
from engine.edits.base import AlertMaker, Edit, Sheet, shown
from engine.types import Severity, Sex

SOURCE = "Medicare Code Editor 5 (sex conflict, until 2024-09-30)"
ENDED = date(2024, 10, 1)
_MAKER = AlertMaker("sex_conflict", SOURCE)
_OTHER = {Sex.MALE: mce.FEMALE, Sex.FEMALE: mce.MALE}


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each diagnosis and procedure of the other sex."""
    wrong = _OTHER.get(sheet.sex)
    if wrong is None or sheet.day >= ENDED:
        return
    flags, release = mce.diagnosis_flags(sheet)
    for number, code in enumerate(sheet.diagnoses):
        if wrong in flags[number]:
            yield _alert(code, wrong, release, diagnoses=[number])
    flags, release = mce.procedure_flags(sheet)
    for number, code in enumerate(sheet.procedures):
        if wrong in flags[number]:
            yield _alert(code, wrong, release, procedures=[number])


def _alert(
    code: str,
    wrong: str,
    release: str,
    *,
    diagnoses: tuple[int, ...] | list[int] = (),
    procedures: list[int] | None = None,
) -> ClaimAlert:
    return _MAKER.make(
        Severity.ERROR,
        f"{shown(code)} is for {wrong} patients only",
        "check the sex on the claim and the code; condition code 45 says that they do not conflict",
        release=release,
        codes=[shown(code)],
        diagnoses=list(diagnoses),
        procedures=procedures or (),
    )


EDIT = Edit("sex_conflict", SOURCE, "1984-10-01", apply)
