"""One pass of the matcher over a document: the cues, and the spans that name something codable."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine._fastmatch import NO_PHRASE
from engine.match.automaton import Dictionary
from engine.match.capitals import is_plain_word
from engine.match.composed import Composer
from engine.match.lexicon import ABBREVIATION, SHADOW
from engine.match.term_span import Place, Senses, TermSpan

# A longer term in capitals is no abbreviation: it stands in a passage of them.
_LONGEST_ABBREVIATION = 7
_MOST_REMEMBERED = 32_768


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
        about = self._dictionary.about
        first_hint = len(about["cues"]) - about["hints"]
        parts = about["parts"]
        cues: dict[int, list[int]] = {}
        hints: dict[int, list[int]] = {}
        for cue, forms in enumerate(about["cues"]):
            numbers, number = (cues, cue) if cue < first_hint else (hints, cue - first_hint)
            for phrase in forms:
                numbers.setdefault(phrase, []).append(number)
        # By phrase, what it is; most are one cue and no hint.
        self._cues = {phrase: tuple(numbers) for phrase, numbers in cues.items()}
        self._hints = {phrase: tuple(numbers) for phrase, numbers in hints.items()}
        self._parts = {phrase: part for part, forms in enumerate(parts["forms"]) for phrase in forms}
        pairs = {(finding, site): code for finding, site, code in parts["pairs"]}
        self._composer = Composer(parts["findings"], pairs)
        self._senses = lru_cache(maxsize=_MOST_REMEMBERED)(self._read_senses)

    def find(self, text: str) -> Found:
        """Read a document once."""
        others, terms = self._dictionary.matcher.find_apart(text)
        cues, hints, parts = self._cues, self._hints, self._parts
        placed = [(begin, end, parts[phrase]) for begin, end, phrase in others if phrase in parts]
        spans, hidden = self._spans(text, terms)
        return Found(
            [(begin, end, number) for begin, end, phrase in others if phrase in cues for number in cues[phrase]],
            self._composer.compose(text, placed, spans, hidden),
            [(begin, end, number) for begin, end, phrase in others if phrase in hints for number in hints[phrase]],
            [(begin, end) for begin, end, phrase in others if phrase == NO_PHRASE],
        )

    def _spans(self, text: str, terms: Sequence[Place]) -> tuple[list[TermSpan], list[tuple[int, int]]]:
        """Return the spans that name something codable, and those that hide what they hold."""
        spans: list[TermSpan] = []
        hidden: list[tuple[int, int]] = []
        last_begin = -1
        for begin, end, phrase in terms:
            senses = self._senses(phrase)
            if not senses:
                hidden.append((begin, end))
                continue
            if begin == last_begin:  # of the longest terms, those that begin alike end alike
                spans[-1].senses = (*spans[-1].senses, *senses)
                continue
            last_begin = begin
            words = text[begin:end]
            if senses[0][0] >= ABBREVIATION:
                spans.append(TermSpan(begin, end, 1, words.isupper(), (), senses[0][0] - ABBREVIATION))
            else:
                spans.append(
                    TermSpan(
                        begin,
                        end,
                        1 + words.count(" "),
                        end - begin <= _LONGEST_ABBREVIATION and words.isupper(),
                        senses,
                    )
                )
        return [span for span in spans if not (span.is_capitals and _is_plain_word(text, span))], hidden

    def _read_senses(self, phrase: int) -> Senses:
        return tuple(sense for sense in self._dictionary.senses(phrase) if sense[0] != SHADOW)


def _is_plain_word(text: str, span: TermSpan) -> bool:
    """Whether a span in capitals is the word that its term also is; those of the inventory are weighed later."""
    return span.abbreviation < 0 and is_plain_word(text, span.begin, span.end)
