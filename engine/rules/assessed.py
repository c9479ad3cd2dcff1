"""What the provider assessed: where a note has an assessment, what is only told or observed is not on the claim.

An assessment states a diagnosis, or makes a symptom or status one of its items; a symptom in the reasoning about an
item belongs to that item. A visit's claim holds what was assessed and what caused an injury; a stay's also the
diseases told elsewhere (lasting conditions affect the care of a stay).

Sources: ICD-10-CM Guidelines III.B (abnormal findings are not coded unless the provider says what they mean), IV.D and
I.B.4-5 (symptoms are coded while no diagnosis is established), IV.J (a visit: conditions that require or affect
care at this encounter), III (a stay), I.C.20, I.C.21.c.3 (a status may affect the course of treatment).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from engine.rules.base import Facts, Outcome, Rule, is_symptom
from engine.rules.gather import EXTERNAL_CAUSES, LEADING_SECTIONS
from engine.rules.itemised import is_item
from engine.rules.spoken import is_announced, is_concluded
from engine.rules.surroundings import sentence_around
from engine.types import Alert, Assertion, Evidence, Setting, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.B.4-5, III.B, IV.D, IV.J"
_INTERVIEW = "INTERVIEW"
# Sections that record what was asked, seen or measured, not what it means.
_OBSERVED = frozenset(("PHYSICAL_EXAM", "REVIEW_OF_SYSTEMS", "VITAL_SIGNS", "RESULTS", "LABS", "IMAGING", _INTERVIEW))
# Of these, what the provider found and the patient did not tell.
_SEEN = _OBSERVED - {"REVIEW_OF_SYSTEMS", _INTERVIEW}
# Complaints that the code set files outside chapter 18; pain in a part is a symptom wherever it is filed.
_COMPLAINTS = (
    "G89", "H53.1", "H57.1", "L29", "L53.9", "M25.4", "M25.5", "M25.6", "M54.2", "M54.5", "M54.6", "M54.8", "M54.9",
    "M62.8", "M79.1", "M79.6", "N64.4",
)  # fmt: skip
# What an assessment takes up when it says it of a diagnosis, item or not: devices and organs, and drugs if they are
# said to be for long (IV.J, I.C.21.c.3).
_STATUS = ("Z89", "Z90", "Z93", "Z94", "Z95", "Z96", "Z97", "Z99")
_DRUGS = ("Z79",)
_LONG_TERM = re.compile(r"\b(?:long[- ]term|chronic(?:ally)?|lifelong|indefinite(?:ly)?)\b", re.IGNORECASE)
# The weeks of a pregnancy go with whatever is coded of it (I.C.21.c.11).
_WEEKS = "Z3A"
# An injury without a site says only that there was one.
_WITHOUT_SITE = ("T14",)
# What an external cause is reported with (I.C.20.a.1): an injury, or what it left in bones, joints and muscles.
_BY_EXTERNAL_CAUSE = ("S", "T")
_VISITS = frozenset((Setting.OUTPATIENT, Setting.EMERGENCY))

# What is said this many times less often than the matter of a talk is said in passing.
_IN_PASSING = 3
_Place = tuple[int, int]


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Leave out what the assessment does not take up, if the chart has an assessment."""
    leading = _places(facts, LEADING_SECTIONS)
    if not leading:
        return _talked_about_most(suggestions, facts)
    leading |= _places(facts, ("ADDENDUM",))  # what a provider adds to an assessment belongs to it
    stated = [[e for e in suggestion.evidence if (e.document, e.begin) in leading] for suggestion in suggestions]
    assessed = [bool(found) and _is_definite(s.code) for s, found in zip(suggestions, stated, strict=True)]
    if any(assessed) and (talks := _talks(facts)):
        assessed = _concluded(assessed, stated, facts, talks)
    if not any(assessed) and not any(_is_item(evidence, facts) for found in stated for evidence in found):
        return _led_to_a_guess(suggestions, facts)
    is_told = _told_at_a_visit(suggestions, assessed) if facts.chart.setting in _VISITS else _told_in_a_stay(facts)
    kept: list[Suggestion] = []
    left_out: list[Suggestion] = []
    for suggestion, found, is_definite in zip(suggestions, stated, assessed, strict=True):
        is_kept = is_definite or is_told(suggestion) or any(_is_item(evidence, facts) for evidence in found)
        is_kept = is_kept or _is_companion(suggestion.code, found, facts)
        (kept if is_kept else left_out).append(suggestion)
    return Outcome(kept, [_alert(left_out)] if left_out else [])


def _is_companion(code: str, stated: Sequence[Evidence], facts: Facts) -> bool:
    """Whether a status goes with what is assessed: weeks of gestation, a device, a drug said to be taken for long."""
    if code.startswith(_DRUGS):
        return any(_LONG_TERM.search(sentence_around(facts, evidence)) for evidence in stated)
    return code.startswith(_WEEKS) or (bool(stated) and code.startswith(_STATUS))


