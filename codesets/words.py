"""Words as the search compares them, and how far apart two spellings are."""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

_WORD = re.compile(r"[a-z0-9]+")


def split_words(text: str) -> list[str]:
    """Return the words of a text as the search compares them: lower case, no accents, no possessive, singular."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).replace("’", "'")
    return [*map(_singular, _WORD.findall(text.lower().replace("'s", "")))]


@lru_cache(maxsize=65_536)  # an index asks for the same few thousand words a million times
def _singular(word: str) -> str:
    return word[:-1] if word[-1] == "s" and len(word) > 3 and word[-2] not in "siu" else word


def bigrams_of(word: str) -> set[str]:
    """Return the pairs of neighbouring characters of a word, its ends included."""
    return {first + second for first, second in pairwise(f"^{word}$")}


def edit_distance(one: str, other: str, *, most: int) -> int:
    """Return the optimal string alignment distance (a swap of neighbours is one edit), or `most + 1` if it is more."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, character in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (character != wanted))
            if i > 1 and j > 1 and character == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
