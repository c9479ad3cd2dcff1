"""Asks which of two statements holds, where documents or conclusions of one chart contradict each other.

Source: ICD-10-CM Guidelines III (conflicting documentation: the attending provider is asked); Coding Clinic practice is
cited there.
"""

from collections.abc import Sequence

from engine.queries.base import Record, evidence_of, query
from engine.rules.base import is_symptom
from engine.rules.gather import LEADING_SECTIONS
from engine.types import Alert, Assertion, Evidence, Experiencer, Finding, Suggestion, Temporality

KIND = "query_conflict"
_SOURCE = "ICD-10-CM Guidelines III (conflicting documentation)"
_OPTIONS = ("present in this encounter", "ruled out", "present on an earlier occasion only")


def ask(record: Record) -> list[Alert]:
    """Return a query for each diagnosis that one conclusion states and another, elsewhere, denies."""
    conclusions = [finding for finding in record.findings if finding.mention.section in LEADING_SECTIONS]
    denied = {finding.codes[0].code for finding in conclusions if _denies(finding)}
    if not denied:
        return []
    asked: list[Alert] = []
    for suggestion in record.suggestions:
        if suggestion.code in denied and (indicators := _contradictions(suggestion, conclusions)):
            question = "the record both states and denies this; which holds?"
            asked.append(
                query(KIND, question, _OPTIONS, codes=[suggestion.code], indicators=indicators, source=_SOURCE)
            )
    return asked


def _denies(finding: Finding) -> bool:
    """Whether a finding denies a disease of the patient."""
    context = finding.mention.context
    return (
        context.assertion is Assertion.ABSENT
        and context.temporality is Temporality.CURRENT
        and context.experiencer is Experiencer.PATIENT
        and not is_symptom(finding.codes[0].code)
    )


def _contradictions(suggestion: Suggestion, conclusions: Sequence[Finding]) -> list[Evidence]:
    """Return the statements and denials of a code that stand apart, in other documents or under other headings.

    Within one passage a denial qualifies what is stated ("no exacerbation of the heart failure").
    """
    stated = {(evidence.document, evidence.begin) for evidence in suggestion.evidence}
    holds = [f for f in conclusions if (f.mention.document, f.mention.begin) in stated]
    passages = {(f.mention.document, f.mention.section) for f in holds}
    denials = [
        f
        for f in conclusions
        if f.codes[0].code == suggestion.code and _denies(f) and (f.mention.document, f.mention.section) not in passages
    ]
    return [evidence_of(finding) for finding in (*holds, *denials)] if holds and denials else []
