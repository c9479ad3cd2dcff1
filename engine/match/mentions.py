"""One pass of the matcher over a document: the cues, and the spans that name something codable."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine._fastmatch import NO_PHRASE
from engine.match.automaton import Dictionary
from engine.match.lexicon import SHADOW
from engine.match.words import read_words
from engine.types import Match

_ALSO_WORDS = read_words("also_words.txt")
_CAPITALS_REACH = 60


Senses = tuple[tuple[int, int], ...]


@dataclass(slots=True)
class TermSpan:
    """A span with the senses of the phrases found there, as (code number, origin + 16 * side)."""

    begin: int
    end: int
    words: int
    is_capitals: bool
    senses: Senses


@dataclass(frozen=True, slots=True)
class Found:
    """What one pass finds, each by begin: all cues (`pattern` is the cue's number), term spans (the longest, none
    overlapping), all hints as (begin, end, number of the hint), and side words as (begin, end)."""

    cues: list[Match]
    spans: list[TermSpan]
    hints: list[tuple[int, int, int]]
    sides: list[tuple[int, int]]


class MentionFinder:
    """Reads documents with one compiled dictionary."""

    def __init__(self, path: Path) -> None:
        self._dictionary = Dictionary(path)
        self.content_hash = self._dictionary.content_hash
        cues: dict[int, list[int]] = {}
        for cue, forms in enumerate(self._dictionary.about["cues"]):
            for phrase in forms:
                cues.setdefault(phrase, []).append(cue)
        self._cues = cues
        self._senses: dict[int, Senses] = {}
        self._first_hint = len(self._dictionary.about["cues"]) - self._dictionary.about["hints"]

    def find(self, text: str) -> Found:
        """Read a document once."""
        others, terms = self._dictionary.matcher.find_apart(text)
        found = Found([], [], [], [])
        for begin, end, phrase in others:
            if phrase == NO_PHRASE:
                found.sides.append((begin, end))
                continue
            for number in self._cues[phrase]:
                if number < self._first_hint:
                    found.cues.append(Match(begin, end, number))
                else:
                    found.hints.append((begin, end, number - self._first_hint))
        spans = self._spans(text, terms)
        found.spans.extend(span for span in spans if span.senses and not _is_plain_word(text, span))
        return found

    def _spans(self, text: str, terms: Sequence[tuple[int, int, int]]) -> list[TermSpan]:
        spans: list[TermSpan] = []
        for begin, end, phrase in terms:
            senses = self._senses.get(phrase)
            if senses is None:
                senses = self._senses[phrase] = self._senses_of(phrase)
            if spans and spans[-1].begin == begin and spans[-1].end == end:
                spans[-1].senses = (*spans[-1].senses, *senses)
            else:
                words = text[begin:end]
                spans.append(TermSpan(begin, end, 1 + words.count(" "), words.isupper(), senses))
        return spans

    def _senses_of(self, phrase: int) -> Senses:
        return tuple(sense for sense in self._dictionary.senses(phrase) if sense[0] != SHADOW)


def _is_plain_word(text: str, span: TermSpan) -> bool:
    if not span.is_capitals or text[span.begin : span.end] not in _ALSO_WORDS:
        return False
    around = text[max(0, span.begin - _CAPITALS_REACH) : span.begin] + text[span.end : span.end + _CAPITALS_REACH]
    letters = [c for c in around if c.isalpha()]
    return sum(c.isupper() for c in letters) * 2 > len(letters)
