"""What the provider assessed: where a note has an assessment, findings of the examination alone are no diagnoses.

Of a visit, conditions that are only told of (history, transcript) go too: they stay in the alert for a person to judge.

Sources: ICD-10-CM Guidelines III.B (abnormal findings are not coded unless the provider says what they mean), IV.D and
I.B.4-5 (symptoms are coded while no diagnosis is established), IV.J (conditions that affect care at this encounter).
"""

from engine.rules.base import Facts, Outcome, Rule, is_symptom
from engine.rules.gather import LEADING_SECTIONS
from engine.types import Alert, Setting, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.B.4-5, III.B, IV.D, IV.J"
# Sections that record what was asked, seen or measured, not what it means.
_OBSERVED = frozenset(("PHYSICAL_EXAM", "REVIEW_OF_SYSTEMS", "VITAL_SIGNS", "RESULTS", "LABS", "IMAGING"))
# Sections that record what was told. Of a visit, a condition only told of and not assessed did not need or affect care.
_TOLD = frozenset(
    (
        "", "INTERVIEW", "CHIEF_COMPLAINT", "SUBJECTIVE", "HISTORY_OF_PRESENT_ILLNESS", "PAST_MEDICAL_HISTORY",
        "PAST_SURGICAL_HISTORY", "SOCIAL_HISTORY", "MEDICATIONS",
    )
)  # fmt: skip
_VISITS = frozenset((Setting.OUTPATIENT, Setting.EMERGENCY))
# Complaints that the code set files outside chapter 18; pain in a part is a symptom wherever it is filed.
_COMPLAINTS = (
    "G89", "H53.1", "H57.1", "L29", "L53.9", "M25.4", "M25.5", "M25.6", "M54.2", "M54.5", "M54.6", "M54.8", "M54.9",
    "M62.8", "M79.1", "M79.6", "N64.4",
)  # fmt: skip


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Leave out what is only observed, told of or complained of, if the chart has an assessment."""
    leading = _places(facts, LEADING_SECTIONS)
    if not any((e.document, e.begin) in leading for s in suggestions for e in s.evidence):
        return Outcome(suggestions)
    is_visit = facts.chart.setting in _VISITS
    observed = _places(facts, _OBSERVED | _TOLD if is_visit else _OBSERVED | {"INTERVIEW"})
    kept: list[Suggestion] = []
    left_out: list[Suggestion] = []
    for suggestion in suggestions:
        places = [(evidence.document, evidence.begin) for evidence in suggestion.evidence]
        is_assessed = not leading.isdisjoint(places) or not (
            is_symptom(suggestion.code) or suggestion.code.startswith(_COMPLAINTS) or observed.issuperset(places)
        )
        (kept if is_assessed else left_out).append(suggestion)
    return Outcome(kept, [_alert(left_out)] if left_out else [])


def _places(facts: Facts, sections: frozenset[str]) -> set[tuple[int, int]]:
    """Return where (document, begin) the mentions of some sections stand."""
    mentions = (finding.mention for finding in facts.findings)
    return {(mention.document, mention.begin) for mention in mentions if mention.section in sections}


def _alert(left_out: list[Suggestion]) -> Alert:
    codes = [suggestion.code for suggestion in left_out]
    return Alert(
        kind=RULE.name,
        severity=Severity.INFO,
        message=f"{', '.join(codes)} left out: observed, told of or complained of, but not taken up in the assessment",
        source=SOURCE,
        evidence=[evidence for suggestion in left_out for evidence in suggestion.evidence],
        codes=codes,
    )


RULE = Rule("assessed", SOURCE, "2025-10-01", apply)
