"""Both sides: where the classification has no bilateral code, the left and the right are coded, each with its own.

Source: ICD-10-CM Guidelines I.B.13.
"""

import re

from codesets.snapshot import Snapshot
from engine.rules.base import Facts, Outcome, Rule, dropped
from engine.types import Evidence, Reason, Suggestion

SOURCE = "ICD-10-CM Guidelines I.B.13"
_UNSPECIFIED = re.compile(r"\bunspecified\b")
_BOTH = re.compile(r"\b(?:bilateral(?:ly)?|both)\b", re.IGNORECASE)
_STOPS = re.compile(r"[.;:\n]")
_REACH = 24
_STEM = 7


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Put the codes of both sides in the place of one without a side, where the text says both."""
    outcome = Outcome([])
    codes = {suggestion.code for suggestion in suggestions}
    for suggestion in suggestions:
        sides = _sides(suggestion, facts) if "unspecified" in suggestion.display else []
        made = [_of_side(suggestion, code, facts.snapshot) for code in sides if code not in codes]
        if not made:
            outcome.suggestions.append(suggestion)
            continue
        outcome.suggestions += made
        outcome.alerts.append(dropped(RULE.name, SOURCE, lost=suggestion, kept=made[0], why="both sides are stated"))
    return outcome


def _sides(suggestion: Suggestion, facts: Facts) -> list[str]:
    """Return the codes of the right and the left, if both sides are said and no code says both."""
    if not any(_says_both(evidence, facts) for evidence in suggestion.evidence):
        return []
    titles = _siblings(facts.snapshot, suggestion.code)
    if any("bilateral" in title.lower() for title in titles):
        return []
    wanted = [_UNSPECIFIED.sub(side, suggestion.display, count=1) for side in ("right", "left")]
    return [titles[title] for title in wanted] if all(title in titles for title in wanted) else []


def _siblings(snapshot: Snapshot, code: str) -> dict[str, str]:
    """Return the codes beside one by their titles; beside an injury, those of the same encounter."""
    if len(code.replace(".", "")) < _STEM:
        return {snapshot.title(other): other for other in snapshot.children(snapshot.parent(code))}
    stem = snapshot.parent(code)
    beside = [child for other in snapshot.children(snapshot.parent(stem)) for child in snapshot.children(other)]
    return {snapshot.title(other): other for other in beside if other[-1] == code[-1]}


def _says_both(evidence: Evidence, facts: Facts) -> bool:
    text = facts.chart.documents[evidence.document].text
    around = text[max(0, evidence.begin - _REACH) : evidence.end + _REACH].lower()
    if "bilateral" not in around and "both" not in around:  # quick, and most often all that is needed
        return False
    before = _STOPS.split(text[max(0, evidence.begin - _REACH) : evidence.begin])[-1]
    after = _STOPS.split(text[evidence.end : evidence.end + _REACH])[0]
    return bool(_BOTH.search(f"{before} {text[evidence.begin : evidence.end]} {after}"))


def _of_side(suggestion: Suggestion, code: str, snapshot: Snapshot) -> Suggestion:
    return Suggestion(
        suggestion.system,
        code,
        snapshot.title(code),
        suggestion.role,
        suggestion.confidence,
        suggestion.route,
        list(suggestion.evidence),
        [],
        [*suggestion.reasons, Reason(RULE.name, SOURCE, "both sides are stated, and no code says both")],
    )


RULE = Rule("bilateral", SOURCE, "2025-10-01", apply)
