"""`chartcoder code`: code charts here, or on a server."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from engine.cli.answers import Answer, code_here, code_remotely
from engine.cli.charts import is_typed, read_charts
from engine.cli.failures import SOME_FAILED
from engine.cli.printers import FORMATS, Printer, make_printer
from engine.cli.progress import watched
from engine.cli.settings import read_day, read_systems
from engine.cli.streams import say
from engine.config import Config
from engine.errors import ChartcoderError, ConfigError
from engine.types import Chart, Setting, Sex


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE... | -]")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="table: for people; jsonl: a line of JSON a chart; html: a page, evidence marked; fhir: an R4 Bundle a line.",
)
@click.option(
    "--server",
    metavar="HOST:PORT",
    help="Code on a server (or unix:PATH) instead of in this process; docs/configuration.md: TLS, credentials.",
)
@click.option(
    "--setting",
    type=click.Choice([s.value.lower() for s in Setting], case_sensitive=False),
    default="unspecified",
    show_default=True,
    help="Where the encounter took place; decides which guideline sections apply.",
)
@click.option(
    "--date",
    "day",
    type=read_day,
    metavar="YYYY-MM-DD",
    help="Date of service; picks the release, but see --discharge-date. [default: the newest]",
)
@click.option(
    "--discharge-date",
    "discharge_day",
    type=read_day,
    metavar="YYYY-MM-DD",
    help="Day of discharge; of an inpatient (--setting inpatient) it picks the release.",
)
@click.option("--age", type=click.IntRange(0, 150), help="Age in years on the date of service.")
@click.option(
    "--sex",
    type=click.Choice([s.value.lower() for s in Sex], case_sensitive=False),
    default="unspecified",
    show_default=True,
    help="Administrative sex of the patient.",
)
@click.option(
    "--systems", type=read_systems, metavar="NAME,...", help="Code systems wanted. [default: all that are on]"
)
@click.option(
    "--routing-policy",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rules on who acts on a suggestion. [default: the packaged policy]",
)
@click.option("--explain", is_flag=True, help="Say of each code what moved its score, and why its alternatives lost.")
@click.pass_obj
def code(
    config: Config,
    files: tuple[str, ...],
    form: str,
    server: str | None,
    setting: str,
    day: date | None,
    discharge_day: date | None,
    age: int | None,
    sex: str,
    systems: tuple[str, ...] | None,
    routing_policy: Path | None,
    explain: bool,
) -> None:
    """Code charts: each FILE is one chart of plain UTF-8 text, "-" (or no file) is standard input.

    \b
    chartcoder code note.txt --setting outpatient --date 2026-03-31
    chartcoder code notes/*.txt --format jsonl > coded.jsonl
    cat note.txt | chartcoder code --format jsonl | jq -r '.suggestions[].code'
    chartcoder code note.txt --format html > note.html
    chartcoder code notes/*.txt --server localhost:50551

    --explain is for those who look after the engine: weights are log-odds of its models, beside a term of two words
    that is named once and of which nothing is known.

    A chart that cannot be coded does not stop the others: standard error says its place and why, its jsonl line has
    "error". Each coded chart is written to the audit log before it is answered.

    Exit status: 0 all charts coded; 1 some failed; 2 wrong usage or configuration.
    """
    given = Chart("", (), Setting(setting.upper()), day, Sex(sex.upper()), age, systems=systems or ())
    facts = replace(given, discharge_date=discharge_day)
    charts = read_charts(files, facts, max_bytes=config.max_chart_bytes)
    config = config.changed({"routing_policy": routing_policy})
    if server is None:
        _check_systems(facts.systems, config)
    elif routing_policy is not None:
        raise ConfigError("routing-policy: got it with --server, want the server's own (serve --routing-policy)")
    if server is None:
        answers = code_here(config, charts, explain=explain)
    else:
        answers = code_remotely(server, charts, explain=explain)
    count = len(files) or 1
    if not is_typed(files):  # a bar would write over what is being typed
        answers = watched(answers, "coding", total=count)
    failed = _print(answers, make_printer(form))
    if failed and count > 1:
        say(f"{failed} of {count} charts could not be coded; the others are whole")
    if failed:
        raise click.exceptions.Exit(SOME_FAILED)


def _check_systems(wanted: tuple[str, ...], config: Config) -> None:
    for name in wanted:
        if name not in config.systems:
            raise ConfigError(
                f"systems: got {name}, which is not on, want one of {', '.join(config.systems)} (setting systems)"
            )


def _print(answers: Iterable[Answer], printer: Printer) -> int:
    """Print the answers as they come; return how many charts failed."""
    failed = 0
    for number, answer in enumerate(answers):
        if not number:
            printer.begin()  # not before: until the engine is open, all may fail
        if isinstance(answer.result, ChartcoderError):
            failed += 1
            say(f"chart {number + 1}: {answer.result} [{answer.result.REASON}]")
            printer.error(answer, answer.result)
        elif answer.chart is not None:
            printer.chart(answer, answer.chart, answer.result)
    printer.end()
    return failed
