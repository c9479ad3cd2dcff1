"""Impending, threatened and borderline: what has not occurred is not coded, unless the index has an entry for it.

Sources: ICD-10-CM Guidelines I.B.11 (impending or threatened: if it did occur it is coded; if not, by the index entry
"Impending" or "Threatened", else the condition that is there and not the one that impends), I.B.17 (borderline: as
confirmed, unless the index has an entry "Borderline").
"""

import re

from engine.rules.base import Facts, Outcome, Rule, dropped, made_from
from engine.types import Alert, Evidence, Reason, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.B.11"
BORDERLINE_SOURCE = "ICD-10-CM Guidelines I.B.17"
_IMPENDING = re.compile(r"\b(?:impending|threatened|threatening|imminent)\s+(?:acute\s+)?\Z", re.IGNORECASE)
_BORDERLINE = re.compile(r"\bborderline\s+(?:essential\s+)?\Z", re.IGNORECASE)
# Index: Impending, myocardial infarction, coronary syndrome; Threatened, abortion, labor are terms of their own.
_IMPENDING_ENTRIES = {"I21": "I20.0", "I24": "I20.0"}
# Index: Borderline, diabetes, hypertension.
_BORDERLINE_ENTRIES = {"E11": "R73.03", "I10": "R03.0"}
_REACH = 24
# How the words may end right before a mention ("impending acute", "borderline essential" among them), in any case.
_ENDINGS = (
    "ending",
    "ened",
    "ening",
    "nent",
    "line",
    "cute",
    "tial",
    "ENDING",
    "ENED",
    "ENING",
    "NENT",
    "LINE",
    "CUTE",
    "TIAL",
)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Leave out what only impends, and give what the index names for it."""
    if not any(_may_be_said(suggestion, facts) for suggestion in suggestions):
        return Outcome(suggestions)
    outcome = Outcome([])
    for suggestion in suggestions:
        if _is_all(_IMPENDING, suggestion, facts):
            _settle(suggestion, _IMPENDING_ENTRIES.get(suggestion.code[:3], ""), SOURCE, outcome, facts)
        elif suggestion.code[:3] in _BORDERLINE_ENTRIES and _is_all(_BORDERLINE, suggestion, facts):
            _settle(suggestion, _BORDERLINE_ENTRIES[suggestion.code[:3]], BORDERLINE_SOURCE, outcome, facts)
        else:
            outcome.suggestions.append(suggestion)
    return outcome


def _may_be_said(suggestion: Suggestion, facts: Facts) -> bool:
    """Whether one of the words may stand before the first mention: quick, and false for almost all."""
    evidence = suggestion.evidence[0]
    text = facts.chart.documents[evidence.document].text
    return text[max(0, evidence.begin - _REACH) : evidence.begin].rstrip().endswith(_ENDINGS)


def _is_all(words: re.Pattern[str], suggestion: Suggestion, facts: Facts) -> bool:
    return all(_is_before(words, evidence, facts) for evidence in suggestion.evidence)


def _is_before(words: re.Pattern[str], evidence: Evidence, facts: Facts) -> bool:
    text = facts.chart.documents[evidence.document].text
    return words.search(text[max(0, evidence.begin - _REACH) : evidence.begin]) is not None


def _settle(suggestion: Suggestion, code: str, source: str, outcome: Outcome, facts: Facts) -> None:
    if not code:
        message = f"{suggestion.code} left out: it impends and is not said to have occurred; code what is there"
        alert = Alert(RULE.name, Severity.WARNING, message, source, list(suggestion.evidence), [suggestion.code])
        outcome.alerts.append(alert)
        return
    made = made_from(suggestion, code, facts.snapshot, Reason(RULE.name, source, f"{suggestion.code}: the index entry"))
    outcome.suggestions.append(made)
    outcome.alerts.append(dropped(RULE.name, source, lost=suggestion, kept=made, why="the index has an entry for it"))


RULE = Rule("threatened", SOURCE, "2025-10-01", apply)
