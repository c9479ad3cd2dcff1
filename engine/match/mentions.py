"""One pass of the matcher over a document: the cues, and the spans that name something codable."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine._fastmatch import Roles
from engine.match.automaton import Dictionary
from engine.match.capitals import is_plain_word
from engine.match.composed import Composer
from engine.match.lexicon import ABBREVIATION, SHADOW
from engine.match.parts import Parts
from engine.match.term_span import Place, Senses, TermSpan

# A longer term in capitals is no abbreviation: it stands in a passage of them.
_LONGEST_ABBREVIATION = 7
_MOST_REMEMBERED = 32_768


class _Role(IntEnum):
    """What a phrase is for that is no term."""

    CUE = 0
    HINT = 1
    PART = 2


@dataclass(slots=True)
class Found:
    """What one pass finds, each by begin: all cues as (begin, end, number of the cue), term spans (the longest, none
    overlapping), all hints as (begin, end, number of the hint), and side words as (begin, end)."""

    cues: Sequence[Place]
    spans: list[TermSpan]
    hints: Sequence[Place]
    sides: list[tuple[int, int]]


class MentionFinder:
    """Reads documents with one compiled dictionary."""

    def __init__(self, path: Path) -> None:
        self._dictionary = Dictionary(path)
        self.content_hash = self._dictionary.content_hash
        about = self.about = self._dictionary.about
        parts = about["parts"]
        self._roles = Roles(_uses(about), phrases=self._dictionary.matcher.phrase_count, roles=len(_Role))
        pairs: dict[tuple[int, int], dict[int, int]] = {}
        for finding, site, code, side in parts["pairs"]:
            pairs.setdefault((finding, site), {})[side] = code
        self._composer = Composer(Parts([], parts["findings"], pairs, parts["alone"], parts["kept"]))
        self._senses = lru_cache(maxsize=_MOST_REMEMBERED)(self._read_senses)

    def find(self, text: str) -> Found:
        """Read a document once."""
        (cues, hints, parts), sides, terms = self._dictionary.matcher.find_in_roles(text, self._roles)
        spans, hidden = self._spans(text, terms)
        return Found(cues, self._composer.compose(text, parts, spans, hidden), hints, sides)

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


def _uses(about: Mapping[str, Any]) -> Iterator[tuple[int, int, int]]:
    """Yield (phrase, role, number) for each use of a phrase, by phrase; a form of several parts is of the last."""
    first_hint = len(about["cues"]) - about["hints"]
    uses: dict[int, list[tuple[int, int]]] = {}
    for cue, forms in enumerate(about["cues"]):
        use = (_Role.CUE, cue) if cue < first_hint else (_Role.HINT, cue - first_hint)
        for phrase in forms:
            uses.setdefault(phrase, []).append(use)
    parts = {phrase: part for part, forms in enumerate(about["parts"]["forms"]) for phrase in forms}
    for phrase, part in parts.items():
        uses.setdefault(phrase, []).append((_Role.PART, part))
    return ((phrase, role, number) for phrase in sorted(uses) for role, number in uses[phrase])


def _is_plain_word(text: str, span: TermSpan) -> bool:
    """Whether a span in capitals is the word that its term also is; those of the inventory are weighed later."""
    return span.abbreviation < 0 and is_plain_word(text, span.begin, span.end)
