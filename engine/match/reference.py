"""The matcher in plain Python: slow, short, and the oracle that the native one is held to.

Words: maximal runs of letters and digits, folded (see engine.text.characters); "&" is the word "and".
Gaps between words are soft, a comma (a phrase crosses it only if it may), or hard (no phrase crosses it).
Phrases are read through transparent words ("the", "left"): the gaps on their two sides count as one. Some of those are
reported wherever they stand.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.text.characters import AMPERSAND, JOINER, MARK, classify, is_lower

UPPER_ONLY = 1
ACROSS_COMMA = 2
MAX_WORD_BYTES = 64
MAX_PHRASE_WORDS = 32
TERM = 4
CUE = 8
TRANSPARENT_WORD = 0xFFFFFFFE
REPORTED_WORD = 0xFFFFFFFD
NO_PHRASE = -1

SOFT, COMMA, HARD = 0, 1, 2
_HARD = re.compile("[;:?!|\f\u2022\u25cf\u25aa\u25e6\u2026]")
_ASCII_WORD = re.compile("[a-z0-9]+")
_SPACE = " \t\n\v\f\r\u00a0"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: its span, its fold, and whether any letter of it is written small."""

    begin: int
    end: int
    fold: str
    has_lower: bool


def find_words(text: str) -> list[Word]:
    """Cut a text into words."""
    words: list[Word] = []
    at = 0
    while at < len(text):
        kind = classify(text[at])
        if kind == AMPERSAND:
            words.append(Word(at, at + 1, "and", False))
        if not isinstance(kind, str):
            at += 1
            continue
        word = _read_word(text, at)
        words.append(word)
        at = word.end
    return words


def _read_word(text: str, begin: int) -> Word:
    fold, end, at, has_lower = "", begin, begin, False
    while at < len(text):
        kind = classify(text[at])
        if isinstance(kind, str):
            fold += kind
            has_lower = has_lower or is_lower(text[at])
        elif kind not in (MARK, JOINER):
            break
        at += 1
        if kind != JOINER:
            end = at
    return Word(begin, end, fold, has_lower)


def fold_words(text: str) -> list[str]:
    """Fold a phrase into its words, as the matcher would read them."""
    if text.isascii():  # the same by other means: compiling a dictionary folds half a million phrases
        return _ASCII_WORD.findall(text.lower().replace("'", "").replace("&", " and "))
    return [word.fold for word in find_words(text)]


def gap_kind(gap: str, *, after_initial: bool = False, before_list_number: bool = False) -> int:
    """Classify what lies between two words; a full stop after a lone letter ("E. coli") ends no sentence."""
    newlines = gap.count("\n")
    if after_initial and newlines == 0 and len(gap) == 2 and gap[0] == "." and gap[1] in _SPACE:
        return SOFT
    if _HARD.search(gap) or ("." in gap and len(gap) > 1) or newlines > 1:
        return HARD
    if newlines == 1 and (before_list_number or re.search("[-\u2013*+#]", gap.split("\n")[1])):
        return HARD
    dashes = gap.count("-") + gap.count("\u2013")
    is_spaced = bool(gap) and gap[0] in _SPACE and gap[-1] in _SPACE
    if "," in gap or "\u2014" in gap or dashes > 1 or (dashes == 1 and is_spaced):
        return COMMA
    return SOFT


def _is_initial(word: Word) -> bool:
    return len(word.fold.encode()) == 1 and not re.fullmatch("[0-9]", word.fold)


def _is_list_number(text: str, word: Word) -> bool:
    if len(word.fold) > 3 or not re.fullmatch("[0-9]+", word.fold) or text[word.end : word.end + 1] not in (".", ")"):
        return False
    after = text[word.end + 1 : word.end + 2]
    return not (after and isinstance(classify(after), str))


class ReferenceMatcher:
    """Finds phrases (word ids, flags) given the word id of each folded spelling."""

    def __init__(self, surfaces: Mapping[str, int], phrases: Sequence[Sequence[int]], flags: Sequence[int]) -> None:
        self._surfaces = dict(surfaces)
        self._flags = list(flags)
        self._phrases: dict[tuple[int, ...], list[int]] = {}
        for number, words in enumerate(phrases):
            self._phrases.setdefault(tuple(words), []).append(number)
        self._longest = max(map(len, self._phrases), default=0)

    def find(self, text: str, *, longest: bool = False) -> list[tuple[int, int, int]]:
        """List (begin, end, phrase) as the native matcher does."""
        words = find_words(text)
        gaps = [
            gap_kind(text[a.end : b.begin], after_initial=_is_initial(a), before_list_number=_is_list_number(text, b))
            for a, b in pairwise(words)
        ]
        ids = [self._surfaces.get(word.fold) for word in words]
        reported = [
            (w.begin, w.end, NO_PHRASE) for w, number in zip(words, ids, strict=True) if number == REPORTED_WORD
        ]
        words, gaps, ids = _drop_transparent(words, gaps, ids)
        hits = [hit for last in range(len(words)) for hit in self._ending_at(last, words, gaps, ids)]
        return keep_longest(hits) if longest else sorted(hits + reported, key=lambda hit: hit[1])

    def find_apart(self, text: str) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
        """List what is no term by begin, and the longest terms, as the native matcher does."""
        hits = self.find(text)
        terms = [hit for hit in hits if hit[2] != NO_PHRASE and self._flags[hit[2]] & TERM]
        cues = [
            hit for hit in hits if hit[2] == NO_PHRASE or not self._flags[hit[2]] & TERM or self._flags[hit[2]] & CUE
        ]
        return sorted(cues), keep_longest(terms)

    def _ending_at(
        self, last: int, words: list[Word], gaps: list[int], ids: list[int | None]
    ) -> list[tuple[int, int, int]]:
        hits = []
        for first in range(max(0, last + 1 - self._longest), last + 1):
            inner = gaps[first:last]
            key = ids[first : last + 1]
            if HARD in inner or None in key:
                continue
            for phrase in self._phrases.get(tuple(key), ()):  # type: ignore[arg-type]
                flags = self._flags[phrase]
                if COMMA in inner and not flags & ACROSS_COMMA:
                    continue
                if flags & UPPER_ONLY and any(word.has_lower for word in words[first : last + 1]):
                    continue
                hits.append((words[first].begin, words[last].end, phrase))
        return hits


def _drop_transparent(
    words: list[Word], gaps: list[int], ids: list[int | None]
) -> tuple[list[Word], list[int], list[int | None]]:
    kept = [number for number, word in enumerate(ids) if word not in (TRANSPARENT_WORD, REPORTED_WORD)]
    merged = [max(gaps[a:b]) for a, b in pairwise(kept)]
    return [words[n] for n in kept], merged, [ids[n] for n in kept]


def keep_longest(hits: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Keep the leftmost, of those the longest, without overlaps; phrases of one span are kept together."""
    kept: list[tuple[int, int, int]] = []
    span = (-1, -1)
    for hit in sorted(hits, key=lambda hit: (hit[0], -hit[1], hit[2])):
        if hit[2] == NO_PHRASE or (hit[0] < span[1] and hit[:2] != span):
            continue
        span = hit[:2]
        kept.append(hit)
    return kept
