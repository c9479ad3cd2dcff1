"""Measures accuracy on the development gold data and keeps the result: python -m tools.accuracy [--data FOLDER].

Corpora and their caveats: the data's own README files; what the numbers mean: engine/evaluation. Only figures are
written, to bench/results/accuracy-<date>-<commit>.md and .json.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bench.report import RESULTS, ROOT, read_commit
from codesets.index import index_files
from engine.config import Config, default_directory
from engine.evaluation import aci, codiesp, negex
from engine.live import Live
from engine.pipeline import Pipeline
from engine.types import Chart, Document

GOLD = ROOT.parent / "shared" / "data" / "gold"
# F1 to reach on development data.
TARGETS = {("codiesp dev", "full"): 0.45, ("codiesp dev", "category"): 0.58, ("negex dev", "negation"): 0.94}


@dataclass(frozen=True)
class Line:
    """One measure on one corpus; `count` is of documents, or of sentences."""

    corpus: str
    measure: str
    precision: float
    recall: float
    f1: float
    mean_average_precision: float | None
    count: int
    target: float | None


def _run_codiesp(folder: Path, pipeline: Pipeline) -> dict[str, Any]:
    return codiesp.evaluate(folder, pipeline.code).to_json()


def _run_negex(path: Path, pipeline: Pipeline) -> dict[str, Any]:
    return negex.evaluate(path, pipeline.read_context).to_json()


def _run_aci(part: str) -> Callable[[Path, Pipeline], dict[str, Any]]:
    return lambda path, pipeline: aci.evaluate(path, pipeline.code, part=part).to_json()


# Name, place under the gold folder, how it is run, the measures shown.
CORPORA: tuple[tuple[str, str, Callable[[Path, Pipeline], dict[str, Any]], tuple[str, ...]], ...] = (
    ("codiesp dev", "codiesp/dev", _run_codiesp, ("full", "category")),
    ("codiesp train", "codiesp/train", _run_codiesp, ("full", "category")),
    ("negex dev", "negex/dev.tsv", _run_negex, ("negation", "historical", "experiencer")),
    ("aci dev, note", "aci/dev.jsonl", _run_aci("note"), ("exact", "category")),
    ("aci dev, dialogue", "aci/dev.jsonl", _run_aci("dialogue"), ("exact", "category")),
)


def find_missing(gold: Path) -> list[Path]:
    """List what is not there of the gold data."""
    return [gold / place for place in dict.fromkeys(corpus[1] for corpus in CORPORA) if not (gold / place).exists()]


def measure(gold: Path, pipeline: Pipeline, tell: Callable[[str], None]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each corpus with its scores, as `chartcoder evaluate --json` gives them."""
    for name, place, run, _ in CORPORA:
        begin = time.perf_counter()
        scores = run(gold / place, pipeline)
        tell(f"{name}: {time.perf_counter() - begin:.1f} s")
        yield name, scores


def read_lines(scores: dict[str, dict[str, Any]]) -> Iterator[Line]:
    """Yield the measures of all corpora."""
    for name, _, _, measures in CORPORA:
        found = scores[name]
        count = found.get("documents", found.get("rows", 0))
        for label in measures:
            values = found[label]
            ranking = found.get("map") if label == measures[0] else None
            target = TARGETS.get((name, label))
            yield Line(name, label, values["p"], values["r"], values["f1"], ranking, count, target)


def _cells(line: Line) -> list[str]:
    numbers = (line.precision, line.recall, line.f1, line.mean_average_precision, line.target)
    return [line.corpus, line.measure, *("" if n is None else f"{n:.3f}" for n in numbers), str(line.count)]


HEADINGS = ("corpus", "measure", "P", "R", "F1", "MAP", "want F1", "count")


def format_markdown(lines: Sequence[Line], about: dict[str, Any]) -> str:
    """Lay the lines out for the results folder."""
    rows = [f"| {' | '.join(_cells(line))} |" for line in lines]
    head = [f"# Accuracy of {about['date']}", "", *(f"- {key}: {value}" for key, value in about.items()), ""]
    return "\n".join([*head, f"| {' | '.join(HEADINGS)} |", "|---|---|--:|--:|--:|--:|--:|--:|", *rows, ""])


def format_table(lines: Sequence[Line]) -> Table:
    """Lay the lines out for the terminal."""
    table = Table(title="accuracy on development data", box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if number < 2 else "right", no_wrap=True, min_width=5)
    for line in lines:
        missed = line.target is not None and line.f1 < line.target
        table.add_row(*_cells(line), style="red" if missed else None)
    return table


def describe(pipeline: Pipeline, home: Path) -> dict[str, Any]:
    """Say what is measured: the day, the commit, the dictionary and ranker, the imported indexes."""
    header = pipeline.header(Chart("accuracy", (Document("-"),)))
    models = {name: content_hash[:12] for name, content_hash in header.models}
    indexes = ", ".join(f"{index.kind} {index.version}" for index in index_files(home)) or "none"
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": read_commit(),
        **models,
        "imported indexes": indexes,
    }


def main() -> int:
    """Measure, print one table, write the two files."""
    parser = argparse.ArgumentParser(prog="python -m tools.accuracy", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=GOLD, help=f"the gold data (default: {GOLD})")
    parser.add_argument(
        "--home", type=Path, default=default_directory(), help="compiled code sets (default: %(default)s)"
    )
    given = parser.parse_args()
    console, aside = Console(), Console(stderr=True)
    missing = find_missing(given.data)
    if missing:
        aside.print(
            f"accuracy: no gold data at {missing[0]}; name its folder with --data (it is not part of the project)"
        )
        return 2
    pipeline = Live.open(Config(home=given.home), progress=aside.print).pipeline
    scores = dict(measure(given.data, pipeline, aside.print))
    lines, about = list(read_lines(scores)), describe(pipeline, given.home)
    console.print(format_table(lines))
    path = RESULTS / f"accuracy-{about['date']}-{about['commit'].removesuffix('+')}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".md").write_text(format_markdown(lines, about), encoding="utf-8")
    kept = {"about": about, "lines": [asdict(line) for line in lines], "scores": scores}
    path.with_suffix(".json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    aside.print(f"{path.with_suffix('.md')} and .json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
