"""Finds the words of visit.toml in documents, with their places."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.services.drugs import Text
from engine.types import Evidence

# Headings under which a note says what was decided.
_DECIDED = frozenset(
    (
        "ASSESSMENT", "ASSESSMENT_AND_PLAN", "PLAN", "IMPRESSION", "DISPOSITION", "HOSPITAL_COURSE", "DIAGNOSIS",
        "FOLLOW_UP", "CODE_STATUS", "INTERVIEW",
    )
)  # fmt: skip


@lru_cache(maxsize=1)
def table() -> dict[str, Any]:
    """Return visit.toml."""
    with (Path(__file__).parent / "visit.toml").open("rb") as file:
        return tomllib.load(file)


@lru_cache(maxsize=64)
def pattern(name: str) -> re.Pattern[str]:
    """Return the pattern of that name in visit.toml."""
    return re.compile("|".join(table()["patterns"][name]), re.IGNORECASE)


def words_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Compile words to one pattern that finds each whole, the longest first."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, ordered))})(?![\w-])", re.IGNORECASE)


def find(texts: Sequence[Text], signs: re.Pattern[str], *, decided: bool = False) -> Iterator[Evidence]:
    """Yield where a pattern stands; `decided`: only where a note says what was decided, if it has such headings."""
    for number, text in enumerate(texts):
        for begin, end in _parts(text) if decided else ((0, len(text.text)),):
            for found in signs.finditer(text.text, begin, end):
                yield Evidence(number, found.start(), found.end())


def quoted(texts: Sequence[Text], evidence: Evidence) -> str:
    """Return the words of a place in lower case, for the engine's own use; they go into no message."""
    return texts[evidence.document].text[evidence.begin : evidence.end].lower()


def _parts(text: Text) -> list[tuple[int, int]]:
    parts = [(section.body_begin, section.end) for section in text.sections if section.name in _DECIDED]
    return parts or [(0, len(text.text))]
