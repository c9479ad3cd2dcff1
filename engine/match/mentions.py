"""One pass of the matcher over a document: the cues, and the spans that name something codable."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine._fastmatch import NO_PHRASE
from engine.match.automaton import Dictionary
from engine.match.lexicon import SHADOW
from engine.match.words import read_words

_ALSO_WORDS = read_words("also_words.txt")
_CAPITALS_REACH = 60
_MOST_REMEMBERED = 32_768

Senses = tuple[tuple[int, int], ...]
Place = tuple[int, int, int]


@dataclass(slots=True)
class TermSpan:
    """A span with the senses of the phrases found there, as (code number, origin + 16 * side)."""

    begin: int
    end: int
    words: int
    is_capitals: bool
    senses: Senses


@dataclass(slots=True)
class Found:
    """What one pass finds, each by begin: all cues as (begin, end, number of the cue), term spans (the longest, none
    overlapping), all hints as (begin, end, number of the hint), and side words as (begin, end)."""

    cues: list[Place]
    spans: list[TermSpan]
    hints: list[Place]
    sides: list[tuple[int, int]]


class MentionFinder:
    """Reads documents with one compiled dictionary."""

    def __init__(self, path: Path) -> None:
        self._dictionary = Dictionary(path)
        self.content_hash = self._dictionary.content_hash
        about = self.about = self._dictionary.about
        first_hint = len(about["cues"]) - about["hints"]
        cues: dict[int, list[int]] = {}
        hints: dict[int, list[int]] = {}
        for cue, forms in enumerate(about["cues"]):
            numbers, number = (cues, cue) if cue < first_hint else (hints, cue - first_hint)
            for phrase in forms:
                numbers.setdefault(phrase, []).append(number)
        # By phrase, what it is; most are one cue and no hint.
        self._cues = {phrase: tuple(numbers) for phrase, numbers in cues.items()}
        self._hints = {phrase: tuple(numbers) for phrase, numbers in hints.items()}
        self._senses = lru_cache(maxsize=_MOST_REMEMBERED)(self._read_senses)

    def find(self, text: str) -> Found:
        """Read a document once."""
        others, terms = self._dictionary.matcher.find_apart(text)
        cues, hints = self._cues, self._hints
        return Found(
            [(begin, end, number) for begin, end, phrase in others if phrase in cues for number in cues[phrase]],
            self._spans(text, terms),
            [(begin, end, number) for begin, end, phrase in others if phrase in hints for number in hints[phrase]],
            [(begin, end) for begin, end, phrase in others if phrase == NO_PHRASE],
        )

    def _spans(self, text: str, terms: Sequence[Place]) -> list[TermSpan]:
        spans: list[TermSpan] = []
        last_begin = -1
        for begin, end, phrase in terms:
            senses = self._senses(phrase)
            if not senses:
                continue
            if begin == last_begin:  # of the longest terms, those that begin alike end alike
                spans[-1].senses = (*spans[-1].senses, *senses)
                continue
            last_begin = begin
            words = text[begin:end]
            spans.append(TermSpan(begin, end, 1 + words.count(" "), words.isupper(), senses))
        return [span for span in spans if not (span.is_capitals and _is_plain_word(text, span))]

    def _read_senses(self, phrase: int) -> Senses:
        return tuple(sense for sense in self._dictionary.senses(phrase) if sense[0] != SHADOW)


def _is_plain_word(text: str, span: TermSpan) -> bool:
    if text[span.begin : span.end] not in _ALSO_WORDS:
        return False
    around = text[max(0, span.begin - _CAPITALS_REACH) : span.begin] + text[span.end : span.end + _CAPITALS_REACH]
    letters = [c for c in around if c.isalpha()]
    return sum(c.isupper() for c in letters) * 2 > len(letters)
