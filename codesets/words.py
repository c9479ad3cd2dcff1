"""Words as the search compares them, how far apart two spellings are, and how a word sounds."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

_WORD = re.compile(r"[a-z0-9]+")
# "a" is not among them: hepatitis A.
_JOINING = frozenset(("an", "and", "by", "due", "for", "from", "in", "of", "on", "or", "the", "to", "with"))
_NO_PLURALS = frozenset(("ascites", "biceps", "diabetes", "feces", "herpes", "mumps", "rickets", "triceps"))
# Spellings are compared by their first characters: a slip further on is found by what stands before it.
_COMPARED = 8
_SHORTEST_PART = 3
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(?:pn|kn|gn)", "n"),
        (r"^ps", "s"),
        (r"^wr", "r"),
        (r"^x", "z"),
        (r"(?:ti|si|sh|ci|ssi|xi)(?:o|u)n", "xan"),
        (r"ph|gh(?=t?$)", "f"),
        (r"gh", ""),
        (r"g(?=m)", ""),
        (r"sch", "sk"),
        (r"cz|x", "ks"),
        (r"ck|ch|qu|q", "k"),
        (r"sc(?=[eiy])", "s"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"th", "t"),
        (r"dg|j", "g"),
        (r"z", "s"),
        (r"(?<=[^aeiou])h", ""),
        (r"(?<=.)e$", ""),
        (r"(.)\1+", r"\1"),
        (r"[aeiouyw]+h?(?![aeiouyw])", "a"),
        (r"(.)\1+", r"\1"),
    )
)


def split_words(text: str) -> list[str]:
    """Return the words of a text as the search compares them: lower case, no accents, no possessive, singular."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).replace("’", "'")
    return [*map(_singular, _WORD.findall(text.lower().replace("'s", "")))]


def content_words(text: str) -> list[str]:
    """Return the words of a text without those that only join them, unless it has no others."""
    words = split_words(text)
    return [word for word in words if word not in _JOINING] or words


@lru_cache(maxsize=65_536)  # an index asks for the same few thousand words a million times
def _singular(word: str) -> str:
    is_plural = word[-1] == "s" and len(word) > 3 and word[-2] not in "siu" and word not in _NO_PLURALS
    return word[:-1] if is_plural else word


def slips_allowed(word: str) -> int:
    """Return how many edits a misspelling of the word may be away: none in short words and those with digits."""
    if len(word) < 4 or any(character.isdigit() for character in word):
        return 0
    return 1 if len(word) < 8 else 2


def spelling_keys(word: str) -> set[int]:
    """Return the hashes under which a word and its misspellings meet: its beginning with up to two letters left out.

    Two words within the slips that both allow share a key (symmetric deletion, W. Garbe's SymSpell).
    """
    shortened = {word[:_COMPARED]}
    for _ in range(slips_allowed(word)):
        shortened |= {text[:at] + text[at + 1 :] for text in shortened for at in range(len(text))}
    return {crc32(text.encode()) for text in shortened}


def sound_key(word: str) -> int:
    """Return the hash of a word's English sound: consonants that sound alike are one, and so are all vowels."""
    return crc32(sound_of(word).encode())


@lru_cache(maxsize=4096)
def sound_of(word: str) -> str:
    """Write a word as it sounds: "pneumonia" and "newmonia" are both "namana"."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def edit_distance(one: str, other: str, *, most: int) -> int:
    """Return the optimal string alignment distance (a swap of neighbours is one edit), or `most + 1` if it is more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    one, other = one[same:], other[same:]
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


def variants(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words with two neighbours written as one ("gall stone"), or one as two ("heartattack")."""
    for at, (word, after) in enumerate(pairwise(words)):
        yield [*words[:at], word + after, *words[at + 2 :]]
    for at, word in enumerate(words):
        for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
            yield [*words[:at], word[:cut], word[cut:], *words[at + 1 :]]
