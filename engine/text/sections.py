"""Cuts a note into its headed sections.

What could be a heading is a few words after the start of a line or the end of a clause, followed by a colon or by the
end of the line. A table (sections.toml) then says which of them are. The reading is native
(engine/_fasttext_sections.hpp); its plain twin, tests/text/plain_sections.py, says the same in a regular expression.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine._fasttext import SectionFinder
from engine.types import Section

EXAM = "PHYSICAL_EXAM"
SMALL_WORDS = frozenset(["and", "or", "of", "the", "for", "to", "on", "in", "at", "by", "with", "a", "an"])
OPENERS = frozenset(
    ("HIS", "HER", "THE", "PATIENT'S", "PERTINENT", "RELEVANT", "SIGNIFICANT", "ADDITIONAL", "OTHER", "UPDATED")
)


@dataclass(frozen=True, slots=True)
class Headings:
    """The table of headings: `names` gives the section of each spelling, in capitals; see engine/text/README.md."""

    names: dict[str, str]
    exam: frozenset[str]
    exam_starts_after: frozenset[str]
    colon_only: frozenset[str]


@lru_cache(maxsize=1)
def headings() -> Headings:
    """Read sections.toml."""
    with Path(__file__).with_name("sections.toml").open("rb") as file:
        data = tomllib.load(file)
    inner = data["inner"]
    names = {
        spelling: name
        for name, titles in data["sections"].items()
        for title in titles
        for spelling in _spellings(title)
    }
    exam = frozenset(spelling for title in inner["exam"] for spelling in _spellings(title) if spelling not in names)
    colon_only = frozenset(title.upper() for title in inner["colon_only"])
    return Headings(names, exam, frozenset(inner["exam_starts_after"]), colon_only)


def _spellings(title: str) -> Iterator[str]:
    upper = title.upper()
    yield from (upper.replace(" AND ", joint) for joint in (" AND ", " & ", "&", "/", " / "))


@lru_cache(maxsize=1)
def _finder() -> SectionFinder:
    table = headings()
    return SectionFinder(
        table.names,
        exam=table.exam,
        exam_name=EXAM,
        exam_starts_after=table.exam_starts_after,
        colon_only=table.colon_only,
        openers=OPENERS,
        small_words=SMALL_WORDS,
    )


def find_sections(text: str) -> list[Section]:
    """Cut a text into sections that follow one another from its first character to its last."""
    return [Section(*found) for found in _finder().find(text)]
