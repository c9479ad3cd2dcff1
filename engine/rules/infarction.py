"""Myocardial infarction and its four weeks: until then it is I21, wherever it is told; a new one within them is I22.

Sources: ICD-10-CM Guidelines I.C.9.e.1 (an infarction of four weeks or less stays I21; an older one without need for
care is I25.2), I.C.9.e.4 (a subsequent type 1 infarction within four weeks is I22, with I21 for the first).
"""

import re

from engine.rules.base import Facts, Outcome, Rule, dropped, made_from
from engine.rules.surroundings import sentence_around
from engine.types import Evidence, Reason, Suggestion

SOURCE = "ICD-10-CM Guidelines I.C.9.e.1, I.C.9.e.4"
_OLD = "I25.2"
_ACUTE = ("I21.0", "I21.1", "I21.2", "I21.3", "I21.4", "I21.9")
_MOST_DAYS = 28
_NUMBERS = {
    "one": 1,
    "a": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
_AGO = re.compile(
    rf"\b(?:({'|'.join(_NUMBERS)}|\d{{1,3}})\s+(day|week)s?\s+(?:ago|prior|earlier|before)|(last week)|(yesterday))\b",
    re.IGNORECASE,
)
# By the first infarction's kind: the same of a subsequent one (type 1 only).
_SUBSEQUENT = {
    "I21.0": "I22.0",
    "I21.1": "I22.1",
    "I21.2": "I22.8",
    "I21.3": "I22.9",
    "I21.4": "I22.2",
    "I21.9": "I22.9",
}


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Give infarctions of four weeks or less their acute code, and new ones within them I22."""
    old = next((s for s in suggestions if s.code == _OLD), None)
    acute = [s for s in suggestions if s.code.startswith(_ACUTE)]
    recent = _recent(old, facts) if old is not None else None
    if old is None or recent is None:
        return Outcome(suggestions)
    code, days = recent
    reason = Reason(RULE.name, SOURCE, f"an infarction of {days} days ago is within four weeks")
    made = made_from(old, code, facts.snapshot, reason)
    outcome = Outcome([], [dropped(RULE.name, SOURCE, lost=old, kept=made, why="the infarction is within four weeks")])
    for suggestion in suggestions:
        if suggestion is old:
            outcome.suggestions.append(made)
        elif any(suggestion is current for current in acute):
            _as_subsequent(suggestion, outcome, facts)
        else:
            outcome.suggestions.append(suggestion)
    return outcome


def _recent(old: Suggestion, facts: Facts) -> tuple[str, int] | None:
    """Return the acute code of a past infarction and its age in days, if that is four weeks or less."""
    codes = {(f.mention.document, f.mention.begin): f.codes[0].code for f in facts.findings}
    for evidence in old.evidence:
        code = codes.get((evidence.document, evidence.begin), "")
        days = _days(evidence, facts)
        if code.startswith(_ACUTE) and days is not None and days <= _MOST_DAYS:
            return code, days
    return None


def _days(evidence: Evidence, facts: Facts) -> int | None:
    found = _AGO.search(sentence_around(facts, evidence))
    if found is None:
        return None
    if found[3] or found[4]:
        return 7 if found[3] else 1
    number = _NUMBERS.get(found[1].lower()) or int(found[1])
    return number * (7 if found[2].lower() == "week" else 1)


def _as_subsequent(current: Suggestion, outcome: Outcome, facts: Facts) -> None:
    """Code an infarction now as one that follows another within four weeks."""
    code = next(subsequent for first, subsequent in _SUBSEQUENT.items() if current.code.startswith(first))
    made = made_from(
        current, code, facts.snapshot, Reason(RULE.name, SOURCE, f"{current.code} within four weeks of another")
    )
    outcome.suggestions.append(made)
    outcome.alerts.append(
        dropped(RULE.name, SOURCE, lost=current, kept=made, why="it follows another within four weeks")
    )


RULE = Rule("infarction", SOURCE, "2025-10-01", apply)
