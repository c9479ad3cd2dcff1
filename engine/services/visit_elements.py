"""The three elements of medical decision making, each with its level, why, and where the note shows it.

Source: the AMA's CPT guidelines for evaluation and management, 2021 (office) and 2023 (other settings), in our own
words: number and complexity of problems, amount and complexity of data, risk of the decisions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from engine.services.drugs import Text
from engine.services.visit_words import find, pattern, quoted, table, words_pattern
from engine.types import Evidence, Suggestion


class Level(IntEnum):
    """How much decision making there was."""

    STRAIGHTFORWARD = 1
    LOW = 2
    MODERATE = 3
    HIGH = 4


@dataclass(frozen=True, slots=True)
class Element:
    """An element's level, what decided it (never chart text), and where."""

    level: Level
    detail: str
    evidence: tuple[Evidence, ...] = ()


_NEAR = 60
_KINDS_OF_PROBLEMS = ("chronic", "threat", "systemic", "uncertain", "complicated", "minor")


def judge_problems(diagnoses: Sequence[Suggestion], texts: Sequence[Text]) -> Element:
    """Judge the problems that were dealt with: the diagnoses of the claim."""
    kinds = table()["problems"]
    dealt = [d for d in diagnoses if not d.code.startswith(tuple(kinds["not_problems"]))]
    of = {name: [d for d in dealt if d.code.startswith(tuple(kinds[name]))] for name in kinds}
    chronic = of["chronic"]
    worse = [d for d in chronic if _is_near(pattern("worse"), d, texts)]
    severe = [d for d in chronic if _is_near(pattern("severe"), d, texts)]
    acute = [d for d in dealt if all(d not in of[name] for name in _KINDS_OF_PROBLEMS)]
    cases = (
        (Level.HIGH, of["threat"], 1, "an illness or injury that threatens life or function"),
        (Level.HIGH, severe, 1, "a chronic illness, severely worse"),
        (Level.MODERATE, worse, 1, "a chronic illness, worse or not controlled"),
        (Level.MODERATE, chronic, 2, "two or more stable chronic illnesses"),
        (Level.MODERATE, of["uncertain"], 1, "a new problem of uncertain outcome"),
        (Level.MODERATE, of["systemic"], 1, "an acute illness of the whole body"),
        (Level.MODERATE, of["complicated"], 1, "an acute complicated injury"),
        (Level.LOW, chronic, 1, "a stable chronic illness"),
        (Level.LOW, acute, 1, "an acute uncomplicated illness or injury"),
        (Level.LOW, of["minor"], 2, "two or more minor problems"),
        (Level.STRAIGHTFORWARD, of["minor"], 1, "a minor problem"),
    )
    for level, found, least, why in cases:
        if len(found) >= least:
            codes = ", ".join(d.code for d in found[:4])
            return Element(level, f"{why} ({codes})", tuple(d.evidence[0] for d in found[:4] if d.evidence))
    return Element(Level.STRAIGHTFORWARD, "no problem that was dealt with is named")


def _is_near(signs: re.Pattern[str], diagnosis: Suggestion, texts: Sequence[Text]) -> bool:
    return any(
        signs.search(texts[e.document].text, max(0, e.begin - _NEAR), min(len(texts[e.document].text), e.end + _NEAR))
        for e in diagnosis.evidence
    )


@lru_cache(maxsize=1)
def _tests() -> tuple[re.Pattern[str], dict[str, int]]:
    groups = table()["data"]["tests"]
    return words_pattern(w for group in groups for w in group), {w: n for n, group in enumerate(groups) for w in group}


def judge_data(texts: Sequence[Text]) -> Element:
    """Judge the data that was ordered, reviewed or discussed: each unique test and source counts once."""
    names, group_of = _tests()
    tests: dict[int, Evidence] = {}
    for place in find(texts, names):
        tests.setdefault(group_of[quoted(texts, place)], place)
    notes = list(find(texts, pattern("notes")))[:1]
    historian = list(find(texts, pattern("historian")))[:1]
    interpreted, discussed = list(find(texts, pattern("interpreted")))[:1], list(find(texts, pattern("discussed")))[:1]
    counted = len(tests) + len(notes)
    categories = (counted + len(historian) >= 3) + bool(interpreted) + bool(discussed)
    parts = [f"{len(tests)} unique tests"]
    parts += ["outside notes"] * bool(notes) + ["an independent historian"] * bool(historian)
    parts += ["own interpretation of a test"] * bool(interpreted) + ["discussion with another professional"] * bool(
        discussed
    )
    if categories >= 2:
        level = Level.HIGH
    elif categories == 1:
        level = Level.MODERATE
    else:
        level = Level.LOW if counted >= 2 or historian else Level.STRAIGHTFORWARD
    evidence = (*list(tests.values())[:4], *notes, *historian, *interpreted, *discussed)
    return Element(level, ", ".join(parts), evidence)


@lru_cache(maxsize=1)
def _risks() -> tuple[tuple[Level, re.Pattern[str], str], ...]:
    words = table()["risk"]
    toxic = re.compile(words_pattern(words["toxic"]).pattern + pattern("watched").pattern, re.IGNORECASE)
    return (
        (Level.HIGH, pattern("admitted"), "decision about hospital care"),
        (Level.HIGH, pattern("emergency_surgery"), "decision about emergency surgery"),
        (Level.HIGH, pattern("limits_of_care"), "decision to limit care"),
        (Level.HIGH, toxic, "drug therapy watched for toxicity"),
        (Level.HIGH, pattern("controlled"), "a controlled substance by injection"),
        (Level.MODERATE, pattern("managed"), "prescription drug management"),
        (Level.MODERATE, words_pattern(words["prescription"]), "prescription drug management"),
        (Level.MODERATE, pattern("elective_surgery"), "decision about elective major surgery"),
        (Level.LOW, words_pattern(words["over_the_counter"]), "treatment of low risk"),
    )


def judge_risk(diagnoses: Sequence[Suggestion], texts: Sequence[Text]) -> Element:
    """Judge the risk of what was decided, where the note says what was decided."""
    best = Element(Level.STRAIGHTFORWARD, "no treatment or one of minimal risk")
    for level, signs, why in _risks():
        if level <= best.level:
            continue
        places = tuple(list(find(texts, signs, decided=True))[:2])
        if places:
            best = Element(level, why, places)
    social = [d for d in diagnoses if d.code.startswith(tuple(table()["problems"]["social"]))]
    if social and best.level < Level.MODERATE:
        codes = ", ".join(d.code for d in social)
        best = Element(Level.MODERATE, f"care limited by social circumstances ({codes})", (social[0].evidence[0],))
    return best
