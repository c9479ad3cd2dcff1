"""Passages written in capitals, where an abbreviation cannot be told from a word by its letters."""

import re

from engine.match.words import read_words

_ALSO_WORDS = read_words("also_words.txt")
_REACH = 60
# Others may be abbreviations themselves: a list of those is no prose in capitals.
_WORD = re.compile(r"[^\W\d_]{5,}|\b(?:and|at|by|for|he|in|is|of|on|she|the|to|was|were|with)\b", re.IGNORECASE)
# The words beside it, of a heading in capitals in a text that is not: "CONDITION ON DISCHARGE".
_BEFORE = re.compile(r"\b[A-Z]{3,} $")
_AFTER = re.compile(r" [A-Z]{4,}\b")


def is_plain_word(text: str, begin: int, end: int) -> bool:
    """Whether what stands in capitals at a span is a word too, and stands in a passage of capitals."""
    if text[begin:end] not in _ALSO_WORDS:
        return False
    if _AFTER.match(text, end) and _BEFORE.search(text, max(0, begin - _REACH), begin):
        return True
    around = f"{text[max(0, begin - _REACH) : begin]} {text[end : end + _REACH]}"
    pieces = around.split()
    if sum(map(str.isupper, pieces)) * 2 <= len(pieces):  # a quick look; most text is not in capitals
        return False
    words: list[str] = _WORD.findall(around)
    return sum(word.isupper() for word in words) * 2 > len(words)
