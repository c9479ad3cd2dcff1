"""Search in a release by code, words, beginnings of words, and misspellings; the shell and the server share it.

Every title, inclusion term and term of our own lexicon ("heart attack") is an entry. Entries are numbered from the
shortest to the longest, so each word's list of entries is already in ranking order: an entry that holds the query's
words and little else comes first, and the search stops as soon as it has what was asked for.
"""

import heapq
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import chain, islice
from typing import Protocol, TypeAlias

from codesets.lexicon import read_lexicon
from codesets.types import Note, NoteKind, Release, System
from codesets.words import bigrams_of, edit_distance, split_words

MAX_QUERY_CHARACTERS = 200
# array is generic for type checkers only, before Python 3.12.
_Postings: TypeAlias = "dict[str, array[int]]"
_TERMS = (NoteKind.INCLUSION_TERM, NoteKind.INCLUDES)
_STOP_WORDS = frozenset(("a", "an", "and", "for", "in", "of", "on", "or", "the", "to"))
# A beginning that fits more words than this says too little to be worth reading them all.
_MAX_EXPANSION = 500
# Entries read in one pass at most: bounds the time of a query of very common words.
_MAX_READ = 30_000


class MatchKind(StrEnum):
    """How a hit was found, best first."""

    CODE = "CODE"
    CODE_PREFIX = "CODE_PREFIX"
    WORDS = "WORDS"
    WORD_PREFIXES = "WORD_PREFIXES"
    SPELLING = "SPELLING"
    SOME_WORDS = "SOME_WORDS"


