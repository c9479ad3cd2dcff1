"""`chartcoder evaluate`: accuracy on a named corpus in its own published format."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from engine.cli.settings import open_engine
from engine.config import Config
from engine.evaluation import aci, codiesp, negex
from engine.pipeline import Pipeline

Tick = Callable[[int, int], None]


class Result(Protocol):
    """What an evaluation gives."""

    def to_json(self) -> dict[str, Any]: ...
    def errors(self, limit: int) -> list[str]: ...


@click.command()
@click.argument("corpus", type=click.Choice(["codiesp", "negex", "aci"]))
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--errors", "limit", type=click.IntRange(0), default=0, help="Also list this many errors of each kind in context."
)
@click.option(
    "--part",
    type=click.Choice(["note", "dialogue"]),
    default="note",
    help="What of an aci visit is read.",
    show_default=True,
)
@click.pass_obj
def evaluate(config: Config, corpus: str, path: Path, as_json: bool, limit: int, part: str) -> None:
    """Measure accuracy on gold data: CodiEsp split folder, NegEx table, ACI JSON lines.

    --errors prints the text around each error: for development on openly licensed corpora, never on patients' charts.
    """
    pipeline = open_engine(config).pipeline
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(corpus, total=None)
        result = _run(corpus, path, part, pipeline, lambda done, total: bar.update(task, completed=done, total=total))
    scores = result.to_json()
    if as_json:
        click.echo(json.dumps(scores))
    else:
        Console().print(_table(corpus, scores))
    for line in result.errors(limit) if limit else ():
        click.echo(line)


def _run(corpus: str, path: Path, part: str, pipeline: Pipeline, tick: Tick) -> Result:
    if corpus == "codiesp":
        return codiesp.evaluate(path, pipeline.code, tick=tick)
    if corpus == "aci":
        return aci.evaluate(path, pipeline.code, part=part, tick=tick)
    return negex.evaluate(path, pipeline.read_context)


def _table(corpus: str, scores: dict[str, Any]) -> Table:
    table = Table(title=corpus)
    for name in ("measure", "precision", "recall", "F1"):
        table.add_column(name, justify="left" if name == "measure" else "right")
    for name, value in _flat("", scores):
        if isinstance(value, dict):
            table.add_row(name, *(f"{value[key]:.3f}" for key in ("p", "r", "f1")))
        elif name != "corpus":
            table.add_row(name, "", "", f"{value:.3f}" if isinstance(value, float) else str(value))
    return table


def _flat(prefix: str, scores: dict[str, Any]) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in scores.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and "f1" not in value:
            rows.extend(_flat(f"{name} ", value))
        else:
            rows.append((name, value))
    return rows
