"""What the ranker sees of a candidate, as a row of numbers.

Columns are named in FEATURES; weights and models refer to them by name, and a model made for other columns
is refused.
"""

from __future__ import annotations  # array is generic for type checkers only, before Python 3.12

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.rank.candidates import ChoiceSet, SenseChoice
from engine.types import Origin

_SECTION_GROUPS = {
    **dict.fromkeys(("ASSESSMENT", "DIAGNOSIS", "IMPRESSION", "DISCHARGE_DIAGNOSIS", "PLAN"), "section_assessment"),
    **dict.fromkeys(("PAST_MEDICAL_HISTORY", "PAST_SURGICAL_HISTORY", "SOCIAL_HISTORY"), "section_history"),
    "REVIEW_OF_SYSTEMS": "section_review",
    **dict.fromkeys(("PHYSICAL_EXAM", "RESULTS", "FINDINGS"), "section_exam"),
}

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
_LEAST_OF_PLAIN_TERMS = -1.0
_SECTION_COLUMNS = {section: _COLUMN[group] for section, group in _SECTION_GROUPS.items()}


@dataclass(frozen=True, slots=True)
class MentionFacts:
    """What all candidates of one mention share. `words` counts the words of the span, capped at 6."""

    words: int
    is_capitals: bool
    section: str


def feature_rows(
    facts: Sequence[MentionFacts], choices: Sequence[ChoiceSet], priors: dict[str, float]
) -> NDArray[np.float32]:
    """Return one row for each choice of each mention, in order: float32[sum of choices, len(FEATURES)]."""
    flat = array("f")
    for options in choices:
        if options.rows is None:
            options.rows = _rows(options.options, priors)
        flat.extend(options.rows)
    if not flat:
        return np.zeros((0, len(FEATURES)), dtype=np.float32)
    rows = np.frombuffer(flat, dtype=np.float32).reshape(-1, len(FEATURES))
    mentions = np.repeat(np.arange(len(facts)), [len(options.options) for options in choices])
    rows[:, _WORDS] = np.array([min(fact.words, 6) for fact in facts], dtype=np.float32)[mentions]
    rows[:, _IS_CAPITALS] = np.array([fact.is_capitals for fact in facts], dtype=np.float32)[mentions]
    columns = np.array([_SECTION_COLUMNS.get(fact.section, -1) for fact in facts])[mentions]
    placed = np.flatnonzero(columns >= 0)
    rows[placed, columns[placed]] = 1.0
    return rows


def prior_of(choice: SenseChoice, priors: dict[str, float]) -> float:
    """Return the log-odds of a choice's code, or its category's.

    A term that our lexicon holds plain may lose little by them: a corpus that leaves "dementia" uncoded must not
    silence it.
    """
    prior = priors.get(choice.code, priors.get(choice.code[:3], 0.0))
    return max(prior, _LEAST_OF_PLAIN_TERMS) if choice.origin == Origin.LEXICON else prior


def _rows(options: Sequence[SenseChoice], priors: dict[str, float]) -> array[float]:
    """Return the rows of a mention's choices, without what the mention adds."""
    flat = array("f")
    for choice in options:
        row = [0.0] * len(FEATURES)
        row[_BIAS] = 1.0
        row[_ORIGIN + choice.origin] = 1.0
        row[_IS_DEFAULT] = choice.is_default
        row[_MOVED] = choice.moved
        row[_SIDE_AGREES] = choice.side_agrees
        row[_RIVALS] = choice.origin > options[0].origin
        row[_PRIOR] = prior_of(choice, priors)
        flat.fromlist(row)
    return flat
