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


def score_sets(gold: Mapping[str, Iterable[str]], given: Mapping[str, Iterable[str]]) -> Score:
    """Compare code sets document by document, over the documents of `gold`."""
    right = wrong = missed = 0
    for document, wanted in gold.items():
        want, got = set(wanted), set(given.get(document, ()))
        right += len(want & got)
        wrong += len(got - want)
        missed += len(want - got)
    return Score(right, wrong, missed)


def mean_average_precision(gold: Mapping[str, Iterable[str]], ranked: Mapping[str, Sequence[str]]) -> float:
    """Return MAP over the documents of `gold`; repeated codes of a ranking count once, at their first place."""
    total = 0.0
    for document, wanted in gold.items():
        want = set(wanted)
        hits, precision = 0, 0.0
        for place, code in enumerate(dict.fromkeys(ranked.get(document, ())), 1):
            if code in want:
                hits += 1
                precision += hits / place
        total += precision / len(want) if want else 0.0
    return total / len(gold) if gold else 0.0
