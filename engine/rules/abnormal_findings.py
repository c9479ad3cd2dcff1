"""Abnormal findings of a stay are not coded unless the provider says what they mean.

Source: ICD-10-CM Guidelines III.B. A finding of chapter 18 (R70-R97) that stands only in laboratory, imaging or other
results, and that the provider nowhere takes up, is left out; if treatment was ordered for it, the provider is to be
asked. Visits differ: an interpreted result is coded there (IV.K).
"""

from engine.rules.base import Facts, Outcome, Rule
from engine.types import Alert, Setting, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines III.B"
_FINDINGS = (
    "R7",
    "R80",
    "R81",
    "R82",
    "R83",
    "R84",
    "R85",
    "R86",
    "R87",
    "R88",
    "R89",
    "R90",
    "R91",
    "R92",
    "R93",
    "R94",
    "R97",
)
_STATED = ("R73.03", "R78.81", "R79.1")  # prediabetes, bacteremia, coagulation profile: diagnoses in providers' words
_RESULTS = frozenset(("LABS", "RESULTS", "IMAGING", "VITAL_SIGNS"))


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Leave out findings that only results state."""
    is_stay = facts.chart.setting is Setting.INPATIENT
    if not is_stay or not any(s.code.startswith(_FINDINGS) for s in suggestions):
        return Outcome(suggestions)
    results = {(f.mention.document, f.mention.begin) for f in facts.findings if f.mention.section in _RESULTS}
    outcome = Outcome([])
    for suggestion in suggestions:
        is_finding = suggestion.code.startswith(_FINDINGS) and not suggestion.code.startswith(_STATED)
        if is_finding and results.issuperset([(e.document, e.begin) for e in suggestion.evidence]):
            outcome.alerts.append(_alert(suggestion))
        else:
            outcome.suggestions.append(suggestion)
    return outcome


def _alert(lost: Suggestion) -> Alert:
    message = f"{lost.code} left out: an abnormal finding that the provider does not take up; ask if it was acted on"
    return Alert(RULE.name, Severity.INFO, message, SOURCE, list(lost.evidence), [lost.code])


RULE = Rule("abnormal_findings", SOURCE, "2025-10-01", apply)
