"""Stroke: what it leaves now, what an old one left, and which side is dominant.

Sources: ICD-10-CM Guidelines I.C.9.d (I69 is for residuals of a past stroke; with a new stroke both may stand),
I.C.6.a (the dominant side: right by default, left is not), I.C.9.d.3 (no residuals: Z86.73, never with I63).
"""

import re

from engine.rules.base import Facts, Outcome, Rule, dropped, made_from
from engine.rules.gather import LEADING_SECTIONS
from engine.rules.surroundings import is_said_with, sentence_around
from engine.types import Reason, Suggestion

SOURCE = "ICD-10-CM Guidelines I.C.9.d, I.C.6.a"
_STROKES = ("I60", "I61", "I62", "I63")
_OLD = re.compile(
    r"\b(?:old|prior|previous|past|history|remote|chronic|residual|sequela\w*|late effect|years? ago)\b", re.I
)
_SIDE = re.compile(r"\b(?:(right)|(left))[- ](?:sided?\b)?", re.I)
# The characters of I69 for a deficit behind that of the kind of stroke, and the code of the deficit of a stroke now.
_DEFICITS = (
    ("5", "G81.9"), ("20", "R47.01"), ("21", "R47.02"), ("22", "R47.1"), ("91", "R13.10"), ("92", "R29.810"),
    ("93", "R27.0"),
)  # fmt: skip
_NOW = {f"I69.{kind}{ending}": code for ending, code in _DEFICITS for kind in ("0", "1", "2", "3", "8", "9")}
_PHASES = (
    ("pharyngoesophageal", "R13.14"), ("oropharyngeal", "R13.12"), ("pharyngeal", "R13.13"), ("oral", "R13.11"),
)  # fmt: skip
_BY_SIDE = ("G81", "I69")
_RIGHT, _LEFT, _UNKNOWN = "1", "4", ("0", "9")
_PARTS = 4  # of "I69.35", without the character of the side


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Tell the deficits of a stroke that is now from residuals, and give paralysis its side."""
    if not any(s.code.startswith((*_BY_SIDE, *_STROKES)) for s in suggestions):
        return Outcome(suggestions)
    outcome = Outcome([])
    strokes = [s for s in suggestions if s.code.startswith(_STROKES)]
    past = _past(strokes, suggestions, facts) if strokes else []
    has_stroke = len(past) < len(strokes)
    codes = {suggestion.code for suggestion in suggestions}
    for suggestion in suggestions:
        if any(suggestion is stroke for stroke in past):
            residual = next(s for s in suggestions if s.code.startswith("I69"))
            why = "the stroke is past, its residuals are coded"
            outcome.alerts.append(dropped(RULE.name, SOURCE, lost=suggestion, kept=residual, why=why))
            continue
        code = _deficit(suggestion, facts) if has_stroke else suggestion.code
        code = _of_side(code, suggestion, facts)
        if code == suggestion.code or code in codes or not facts.snapshot.is_billable(code):
            outcome.suggestions.append(suggestion)
            continue
        why = "a deficit of a stroke that is treated now" if code[:3] != suggestion.code[:3] else "the side is stated"
        made = made_from(suggestion, code, facts.snapshot, Reason(RULE.name, SOURCE, f"{suggestion.code}: {why}"))
        outcome.suggestions.append(made)
        outcome.alerts.append(dropped(RULE.name, SOURCE, lost=suggestion, kept=made, why=why))
    return Outcome(_with_phase(outcome.suggestions, facts), outcome.alerts)


def _with_phase(suggestions: list[Suggestion], facts: Facts) -> list[Suggestion]:
    """Add the phase of a dysphagia, which the code of the residual leaves to R13.1- (note at I69.391)."""
    dysphagia = next((s for s in suggestions if s.code.startswith("I69.") and s.code.endswith("91")), None)
    if dysphagia is None or any(s.code.startswith("R13.1") for s in suggestions):
        return suggestions
    for evidence in dysphagia.evidence:
        said = sentence_around(facts, evidence).lower()
        code = next((code for word, code in _PHASES if f"{word} phase" in said or f"{word} dysphagia" in said), "")
        if code:
            place = suggestions.index(dysphagia) + 1
            reason = Reason(RULE.name, SOURCE, f"the phase of the dysphagia of {dysphagia.code}")
            return [*suggestions[:place], made_from(dysphagia, code, facts.snapshot, reason), *suggestions[place:]]
    return suggestions


def _past(strokes: list[Suggestion], suggestions: list[Suggestion], facts: Facts) -> list[Suggestion]:
    """List the strokes that are only told, if the diagnoses name what a stroke left."""
    residuals = [s for s in suggestions if s.code.startswith("I69")]
    if not residuals:
        return []
    leading = {(f.mention.document, f.mention.begin) for f in facts.findings if f.mention.section in LEADING_SECTIONS}
    if not any((e.document, e.begin) in leading for s in residuals for e in s.evidence):
        return []
    return [s for s in strokes if not any((e.document, e.begin) in leading for e in s.evidence)]


def _deficit(suggestion: Suggestion, facts: Facts) -> str:
    """Return the code of a deficit now for one of a residual, unless the text calls it old."""
    now = _NOW.get(suggestion.code) or _NOW.get(suggestion.code[: len("I69.35")])
    if now is None or is_said_with(_OLD, suggestion, facts):
        return suggestion.code
    return f"{now}0" if now == "G81.9" else now


def _of_side(code: str, suggestion: Suggestion, facts: Facts) -> str:
    """Return the code of hemiplegia on the side that is said, if the code has none yet."""
    is_hemiplegia = code.startswith("G81.9") or (code.startswith("I69.") and code[5:6] == "5" and len(code) == 7)
    if not is_hemiplegia or code[-1] not in _UNKNOWN:
        return code
    for evidence in suggestion.evidence:
        said = sentence_around(facts, evidence)
        sides = {bool(found[1]) for found in _SIDE.finditer(said)}
        if len(sides) == 1:
            return code[:-1] + (_RIGHT if sides.pop() else _LEFT)
    return code


RULE = Rule("stroke", SOURCE, "2025-10-01", apply)
