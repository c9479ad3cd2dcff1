"""The development corpora, how each is run, and its counts by document.

What the corpora are and where they fall short: the data's own README files; what the numbers mean: engine/evaluation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import ROOT
from engine.evaluation import aci, codiesp, negex
from engine.evaluation.bootstrap import Measure, Values, f1_of, mean_of
from engine.evaluation.tally import Tally
from engine.pipeline import Pipeline

GOLD = ROOT.parent / "shared" / "data" / "gold"
MAP = "MAP"


@dataclass(frozen=True)
class Counted:
    """Counts by document: a tally for each measure, and average precisions where codes are ranked."""

    tallies: dict[str, Tally]
    precisions: Values

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures, each of which gives one figure: F1, or MAP."""
        return (*self.tallies, *((MAP,) if self.precisions.size else ()))

    @property
    def documents(self) -> int:
        """Documents, or sentences where these are what was labelled."""
        return len(next(iter(self.tallies.values())).right)

    def figure(self, measure: str) -> Measure:
        """Return how the figure of a measure is taken over drawn documents."""
        return mean_of(self.precisions) if measure == MAP else f1_of(self.tallies[measure])

    def is_of_same_gold(self, other: "Counted") -> bool:
        """Whether another run counted over the same documents with the same labels."""
        return self.tallies.keys() == other.tallies.keys() and all(
            np.array_equal(of_name.wanted, other.tallies[name].wanted) for name, of_name in self.tallies.items()
        )

    def to_json(self) -> dict[str, Any]:
        """Write the counts; documents have numbers, in order of their names, which are left out."""
        ranked = {MAP: " ".join(f"{value:.4f}" for value in self.precisions)} if self.precisions.size else {}
        return {**{name: of_name.to_json() for name, of_name in self.tallies.items()}, **ranked}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Counted":
        """Read what `to_json` wrote."""
        tallies = {name: Tally.from_json(value) for name, value in given.items() if name != MAP}
        return cls(tallies, np.array(given.get(MAP, "").split(), dtype=np.float64))


@dataclass(frozen=True)
class Measured:
    """A corpus as measured: scores as `chartcoder evaluate --json` gives them, and counts by document."""

    scores: dict[str, Any]
    counted: Counted
    chapters: dict[str, Tally] = field(default_factory=dict)
    sections: dict[str, Tally] = field(default_factory=dict)


def _measured_codes(result: codiesp.CodiEspResult | aci.AciResult) -> Measured:
    answers = result.answers
    # Rounded as they are kept, so that the same answers are no change.
    counted = Counted(result.tallies(), np.round(answers.average_precisions(), 4))
    return Measured(result.to_json(), counted, answers.by_chapter(), answers.by_section())


def _run_codiesp(folder: Path, pipeline: Pipeline) -> Measured:
    return _measured_codes(codiesp.evaluate(folder, pipeline.code, probe=pipeline, systems=pipeline.loaded_systems()))


def _run_aci(part: str) -> Callable[[Path, Pipeline], Measured]:
    return lambda path, pipeline: _measured_codes(aci.evaluate(path, pipeline.code, part=part, probe=pipeline))


def _run_negex(path: Path, pipeline: Pipeline) -> Measured:
    result = negex.evaluate(path, pipeline.read_context)
    return Measured(result.to_json(), Counted(result.tallies(), np.array([])))


@dataclass(frozen=True)
class Corpus:
    """A corpus: its place under the gold folder, how it is run, and whether a drop on it fails the gate."""

    name: str
    place: str
    run: Callable[[Path, Pipeline], Measured]
    is_headline: bool = True


NOTES, DIALOGUES = "aci dev, note", "aci dev, dialogue"
CORPORA = (
    Corpus("codiesp dev", "codiesp/dev", _run_codiesp),
    Corpus("codiesp train", "codiesp/train", _run_codiesp, is_headline=False),
    Corpus("negex dev", "negex/dev.tsv", _run_negex),
    Corpus(NOTES, "aci/dev.jsonl", _run_aci("note")),
    Corpus(DIALOGUES, "aci/dev.jsonl", _run_aci("dialogue")),
)
HEADLINES = tuple(corpus for corpus in CORPORA if corpus.is_headline)


def find_missing(gold: Path, corpora: Sequence[Corpus] = CORPORA) -> list[Path]:
    """List what is not there of the gold data."""
    return [gold / place for place in dict.fromkeys(c.place for c in corpora) if not (gold / place).exists()]


def measure(gold: Path, pipeline: Pipeline, corpora: Sequence[Corpus] = CORPORA) -> dict[str, Measured]:
    """Run corpora with one engine."""
    return {corpus.name: corpus.run(gold / corpus.place, pipeline) for corpus in corpora}
