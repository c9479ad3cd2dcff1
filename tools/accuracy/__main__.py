"""Measures accuracy on the development gold data and keeps the result: python -m tools.accuracy [--data FOLDER].

Only figures and counts are written: bench/results/accuracy-<date>-<commit>.md and .json, and the floors that CI holds
the engine to.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.report import RESULTS, read_commit
from codesets.index import index_files
from engine.config import Config, default_directory
from engine.evaluation.tally import Tally
from engine.live import Live
from engine.pipeline import Pipeline
from engine.switches import SWITCHES
from engine.types import Chart, Document
from tools.accuracy.ablation import Worth, find_worth
from tools.accuracy.corpora import GOLD, HEADLINES, Measured, find_missing, measure
from tools.accuracy.floor import FLOOR, Floors, find_fallen, floors_of, raise_floors, read_floors, write_floors
from tools.accuracy.lines import Line, read_lines
from tools.accuracy.previous import read_previous
from tools.accuracy.sheets import Sheet, ablation_sheet, cause_sheet, chapter_sheet, headline_sheet, section_sheet

# Wide enough for a row with its intervals, whatever the terminal.
_WIDTH = 230


def describe(pipeline: Pipeline, home: Path) -> dict[str, str]:
    """Say what is measured: the day, the commit, the dictionary and ranker, the imported indexes."""
    header = pipeline.header(Chart("accuracy", (Document("-"),)))
    models = {name: content_hash[:12] for name, content_hash in header.models}
    indexes = ", ".join(f"{index.kind} {index.version}" for index in index_files(home)) or "none"
    today = datetime.now(UTC).date().isoformat()
    return {"date": today, "commit": read_commit(), **models, "imported indexes": indexes}


def keep(
    folder: Path,
    about: Mapping[str, str],
    sheets: Sequence[Sheet],
    *,
    lines: Sequence[Line],
    measured: Mapping[str, Measured],
    worths: Sequence[Worth],
) -> Path:
    """Write the two files of a result; returns the path of the data."""
    path = folder / f"accuracy-{about['date']}-{about['commit'].removesuffix('+')}"
    head = [f"# Accuracy of {about['date']}", "", *(f"- {key}: {value}" for key, value in about.items()), ""]
    page = "\n".join([*head, *(sheet.to_markdown() for sheet in sheets)])
    kept: dict[str, Any] = {
        "about": about,
        "lines": [asdict(line) for line in lines],
        "ablation": [asdict(worth) for worth in worths],
        "scores": {name: found.scores for name, found in measured.items()},
        "counts": {name: found.counted.to_json() for name, found in measured.items()},
        "parts": {
            "chapters": {name: _totals(found.chapters) for name, found in measured.items()},
            "sections": {name: _totals(found.sections) for name, found in measured.items()},
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".md").write_text(page, encoding="utf-8")
    path.with_suffix(".json").write_text(json.dumps(_rounded(kept), indent=1) + "\n", encoding="utf-8")
    return path.with_suffix(".json")


def _totals(tallies: Mapping[str, Tally]) -> dict[str, list[int]]:
    scores = {label: of_label.score() for label, of_label in sorted(tallies.items())}
    return {label: [score.right, score.wrong, score.missed] for label, score in scores.items()}


def _rounded(value: Any) -> Any:
    """Round to what is meant: files of two runs differ only where figures do."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, 5) if isinstance(value, float) else value


def hold_floors(path: Path, lines: Sequence[Line], *, result: str, may_lower: bool) -> list[str]:
    """Renew the floors by the headline figures, unless some fell by more than their noise; returns what fell."""
    names = {corpus.name for corpus in HEADLINES}
    headlines = [line for line in lines if line.corpus in names]
    floors = read_floors(path)
    fallen = [] if may_lower else list(find_fallen(floors.figures, headlines))
    if not fallen:
        figures = raise_floors(floors.figures, floors_of(headlines), may_lower=may_lower)
        write_floors(Floors(figures, result), path)
    return fallen


def main() -> int:
    """Measure, print the tables, write the files; status 1 if a headline figure fell by more than its noise."""
    given = _arguments()
    console, aside = Console(width=_WIDTH), Console(stderr=True)
    missing = find_missing(given.data)
    if missing:
        aside.print(
            f"accuracy: no gold data at {missing[0]}; name its folder with --data (it is not part of the project)"
        )
        return 2
    pipeline = Live.open(Config(home=given.home), progress=aside.print).pipeline
    measured, about = measure(given.data, pipeline), describe(pipeline, given.home)
    previous = read_previous(about["commit"])
    lines = list(read_lines(measured, previous))
    parts = SWITCHES if given.ablation else {}
    worths = list(find_worth(given.data, given.home, measured, aside.print, parts))
    before = f"{previous.about['commit']} of {previous.about['date']}" if previous.about else "none"
    sheets = [headline_sheet(lines, before), cause_sheet(measured), chapter_sheet(measured, previous)]
    sheets += [section_sheet(measured, previous)]
    sheets += [ablation_sheet(worths, parts, lines)] if worths else []
    for sheet in sheets:
        console.print(sheet.to_table())
    result = keep(given.results, about, sheets, lines=lines, measured=measured, worths=worths)
    aside.print(f"{result} and {result.with_suffix('.md').name}")
    fallen = hold_floors(given.floor, lines, result=result.name, may_lower=given.lower)
    for what in fallen:
        aside.print(f"accuracy fell: {what}", style="red")
    aside.print(f"{given.floor}: " + ("left as it was; LOWER=1 accepts what fell" if fallen else "renewed"))
    return 1 if fallen else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.accuracy", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=GOLD, help=f"the gold data (default: {GOLD})")
    parser.add_argument(
        "--home", type=Path, default=default_directory(), help="compiled code sets (default: %(default)s)"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results are kept (default: %(default)s)")
    parser.add_argument("--floor", type=Path, default=FLOOR, help="the floors (default: %(default)s)")
    parser.add_argument("--no-ablation", dest="ablation", action="store_false", help="leave the ablation out")
    parser.add_argument("--lower", action="store_true", help="accept figures that fell as the new floors")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
