"""What each abbreviation of a document means: by its definition in the chart, else by what stands around it.

A definition decides alone. Otherwise each meaning is weighed by its prior, the words beside and near, the section, the
note type, what else the document spells out, and the chapters of what is named nearby. One that is likely enough is
taken; where none is, the meanings stay beside each other and the finding says so.
"""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from engine.match.abbreviations import (
    BESIDE,
    IN_KIND,
    MEASURED,
    MOST_NEAR,
    MOST_OF_CHAPTER,
    NEAR,
    NEAR_AGAIN,
    OF_CHAPTER,
    PLAIN_WORD,
    SPELLED_OUT,
    Entry,
    Meaning,
    fold,
)
from engine.match.capitals import is_plain_word
from engine.match.term_span import Senses, TermSpan
from engine.types import Origin

LIKELY = 0.75
# From this on a meaning needs no evidence beside its prior to be sure.
SURE = 0.9
# Under this it is no diagnosis that anybody should look at.
UNLIKELY = 0.25
_REACH = 100
_NEIGHBOURS = 3
# The share of a long form that may stand before the term in it.
_MOST_UNREAD = 0.4
_MOST_REMEMBERED = 16_384
# How much of a document is searched for the names of meanings: what an author spells out, he spells out early.
_SEARCHED = 200_000
# Initials of a person: "Dr. CD", "AB CD, M.D.", "AF is a 50-year-old".
_NAME_BEFORE = ("Dr. ", "Mr. ", "Mrs. ", "Ms. ", "Dr ")
_NAME_AFTER = re.compile(r",? (?:M\.?D\b|D\.?O\b|is an? \d)")
# The bits of a sense that hold its origin; above them is its side.
_ORIGIN = 15
_STOPS = ".,;:!?()[]\n"
# A number or a model ("CF-H180"), but no year, nor the number of a type, grade or event ("DM 2", "MI x 2").
_MEASUREMENT = re.compile(r"[ -](?!(?:19|20)\d\d\b)\d(?:\d|[.,]\d)|-[A-Z]{1,2}\d\d")

