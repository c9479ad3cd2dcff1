"""What is only planned: a screening to come, an operation that is considered, is not what this encounter was for.

Sources: ICD-10-CM Guidelines IV.A, IV.G (the reason for the services that were provided), I.C.21.c.3 (a status code
says what the patient has), I.C.21.c.5 (a screening code is for the encounter of the screening).
"""

import re

from engine.rules.base import Facts, Outcome, Rule
from engine.rules.surroundings import sentence_around
from engine.types import Alert, Evidence, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines IV.G, I.C.21.c.3, I.C.21.c.5"
_SCREENINGS = ("Z11", "Z12", "Z13", "Z36")
_STATUS = ("Z90", "Z94", "Z95", "Z96", "Z98")
_AHEAD = re.compile(
    r"\b(?:order(?:ed)?|schedul\w+|referr\w+|recommend\w*|interested in|candidate for|consider\w*|plan(?:s|ned|ning)?|"
    r"(?:is|are|over)?due(?: (?:in|next|for))?(?! to\b)|next|future|upcoming|will (?:need|get|have|undergo)|"
    r"return (?:in|for)|await\w*|listed for|discussed?)\b",
    re.IGNORECASE,
)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Leave out screenings and status codes that the chart names only as something to come."""
    if not any(s.code.startswith((*_SCREENINGS, *_STATUS)) for s in suggestions):
        return Outcome(suggestions)
    plans = {(f.mention.document, f.mention.begin) for f in facts.findings if f.mention.section == "PLAN"}
    outcome = Outcome([])
    for suggestion in suggestions:
        if suggestion.code.startswith(_SCREENINGS):
            is_ahead = all((e.document, e.begin) in plans or _is_ahead(e, facts) for e in suggestion.evidence)
        else:
            is_ahead = suggestion.code.startswith(_STATUS) and all(_is_ahead(e, facts) for e in suggestion.evidence)
        if is_ahead and len(suggestions) > 1:
            outcome.alerts.append(_alert(suggestion))
        else:
            outcome.suggestions.append(suggestion)
    return outcome


def _is_ahead(evidence: Evidence, facts: Facts) -> bool:
    return _AHEAD.search(sentence_around(facts, evidence)) is not None


def _alert(lost: Suggestion) -> Alert:
    message = f"{lost.code} left out: the chart names it as something to come"
    return Alert(RULE.name, Severity.INFO, message, SOURCE, list(lost.evidence), [lost.code])


RULE = Rule("planned", SOURCE, "2025-10-01", apply)