def _talked_about_most(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Of talk without a conclusion, leave out complaints said only in passing beside what the talk is about (IV.G)."""
    if facts.chart.setting not in _VISITS or not suggestions or not _talks(facts):
        return Outcome(suggestions)
    most = max(len(suggestion.evidence) for suggestion in suggestions)
    kept: list[Suggestion] = []
    left_out: list[Suggestion] = []
    for suggestion in suggestions:
        is_kept = _is_definite(suggestion.code) or len(suggestion.evidence) * _IN_PASSING > most
        (kept if is_kept else left_out).append(suggestion)
    return Outcome(kept, [_alert(left_out)] if left_out else [])


def _led_to_a_guess(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Keep the complaints alone, of a visit that concludes with nothing but an uncertain diagnosis (IV.H)."""
    if facts.chart.setting not in _VISITS or not _is_guessed(facts):
        return Outcome(suggestions)
    seen = _places(facts, _SEEN)
    kept: list[Suggestion] = []
    left_out: list[Suggestion] = []
    for suggestion in suggestions:
        is_only_seen = seen.issuperset((evidence.document, evidence.begin) for evidence in suggestion.evidence)
        (kept if _is_complaint(suggestion.code) and not is_only_seen else left_out).append(suggestion)
    return Outcome(kept, [_alert(left_out)]) if kept and left_out else Outcome(suggestions)


def _is_guessed(facts: Facts) -> bool:
    """Whether the assessment names a disease or injury as a guess."""
    return any(
        finding.mention.section in LEADING_SECTIONS
        and finding.mention.context.assertion is Assertion.POSSIBLE
        and _is_definite(finding.codes[0].code)
        for finding in facts.findings
    )


def _told_at_a_visit(suggestions: Sequence[Suggestion], assessed: Sequence[bool]) -> Callable[[Suggestion], bool]:
    """Return what is on the claim of a visit unassessed: what caused an injury that was assessed."""
    is_injured = any(s.code.startswith(_BY_EXTERNAL_CAUSE) for s, is_ in zip(suggestions, assessed, strict=True) if is_)
    return lambda suggestion: is_injured and suggestion.code.startswith(EXTERNAL_CAUSES)


def _told_in_a_stay(facts: Facts) -> Callable[[Suggestion], bool]:
    """Return what is on the claim of a stay unassessed: diseases told elsewhere, if they were not only observed."""
    observed = _places(facts, _OBSERVED)
    return lambda suggestion: _is_disease_told(suggestion, observed)


def _talks(facts: Facts) -> set[int]:
    """Return the documents that are transcripts."""
    return {finding.mention.document for finding in facts.findings if finding.mention.section == _INTERVIEW}


def _concluded(assessed: list[bool], stated: Sequence[Sequence[Evidence]], facts: Facts, talks: set[int]) -> list[bool]:
    """Of talk, say which diagnoses the clinician concludes, if any and if he does not go through them one by one."""
    texts = [document.text for document in facts.chart.documents]
    said = (e for found in stated for e in found if e.document in talks)
    if any(is_announced(texts[e.document], e.begin) for e in said):
        return assessed
    concluded = [
        is_ and any(e.document not in talks or is_concluded(texts[e.document], e.begin, e.end) for e in found)
        for is_, found in zip(assessed, stated, strict=True)
    ]
    return concluded if any(concluded) else assessed


def _is_item(evidence: Evidence, facts: Facts) -> bool:
    text = facts.chart.documents[evidence.document].text
    return is_item(text, evidence.begin, evidence.end)


@lru_cache(maxsize=8192)
def _is_definite(code: str) -> bool:
    """Whether a code says a disease or an injury with its site, not a complaint, a circumstance or a status."""
    return not (_is_complaint(code) or code.startswith(("Z", *EXTERNAL_CAUSES, *_WITHOUT_SITE)))


@lru_cache(maxsize=8192)
def _is_complaint(code: str) -> bool:
    return is_symptom(code) or code.startswith(_COMPLAINTS)


def _is_disease_told(suggestion: Suggestion, observed: set[_Place]) -> bool:
    """Whether the chart tells of a condition that is no complaint and was not only observed."""
    if _is_complaint(suggestion.code):
        return False
    return not observed.issuperset([(evidence.document, evidence.begin) for evidence in suggestion.evidence])


def _places(facts: Facts, sections: Iterable[str]) -> set[_Place]:
    """Return where (document, begin) the mentions of some sections stand."""
    mentions = (finding.mention for finding in facts.findings)
    return {(mention.document, mention.begin) for mention in mentions if mention.section in sections}


def _alert(left_out: list[Suggestion]) -> Alert:
    codes = [suggestion.code for suggestion in left_out]
    return Alert(
        kind=RULE.name,
        severity=Severity.INFO,
        message=f"{', '.join(codes)} left out: told or observed, but not taken up in the assessment",
        source=SOURCE,
        evidence=[evidence for suggestion in left_out for evidence in suggestion.evidence],
        codes=codes,
    )


RULE = Rule("assessed", SOURCE, "2025-10-01", apply)
