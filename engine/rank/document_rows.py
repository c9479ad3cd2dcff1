"""The rows of a document's codes: what its mentions say of them (document.py), and what coded documents do.

Beside the candidates, each category that was read brings its siblings: codes that were right in coded documents where
the category was read. A sibling's row is that of the likeliest candidate of its category, with what is known of itself.
"""

import struct
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.rank import document, precedents
from engine.rank.document import CodeRates, Span, code_rows
from engine.rank.precedents import Precedents
from engine.rank.ranking import Ranked

FEATURES = document.FEATURES + precedents.FEATURES
_OWN = len(document.FEATURES)
_OF_CODE = document.FEATURES.index("rate_of_code")
_PLACE = document.FEATURES.index("place_among_rivals")

Title = Callable[[str], str]
# The words of a span in the text, what else is looked at of it, and its candidates by their own score.
RankedMention = tuple[str, Span, Ranked]
_REMEMBERED = 16_384
_pack_of_term = struct.Struct(f"={precedents.OF_TERM}f").pack
# Features of a term and a code, the term, and the title of the code.
_OfTerm = tuple[tuple[float, ...], str, str]


class Experience:
    """What coded documents have taught: rates of codes, precedents of terms and siblings; remembers what was asked."""

    def __init__(self, rates: CodeRates, precedents: Precedents) -> None:
        self.rates = rates
        self.precedents = precedents
        self.of_term = lru_cache(maxsize=_REMEMBERED)(self._of_term)
        self.of_code = lru_cache(maxsize=_REMEMBERED)(self._of_code)
        self.rates_of = lru_cache(maxsize=_REMEMBERED)(self._rates_of)

    def _of_term(self, words: str, code: str, title: str) -> tuple[float, ...]:
        """Return what the words of a mention say of a code."""
        return self.precedents.of_term(words, code, title, self.rates.features(code)[0])

    def _of_code(self, code: str, title: str, first: str, is_sibling: bool) -> bytes:
        """Return the end of a code's row, as float32."""
        row = (*self.precedents.of_code(code, title, first), float(is_sibling))
        return np.array(row, dtype=np.float32).tobytes()

    def _rates_of(self, code: str) -> bytes:
        """Return what the counts and the code itself say, as float32."""
        return np.array(self.rates.features(code), dtype=np.float32).tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class DocumentRows:
    """The codes of a document, candidates before siblings; float32[codes, len(FEATURES)]; siblings by category."""

    codes: list[str]
    rows: NDArray[np.float32]
    siblings: dict[str, list[str]]


def document_rows(mentions: Sequence[RankedMention], experience: Experience, title: Title) -> DocumentRows:
    """Return the rows of a document; a sibling without a title is not in the release, and left out."""
    codes, rows = code_rows([span for _, span, _ in mentions], [ranked for *_, ranked in mentions], experience.rates)
    if not codes:
        return DocumentRows([], np.zeros((0, len(FEATURES)), dtype=np.float32), {})
    firsts = {codes[number][:3]: number for number in np.flatnonzero(rows[:, _PLACE] == 0).tolist()}
    of_terms = _of_terms(mentions, experience)
    siblings = _siblings(firsts, of_terms, experience.precedents, title)
    of_code = experience.of_code
    ends = [
        _pack_of_term(*of_terms[code][0]) + of_code(code, of_terms[code][2], codes[firsts[code[:3]]], False)
        for code in codes
    ]
    others: list[str] = []
    numbers: list[int] = []
    for category, of_category in siblings.items():
        first = codes[firsts[category]]
        words = of_terms[first][1]
        for code in of_category:
            named = title(code)
            ends.append(_pack_of_term(*experience.of_term(words, code, named)) + of_code(code, named, first, True))
            others.append(code)
            numbers.append(firsts[category])
    beside = rows[numbers]
    if others:
        beside[:, _OF_CODE:] = np.frombuffer(b"".join(map(experience.rates_of, others)), np.float32).reshape(
            len(others), -1
        )
    made = np.empty((len(codes) + len(others), len(FEATURES)), dtype=np.float32)
    made[: len(codes), :_OWN], made[len(codes) :, :_OWN] = rows, beside
    made[:, _OWN:] = np.frombuffer(b"".join(ends), np.float32).reshape(len(made), -1)
    return DocumentRows([*codes, *others], made, siblings)


def _of_terms(mentions: Sequence[RankedMention], experience: Experience) -> dict[str, _OfTerm]:
    """Return what the most telling term of each code says of it."""
    best: dict[str, _OfTerm] = {}
    of_term = experience.of_term
    for words, _, ranked in mentions:
        for candidate in ranked:
            code = candidate.code
            found = of_term(words, code, candidate.display)
            known = best.get(code)
            if known is None or found > known[0]:
                best[code] = found, words, candidate.display
    return best


def _siblings(
    firsts: dict[str, int], candidates: Container[str], known: Precedents, title: Title
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for category in firsts:
        others = [code for code in known.siblings(category) if code not in candidates and title(code)]
        if others:
            found[category] = others
    return found
