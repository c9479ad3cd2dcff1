"""From findings to the procedures of a claim: what was done in this encounter, one suggestion a code.

Sources: UHDDS (a procedure is reported if it was performed during the encounter), ICD-10-PCS Guidelines A11 (the coder
finds which code the documentation means, and asks where it does not say), B3.2 (several objectives, several codes).
"""

from collections.abc import Sequence

from codesets.icd10pcs_tables import LENGTH, axis_name
from engine.types import (
    Alert,
    Assertion,
    Evidence,
    Experiencer,
    Finding,
    Reason,
    Role,
    Route,
    Severity,
    Suggestion,
    Temporality,
)

_PER_REPEAT = 0.02
_MOST = 0.98
_SOURCE = "ICD-10-PCS Guidelines A11"
_STATED = "ICD-10-PCS Guidelines B3.2"
# Of a stay whose date no loaded release covers.
NO_RELEASE = Alert(
    kind="no_procedure_release",
    severity=Severity.WARNING,
    message="no procedures are coded: no loaded ICD-10-PCS release covers the date of service; import that of its year",
    source="45 CFR 162.1002 (the code set in force on the date of discharge)",
)


def gather_procedures(findings: Sequence[Finding]) -> tuple[list[Suggestion], list[Alert]]:
    """Draft a suggestion for each procedure performed, surest first, and an alert for each that lacks a detail."""
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        context = finding.mention.context
        is_done = context.assertion is Assertion.PRESENT and context.temporality is Temporality.CURRENT
        if is_done and context.experiencer is Experiencer.PATIENT:
            by_code.setdefault(finding.codes[0].code, []).append(finding)
    drafts = [_draft(group) for group in by_code.values()]
    drafts.sort(key=lambda draft: (-draft.confidence, draft.code))
    return drafts, [alert for draft in drafts if (alert := _question(draft))]


def _draft(group: Sequence[Finding]) -> Suggestion:
    best = min(group, key=lambda finding: (len(finding.codes), -finding.codes[0].score))
    top = best.codes[0]
    times = "once" if len(group) == 1 else f"{len(group)} times"
    return Suggestion(
        system=top.system,
        code=top.code,
        display=top.display,
        role=Role.PROCEDURE,
        confidence=round(min(_MOST, top.score + _PER_REPEAT * (len(group) - 1)), 4),
        route=Route.REVIEW,
        evidence=[Evidence(f.mention.document, f.mention.begin, f.mention.end) for f in group],
        alternatives=best.codes[1:4],
        reasons=[Reason("procedure-stated", _STATED, f"stated {times}")],
    )


def _question(draft: Suggestion) -> Alert | None:
    """Ask for what the documentation does not say; None where it says all."""
    if not draft.alternatives:
        return None
    codes = [draft.code, *(candidate.code for candidate in draft.alternatives)]
    open_axes = [axis_name(draft.code, axis) for axis in range(LENGTH) if len({code[axis] for code in codes}) > 1]
    return Alert(
        kind="procedure_detail",
        severity=Severity.WARNING,
        message=f"{draft.code}: {', '.join(open_axes)} not documented; other codes fit as well",
        source=_SOURCE,
        evidence=list(draft.evidence),
        codes=codes,
    )
