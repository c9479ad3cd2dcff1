"""What a stay must say of the patient: a discharge status that exists, and sex and age.

Source: Medicare Code Editor 14 (invalid age), 15 (invalid sex), 16 (invalid discharge status); UB-04 form locator 17
(Pub. 100-04, chapter 25 section 75.2).
"""

from collections.abc import Iterable, Iterator

from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits.base import AlertMaker, Edit, Sheet, shown
from engine.types import Severity, Sex

SOURCE = "Medicare Code Editor 14-16; UB-04 form locator 17"
_MAKER = AlertMaker("patient_data", SOURCE)
# Patient discharge status codes of UB-04, those for planned readmission (81 to 95) among them.
STATUSES = frozenset(
    ["01", "02", "03", "04", "05", "06", "07", "09", "20", "21", "30", "40", "41", "42", "43", "50", "51"]
    + ["61", "62", "63", "64", "65", "66", "69", "70"]
    + [str(number) for number in range(81, 96)]
)


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on what a stay's claim leaves out or says wrongly of the patient."""
    if sheet.kind is not ClaimKind.INPATIENT:
        return
    for kind, why, resolve in _faults(sheet):
        yield _MAKER.make(Severity.ERROR, why, resolve, kind=kind)


def _faults(sheet: Sheet) -> Iterator[tuple[str, str, str]]:
    status = sheet.claim.discharge_status
    if not status:
        yield "discharge_status_missing", "the stay has no discharge status", "report where the patient went"
    elif status not in STATUSES:
        yield "discharge_status_invalid", f"{shown(status)} is no discharge status", "report one of UB-04"
    if sheet.sex not in (Sex.FEMALE, Sex.MALE):
        yield "sex_missing", "the stay does not say female or male", "report the sex as the payer has it on file"
    if sheet.age is None:
        yield "age_missing", "the stay has neither date of birth nor age", "report the date of birth"


EDIT = Edit("patient_data", SOURCE, "1984-10-01", apply)