# The score of a pass: its floor, and what covering the whole entry adds.
_SCORES = {
    MatchKind.CODE: (1.0, 0.0),
    MatchKind.CODE_PREFIX: (0.9, 0.0),
    MatchKind.WORDS: (0.6, 0.29),
    MatchKind.WORD_PREFIXES: (0.4, 0.19),
    MatchKind.SPELLING: (0.2, 0.19),
    MatchKind.SOME_WORDS: (0.0, 0.19),
}


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A code found; `matched_term` is the inclusion or lexicon term that matched, "" if title or code did.

    `score` is in [0, 1] and ranks hits of one query only.
    """

    system: System
    code: str
    title: str
    billable: bool
    score: float
    match: MatchKind
    matched_term: str = ""


class SearchableSnapshot(Protocol):
    """What the search needs of a release."""

    @property
    def release(self) -> Release: ...
    def __len__(self) -> int: ...
    def __hash__(self) -> int: ...
    def index_of(self, code: str) -> int: ...
    def code_at(self, number: int) -> str: ...
    def title_at(self, number: int) -> str: ...
    def billable_at(self, number: int) -> bool: ...
    def notes_at(self, number: int) -> Sequence[Note]: ...


class SearchableReleases(Protocol):
    """What the search needs of the store."""

    def release(self, system: System, day: date | None = None, /) -> SearchableSnapshot: ...


def search_codes(
    releases: SearchableReleases,
    query: str,
    *,
    systems: Sequence[System] = (System.ICD10CM,),
    day: date | None = None,
    billable_only: bool = False,
    limit: int = 20,
    offset: int = 0,
) -> list[SearchHit]:
    """Return hits `offset` to `offset + limit`, best first; the same query gives the same hits.

    Raises NoReleaseError.
    """
    streams = [_index(releases.release(system, day)).find(query, billable_only=billable_only) for system in systems]
    merged = heapq.merge(*streams, key=lambda hit: -hit.score)
    return list(islice(merged, offset, offset + limit))


def _flat(code: str) -> str:
    return code.replace(".", "").upper()


class SearchIndex:
    """An inverted index over one release; built in well under a second, then only read."""

    def __init__(self, snapshot: SearchableSnapshot) -> None:
        self._snapshot = snapshot
        self._by_code = array("I", sorted(range(len(snapshot)), key=lambda number: _flat(snapshot.code_at(number))))
        entries = [(words, note, number, term) for words, note, number, term in _entries(snapshot) if words]
        entries.sort(key=lambda entry: (len(entry[0]), entry[1], entry[2]))
        self._vocabulary = sorted({word for entry in entries for word in entry[0]})
        ids = {word: number for number, word in enumerate(self._vocabulary)}
        self._nodes = array("I", [number for _, _, number, _ in entries])
        self._terms = {entry: term for entry, (_, _, _, term) in enumerate(entries) if term}
        self._words, self._word_at = array("I"), array("I", [0])
        self._postings = [array("I") for _ in ids]
        for entry, (words, _, _, _) in enumerate(entries):
            numbers = [ids[word] for word in words]
            self._words.extend(numbers)
            self._word_at.append(len(self._words))
            for number in set(numbers):
                self._postings[number].append(entry)
        self._bigrams = _index_bigrams(self._vocabulary)

    def find(self, query: str, *, billable_only: bool = False) -> Iterator[SearchHit]:
        """Yield hits, best first, each code once."""
        seen: set[int] = set()
        for kind, number, entry, cover in self._matches(query):
            if number in seen or (billable_only and not self._snapshot.billable_at(number)):
                continue
            seen.add(number)
            floor, span = _SCORES[kind]
            yield SearchHit(
                system=self._snapshot.release.system,
                code=self._snapshot.code_at(number),
                title=self._snapshot.title_at(number),
                billable=self._snapshot.billable_at(number),
                score=round(floor + span * cover, 4),
                match=kind,
                matched_term=self._terms.get(entry, ""),
            )

    def _matches(self, query: str) -> Iterator[tuple[MatchKind, int, int, float]]:
        yield from self._code_matches(query)
        words = split_words(query[:MAX_QUERY_CHARACTERS])
        words = [word for word in words if word not in _STOP_WORDS] or words
        if not words:
            return
        exact = [self._exact(word) for word in words]
        prefixes = [self._prefixed(word) for word in words]
        spellings = [found or self._misspelt(word) for word, found in zip(words, prefixes, strict=True)]
        is_empty = True
        for kind, groups in (
            (MatchKind.WORDS, exact),
            (MatchKind.WORD_PREFIXES, prefixes),
            (MatchKind.SPELLING, spellings),
        ):
            for entry in self._entries_with_all(groups):
                is_empty = False
                yield kind, self._nodes[entry], entry, self._cover(entry, len(words))
        if is_empty:
            yield from self._some_words([found or near for found, near in zip(exact, spellings, strict=True)])

    def _code_matches(self, query: str) -> Iterator[tuple[MatchKind, int, int, float]]:
        wanted = _flat(query.strip())
        if not wanted or not wanted.isalnum() or not any(character.isdigit() for character in wanted):
            return
        code_at = self._snapshot.code_at
        at = bisect_left(self._by_code, wanted, key=lambda number: _flat(code_at(number)))
        for number in self._by_code[at : at + 1000]:
            code = _flat(code_at(number))
            if not code.startswith(wanted):
                return
            yield (MatchKind.CODE if code == wanted else MatchKind.CODE_PREFIX), number, -1, 0.0

    def _exact(self, word: str) -> range:
        at = bisect_left(self._vocabulary, word)
        return range(at, at + 1) if at < len(self._vocabulary) and self._vocabulary[at] == word else range(0)

    def _prefixed(self, word: str) -> range:
        if len(word) < 2 or word.isdigit():
            return self._exact(word)
        begin = bisect_left(self._vocabulary, word)
        end = bisect_left(self._vocabulary, word + "\uffff", lo=begin)
        return range(begin, min(end, begin + _MAX_EXPANSION))

    def _misspelt(self, word: str) -> list[int]:
        """List the words of the release that are nearest to `word`, at most one edit away, or two if it is long."""
        most = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        if not most or any(character.isdigit() for character in word):
            return []
        shared = Counter(chain.from_iterable(self._bigrams.get(bigram, ()) for bigram in bigrams_of(word)))
        near: dict[int, list[int]] = {1: [], 2: []}
        for number, count in shared.items():
            other = self._vocabulary[number]
            if count >= len(word) + 1 - 3 * most and abs(len(other) - len(word)) <= most:
                distance = edit_distance(word, other, most=most)
                if distance <= most:
                    near[max(distance, 1)].append(number)
        return sorted(near[1] or near[2])

    def _entries_with_all(self, groups: Sequence[Collection[int]]) -> Iterator[int]:
        """Yield the entries that hold a word of every group, shortest first."""
        if not all(groups):
            return
        driver = min(groups, key=self._size)
        others = [frozenset(group) for group in groups if group is not driver]
        for entry in islice(self._merged(driver), _MAX_READ):
            words = self._words[self._word_at[entry] : self._word_at[entry + 1]]
            if not any(other.isdisjoint(words) for other in others):
                yield entry

    def _size(self, group: Iterable[int]) -> int:
        return sum(len(self._postings[word]) for word in group)

    def _merged(self, group: Collection[int]) -> Iterator[int]:
        last = -1
        for entry in heapq.merge(*(self._postings[word] for word in group)):
            if entry != last:
                yield entry
            last = entry

    def _some_words(self, groups: Sequence[Collection[int]]) -> Iterator[tuple[MatchKind, int, int, float]]:
        """Yield the entries with most of the words, when none has them all."""
        counts: Counter[int] = Counter()
        for group in groups:
            if self._size(group) <= _MAX_READ // 3:
                counts.update(set(self._merged(group)))
        best = heapq.nsmallest(1000, counts.items(), key=lambda item: (-item[1] / len(groups), item[0]))
        for entry, count in best:
            yield MatchKind.SOME_WORDS, self._nodes[entry], entry, count / (len(groups) + 1)

    def _cover(self, entry: int, words: int) -> float:
        return min(1.0, words / (self._word_at[entry + 1] - self._word_at[entry]))


def _entries(snapshot: SearchableSnapshot) -> Iterator[tuple[list[str], bool, int, str]]:
    for number in range(len(snapshot)):
        yield split_words(snapshot.title_at(number)), False, number, ""
        for note in snapshot.notes_at(number):
            if note.kind in _TERMS:
                yield split_words(note.text), True, number, note.text
    for entry in read_lexicon(snapshot.release.system):
        if (number := snapshot.index_of(entry.code)) >= 0:
            yield split_words(entry.term), entry.weak, number, entry.term


def _index_bigrams(vocabulary: Sequence[str]) -> _Postings:
    index: _Postings = {}
    for number, word in enumerate(vocabulary):
        for bigram in bigrams_of(word):
            index.setdefault(bigram, array("I")).append(number)
    return index


@lru_cache(maxsize=8)
def _index(snapshot: SearchableSnapshot) -> SearchIndex:
    return SearchIndex(snapshot)
