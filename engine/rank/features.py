"""What the ranker sees of a candidate, as a row of numbers.

Columns are named in FEATURES; weights and models refer to them by name, and a model made for other columns
is refused.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.rank.candidates import ChoiceSet, SenseChoice
from engine.types import Origin

_SECTION_GROUPS = {
    **dict.fromkeys(
        (
            "ADMISSION_DIAGNOSIS", "ASSESSMENT", "ASSESSMENT_AND_PLAN", "DIAGNOSIS", "DISCHARGE_DIAGNOSIS",
            "IMPRESSION", "POSTOPERATIVE_DIAGNOSIS", "PREOPERATIVE_DIAGNOSIS", "PROBLEM_LIST",
        ),
        "section_assessment",
    ),
    **dict.fromkeys(("PAST_MEDICAL_HISTORY", "PAST_SURGICAL_HISTORY", "SOCIAL_HISTORY"), "section_history"),
    "REVIEW_OF_SYSTEMS": "section_review",
    **dict.fromkeys(("PHYSICAL_EXAM", "RESULTS", "FINDINGS"), "section_exam"),
}  # fmt: skip

FEATURES = (
    "bias",
    *(f"origin_{origin.name.lower()}" for origin in Origin),
    "words", "is_default", "moved", "side_agrees", "is_capitals", "rivals", "prior",
    "section_assessment", "section_history", "section_review", "section_exam",
)  # fmt: skip
_COLUMN = {name: column for column, name in enumerate(FEATURES)}
_BIAS, _ORIGIN, _WORDS = _COLUMN["bias"], 1, _COLUMN["words"]
_IS_DEFAULT, _MOVED, _SIDE_AGREES = _COLUMN["is_default"], _COLUMN["moved"], _COLUMN["side_agrees"]
_IS_CAPITALS, _RIVALS, _PRIOR = _COLUMN["is_capitals"], _COLUMN["rivals"], _COLUMN["prior"]
MOST_WORDS = 6
_LEAST_OF_PLAIN_TERMS, _LEAST_IN_SECTIONS = -0.6, -0.4
_WEAK = "?"
_SECTION_COLUMNS = {section: _COLUMN[group] for section, group in _SECTION_GROUPS.items()}


class MentionFacts(NamedTuple):
    """What all candidates of one mention share. `words` counts the words of the span; over 6 count as 6.

    `is_resolved` says that it is an abbreviation whose meaning the text told.
    """

    words: int
    is_capitals: bool
    section: str
    is_resolved: bool = False


def feature_rows(
    facts: Sequence[MentionFacts], choices: Sequence[ChoiceSet], priors: dict[str, float]
) -> NDArray[np.float32]:
    """Return one row for each choice of each mention, in order: float32[sum of choices, len(FEATURES)]."""
    rows = [
        _row(choice, of_mention.options[0].origin, fact, priors)
        for fact, of_mention in zip(facts, choices, strict=True)
        for choice in of_mention.options
    ]
    return np.array(rows, dtype=np.float32).reshape(-1, len(FEATURES))


def section_column(section: str) -> int:
    """Return the column that tells of a section, -1 if none does."""
    return _SECTION_COLUMNS.get(section, -1)


def prior_key(choice: SenseChoice, code: str) -> str:
    """Return the name of a prior: vague words for a code have one of their own ("lesion" beside "skin lesion")."""
    return f"{code}{_WEAK}" if choice.origin == Origin.LEXICON_WEAK else code


def prior_of(choice: SenseChoice, priors: dict[str, float], *, is_sectioned: bool = False) -> float:
    """Return the log-odds of a choice's code, or its category's.

    A term that our lexicon holds plain may lose little by them: a corpus that leaves "dementia" uncoded must not
    silence it. It may lose least in a note with headed sections, which that corpus has none of.
    """
    code = choice.code
    prior = priors.get(prior_key(choice, code), priors.get(prior_key(choice, code[:3]), 0.0))
    if choice.origin == Origin.LEXICON:
        return max(prior, _LEAST_IN_SECTIONS if is_sectioned else _LEAST_OF_PLAIN_TERMS)
    return prior


def _row(choice: SenseChoice, best_origin: int, fact: MentionFacts, priors: dict[str, float]) -> list[float]:
    row = [0.0] * len(FEATURES)
    row[_BIAS] = 1.0
    row[_ORIGIN + choice.origin] = 1.0
    row[_WORDS] = min(fact.words, MOST_WORDS)
    row[_IS_DEFAULT] = choice.is_default
    row[_MOVED] = choice.moved
    row[_SIDE_AGREES] = choice.side_agrees
    row[_IS_CAPITALS] = fact.is_capitals
    row[_RIVALS] = choice.origin > best_origin
    row[_PRIOR] = prior_of(choice, priors, is_sectioned=bool(fact.section))
    column = section_column(fact.section)
    if column >= 0:
        row[column] = 1.0
    return row
