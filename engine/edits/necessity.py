"""Services without a diagnosis that their coverage policy accepts.

Source: Social Security Act 1862(a)(1)(A); the LCDs, billing articles and NCDs that are imported (CMS Medicare Coverage
Database, or the user's table). Where no contractor is named, one policy that accepts is enough.
"""

from collections.abc import Iterable

from codesets.coverage import Policy, find_policies, is_covered
from codesets.edit_store import EditRelease
from codesets.edit_table import EditKind
from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits.base import AlertMaker, Edit, Line, Sheet, label
from engine.types import Severity

SOURCE = "Social Security Act 1862(a)(1)(A); coverage policy"
_MAKER = AlertMaker("medical_necessity", SOURCE)
_WAIVERS = frozenset(("GA", "GZ", "GY", "GX"))
_MOST_SHOWN = 5


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each line that policies govern and whose diagnoses none of them covers."""
    if sheet.kind is ClaimKind.INPATIENT or EditKind.COVERAGE not in sheet.tables:
        return
    release = sheet.table(EditKind.COVERAGE)
    if release is None:
        return
    contractor = sheet.claim.contractor
    for line in sheet.lines:
        policies = [
            policy
            for policy in find_policies(release, line.code)
            if policy.holds_on(line.day) and (not contractor or policy.contractor in ("", contractor))
        ]
        if policies and not any(_accepts(release, policy, line) for policy in policies):
            yield _alert(line, policies, label(release))


def _accepts(release: EditRelease, policy: Policy, line: Line) -> bool:
    return any(is_covered(release, policy.number, diagnosis) for diagnosis in line.pointed)


def _alert(line: Line, policies: list[Policy], release: str) -> ClaimAlert:
    numbers = list(dict.fromkeys(policy.number for policy in policies))
    shown = ", ".join(numbers[:_MOST_SHOWN]) + (" ..." if len(numbers) > _MOST_SHOWN else "")
    is_waived = bool(_WAIVERS & {*line.modifiers})
    return _MAKER.make(
        Severity.INFO if is_waived else Severity.ERROR,
        f"{line.code}: none of its diagnoses is covered by {shown}",
        "nothing: the modifier says that a denial is expected"
        if is_waived
        else "point at the diagnosis that the record gives as reason; with none on the policy, an ABN and modifier GA",
        release=release,
        codes=[line.code, *line.pointed],
        lines=[line.number],
        units=line.units,
    )


EDIT = Edit("medical_necessity", SOURCE, "1965-07-30", apply)
