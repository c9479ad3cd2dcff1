"""One pass of the matcher over a document: the cues, and the spans that name something codable."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.match.automaton import Dictionary
from engine.match.lexicon import SHADOW
from engine.match.reference import keep_longest
from engine.types import Match

# Abbreviations that are also words: in a passage written in capitals they are the words.
_ALSO_WORDS = frozenset(
    [
        "AS",
        "OR",
        "IT",
        "ALL",
        "AM",
        "AN",
        "ARE",
        "ART",
        "AT",
        "BE",
        "BED",
        "BID",
        "BIT",
        "BS",
        "CAN",
        "CAT",
        "CAD",
        "CAP",
        "CAR",
        "COLD",
        "DAM",
        "DO",
        "ED",
        "FEED",
        "FIT",
        "FOR",
        "GAS",
        "GET",
        "HAD",
        "HAS",
        "HE",
        "HEAD",
        "HER",
        "HIS",
        "HIT",
        "ICE",
        "IF",
        "IN",
        "IS",
        "LAD",
        "LAP",
        "LEG",
        "LID",
        "LIP",
        "ME",
        "MEN",
        "MI",
        "MET",
        "MS",
        "NO",
        "NOT",
        "OD",
        "OF",
        "OFF",
        "OLD",
        "ON",
        "OUR",
        "OUT",
        "PA",
        "PAD",
        "PAIN",
        "PAT",
        "PE",
        "PET",
        "PIN",
        "POP",
        "RAD",
        "RAN",
        "RASH",
        "RED",
        "ROD",
        "SAD",
        "SAID",
        "SAT",
        "SIT",
        "SO",
        "SOB",
        "TAB",
        "TEST",
        "THE",
        "TIP",
        "TO",
        "UP",
        "US",
        "VAST",
        "WAS",
        "WE",
        "WHO",
        "AIDS",
        "CARE",
        "FALL",
        "LIFE",
        "SARS",
    ]
)
_CAPITALS_REACH = 60


@dataclass(slots=True)
class TermSpan:
    """A span with the senses of the phrases found there, as (code number, origin + 16 * side)."""

    begin: int
    end: int
    words: int
    is_capitals: bool
    senses: list[tuple[int, int]]


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

    def find(self, text: str) -> tuple[list[Match], list[TermSpan]]:
        """Find cues (all, by begin; `pattern` is the cue's number) and term spans (longest, none overlapping)."""
        cues: list[Match] = []
        terms: list[tuple[int, int, int]] = []
        senses = self._dictionary.senses
        for hit in self._dictionary.matcher.find(text):
            for cue in self._cues.get(hit[2], ()):
                cues.append(Match(hit[0], hit[1], cue))
            if self._dictionary.has_senses(hit[2]):
                terms.append(hit)
        cues.sort(key=lambda match: (match.begin, match.end))
        spans: list[TermSpan] = []
        for begin, end, phrase in keep_longest(terms):
            if spans and spans[-1].begin == begin and spans[-1].end == end:
                spans[-1].senses.extend(senses(phrase))
            else:
                spans.append(self._span(text, begin, end, senses(phrase)))
        for span in spans:
            span.senses = [sense for sense in span.senses if sense[0] != SHADOW]
        return cues, [span for span in spans if span.senses and not _is_plain_word(text, span)]

    def _span(self, text: str, begin: int, end: int, senses: Sequence[tuple[int, int]]) -> TermSpan:
        words = text[begin:end].split()
        return TermSpan(begin, end, len(words), text[begin:end].isupper(), list(senses))


def _is_plain_word(text: str, span: TermSpan) -> bool:
    if not span.is_capitals or text[span.begin : span.end] not in _ALSO_WORDS:
        return False
    around = text[max(0, span.begin - _CAPITALS_REACH) : span.begin] + text[span.end : span.end + _CAPITALS_REACH]
    letters = [c for c in around if c.isalpha()]
    return sum(c.isupper() for c in letters) * 2 > len(letters)
