"""What the ranker sees of a candidate, as a row of numbers.

Columns are named in FEATURES; weights and models refer to them by name, and a model made for other columns
is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.rank.candidates import SenseChoice
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


@dataclass(frozen=True, slots=True)
class MentionFacts:
    """What all candidates of one mention share. `words` counts the words of the span, capped at 6."""

    words: int
    is_capitals: bool
    section: str


def feature_rows(
    facts: Sequence[MentionFacts], choices: Sequence[Sequence[SenseChoice]], priors: dict[str, float]
) -> NDArray[np.float32]:
    """Return one row for each choice of each mention, in order: float32[sum of choices, len(FEATURES)]."""
    rows = np.zeros((sum(map(len, choices)), len(FEATURES)), dtype=np.float32)
    row = 0
    for fact, options in zip(facts, choices, strict=True):
        group = _SECTION_GROUPS.get(fact.section)
        best = options[0].origin if options else 0
        for choice in options:
            values = rows[row]
            values[0] = 1.0
            values[1 + choice.origin] = 1.0
            values[_COLUMN["words"]] = min(fact.words, 6)
            values[_COLUMN["is_default"]] = choice.is_default
            values[_COLUMN["moved"]] = choice.moved
            values[_COLUMN["side_agrees"]] = choice.side_agrees
            values[_COLUMN["is_capitals"]] = fact.is_capitals
            values[_COLUMN["rivals"]] = choice.origin > best
            values[_COLUMN["prior"]] = priors.get(choice.code, priors.get(choice.code[:3], 0.0))
            if group is not None:
                values[_COLUMN[group]] = 1.0
            row += 1
    return rows
