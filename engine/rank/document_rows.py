"""The rows of a document's codes: what its mentions say of them (document.py), and what coded documents do.

Beside the candidates, each category that was read brings its siblings: codes that were right in coded documents where
the category was read. A sibling's row is that of the likeliest candidate of its category, with what is known of itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.rank import document, precedents
from engine.rank.document import CodeRates, Span, code_rows
from engine.rank.precedents import Precedents
from engine.rank.ranking import Ranked

FEATURES = document.FEATURES + precedents.FEATURES
_OF_CODE = document.FEATURES.index("rate_of_code")
_PLACE = document.FEATURES.index("place_among_rivals")

Title = Callable[[str], str]
# The words of a span in the text, what else is looked at of it, and its candidates by their own score.
RankedMention = tuple[str, Span, Ranked]
# Features of a term and a code, and the term.
_OfTerm = tuple[tuple[float, ...], str]


@dataclass(frozen=True, slots=True)
class Experience:
    """What coded documents have taught: rates of codes, precedents of terms and siblings."""

    rates: CodeRates
    precedents: Precedents


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
    firsts = {code[:3]: number for number, code in enumerate(codes) if rows[number, _PLACE] == 0}
    of_terms = _of_terms(mentions, experience)
    siblings = _siblings(firsts, set(codes), experience.precedents, title)
    own = [_more(code, of_terms[code][0], codes[firsts[code[:3]]], experience, title) for code in codes]
    numbers, others = [], []
    for category, of_category in siblings.items():
        number = firsts[category]
        first = codes[number]
        for code in of_category:
            rate = experience.rates.features(code)[0]
            of_term = experience.precedents.of_term(of_terms[first][1], code, title(code), rate)
            others.append((*_more(code, of_term, first, experience, title)[:-1], 1.0))
            numbers.append(number)
    codes = [*codes, *(code for of_category in siblings.values() for code in of_category)]
    beside = rows[numbers].copy()
    if numbers:
        beside[:, _OF_CODE:] = [experience.rates.features(code) for code in codes[len(own) :]]
    left = np.concatenate([rows, beside])
    right = np.array([*own, *others], dtype=np.float32)
    return DocumentRows(codes, np.concatenate([left, right], axis=1), siblings)


def _of_terms(mentions: Sequence[RankedMention], experience: Experience) -> dict[str, _OfTerm]:
    """Return what the most telling term of each code says of it."""
    best: dict[str, _OfTerm] = {}
    of_term, rate_of = experience.precedents.of_term, experience.rates.features
    for words, _, ranked in mentions:
        for candidate in ranked:
            code = candidate.code
            found = of_term(words, code, candidate.display, rate_of(code)[0])
            known = best.get(code)
            if known is None or found > known[0]:
                best[code] = found, words
    return best


def _siblings(
    firsts: dict[str, int], candidates: set[str], known: Precedents, title: Title
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for category in firsts:
        others = [code for code in known.siblings(category) if code not in candidates and title(code)]
        if others:
            found[category] = others
    return found


def _more(
    code: str, of_term: tuple[float, ...], first: str, experience: Experience, title: Title
) -> tuple[float, ...]:
    return (*of_term, *experience.precedents.of_code(code, title(code), first), 0.0)
