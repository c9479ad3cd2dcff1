"""Set and ranking measures over (document, code) pairs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of right, wrong and missed answers, pooled over documents (micro)."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Right among given; 0 when nothing was given."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        """Right among wanted; 0 when nothing was wanted."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / (2 * self.right + self.wrong + self.missed) if self.right else 0.0

    def to_json(self) -> dict[str, float]:
        """Return p, r and f1, rounded to four places."""
        return {"p": round(self.precision, 4), "r": round(self.recall, 4), "f1": round(self.f1, 4)}


def average_precisions(gold: Mapping[str, Iterable[str]], ranked: Mapping[str, Sequence[str]]) -> list[float]:
    """Return the average precision of each document of `gold`, in order of name; MAP is their mean.

    Repeated codes of a ranking count once, at their first place.
    """
    found: list[float] = []
    for document in sorted(gold):
        want = set(gold[document])
        hits, precision = 0, 0.0
        for place, code in enumerate(dict.fromkeys(ranked.get(document, ())), 1):
            if code in want:
                hits += 1
                precision += hits / place
        found.append(precision / len(want) if want else 0.0)
    return found
