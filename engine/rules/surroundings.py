"""The words around a piece of evidence, for rules that ask what a diagnosis was said with."""

import re

from engine.rules.base import Facts
from engine.types import Evidence, Suggestion

_BREAK = re.compile(r"[.;!?](?=\s|$)|\n")
_REACH = 160


def sentence_around(facts: Facts, evidence: Evidence, reach: int = _REACH) -> str:
    """Return the sentence or line that holds a piece of evidence, at most `reach` characters to either side."""
    text = facts.chart.documents[evidence.document].text
    start, stop = max(0, evidence.begin - reach), min(len(text), evidence.end + reach)
    for found in _BREAK.finditer(text, start, evidence.begin):
        start = found.end()
    closing = _BREAK.search(text, evidence.end, stop)
    return text[start : closing.start() if closing else stop]


def after(facts: Facts, evidence: Evidence, reach: int = _REACH) -> str:
    """Return what follows a piece of evidence in its sentence or line."""
    text = facts.chart.documents[evidence.document].text
    stop = min(len(text), evidence.end + reach)
    closing = _BREAK.search(text, evidence.end, stop)
    return text[evidence.end : closing.start() if closing else stop]


def is_said_with(words: re.Pattern[str], suggestion: Suggestion, facts: Facts) -> bool:
    """Whether a sentence that states a suggestion has some words."""
    return any(words.search(sentence_around(facts, evidence)) for evidence in suggestion.evidence)
