"""Inpatient procedures that Medicare does not cover, covers within limits only, or that do not go with the stay.

Sources, in the Medicare Code Editor: 8 questionable (obstetric) admission, 11 non-covered procedure, 17 limited
coverage, 19 procedure inconsistent with length of stay. Conditions of the non-covered lists: stem cell transplants
with certain leukaemias or myeloma, sterilisation for contraception (Z30.2), lumbar disc prosthesis over 60 years,
pancreas transplant without kidney transplant or type 1 diabetes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits import code_editor as mce
from engine.edits.base import AlertMaker, Edit, Sheet, shown
from engine.types import Severity

SOURCE = "Medicare Code Editor 8, 11, 17, 19"
_MAKER = AlertMaker("non_covered_procedure", SOURCE)
_LEAST_VENTILATED_DAYS = 4
_MOST_DISC_AGE = 60
_STEM_CELLS = {"ncov6": "certain leukaemias", "ncov7": "multiple myeloma"}
_TRIAL = "clintrial"


@dataclass(frozen=True, slots=True)
class _Stay:
    """What the lists ask of a stay: all flags of its diagnoses and procedures, age and length in days."""

    diagnoses: frozenset[str]
    procedures: frozenset[str]
    age: int | None
    days: int | None


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each procedure that a list names, under the list's conditions."""
    if sheet.kind is not ClaimKind.INPATIENT or not sheet.procedures:
        return
    flags, release = mce.procedure_flags(sheet)
    dx_flags, _ = mce.diagnosis_flags(sheet)
    stay = _Stay(frozenset().union(*dx_flags), frozenset().union(*flags), sheet.age, _days(sheet))
    for number, code in enumerate(sheet.procedures):
        for kind, severity, why, resolve in _faults(flags[number], stay):
            yield _MAKER.make(
                severity,
                f"{shown(code)} {why}",
                resolve,
                kind=kind,
                release=release,
                codes=[shown(code)],
                procedures=[number],
            )


def _days(sheet: Sheet) -> int | None:
    claim = sheet.claim
    return (claim.through_date - claim.from_date).days if claim.through_date and claim.from_date else None


def _faults(flags: frozenset[str], stay: _Stay) -> Iterator[tuple[str, Severity, str, str]]:
    for why in _non_covered(flags, stay):
        yield (
            "non_covered_procedure", Severity.ERROR, f"is not covered{why}",
            "file it as non-covered, or correct the codes",
        )  # fmt: skip
    if flags & {"lcov", "lcov_artheartxpa"} and not (
        "lcov_artheartxpa" in flags and "lcov_artheartxpb" not in stay.procedures
    ):
        yield (
            "limited_coverage", Severity.WARNING, "is covered within limits only",
            "check that the hospital is approved for it and the patient meets the national coverage determination",
        )  # fmt: skip
    if "los" in flags and stay.days is not None and stay.days < _LEAST_VENTILATED_DAYS:
        yield (
            "inconsistent_with_stay", Severity.ERROR,
            f"needs more than 96 hours, and the stay has {stay.days} days",
            "check the hours of ventilation and the dates",
        )  # fmt: skip
    if flags & {"csect", "vagdel"} and "delout" not in stay.diagnoses:
        yield (
            "questionable_obstetric_admission", Severity.WARNING, "is a delivery without its outcome",
            "add the outcome of delivery (Z37)",
        )  # fmt: skip


def _non_covered(flags: frozenset[str], stay: _Stay) -> Iterator[str]:
    if "noncovered" in flags:
        yield ""
    for flag, disease in _STEM_CELLS.items():
        if flag in flags and flag in stay.diagnoses and _TRIAL not in stay.diagnoses:
            yield f" with {disease}"
    if "ncov_z302" in flags and "ncov_z302" in stay.diagnoses:
        yield " for sterilisation (Z30.2)"
    if "ncov12agele60" in flags and stay.age is not None and stay.age > _MOST_DISC_AGE:
        yield f" over {_MOST_DISC_AGE} years"
    if "ncov45" in flags and "kidneyxp" not in stay.procedures and "diabtypeI" not in stay.diagnoses:
        yield " without kidney transplant or type 1 diabetes"


EDIT = Edit("procedure_coverage", SOURCE, "1984-10-01", apply)
