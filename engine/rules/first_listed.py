"""What may lead a claim: Z codes that may only be first, and the cause before the symptom it explains.

Sources: ICD-10-CM Guidelines I.C.21.c.16 (Z codes that are only principal or first-listed), II.A and IV.D (a symptom
does not lead where the provider states the diagnosis that it is due to), II.C-D (several diagnoses that equally meet
the definition: any may be first: the provider's order stays).
"""

import re
from bisect import bisect_left

from engine.rules.base import Facts, Outcome, Rule, is_symptom
from engine.types import Alert, Reason, Setting, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.C.21.c.16"
SYMPTOM_SOURCE = "ICD-10-CM Guidelines II.A, IV.D"
ONLY_FIRST = (
    *("Z00", "Z01", "Z02", "Z04", "Z33.2", "Z31.81", "Z31.83", "Z31.84", "Z34", "Z38", "Z39", "Z40", "Z42"),
    *("Z51.0", "Z51.1", "Z52", "Z76.1", "Z76.2", "Z99.12"),
)
# Sections that tell of other encounters: what stands there alone is not the reason for this one.
_TOLD = frozenset(
    (
        *("PAST_MEDICAL_HISTORY", "PAST_SURGICAL_HISTORY", "FAMILY_HISTORY", "SOCIAL_HISTORY", "OBSTETRIC_HISTORY"),
        *("HISTORY_OF_PRESENT_ILLNESS", "REVIEW_OF_SYSTEMS", "ALLERGIES", "MEDICATIONS"),
    )
)
_EXCEPT = ("Z00.6", "Z52.9")
_DUE_TO = re.compile(
    r"\A[\s,(]*(?:(?:most |very )?(?:likely|probably|clearly)\s+)?(?:is\s+|was\s+)?"
    r"(?:due to|secondary to|caused by|because of|from|attributed to|2/2)\s+(?:[\w'-]+\s+){0,4}\Z",
    re.IGNORECASE,
)
_REACH = 60


def is_only_first(code: str) -> bool:
    """Whether a code may only be principal or first-listed."""
    return code.startswith(ONLY_FIRST) and not code.startswith(_EXCEPT)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Put first what may only be first; put the stated cause of a leading symptom before it."""
    if len(suggestions) < 2:
        return Outcome(suggestions)
    outcome = _only_first(suggestions, facts)
    if is_symptom(outcome.suggestions[0].code):
        _cause_before(outcome, facts)
    return outcome


def _only_first(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Move the one code that may only be first; several stay (encounters of one day), a stay's reason is asked for."""
    only = [suggestion for suggestion in suggestions if is_only_first(suggestion.code)]
    if not only or is_only_first(suggestions[0].code):
        return Outcome(suggestions)
    told = {(f.mention.document, f.mention.begin) for f in facts.findings if f.mention.section in _TOLD}
    first = next((s for s in only if not told.issuperset([(e.document, e.begin) for e in s.evidence])), None)
    if first is None:
        return Outcome(suggestions)
    if facts.chart.setting is Setting.INPATIENT and not first.code.startswith("Z38"):
        message = f"{first.code} may only be the principal diagnosis: {suggestions[0].code} stands before it"
        alert = Alert(
            RULE.name, Severity.WARNING, message, SOURCE, list(first.evidence), [first.code, suggestions[0].code]
        )
        return Outcome(suggestions, [alert])
    first.reasons.append(Reason(RULE.name, SOURCE, f"goes before {suggestions[0].code}: it may only be first"))
    return Outcome([first, *(s for s in suggestions if s is not first)])


def _cause_before(outcome: Outcome, facts: Facts) -> None:
    symptom = outcome.suggestions[0]
    causes = [s for s in outcome.suggestions[1:] if not is_symptom(s.code) and s.code[0] not in "VWXYZ"]
    places = sorted((e.document, e.begin, number) for number, s in enumerate(causes) for e in s.evidence)
    for evidence in symptom.evidence:
        for document, begin, number in places[bisect_left(places, (evidence.document, evidence.end, 0)) :]:
            if document != evidence.document or begin - evidence.end > _REACH:
                break
            if _DUE_TO.match(facts.chart.documents[document].text[evidence.end : begin]):
                cause = causes[number]
                outcome.suggestions = [cause, *(s for s in outcome.suggestions if s is not cause)]
                cause.reasons.append(Reason(RULE.name, SYMPTOM_SOURCE, f"goes before {symptom.code}, which it causes"))
                return


RULE = Rule("first_listed", SOURCE, "2025-10-01", apply)
