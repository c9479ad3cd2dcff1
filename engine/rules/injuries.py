"""Injuries of one site: the graver one is coded; and of burns of one site the highest degree.

Sources: ICD-10-CM Guidelines I.C.19.b.1 (no superficial injury beside a more severe one of the same site), I.C.19.d.2
(burns of the same site of different degrees: the highest), I.C.13.d.2 (known osteoporosis and a fracture: M80, not a
traumatic fracture, if the event would not break a normal bone). The table is injuries.toml.
"""

import tomllib
from functools import lru_cache
from pathlib import Path

from engine.rules.base import Facts, Outcome, Rule, dropped
from engine.types import Alert, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.C.19.b.1, I.C.19.d.2"
FRACTURE_SOURCE = "ICD-10-CM Guidelines I.C.13.d.2"
_BURNS = ("T20", "T21", "T22", "T23", "T24", "T25")
_SUPERFICIAL = ("S00", "S10", "S20", "S30", "S40", "S50", "S60", "S70", "S80", "S90")
_FRACTURES = ("S22", "S32", "S42", "S52", "S72", "S82")
_OSTEOPOROSIS = ("M81",)
_DEGREE = 4  # the place of the degree in "T23.2"
_GRADES = "0123"
_SIDES = ("right", "left")


@lru_cache(maxsize=1)
def sites() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Read the table: superficial injuries of a site, and the graver ones."""
    rows = tomllib.loads(Path(__file__).with_name("injuries.toml").read_text(encoding="utf-8"))["site"]
    return tuple((tuple(row["superficial"]), tuple(row["grave"])) for row in rows)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Leave out superficial injuries and lower burns beside graver injuries of the same site."""
    if not any(s.code[0] in "ST" for s in suggestions):
        return Outcome(suggestions)
    outcome = Outcome([])
    for suggestion in suggestions:
        graver = _graver(suggestion, suggestions)
        if graver is None:
            outcome.suggestions.append(suggestion)
            continue
        why = "of injuries of one site the more severe is coded"
        outcome.alerts.append(dropped(RULE.name, SOURCE, lost=suggestion, kept=graver, why=why))
    outcome.alerts += _of_weak_bones(outcome.suggestions)
    return outcome


def _graver(suggestion: Suggestion, suggestions: list[Suggestion]) -> Suggestion | None:
    if suggestion.code.startswith(_SUPERFICIAL):
        grave = _grave_of(suggestion.code)
        beside = (s for s in suggestions if s.code.startswith(grave)) if grave else iter(())
        return next((s for s in beside if _is_same_side(suggestion, s)), None)
    if suggestion.code.startswith(_BURNS) and suggestion.code[_DEGREE] in _GRADES:
        return next((s for s in suggestions if _is_higher_burn(s, suggestion)), None)
    return None


@lru_cache(maxsize=4096)
def _grave_of(code: str) -> tuple[str, ...]:
    return next((grave for superficial, grave in sites() if code.startswith(superficial)), ())


def _is_same_side(one: Suggestion, other: Suggestion) -> bool:
    sides = [{side for side in _SIDES if side in s.display} for s in (one, other)]
    return not sides[0] or not sides[1] or sides[0] == sides[1]


def _is_higher_burn(higher: Suggestion, lower: Suggestion) -> bool:
    """Whether a burn is of the same category and subsite as another, and of a higher degree (4th character)."""
    is_burn = higher.code.startswith(lower.code[:3]) and higher.code[_DEGREE] in _GRADES
    is_same_site = higher.code[5:6] == lower.code[5:6]
    return is_burn and is_same_site and higher.code[_DEGREE] > lower.code[_DEGREE] and _is_same_side(higher, lower)


def _of_weak_bones(suggestions: list[Suggestion]) -> list[Alert]:
    """Ask about a traumatic fracture of a patient with osteoporosis."""
    weak = next((s for s in suggestions if s.code.startswith(_OSTEOPOROSIS)), None)
    broken = [s for s in suggestions if s.code.startswith(_FRACTURES)]
    if weak is None or not broken:
        return []
    codes = [weak.code, *(s.code for s in broken)]
    message = (
        f"{', '.join(codes)}: with known osteoporosis a fracture from a minor event is coded to M80; ask its cause"
    )
    evidence = [e for s in (weak, *broken) for e in s.evidence]
    return [Alert(RULE.name, Severity.WARNING, message, FRACTURE_SOURCE, evidence, codes)]


RULE = Rule("injuries", SOURCE, "2025-10-01", apply)
