"""Counts document by document, so that figures can be resampled and two runs compared on the same documents."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.metrics import Score

Counts = NDArray[np.int64]
# Documents in order, each with the codes that are right, wrong and missed in it.
Judged = Iterable[tuple[str, tuple[set[str], set[str], set[str]]]]


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Right, wrong and missed answers of each document: int64[documents] each, in the order of the documents."""

    right: Counts
    wrong: Counts
    missed: Counts

    @classmethod
    def of_rows(cls, rows: Iterable[Sequence[int]]) -> "Tally":
        """Gather (right, wrong, missed) of documents."""
        table = np.array(list(rows), dtype=np.int64).reshape(-1, 3)
        return cls(table[:, 0], table[:, 1], table[:, 2])

    @property
    def wanted(self) -> Counts:
        """The answers wanted of each document: those two runs over the same gold have in common."""
        return self.right + self.missed

    def score(self) -> Score:
        """Pool the documents."""
        return Score(int(self.right.sum()), int(self.wrong.sum()), int(self.missed.sum()))

    def to_json(self) -> dict[str, str]:
        """Write each row of counts as one string, for files that people look into."""
        return {name: " ".join(map(str, getattr(self, name))) for name in ("right", "wrong", "missed")}

    @classmethod
    def from_json(cls, given: Mapping[str, str]) -> "Tally":
        """Read what `to_json` wrote; raises KeyError or ValueError on anything else."""
        return cls(*(np.array(given[name].split(), dtype=np.int64) for name in ("right", "wrong", "missed")))


def judge(
    gold: Mapping[str, Iterable[str]], given: Mapping[str, Iterable[str]], write: Callable[[str], str] = str
) -> Judged:
    """Yield each document of the gold, by name, with its right, wrong and missed codes, put through `write`."""
    for document in sorted(gold):
        want = {write(code) for code in gold[document]}
        got = {write(code) for code in given.get(document, ())}
        yield document, (want & got, got - want, want - got)


def tally(judged: Judged) -> Tally:
    """Count the codes of each document."""
    return Tally.of_rows((len(right), len(wrong), len(missed)) for _, (right, wrong, missed) in judged)


def tally_by(judged: Judged, label: Callable[[str, str], str]) -> dict[str, Tally]:
    """Count apart the codes that `label(document, code)` names alike; every tally has all documents."""
    rows: dict[str, dict[int, list[int]]] = {}
    documents = 0
    for number, (document, kinds) in enumerate(judged):
        documents += 1
        for kind, codes in enumerate(kinds):
            for code in codes:
                rows.setdefault(label(document, code), {}).setdefault(number, [0, 0, 0])[kind] += 1
    nothing = [0, 0, 0]
    return {
        name: Tally.of_rows(of_label.get(number, nothing) for number in range(documents))
        for name, of_label in rows.items()
    }
