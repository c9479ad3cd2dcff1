"""What the words of a query find in a compiled index, best first.

A query is tried in passes: every word as it is written; as the beginning of a word or a misspelling, or two words
written as one; and where nothing has them all, most of them. Entries are numbered in ranking order, so a pass has its
best finds first: those are scored one by one (`search_score`); the rest keep the index's order. So time is bounded
whatever the query.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from codesets.defaults import NO_DEFAULT
from codesets.search_file import SearchFile
from codesets.search_score import FLOORS, MatchKind, Scorer, Word
from codesets.words import variants

# Words of a query that are looked up; nobody types more.
_MAX_WORDS = 12
# Entries of a pass that are scored one by one.
_SCORED = 200
# Of a beginning that fits more entries than this, the best of each of its words are read.
_MAX_READ = 8_000
_HEADS, _HEADS_OF_MANY = 8, 4_000
# From this many on, whole lists are intersected rather than each entry read; and after some, the best are enough.
_FEW, _MANY, _LISTS = 300, 800, 3
_HEADING_STEP = 0.06


@dataclass(frozen=True, slots=True)
class Found:
    """A node found, with its score in [0, 1] and the entry that led to it (-1: its code did)."""

    score: float
    node: int
    entry: int
    kind: MatchKind


def find_words(index: SearchFile, texts: Sequence[str]) -> Iterator[Found]:
    """Yield what words find, best first; a node may come more than once."""
    texts = list(dict.fromkeys(texts))[:_MAX_WORDS]
    words = [Word(index, text) for text in texts]
    if not words:
        return
    search = _Passes(index)
    exact = search.pass_of(words, MatchKind.WORDS)
    is_empty = not exact
    yield from search.ranked([(MatchKind.WORDS, words, exact)])
    loose = [(kind, words, search.pass_of(words, kind)) for kind in (MatchKind.WORD_PREFIXES, MatchKind.SPELLING)]
    for other in variants(texts):
        if all(map(index.exact, other)):
            rewritten = [Word(index, text) for text in other]
            loose.append((MatchKind.SPELLING, rewritten, search.pass_of(rewritten, MatchKind.WORDS)))
    yield from search.ranked(loose)
    if is_empty and not any(entries for _, _, entries in loose):
        yield from search.ranked([(MatchKind.SOME_WORDS, words, search.most_of(words))])


class _Passes:
    """Passes over one index."""

    def __init__(self, index: SearchFile) -> None:
        self._index = index
        self._scored: set[int] = set()

    def pass_of(self, words: Sequence[Word], kind: MatchKind) -> Sequence[int]:
        """List the entries that hold every word, in the index's order."""
        groups = sorted((word.ranges(kind) for word in words), key=self._size)
        if not all(groups):
            return ()
        if len(groups) == 1:
            return self._of_one(groups[0])
        held = self._best(groups[0])
        for done, group in enumerate(groups[1:], 1):
            if len(held) > _FEW and done < _LISTS:
                held = set().union(*(held.intersection(self._index.entries(words)) for words in group))
                continue
            best = sorted(held)[:_MANY] if len(held) > _MANY else held
            return sorted(entry for entry in best if self._holds(entry, groups[done:]))
        return sorted(held)

    def most_of(self, words: Sequence[Word]) -> Sequence[int]:
        """List the entries with the most of the words, for want of any with all."""
        counts: Counter[int] = Counter()
        read = 0
        groups = [group for word in words if (group := word.ranges(MatchKind.WORDS) or word.ranges(MatchKind.SPELLING))]
        for group in sorted(groups, key=self._size):
            read += self._size(group)
            if counts and read > _MAX_READ:
                break
            counts.update(self._best(group))
        most = max(counts.values(), default=0)
        best: list[int] = []
        while most and len(best) < _SCORED:
            best += sorted(entry for entry, count in counts.items() if count == most)
            most -= 1
        return best[:_MAX_READ]

    def _size(self, group: Iterable[range]) -> int:
        at = self._index.posting_at
        return sum(at[words.stop] - at[words.start] for words in group)

    def _union(self, group: Sequence[range]) -> set[int]:
        return set(chain.from_iterable(self._index.entries(words) for words in group))

    def _of_one(self, group: Sequence[range]) -> Sequence[int]:
        is_single = len(group) == 1 and len(group[0]) == 1
        return self._index.entries(group[0]) if is_single else sorted(self._best(group, heads=_HEADS))

    def _best(self, group: Sequence[range], *, heads: int = _HEADS_OF_MANY) -> set[int]:
        """Return the entries of some words; where they are too many, the first of each word."""
        if self._size(group) <= _MAX_READ:
            return self._union(group)
        numbers = chain.from_iterable(group)
        return set(chain.from_iterable(self._index.entries(range(n, n + 1))[:heads] for n in numbers))

    def _holds(self, entry: int, groups: Sequence[Sequence[range]]) -> bool:
        words = self._index.words_at(entry)
        return all(any(word in wanted for wanted in group for word in words) for group in groups)

    def ranked(self, passes: Sequence[tuple[MatchKind, Sequence[Word], Sequence[int]]]) -> Iterator[Found]:
        """Yield the first entries of some passes by score, then the rest of each."""
        scored: list[tuple[float, int, int, MatchKind]] = []
        for kind, words, entries in passes:
            score = Scorer(self._index, words, kind).score
            for entry in entries[:_SCORED]:
                if entry not in self._scored:
                    self._scored.add(entry)
                    scored += self._nodes(entry, score(entry), kind)
        for cost, entry, node, kind in sorted(scored):
            yield Found(-cost, node, entry, kind)
        for kind, _, entries in passes:
            for entry in islice(entries, _SCORED, None):
                for cost, _, node, _ in self._nodes(entry, FLOORS[kind], kind):
                    yield Found(-cost, node, entry, kind)

    def _nodes(self, entry: int, score: float, kind: MatchKind) -> list[tuple[float, int, int, MatchKind]]:
        """List the nodes that an entry leads to: the code it stands for, and the category itself a step below."""
        node = self._index.nodes[entry]
        default = self._index.defaults[node]
        if default in (node, NO_DEFAULT):
            return [(-score, entry, node, kind)]
        return [(-score, entry, default, kind), (-max(FLOORS[kind], score - _HEADING_STEP), entry, node, kind)]
