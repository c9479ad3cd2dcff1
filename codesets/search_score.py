"""How well an entry of the index answers a query: how much of it the query covers, how common its code is.

An entry that is the query, word for word, is best; words that stand together are better than words apart; a billable
code is better than a heading without a default.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from math import log2

from codesets.defaults import NO_DEFAULT
from codesets.search_file import SearchFile

# A beginning of fewer letters says too little to be one.
_MIN_PREFIX = 2
_PREFIX_QUALITY, _PREFIX_SPAN, _MANY_USES = 0.65, 0.15, 13
_NOTHING = (0.0, 0)


class MatchKind(StrEnum):
    """How a hit was found, best first."""

    CODE = "CODE"
    CODE_PREFIX = "CODE_PREFIX"
    WORDS = "WORDS"
    WORD_PREFIXES = "WORD_PREFIXES"
    SPELLING = "SPELLING"
    SOME_WORDS = "SOME_WORDS"


# The lowest score of a pass, and what a perfect match adds. A perfect misspelling may precede a poor beginning.
FLOORS = {
    MatchKind.WORDS: 0.5,
    MatchKind.WORD_PREFIXES: 0.25,
    MatchKind.SPELLING: 0.25,
    MatchKind.SOME_WORDS: 0.0,
}
_SPANS = {
    MatchKind.WORDS: 0.39,
    MatchKind.WORD_PREFIXES: 0.24,
    MatchKind.SPELLING: 0.24,
    MatchKind.SOME_WORDS: 0.24,
}
# What makes a match perfect; the parts add up to 1.
_COVER, _WHOLE, _TOGETHER, _COMMON, _BILLABLE = 0.55, 0.1, 0.05, 0.2, 0.1


class Word:
    """A word of the query, and the words of the index that it may be."""

    def __init__(self, index: SearchFile, text: str) -> None:
        self._index = index
        self._text = text
        self.exact = index.exact(text)

    @cached_property
    def prefixed(self) -> range:
        """The words it begins, itself among them."""
        is_short = len(self._text) < _MIN_PREFIX or self._text.isdigit()
        return self.exact if is_short else self._index.prefixed(self._text)

    @cached_property
    def near(self) -> dict[int, float]:
        """The words it may be a misspelling of."""
        # What was taken for a plural may be none: "herpies" is no plural of "herpie".
        return self._index.near(self._text) or self._index.near(f"{self._text}s")

    @cached_property
    def share(self) -> float:
        """How much it tells: rare words tell more."""
        count = len(self._index.entries(self.exact or self.prefixed)) or 16
        return log2(2 + len(self._index.nodes) / count)

    def quality(self, number: int, kind: MatchKind) -> float:
        """Return how well a word of an entry fits: 1 is the very word."""
        if number in self.exact:
            return 1.0
        if kind is MatchKind.WORDS:
            return 0.0
        near = self.near.get(number, 0.0) if kind is not MatchKind.WORD_PREFIXES else 0.0
        if number not in self.prefixed:
            return near
        # Of the words that begin so, the one meant is more often the one that much is called by.
        uses = len(self._index.entries(range(number, number + 1)))
        return max(near, _PREFIX_QUALITY + _PREFIX_SPAN * min(1.0, log2(1 + uses) / _MANY_USES))

    def ranges(self, kind: MatchKind) -> list[range]:
        """List the words that it may be in a pass, as ranges."""
        if kind is MatchKind.WORDS:
            return [self.exact] if self.exact else []
        whole = [self.prefixed] if self.prefixed else []
        if kind is MatchKind.WORD_PREFIXES:
            return whole
        return whole + [range(number, number + 1) for number in self.near if number not in self.prefixed]


class Scorer:
    """Scores the entries of one pass."""

    def __init__(self, index: SearchFile, words: Sequence[Word], kind: MatchKind) -> None:
        self._index, self._words, self._kind = index, words, kind
        self._floor, self._span = FLOORS[kind], _SPANS[kind]
        self._shares = [word.share for word in words]
        self._exact = [word.exact.start for word in words] if all(word.exact for word in words) else []
        self._weight = sum(index.word_weights[number] for number in self._exact)
        self._fits: dict[int, tuple[tuple[int, float], ...]] = {}

    def score(self, entry: int) -> float:
        """Return the score of an entry, between the floors of its pass and the next better one."""
        index = self._index
        numbers = index.words_at(entry)
        # Where every word is there as written, what the long way would find is known.
        if all(number in numbers for number in self._exact) and self._exact:
            match = self._match_as_written(entry, numbers)
            told = 1.0
        else:
            match, told = self._match(entry, numbers)
        node = index.nodes[entry]
        perfect = match + _COMMON * index.priors[node] / 255 + _BILLABLE * (index.defaults[node] != NO_DEFAULT)
        return self._floor + self._span * perfect * (told if self._kind is MatchKind.SOME_WORDS else 1.0)

    def _match_as_written(self, entry: int, numbers: list[int]) -> float:
        exact = self._exact
        at = numbers.index(exact[0])
        cover = min(1.0, self._weight / self._index.weights[entry])
        is_together = numbers[at : at + len(exact)] == exact
        return _COVER * cover + _WHOLE * (len(numbers) == len(exact)) + _TOGETHER * is_together

    def _match(self, entry: int, numbers: list[int]) -> tuple[float, float]:
        """Return how well words match, and how much of what the query tells they are."""
        best: dict[int, tuple[float, int]] = {}
        for at, number in enumerate(numbers):
            for word, quality in self._fitting(number):
                if quality > best.get(word, _NOTHING)[0]:
                    best[word] = quality, at
        told = sum(self._shares[word] * quality for word, (quality, _) in best.items()) / sum(self._shares)
        weights = self._index.word_weights
        covered = sum(quality * weights[numbers[at]] for quality, at in best.values())
        cover = min(1.0, covered / self._index.weights[entry])
        places = [best[word][1] for word in sorted(best)]
        is_together = all(after == before + 1 for before, after in pairwise(places))
        return (_COVER * cover + _TOGETHER * is_together) * told, told

    def _fitting(self, number: int) -> tuple[tuple[int, float], ...]:
        """Return which words of the query a word of the index fits, and how well; worked out when first asked."""
        found = self._fits.get(number)
        if found is None:
            qualities = ((at, word.quality(number, self._kind)) for at, word in enumerate(self._words))
            found = self._fits[number] = tuple((at, quality) for at, quality in qualities if quality)
        return found
