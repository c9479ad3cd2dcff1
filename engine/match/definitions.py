"""Abbreviations that a chart itself defines: "chronic obstructive pulmonary disease (COPD)", in both orders.

The long form is found by its letters, after Schwartz and Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text" (Pacific Symposium on Biocomputing, 2003).
"""

import re
from collections.abc import Iterable

_BRACKETED = re.compile(r"\(([^()\n]{2,80})\)")
_SHORT = re.compile(r"[A-Za-z][A-Za-z0-9/&-]{1,7}")
_SHORT_BEFORE = re.compile(r"(?<![\w/-])([A-Za-z][A-Za-z0-9/&-]{1,7})[ ]?$")
# What ends a phrase; a definition does not reach over it.
_BREAK = re.compile(r"[.;:!?()\[\]](?:\s|$)|\n\s*\n|,\s")
_REACH = 120
_LEADING = frozenset(
    ("a", "an", "and", "as", "by", "for", "from", "had", "has", "have", "her", "his", "in", "is", "known", "of", "on",
     "or", "the", "to", "was", "with")
)  # fmt: skip


def read_definitions(texts: Iterable[str]) -> dict[str, str]:
    """Return the long form of each abbreviation that the texts define, by the abbreviation as written.

    What is defined in two ways is left out: the places themselves then have to tell.
    """
    found: dict[str, str] = {}
    torn: set[str] = set()
    for text in texts:
        for bracket in _BRACKETED.finditer(text):
            definition = _read(text, bracket)
            if definition is None:
                continue
            short, long = definition
            if found.setdefault(short, long).lower() != long.lower():
                torn.add(short)
    return {short: long for short, long in found.items() if short not in torn}


def _read(text: str, bracket: re.Match[str]) -> tuple[str, str] | None:
    inside = bracket[1].strip().strip("\"'")
    if _is_short(inside):
        before = _BREAK.split(text[max(0, bracket.start() - _REACH) : bracket.start()].rstrip())[-1]
        long = long_form(inside, before)
        return (inside, long) if long else None
    ahead = _SHORT_BEFORE.search(text, max(0, bracket.start() - 12), bracket.start())
    if ahead and _is_short(ahead[1]) and long_form(ahead[1], inside) == inside:
        return ahead[1], inside
    return None


def _is_short(word: str) -> bool:
    """Whether a word is written as an abbreviation: two capitals at least, so no "Dr" and no drug's name."""
    return bool(_SHORT.fullmatch(word)) and sum(letter.isupper() for letter in word) >= 2


def long_form(short: str, before: str) -> str:
    """Return the end of `before` whose words an abbreviation is made of, "" if it is not made of them.

    Either its letters begin the last words, small ones aside, or they are met from the last to the first, and the first
    one begins a word.
    """
    letters = [letter for letter in short.lower() if letter.isalnum()]
    if letters[-1] == "s" and short[-1] == "s":
        letters.pop()
    words = before.split()[-min(len(letters) + 5, 2 * len(letters)) :]
    if initials := _with_initials(letters, words):
        return initials
    text = " ".join(words)
    folded = text.lower()
    at = len(folded)
    for number in range(len(letters) - 1, -1, -1):
        at = folded.rfind(letters[number], 0, at)
        while at > 0 and number == 0 and folded[at - 1].isalnum():
            at = folded.rfind(letters[number], 0, at)
        if at < 0:
            return ""
    found = text[at:]
    first, _, rest = found.partition(" ")
    if first.lower() in _LEADING or not rest or short.lower() in found.lower().split():
        return ""
    return found


def _with_initials(letters: list[str], words: list[str]) -> str:
    """Return the last words, as many as there are letters, that begin with them; small words between do not count."""
    left = list(letters)
    for number in range(len(words) - 1, -1, -1):
        word = words[number].lower().lstrip("\"'")
        if word.startswith(left[-1]):
            left.pop()
        elif word not in _LEADING:
            return ""
        if not left:
            found = " ".join(words[number:])
            return found if word not in _LEADING else ""
    return ""
