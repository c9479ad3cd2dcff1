"""Inpatient procedures that Medicare does not cover, covers within limits only, or that do not go with the stay.

Sources, in the Medicare Code Editor: 8 questionable (obstetric) admission, 11 non-covered procedure, 17 limited
coverage, 19 procedure inconsistent with length of stay. Conditions of the non-covered lists: stem cell transplants
with certain leukaemias or myeloma, sterilisation for contraception (Z30.2), lumbar disc prosthesis over 60 years,
pancreas transplant without kidney transplant or type 1 diabetes.
"""

from collections.abc import Iterable, Iterator, Sequence
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
# Of myeloma (until 2018) a clinical trial (Z00.6) is covered.
_TRIAL, _TRIAL_MAY_COVER = "clintrial", "ncov7"


@dataclass(frozen=True, slots=True)
class _Stay:
    """What the lists ask of a stay: all flags of its diagnoses, the secondary ones, and procedures; age, days."""

    diagnoses: frozenset[str]
    secondary: frozenset[str]
    procedures: frozenset[str]
    age: int | None
    days: int | None


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each procedure that a list names, under the list's conditions."""
    if sheet.kind is not ClaimKind.INPATIENT or not sheet.procedures:
        return
    flags, release = mce.procedure_flags(sheet)
    dx_flags, _ = mce.diagnosis_flags(sheet)
    stay = _Stay(_all(dx_flags), _all(dx_flags[1:]), _all(flags), sheet.age, _days(sheet))
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


def _all(flags: Sequence[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*flags)


def _days(sheet: Sheet) -> int | None:
    claim = sheet.claim
    return (claim.through_date - claim.from_date).days if claim.through_date and claim.from_date else None


def _faults(flags: frozenset[str], stay: _Stay) -> Iterator[tuple[str, Severity, str, str]]:
    non_covered = list(_non_covered(flags, stay))
    for why in non_covered:
        yield (
            "non_covered_procedure", Severity.ERROR, f"is not covered{why}",
            "file it as non-covered, or correct the codes",
        )  # fmt: skip
    needs_both = "lcov_artheartxpa" in flags and "lcov_artheartxpb" in stay.procedures
    if not non_covered and ("lcov" in flags or needs_both):
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
    if flags & {"csect", "vagdel"} and "delout" not in stay.secondary:
        yield (
            "questionable_obstetric_admission", Severity.WARNING, "is a delivery without its outcome",
            "add the outcome of delivery (Z37) as a secondary diagnosis",
        )  # fmt: skip


def _non_covered(flags: frozenset[str], stay: _Stay) -> Iterator[str]:
    if "noncovered" in flags:
        yield ""
    for flag, disease in _STEM_CELLS.items():
        is_trial = flag == _TRIAL_MAY_COVER and _TRIAL in stay.diagnoses
        if flag in flags and flag in stay.diagnoses and not is_trial:
            yield f" with {disease}"
    if "ncov_z302" in flags and "ncov_z302" in stay.diagnoses:
        yield " for sterilisation (Z30.2)"
    if "ncov12agele60" in flags and stay.age is not None and stay.age > _MOST_DISC_AGE:
        yield f" over {_MOST_DISC_AGE} years"
    if "ncov45" in flags and "kidneyxp" not in stay.procedures and "diabtypeI" not in stay.diagnoses:
        yield " without kidney transplant or type 1 diabetes"


EDIT = Edit("procedure_coverage", SOURCE, "1984-10-01", apply)
