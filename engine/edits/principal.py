"""Diagnoses that may not stand first: a manifestation, an external cause, what the code editor finds unacceptable.

Sources: ICD-10-CM Guidelines I.A.13 and I.C.20.a.6; Medicare Code Editor 2 (external cause as principal), 3 (duplicate
of principal), 6 (manifestation as principal), 8 (questionable admission), 9 (unacceptable principal; requires
secondary).
"""

from collections.abc import Iterable, Iterator

from codesets.types import System
from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits import code_editor as mce
from engine.edits.base import AlertMaker, Edit, Sheet, shown
from engine.types import Severity

SOURCE = "ICD-10-CM Guidelines I.A.13, I.C.20.a.6; Medicare Code Editor 2, 3, 6, 8, 9"
_MAKER = AlertMaker("unacceptable_principal", SOURCE)


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on a first diagnosis that may not be first, and on what repeats it."""
    if not sheet.diagnoses:
        return
    flags, release = mce.diagnosis_flags(sheet)
    yield from _first(sheet, flags[0], release)
    first = sheet.diagnoses[0]
    for number, code in enumerate(sheet.diagnoses):
        if number and code in sheet.diagnoses[:number]:
            is_first = code == first
            yield _MAKER.make(
                Severity.ERROR if is_first and sheet.kind is ClaimKind.INPATIENT else Severity.WARNING,
                f"{shown(code)} is reported twice" + (", as principal and as secondary" if is_first else ""),
                "report it once",
                kind="duplicate_of_principal" if is_first else "duplicate_diagnosis",
                codes=[shown(code)],
                diagnoses=[sheet.diagnoses.index(code), number],
            )


def _first(sheet: Sheet, flags: frozenset[str], release: str) -> Iterator[ClaimAlert]:
    code = sheet.diagnoses[0]
    for kind, severity, why, resolve in _faults(sheet, code, flags, has_table=bool(release)):
        yield _MAKER.make(
            severity,
            f"{shown(code)} {why}",
            resolve,
            kind=kind,
            release=release,
            codes=[shown(code)],
            diagnoses=[0],
        )


def _faults(
    sheet: Sheet, code: str, flags: frozenset[str], *, has_table: bool
) -> Iterator[tuple[str, Severity, str, str]]:
    if mce.MANIFESTATION in flags or (
        not has_table and mce.is_manifestation(sheet.release(System.ICD10CM, is_needed=False), code)
    ):
        yield (
            "manifestation_as_principal", Severity.ERROR, "is a manifestation, which is never first",
            "put the disease that it comes from before it",
        )  # fmt: skip
    if mce.EXTERNAL_CAUSE in flags or mce.is_external_cause(code):
        yield (
            "external_cause_as_principal", Severity.ERROR, "says an external cause, which is never first",
            "put the injury or condition before it",
        )  # fmt: skip
    if sheet.kind is not ClaimKind.INPATIENT:
        return
    if mce.NEEDS_SECONDARY in flags:
        if len(sheet.diagnoses) == 1:
            yield (
                "requires_secondary_diagnosis", Severity.ERROR, "needs a secondary diagnosis",
                "add the condition that is treated",
            )  # fmt: skip
    elif mce.UNACCEPTABLE in flags:
        yield (
            "unacceptable_principal", Severity.ERROR, "is not acceptable as principal diagnosis of a stay",
            "name the condition that led to the admission",
        )  # fmt: skip
    if mce.QUESTIONABLE in flags:
        yield (
            "questionable_admission", Severity.WARNING, "is seldom reason enough for an admission",
            "name what made a stay necessary, if the record does",
        )  # fmt: skip


EDIT = Edit("principal_diagnosis", SOURCE, "1984-10-01", apply)
