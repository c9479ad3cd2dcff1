"""The site of a diabetic foot ulcer, which the combination code leaves to a code of its own.

Source: the use additional note at E08.621 to E13.621 ("to identify site of ulcer, L97.4-, L97.5-"), Guidelines
I.A.17. Side, site and depth are read from the sentence that states the ulcer; where no depth is said the severity is
unspecified.
"""

import re

from engine.rules.base import Facts, Outcome, Rule, made_from
from engine.rules.surroundings import sentence_around
from engine.types import Reason, Suggestion

SOURCE = "ICD-10-CM Guidelines I.A.17"
_ULCERS = ("E08.621", "E09.621", "E10.621", "E11.621", "E13.621")
_SITES = ("L97", "L98.4")
_SIDE = re.compile(r"\b(?:(right)|(left))\b", re.IGNORECASE)
_HEEL = re.compile(r"\b(?:heel|midfoot|plantar midfoot)\b", re.IGNORECASE)
_ANKLE = re.compile(r"\b(?:ankle|malleol\w+)\b", re.IGNORECASE)
_DEPTHS = (
    (re.compile(r"\bnecrosis of (?:the )?bone\b|\bbone necrosis\b", re.I), "4"),
    (re.compile(r"\bnecrosis of (?:the )?muscle\b|\bmuscle necrosis\b", re.I), "3"),
    (re.compile(r"\bbone (?:involve\w+|exposed)\b|\b(?:exposed|to) bone\b", re.I), "6"),
    (re.compile(r"\bmuscle (?:involve\w+|exposed)\b|\bexposed muscle\b", re.I), "5"),
    (re.compile(r"\bfat(?: layer)?\b|\bsubcutaneous\b", re.I), "2"),
    (re.compile(r"\bbreakdown of (?:the )?skin\b|\bsuperficial\b|\bskin only\b", re.I), "1"),
)
_UNKNOWN_DEPTH = "9"


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Add the code of the ulcer's site behind a diabetes with foot ulcer, where none is there and the side is said."""
    ulcer = next((s for s in suggestions if s.code in _ULCERS), None)
    if ulcer is None or any(s.code.startswith(_SITES) for s in suggestions):
        return Outcome(suggestions)
    for evidence in ulcer.evidence:
        code = _site(sentence_around(facts, evidence))
        if code and facts.snapshot.is_billable(code):
            reason = Reason(RULE.name, SOURCE, f"the site of the ulcer of {ulcer.code}")
            made = made_from(ulcer, code, facts.snapshot, reason)
            place = suggestions.index(ulcer) + 1
            return Outcome([*suggestions[:place], made, *suggestions[place:]])
    return Outcome(suggestions)


def _site(sentence: str) -> str:
    """Return the code of the ulcer that a sentence describes, "" if it has no side or both."""
    sides = {bool(found[1]) for found in _SIDE.finditer(sentence)}
    if len(sides) != 1:
        return ""
    site = "4" if _HEEL.search(sentence) else "3" if _ANKLE.search(sentence) else "5"
    depth = next((number for words, number in _DEPTHS if words.search(sentence)), _UNKNOWN_DEPTH)
    return f"L97.{site}{1 if sides.pop() else 2}{depth}"


RULE = Rule("diabetic_ulcer", SOURCE, "2025-10-01", apply)
