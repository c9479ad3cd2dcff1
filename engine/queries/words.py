"""The words that documentation queries look for: drugs, tests and treatments, found by the matcher on its one pass.

Each table is a TOML file of this folder. A word's number is its place in WORDS; the dictionary is compiled with them.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from engine.types import Context, Section

_FOLDER = Path(__file__).parent
# Of each table: what its entries are called, and under which names they hold words.
_TABLES = {
    "drugs": ("drug", ("names",)),
    "specificity": ("query", ("words",)),
    "results": ("result", ("words", "acted")),
    "validation": ("validation", ("words",)),
    "chronic": ("condition", ("words",)),
}


@lru_cache(maxsize=len(_TABLES))
def read_table(name: str) -> tuple[Mapping[str, Any], ...]:
    """Return the entries of a table of this folder."""
    with (_FOLDER / f"{name}.toml").open("rb") as file:
        return tuple(tomllib.load(file)[_TABLES[name][0]])


def _all_words() -> tuple[str, ...]:
    words = {
        word
        for name, (_, fields) in _TABLES.items()
        for entry in read_table(name)
        for field in fields
        for word in entry[field]
    }
    return tuple(sorted(words))


WORDS = _all_words()
NUMBERS: Mapping[str, int] = {word: number for number, word in enumerate(WORDS)}


class Place(NamedTuple):
    """Where a word stands: `begin, end` in its document."""

    document: int
    begin: int
    end: int


class Named(NamedTuple):
    """A word that a document names: its number, where, under which heading, and what the text says of it."""

    place: Place
    section: str
    context: Context


def section_at(sections: Sequence[Section], place: int) -> str:
    """Return the name of the section that a place stands in."""
    return sections[bisect_right(sections, place, key=lambda section: section.begin) - 1].name


def numbers_of(words: Sequence[str]) -> tuple[int, ...]:
    """Return the numbers of words, in their order."""
    return tuple(NUMBERS[word] for word in words)
