"""`chartcoder evaluate`: accuracy on a named corpus in its own published format."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import click

from engine.cli.evaluate_routing import measure_routing, routing_tables, write_plot
from engine.cli.progress import Bar
from engine.cli.settings import open_engine
from engine.cli.streams import write_line
from engine.config import Config
from engine.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from engine.evaluation.coded import Answers
    from engine.evaluation.reliability import Judgement
    from engine.evaluation.risk import Recorder
    from engine.pipeline import Pipeline

Tick = Callable[[int, int], None]


class Result(Protocol):
    """What an evaluation gives."""

    def to_json(self) -> dict[str, Any]: ...
    def errors(self, limit: int) -> list[str]: ...
    def judgements(self) -> "Sequence[Judgement]": ...


@runtime_checkable
class OfDocuments(Protocol):
    """What an evaluation of whole documents has besides: the answers beside their gold."""

    @property
    def answers(self) -> "Answers": ...


@click.command()
@click.argument("corpus", type=click.Choice(["codiesp", "negex", "aci", "golden"]))
@click.argument("path", type=click.Path(exists=True, path_type=Path), metavar="PATH")
@click.option("--json", "as_json", is_flag=True, help='Print one JSON object; with --errors it has a list "errors".')
@click.option(
    "--errors",
    "limit",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Also list N errors of each kind and cause, in context.",
)
@click.option(
    "--part",
    type=click.Choice(["note", "dialogue"]),
    default="note",
    show_default=True,
    help="aci: what of a visit is read.",
)
@click.option("--routing", is_flag=True, help="codiesp, aci: also what needs no person, by confidence and by policy.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="With --routing, the curve as SVG.")
@click.option(
    "--diagram",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="codiesp, aci: draw the reliability diagram of confidence as SVG.",
)
@click.pass_obj
def evaluate(
    config: Config,
    corpus: str,
    path: Path,
    as_json: bool,
    limit: int,
    part: str,
    routing: bool,
    plot: Path | None,
    diagram: Path | None,
) -> None:
    """Measure accuracy on gold labels, in the corpus's own format.

    \b
    chartcoder evaluate codiesp corpus/dev               folder with text_files_en/ and *D.tsv, *P.tsv
    chartcoder evaluate negex negex_testkit.tsv          table of phrases, sentences and labels
    chartcoder evaluate aci visits.jsonl --json          JSON lines: encounter_id, note, dialogue, icd10cm
    chartcoder evaluate golden tests/golden              TOML files of charts with their whole claims
    chartcoder evaluate codiesp corpus/dev --errors 20   errors to learn from

    Each missed code is traced to what it was lost to: a rule, the context of its mention, a rival, the threshold, a
    code of the same category; or nothing was matched, though the words of its title may stand there.

    Confidence is measured on what is suggested: expected calibration error and Brier score, by code system, setting and
    chapter (--json: "calibration"), and the precision of the surer half.

    --routing takes the codes from the surest down: at a precision, how many codes and how many whole charts need no
    person; and what the policy in force (setting routing_policy) sends where, by rule.

    --errors prints the text around each error: for openly licensed corpora, never for patients' charts.
    """
    if (routing and corpus == "negex") or (plot and not routing):
        raise click.UsageError("--routing is for codiesp and aci, and --plot goes with it")
    if diagram is not None and corpus not in ("codiesp", "aci"):
        raise click.UsageError(f"--diagram: {corpus} has no confidence, want codiesp or aci")
    pipeline = open_engine(config).pipeline
    from engine.evaluation.risk import Recorder

    recorder = Recorder(pipeline.code)
    bar = Bar(corpus, total=None)
    bar.arm()
    try:
        result = _run(corpus, path, part, pipeline, recorder, bar.advance)
    finally:
        bar.close()
    scores, errors = result.to_json(), result.errors(limit) if limit else []
    measured = measure_routing(corpus, result.answers, recorder) if routing and isinstance(result, OfDocuments) else {}
    if plot:
        write_plot(plot, corpus, measured)
    if diagram is not None:
        _draw(diagram, corpus, result.judgements())
    if as_json:
        scores |= {"routing": measured} if measured else {}
        write_line(json.dumps(scores | ({"errors": errors} if limit else {}), ensure_ascii=False))
        return
    _print_table(corpus, scores)
    _print_routing(measured)
    if "calibration" in scores:
        _print_reliability(result.judgements(), scores["calibration"])
    for line in errors:
        write_line(line)


def _run(corpus: str, path: Path, part: str, pipeline: "Pipeline", code_chart: "Recorder", tick: Tick) -> Result:
    from engine.evaluation import aci, codiesp, golden, negex

    try:
        if corpus == "codiesp":
            return codiesp.evaluate(path, code_chart, probe=pipeline, tick=tick, systems=pipeline.loaded_systems())
        if corpus == "aci":
            return aci.evaluate(path, code_chart, part=part, probe=pipeline, tick=tick)
        if corpus == "golden":
            return golden.evaluate(path, code_chart, tick=tick)
        return negex.evaluate(path, pipeline.read_context)
    except UnicodeDecodeError:
        raise InputError(f"corpus path: got {path}, which is not UTF-8, want a {corpus} corpus", field="path") from None
    except OSError as error:
        raise InputError(f"corpus path: {error.filename or path}: {error.strerror}", field="path") from None
    except ValueError as error:
        raise InputError(f"corpus path: {path}: {error}, want a {corpus} corpus", field="path") from None


def _print_table(corpus: str, scores: dict[str, Any]) -> None:
    from engine.cli.terminal import output_console

    console = output_console()
    console.print(
        _table(corpus, {name: value for name, value in scores.items() if name not in ("causes", "calibration")})
    )
    console.print(_cause_table(scores["causes"]))


def _print_routing(measured: dict[str, Any]) -> None:
    from engine.cli.terminal import output_console

    for table in routing_tables(measured) if measured else ():
        output_console().print(table)


def _print_reliability(judgements: "Sequence[Judgement]", scores: dict[str, Any]) -> None:
    """Draw what is right by confidence, and lay out the errors by system, setting and chapter."""
    from rich.table import Table

    from engine.cli.terminal import output_console
    from engine.evaluation.reliability import reliability, to_text

    write_line(to_text(reliability(judgements)))
    write_line(f"precision of the surer half {scores['precision_at_half']:.3f}")
    table = Table(title="confidence")
    for name in ("by", "of", "suggestions", "error", "Brier"):
        table.add_column(name, justify="left" if name in ("by", "of") else "right")
    for kind in ("system", "setting", "chapter"):
        for name, found in scores[f"by_{kind}"].items():
            table.add_row(kind, name, str(found["count"]), f"{found['ece']:.3f}", f"{found['brier']:.3f}")
    output_console().print(table)


def _draw(path: Path, corpus: str, judgements: "Sequence[Judgement]") -> None:
    from engine.evaluation.reliability import reliability, to_svg

    try:
        path.write_text(to_svg(reliability(judgements), corpus), encoding="utf-8")
    except OSError as error:
        raise InputError(f"diagram: {path}: {error.strerror}", field="diagram") from None


def _cause_table(causes: dict[str, dict[str, int]]) -> "Table":
    """Lay out where recall and precision were lost: the causes of what was missed and of what was wrong."""
    from rich.table import Table

    table = Table(title="what was lost, and to what")
    for name in ("error", "cause", "count", "part"):
        table.add_column(name, justify="left" if name in ("error", "cause") else "right")
    for kind, counts in causes.items():
        total = sum(counts.values())
        for cause, count in counts.items():
            table.add_row(kind, cause, str(count), f"{count / total:.1%}")
    return table


def _table(corpus: str, scores: dict[str, Any]) -> "Table":
    from rich.table import Table

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
