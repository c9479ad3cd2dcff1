"""Search in a release by code, words, beginnings of words, and misspellings; the shell and the server share it.

A code or its beginning comes first, then what the words find (`search_passes`). What is found in a category is shown
as the billable code that the category stands for, and the category itself a little further down.
"""

import heapq
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import Protocol

from codesets.errors import NoReleaseError
from codesets.search_file import flat_code
from codesets.search_open import open_search
from codesets.search_passes import Found, find_words
from codesets.search_score import MatchKind
from codesets.snapshot import Snapshot
from codesets.store import is_in_force
from codesets.types import ENDED, System
from codesets.words import content_words

__all__ = ["MAX_QUERY_CHARACTERS", "MatchKind", "SearchHit", "search_codes", "searched_releases"]

MAX_QUERY_CHARACTERS = 200
_MAX_CODES = 1000


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A code found; `matched_term` is the term or heading that matched, "" if the title or the code did.

    `score` is in [0, 1] and ranks hits of one query only.
    """

    system: System
    code: str
    title: str
    billable: bool
    score: float
    match: MatchKind
    matched_term: str = ""


class SearchableReleases(Protocol):
    """What the search needs of the store."""

    def release(self, system: System, day: date | None = None, /) -> Snapshot: ...
    def systems(self) -> Sequence[System]: ...


def search_codes(
    releases: SearchableReleases,
    query: str,
    *,
    systems: Sequence[System] = (),
    day: date | None = None,
    billable_only: bool = False,
    limit: int = 20,
    offset: int = 0,
) -> list[SearchHit]:
    """Return hits `offset` to `offset + limit`, best first; the same query gives the same hits.

    No `systems` are all of `searched_releases`. Raises NoReleaseError.
    """
    searches = [_Search(snapshot, query) for snapshot in searched_releases(releases, systems, day)]
    streams = [search.found(billable_only=billable_only) for search in searches]
    merged = heapq.merge(*streams, key=lambda pair: -pair[1].score) if len(streams) > 1 else chain(*streams)
    return [search.hit(found) for search, found in islice(merged, offset, offset + limit)]


def searched_releases(
    releases: SearchableReleases, systems: Sequence[System] = (), day: date | None = None
) -> list[Snapshot]:
    """Return the releases of systems in force on a day; without systems, of all that have one.

    A system that has ended (ICD-9-CM) is then left out, but for days before its end. Raises NoReleaseError if a system
    that is named has none, or if there is none at all.
    """
    if systems:
        return [releases.release(system, day) for system in dict.fromkeys(systems)]
    found = []
    for system in releases.systems():
        with suppress(NoReleaseError):
            snapshot = releases.release(system, day)
            if system not in ENDED or (day is not None and is_in_force(snapshot.release, day)):
                found.append(snapshot)
    return found or [releases.release(System.ICD10CM, day)]


class _Search:
    """One query over one release."""

    def __init__(self, snapshot: Snapshot, query: str) -> None:
        self._snapshot = snapshot
        self._index = open_search(snapshot)
        self._query = query[:MAX_QUERY_CHARACTERS].strip()

    def found(self, *, billable_only: bool) -> Iterator[tuple["_Search", Found]]:
        """Yield what is found, best first, each code once."""
        seen: set[int] = set()
        for found in chain(self._codes(), find_words(self._index, content_words(self._query))):
            if found.node not in seen and not (billable_only and not self._snapshot.billable_at(found.node)):
                seen.add(found.node)
                yield self, found

    def hit(self, found: Found) -> SearchHit:
        """Return what is found as the caller sees it."""
        snapshot, node = self._snapshot, found.node
        return SearchHit(
            system=snapshot.release.system,
            code=snapshot.code_at(node),
            title=snapshot.title_at(node),
            billable=snapshot.billable_at(node),
            score=round(found.score, 4),
            match=found.kind,
            matched_term=self._term(found),
        )

    def _term(self, found: Found) -> str:
        if found.entry < 0:
            return ""
        term, node = self._index.term_at(found.entry), self._index.nodes[found.entry]
        return term or (self._snapshot.title_at(node) if node != found.node else "")

    def _codes(self) -> Iterator[Found]:
        """Yield the codes that are, or begin with, the query, with or without its dot or a closing dash."""
        wanted = flat_code(self._query).rstrip("-")
        if not wanted.isalnum() or not any(character.isdigit() for character in wanted):
            return
        code_at, by_code = self._snapshot.code_at, self._index.by_code
        at = bisect_left(by_code, wanted, key=lambda number: flat_code(code_at(number)))
        for node in by_code[at : at + _MAX_CODES]:
            code = flat_code(code_at(node))
            if not code.startswith(wanted):
                return
            kind = MatchKind.CODE if code == wanted else MatchKind.CODE_PREFIX
            yield Found(1.0 if kind is MatchKind.CODE else 0.9, node, -1, kind)
