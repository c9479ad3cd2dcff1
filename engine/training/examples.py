"""What a ranker learns from: documents as it will see them, with the codes that are right for them."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache

from codesets.snapshot import Snapshot
from engine.rank.document_rows import RankedMention
from engine.rank.precedents import CodedDocument

FOLDS = 5
# How a corpus writes a code.
Writer = Callable[[str], str]


def fold_of(chart_id: str) -> int:
    """Return the part of the data that a chart is in, by its name alone."""
    return int(hashlib.sha256(chart_id.encode()).hexdigest(), 16) % FOLDS


@dataclass(frozen=True, slots=True)
class Example:
    """A document as ranked by its mentions' own scores, the codes that are right for it, and its fold.

    `right` are codes of the release.
    """

    mentions: tuple[RankedMention, ...]
    right: frozenset[str]
    fold: int

    @property
    def coded(self) -> CodedDocument:
        """What is counted of it."""
        terms = ((words, tuple(candidate.code for candidate in ranked)) for words, _, ranked in self.mentions)
        return CodedDocument(tuple(terms), self.right)


class GoldReader:
    """Finds the codes of a release that a gold label means, by how the corpus writes codes."""

    def __init__(self, snapshot: Snapshot, write: Writer = str) -> None:
        self._snapshot = snapshot
        self._write = write
        self._written = lru_cache(maxsize=None)(self._written_codes)

    def right_codes(self, candidates: Collection[str], wanted: Collection[str]) -> frozenset[str]:
        """Return the candidates that the gold wants, and for each other label of theirs the code that it means."""
        right = {code for code in candidates if self._write(code) in wanted}
        left = sorted(set(wanted) - {self._write(code) for code in right})
        codes = (self._written(label[:3].upper()).get(label) for label in left)
        return frozenset(right.union(code for code in codes if code is not None))

    def _written_codes(self, category: str) -> dict[str, str]:
        """Return the billable code of a category for each label; of several, the one that says least."""
        number = self._snapshot.index_of(category)
        written: dict[str, str] = {}
        while 0 <= number < len(self._snapshot) and (code := self._snapshot.code_at(number)).startswith(category):
            label = self._write(code)
            if self._snapshot.is_billable(code) and (label not in written or self._says_less(code, written[label])):
                written[label] = code
            number += 1
        return written

    def _says_less(self, code: str, other: str) -> bool:
        here, there = (self._snapshot.title(one).lower().count("unspecified") for one in (code, other))
        return here > there
