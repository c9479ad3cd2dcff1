"""Severe sepsis: sepsis with an organ dysfunction that the provider ties to it, and what must not be assumed.

Sources: ICD-10-CM Guidelines I.C.1.d.1.a.ii (urosepsis has no code: ask), I.C.1.d.1.a.iii-iv (acute organ dysfunction
that is not clearly due to sepsis: ask), I.C.1.d.1.b (severe sepsis: the infection, then R65.2-, then the
dysfunctions), I.C.1.d.2 (septic shock is R65.21). Their order is in sequence.toml.
"""

import re

from engine.rules.base import Facts, Outcome, Rule, made_from
from engine.rules.surroundings import after, sentence_around
from engine.types import Alert, Evidence, Reason, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.C.1.d.1"
_SEPSIS = ("A40", "A41", "A02.1", "A22.7", "A26.7", "A32.7", "A42.7", "A54.86", "B37.7", "O85", "P36", "T81.44")
_SEVERE = "R65.2"
_WITHOUT_SHOCK = "R65.20"
_DYSFUNCTION = ("N17", "J96.0", "J96.2", "J80", "G93.41", "D65", "K72.0", "G72.81", "G62.81", "R57")
_DUE_TO = re.compile(
    r"\A[^.;\n]{0,40}\b(?:due to|secondary to|from|caused by|related to|in the setting of)\s[^.;\n]{0,30}\bsepsis\b",
    re.I,
)
_UROSEPSIS = re.compile(r"\burosepsis\b", re.I)
_WITH = re.compile(r"\bsever(?:e|ity)[ -]sepsis\b|\bsepsis[- ](?:induced|related|associated)\b", re.I)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Add severe sepsis where a dysfunction is said to be due to sepsis; ask where it merely stands beside it."""
    urosepsis = _urosepsis(facts)
    outcome = _severe(suggestions, facts)
    return Outcome(outcome.suggestions, [*urosepsis, *outcome.alerts]) if urosepsis else outcome


def _urosepsis(facts: Facts) -> list[Alert]:
    """Ask what a urosepsis is: the term has no code and says neither sepsis nor an infection of the urinary tract."""
    places = [
        Evidence(number, found.start(), found.end())
        for number, document in enumerate(facts.chart.documents)
        if "rosepsis" in document.text  # most charts have it nowhere, and this is quick
        for found in _UROSEPSIS.finditer(document.text)
    ]
    if not places:
        return []
    message = "urosepsis has no code: ask whether it is sepsis, an infection of the urinary tract, or both"
    return [Alert(RULE.name, Severity.WARNING, message, "ICD-10-CM Guidelines I.C.1.d.1.a.ii", places, [])]


def _severe(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    sepsis = next((s for s in suggestions if s.code.startswith(_SEPSIS)), None)
    severe = [s for s in suggestions if s.code.startswith(_SEVERE)]
    if sepsis is None:
        return Outcome(suggestions, [_without_infection(severe[0])] if severe else [])
    failing = [s for s in suggestions if s.code.startswith(_DYSFUNCTION)]
    if severe or not failing:
        return Outcome(suggestions)
    tied = [s for s in failing if _is_tied(s, facts)]
    if not tied:
        return Outcome(suggestions, [_ask(sepsis, failing)])
    reason = Reason(RULE.name, SOURCE, f"{tied[0].code} is stated to be due to sepsis")
    made = made_from(tied[0], _WITHOUT_SHOCK, facts.snapshot, reason)
    place = suggestions.index(tied[0])
    return Outcome([*suggestions[:place], made, *suggestions[place:]])


def _is_tied(failing: Suggestion, facts: Facts) -> bool:
    """Whether the provider ties a dysfunction to sepsis."""
    return any(
        _DUE_TO.search(after(facts, evidence)) or _WITH.search(sentence_around(facts, evidence))
        for evidence in failing.evidence
    )


def _without_infection(severe: Suggestion) -> Alert:
    message = f"{severe.code} needs the code of the infection that underlies it before it, and none is on the claim"
    return Alert(RULE.name, Severity.WARNING, message, SOURCE, list(severe.evidence), [severe.code])


def _ask(sepsis: Suggestion, failing: list[Suggestion]) -> Alert:
    codes = [sepsis.code, *(s.code for s in failing)]
    message = (
        f"{', '.join(codes)}: ask whether the organ dysfunction is due to sepsis, to another cause, or undetermined"
    )
    evidence = [e for s in (sepsis, *failing) for e in s.evidence]
    return Alert(RULE.name, Severity.INFO, message, SOURCE, evidence, codes)


RULE = Rule("sepsis", SOURCE, "2025-10-01", apply)
