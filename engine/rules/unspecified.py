"""Unspecified beside specific: when the chart says more, the unspecified code of the same category goes.

Sources: ICD-10-CM Guidelines I.B.2 (highest level of detail) and I.B.18 (unspecified codes only when the record
says no more).
"""

import re

from engine.rules.base import Facts, Outcome, Rule, dropped
from engine.types import Reason, Suggestion

SOURCE = "ICD-10-CM Guidelines I.B.2, I.B.18"
_VAGUE = re.compile(r"\bunspecified\b|\bNOS\b|not specified|without complication", re.IGNORECASE)
# Categories whose members are different things, not one thing in more or less detail.
_CATALOGUES = re.compile(r"^(?:[VWXYZ]|T14|R69|R52|B9[5-7]|C7[789]|D49|D48|K92|N39|I51|R6)")


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Drop an unspecified code where a specific code of its category is suggested."""
    specific: dict[str, Suggestion] = {}
    for suggestion in suggestions:
        if not _VAGUE.search(suggestion.display):
            specific.setdefault(suggestion.code[:3], suggestion)
    outcome = Outcome([])
    for suggestion in suggestions:
        better = specific.get(suggestion.code[:3])
        if better is None or better is suggestion or not _is_vague(suggestion):
            outcome.suggestions.append(suggestion)
            continue
        better.reasons.append(Reason(RULE.name, SOURCE, f"takes the place of {suggestion.code}"))
        outcome.alerts.append(
            dropped(
                RULE.name, SOURCE, lost=suggestion, kept=better, why="the chart states the condition in more detail"
            )
        )
    return outcome


def _is_vague(suggestion: Suggestion) -> bool:
    return bool(_VAGUE.search(suggestion.display)) and not _CATALOGUES.match(suggestion.code)


RULE = Rule("unspecified_beside_specific", SOURCE, "2025-10-01", apply)
