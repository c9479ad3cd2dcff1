"""From findings to draft suggestions: one a code, with all its evidence and the best of its mentions.

Sources: Guidelines IV.H (outpatient: uncertain diagnoses are not coded) and II.H, III.C (inpatient: coded as
if they existed); I.A.19 (a code rests on the provider's statement that the condition exists).
"""

from collections.abc import Sequence

from engine.types import (
    Assertion,
    Chart,
    Evidence,
    Experiencer,
    Finding,
    Reason,
    Role,
    Route,
    Setting,
    Suggestion,
    Temporality,
)

_PER_REPEAT = 0.02
_MOST = 0.98
_POSSIBLE_FACTOR = 0.8
# Sections whose statements lead a claim: the first-listed diagnosis is looked for there.
_LEADING_SECTIONS = ("DISCHARGE_DIAGNOSIS", "DIAGNOSIS", "ASSESSMENT", "ASSESSMENT_AND_PLAN", "IMPRESSION", "PLAN")


def gather_suggestions(findings: Sequence[Finding], chart: Chart) -> list[Suggestion]:
    """Draft the suggestions of a chart, best first."""
    by_code: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.codes and _is_codable(finding, chart.setting):
            best = finding.codes[0]
            by_code.setdefault((best.system, best.code), []).append(finding)
    drafts = [_draft(group) for group in by_code.values()]
    drafts.sort(key=lambda draft: (-draft[0], -draft[1].confidence, draft[1].code))
    return [suggestion for _, suggestion in drafts]


def _is_codable(finding: Finding, setting: Setting) -> bool:
    context = finding.mention.context
    if context.experiencer is not Experiencer.PATIENT:
        return False
    code = finding.codes[0].code
    if context.temporality is Temporality.HISTORICAL and not code.startswith("Z"):
        return False
    if context.assertion is Assertion.POSSIBLE:
        return setting is Setting.INPATIENT
    return context.assertion is Assertion.PRESENT


def _draft(group: list[Finding]) -> tuple[int, Suggestion]:
    best = max(group, key=lambda finding: (finding.codes[0].score, -finding.mention.document, -finding.mention.begin))
    top = best.codes[0]
    is_possible = all(finding.mention.context.assertion is Assertion.POSSIBLE for finding in group)
    confidence = min(_MOST, top.score + _PER_REPEAT * (len(group) - 1)) * (_POSSIBLE_FACTOR if is_possible else 1.0)
    leads = any(finding.mention.section in _LEADING_SECTIONS for finding in group)
    suggestion = Suggestion(
        system=top.system,
        code=top.code,
        display=top.display,
        role=Role.UNSPECIFIED,
        confidence=round(confidence, 4),
        route=Route.REVIEW,
        evidence=[Evidence(f.mention.document, f.mention.begin, f.mention.end) for f in group],
        alternatives=list(best.codes[1:4]),
        reasons=[_stated(group, is_possible=is_possible)],
    )
    return int(leads), suggestion


def _stated(group: list[Finding], *, is_possible: bool) -> Reason:
    sections = sorted({finding.mention.section for finding in group if finding.mention.section})
    where = f" in {', '.join(sections)}" if sections else ""
    times = "once" if len(group) == 1 else f"{len(group)} times"
    if is_possible:
        return Reason("uncertain-inpatient", "ICD-10-CM Guidelines II.H", f"stated as uncertain {times}{where}")
    return Reason("stated", "ICD-10-CM Guidelines I.A.19", f"stated {times}{where}")


def assign_roles(suggestions: Sequence[Suggestion]) -> None:
    """Name the first diagnosis principal (first-listed for outpatients) and the others secondary."""
    for position, suggestion in enumerate(suggestions):
        suggestion.role = Role.PRINCIPAL if position == 0 else Role.SECONDARY
