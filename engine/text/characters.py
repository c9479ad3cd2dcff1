"""How each Unicode character takes part in a word: the table that the native matcher and its oracle share.

A word is a run of letters and digits. Marks (accents written apart) and joiners (apostrophes) inside a word
add nothing to it. Letters are case-folded, stripped of accents and spelled out (ß -> ss, ﬁ -> fi).
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

SEPARATOR, MARK, JOINER, AMPERSAND = 0, 1, 2, 3
FOLD_BASE = 16
MANY_BIT = 1 << 31
LOWER_BIT = 1 << 30
BLOCK = 256

JOINERS = frozenset("'\u2018\u2019\u02bc\u00ad\u200b\u200c\u200d\u2060")


@dataclass(frozen=True, slots=True)
class CharacterTable:
    """A two-stage table: `stage2[stage1[c >> 8] * 256 + (c & 255)]` is the entry of code point c."""

    stage1: list[int]
    stage2: list[int]
    expansions: list[int]


def fold_character(char: str) -> str:
    """Fold one letter or digit: case, compatibility form and accents removed; "" if nothing is left of it."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    kept = [c for c in folded if not unicodedata.category(c).startswith("M")]
    return "".join(kept) if all(c.isalnum() for c in kept) else ""


@lru_cache(maxsize=4096)
def classify(char: str) -> int | str:
    """Return the fold of a word character, or the class of any other."""
    if char in JOINERS:
        return JOINER
    if char == "&":
        return AMPERSAND
    if unicodedata.category(char).startswith("M"):
        return MARK
    return (fold_character(char) or SEPARATOR) if char.isalnum() else SEPARATOR


def is_lower(char: str) -> bool:
    """Whether the character is written small: capitals exist and it is not one of them."""
    return char.upper() != char


def _entry(char: str, expansions: list[int]) -> int:
    kind = classify(char)
    if isinstance(kind, int):
        return kind
    lower = LOWER_BIT if is_lower(char) else 0
    if len(kind) == 1:
        return FOLD_BASE + ord(kind) | lower
    index = len(expansions)
    expansions.extend([len(kind), *map(ord, kind)])
    return FOLD_BASE + index | MANY_BIT | lower


@lru_cache(maxsize=1)
def character_table() -> CharacterTable:
    """Build the table for all of Unicode as this Python knows it."""
    stage1: list[int] = []
    stage2: list[int] = []
    expansions: list[int] = []
    blocks: dict[tuple[int, ...], int] = {}
    for first in range(0, 0x110000, BLOCK):
        is_surrogate = 0xD800 <= first < 0xE000
        entries = (
            (0,) * BLOCK if is_surrogate else tuple(_entry(chr(c), expansions) for c in range(first, first + BLOCK))
        )
        if entries not in blocks:
            blocks[entries] = len(stage2) // BLOCK
            stage2.extend(entries)
        stage1.append(blocks[entries])
    return CharacterTable(stage1, stage2, expansions)