Placed = tuple[TermSpan, str]
Find = Callable[[str], Sequence[TermSpan]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What of a document bears on its abbreviations; `categories` are those of the terms it spells out."""

    text: str
    small: str
    kind: str
    categories: frozenset[str]
    known: dict[str, bool] = field(default_factory=dict)

    def spells_out(self, meaning: Meaning) -> bool:
        """Whether the document names a meaning in other words: a diagnosis by its code, what is none by its name."""
        if meaning.category:
            return meaning.category in self.categories
        if meaning.name not in self.known:
            self.known[meaning.name] = _holds(self.small, meaning.name)
        return self.known[meaning.name]


def _holds(text: str, name: str) -> bool:
    """Whether a text has a name in whole words."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not text[max(0, at - 1) : at].isalnum() and not text[end : end + 1].isalnum():
            return True
        at = text.find(name, at + 1)
    return False


class AbbreviationReader:
    """Resolves the abbreviations among the spans of a document.

    `entries` are numbered as the dictionary numbers them, `code_at` gives a code by its number, and `find` the terms
    of a long form. `content_hash` tells which inventory they come from.
    """

    def __init__(
        self, entries: Sequence[Entry], *, code_at: Callable[[int], str], find: Find, content_hash: str = ""
    ) -> None:
        self.content_hash = content_hash
        self._entries = entries
        self._listed = frozenset(entry.text for entry in entries)
        self._find = find
        self._category = lru_cache(maxsize=_MOST_REMEMBERED)(lambda number: code_at(number)[:3])

    def add_defined(self, text: str, spans: Sequence[TermSpan], definitions: Mapping[str, str]) -> list[TermSpan]:
        """Return the spans with those of abbreviations that the inventory lacks but the chart defines, in order.

        A term that reads the same gives way; a longer one does not.
        """
        added: dict[tuple[int, int], TermSpan] = {}
        for short, long in definitions.items():
            senses = () if short in self._listed else self._senses_of(long)
            if senses:
                for found in re.finditer(rf"(?<![\w-]){re.escape(short)}(?![\w-])", text):
                    added[found.span()] = TermSpan(*found.span(), 1, False, senses)
        if not added:
            return list(spans)
        kept = [span for span in spans if (span.begin, span.end) not in added]
        begins, ends = [span.begin for span in kept], [span.end for span in kept]
        free = [span for (begin, end), span in added.items() if bisect_right(ends, begin) == bisect_left(begins, end)]
        return sorted([*kept, *free], key=lambda span: span.begin)

    def resolve(
        self, text: str, placed: Sequence[Placed], *, kind: str = "", definitions: Mapping[str, str]
    ) -> list[Placed]:
        """Return the spans (with the names of their sections) that name a diagnosis, abbreviations resolved.

        `definitions` are those of the chart (engine.match.definitions). Spans come and go in order.
        """
        at = [number for number, (span, _) in enumerate(placed) if span.abbreviation >= 0]
        if not at:
            return list(placed)
        are_plain = all(self._entries[placed[number][0].abbreviation].is_plain for number in at)
        around = Surroundings(text, "", kind, frozenset()) if are_plain else self._surroundings(text, placed, kind)
        resolved: list[Placed | None] = list(placed)
        for number in at:
            span = self._resolve_one(around, placed, number, definitions)
            resolved[number] = (span, placed[number][1]) if span else None
        return [one for one in resolved if one is not None]

    def _resolve_one(
        self, around: Surroundings, placed: Sequence[Placed], number: int, definitions: Mapping[str, str]
    ) -> TermSpan | None:
        span = placed[number][0]
        entry = self._entries[span.abbreviation]
        written = around.text[span.begin : span.end]
        if not entry.is_written(written) or _is_name(around.text, span):
            return None
        if definitions and (defined := definitions.get(written) or definitions.get(entry.text)):
            return self._defined(span, entry, defined)
        if entry.is_plain:
            is_word = entry.is_upper and is_plain_word(around.text, span.begin, span.end)
            return None if is_word else self._plain(around.text, span, entry)
        return self._weigh(around, placed, number)

    def _surroundings(self, text: str, placed: Sequence[Placed], kind: str) -> Surroundings:
        spelled = {sense[0] for span, _ in placed if span.abbreviation < 0 for sense in span.senses[:1]}
        return Surroundings(text, text[:_SEARCHED].lower(), kind.lower(), frozenset(map(self._category, spelled)))

    def _defined(self, span: TermSpan, entry: Entry, long: str) -> TermSpan | None:
        folded = fold(long)
        for meaning in entry.meanings:
            if _says_the_same(folded, fold(meaning.name)):
                return self._chosen(span, meaning, is_sure=True)
        senses = self._senses_of(long)
        return _with_senses(span, senses, is_sure=True) if senses else None

    def _senses_of(self, long: str) -> Senses:
        """Return the senses of the term that a long form is, none if it is no term but holds a small one at most."""
        terms = self._find(long)
        is_term = bool(terms) and terms[-1].end == len(long) and terms[-1].begin <= _MOST_UNREAD * len(long)
        return terms[-1].senses if is_term else ()

    def _plain(self, text: str, span: TermSpan, entry: Entry) -> TermSpan | None:
        if not entry.is_sure and _MEASUREMENT.match(text, span.end):
            return None
        return self._chosen(span, entry.meanings[0], is_sure=entry.is_sure)

    def _chosen(self, span: TermSpan, meaning: Meaning, *, is_sure: bool) -> TermSpan | None:
        if meaning.number < 0:
            return None
        return _with_code(span, meaning.number, meaning.origin, is_sure=is_sure)

    def _weigh(self, around: Surroundings, placed: Sequence[Placed], number: int) -> TermSpan | None:
        span, section = placed[number]
        entry = self._entries[span.abbreviation]
        chapters = self._chapters(placed, number)
        near, before, after = _windows(around.text, span)
        words = frozenset(near.split())
        measured = MEASURED if _MEASUREMENT.match(around.text, span.end) else 0.0
        evidence = [
            _beside(meaning, before, after)
            + _near(meaning, near, words)
            + meaning.by_section.get(section, 0.0)
            + (IN_KIND if around.kind and any(kind in around.kind for kind in meaning.kinds) else 0.0)
            + (SPELLED_OUT if around.spells_out(meaning) else 0.0)
            + min(MOST_OF_CHAPTER, OF_CHAPTER * chapters.count(meaning.category[:1] or "-"))
            - (measured if meaning.number >= 0 else 0.0)
            for meaning in entry.meanings
        ]
        odds = [math.exp(meaning.prior + found) for meaning, found in zip(entry.meanings, evidence, strict=True)]
        total = sum(odds)
        if entry.is_upper and is_plain_word(around.text, span.begin, span.end):
            total += math.exp(max(meaning.prior for meaning in entry.meanings) + PLAIN_WORD)
        by_code: dict[int, float] = {}
        for meaning, value in zip(entry.meanings, odds, strict=True):
            by_code[meaning.number] = by_code.get(meaning.number, 0.0) + value / total
        return self._decide(span, entry, by_code, is_supported=max(evidence) > 0)

    def _decide(
        self, span: TermSpan, entry: Entry, by_code: dict[int, float], *, is_supported: bool
    ) -> TermSpan | None:
        diagnoses = {number: weight for number, weight in by_code.items() if number >= 0}
        best = max(diagnoses, key=lambda number: (diagnoses[number], -number))
        if diagnoses[best] >= LIKELY:
            is_sure = is_supported or diagnoses[best] >= SURE
            return _with_code(span, best, entry.origin_of(best), is_sure=is_sure)
        if sum(diagnoses.values()) < UNLIKELY:
            return None
        doubts = sorted(((weight, number) for number, weight in diagnoses.items()), key=lambda d: (-d[0], d[1]))
        return TermSpan(
            span.begin, span.end, span.words, span.is_capitals, (), -1, False,
            tuple((weight, ((number, int(entry.origin_of(number))),)) for weight, number in doubts),
        )  # fmt: skip

    def _chapters(self, placed: Sequence[Placed], number: int) -> list[str]:
        """List the first letters of the codes of the terms nearest to a span, abbreviations of one meaning too."""
        begin, end = placed[number][0].begin - _REACH, placed[number][0].end + _REACH
        letters: list[str] = []
        for at in range(max(0, number - _NEIGHBOURS), min(len(placed), number + _NEIGHBOURS + 1)):
            other = placed[at][0]
            if at == number or other.end < begin or other.begin > end:
                continue
            code = self._first_code(other)
            if code >= 0:
                letters.append(self._category(code)[0])
        return letters

    def _first_code(self, span: TermSpan) -> int:
        if span.abbreviation < 0:
            return span.senses[0][0] if span.senses else -1
        entry = self._entries[span.abbreviation]
        return entry.meanings[0].number if entry.is_plain else -1


def _with_code(span: TermSpan, number: int, origin: Origin, *, is_sure: bool) -> TermSpan:
    return _with_senses(span, ((number, int(origin)),), is_sure=is_sure)


def _with_senses(span: TermSpan, senses: Senses, *, is_sure: bool) -> TermSpan:
    """Give a span its meaning; one that says too little to bill stays for the ranking to judge."""
    is_sure = is_sure and senses[0][1] & _ORIGIN == Origin.LEXICON
    return TermSpan(span.begin, span.end, span.words, span.is_capitals and not is_sure, senses, is_resolved=is_sure)


def _windows(text: str, span: TermSpan) -> tuple[str, str, str]:
    """Return the folded words near a span, those directly before it and directly after it ("" beyond punctuation)."""
    before, after = text[max(0, span.begin - _REACH) : span.begin], text[span.end : span.end + _REACH]
    folded_before, folded_after = fold(before), fold(after)
    near = folded_before + folded_after
    return (
        near,
        "" if before.rstrip(" ")[-1:] in _STOPS else folded_before,
        "" if after.lstrip(" ")[:1] in _STOPS else folded_after,
    )


def _beside(meaning: Meaning, before: str, after: str) -> float:
    is_before = bool(before and meaning.before) and before.endswith(meaning.before)
    is_after = bool(after and meaning.after) and after.startswith(meaning.after)
    return BESIDE * (is_before + is_after)


def _near(meaning: Meaning, near: str, words: frozenset[str]) -> float:
    hits = len(meaning.words & words) + len([part for part in meaning.parts if part in near])
    return min(MOST_NEAR, NEAR + NEAR_AGAIN * (hits - 1)) if hits else 0.0


def _is_name(text: str, span: TermSpan) -> bool:
    """Whether what stands there are somebody's initials."""
    return text.endswith(_NAME_BEFORE, 0, span.begin) or _NAME_AFTER.match(text, span.end) is not None


def _says_the_same(long: str, name: str) -> bool:
    """Whether a long form as written is a meaning's name, give or take endings and small words."""
    if name in long or long in name:
        return True
    mine, theirs = long.split(), name.split()
    shared = sum(any(word[:5] == other[:5] for other in theirs) for word in mine)
    return shared * 2 > max(len(mine), len(theirs))
