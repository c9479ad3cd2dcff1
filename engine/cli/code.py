"""`chartcoder code`: code charts here, or on a server."""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Protocol, cast

import click
from rich.progress import track

from engine.audit.log import record_coded_chart
from engine.cli.charts import Unreadable, read_charts
from engine.cli.fhir import fhir_bundle
from engine.cli.html import html_footer, html_header, html_section
from engine.cli.jsonl import chart_line, error_line
from engine.cli.settings import Day, open_engine
from engine.cli.table import print_chart, print_error
from engine.config import Config
from engine.errors import ChartcoderError, ConfigError
from engine.types import Chart, CodedChart, Setting, Sex

SOME_FAILED = 1
_PROGRESS_FROM = 50
_CONNECT_S = 5.0
FORMATS = ("table", "jsonl", "html", "fhir")
Coded = tuple[Chart, CodedChart] | tuple[str, ChartcoderError]


class Printer(Protocol):
    """Writes answers in one format."""

    def begin(self) -> None: ...
    def chart(self, chart: Chart, coded: CodedChart) -> None: ...
    def error(self, chart_id: str, error: ChartcoderError) -> None: ...
    def end(self) -> None: ...


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE... | -]")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--server", metavar="HOST:PORT", help="Code on a server instead of in this process.")
@click.option(
    "--setting", type=click.Choice([s.value.lower() for s in Setting]), default="unspecified", show_default=True
)
@click.option("--date", "day", type=Day(), help="Date of service (inpatients: of discharge); picks the release.")
@click.option("--age", type=click.IntRange(0, 150), help="Age in years on the date of service.")
@click.option("--sex", type=click.Choice([s.value.lower() for s in Sex]), default="unspecified")
@click.option("--systems", help="Code systems wanted, comma-separated. [default: all that are on]")
@click.pass_obj
def code(
    config: Config,
    files: tuple[str, ...],
    form: str,
    server: str | None,
    setting: str,
    day: date | None,
    age: int | None,
    sex: str,
    systems: str | None,
) -> None:
    """Code charts: each FILE is one chart of plain UTF-8 text, "-" (or no file) is standard input.

    \b
    chartcoder code note.txt --setting outpatient --date 2026-03-31
    cat note.txt | chartcoder code --format jsonl | jq .suggestions
    """
    wanted = tuple(name.strip() for name in systems.split(",")) if systems else ()
    facts = Chart("", (), Setting(setting.upper()), day, Sex(sex.upper()), age, systems=wanted)
    charts = read_charts(files, facts, max_bytes=config.max_chart_bytes)
    answers = _code_remotely(server, charts) if server else _code_here(config, charts)
    printer = _printer(form)
    failed = 0
    printer.begin()
    for first, second in _with_progress(answers, len(files), form):
        if isinstance(second, ChartcoderError):
            failed += 1
            printer.error(str(first), second)
        elif isinstance(first, Chart):
            printer.chart(first, second)
    printer.end()
    if failed:
        raise click.exceptions.Exit(SOME_FAILED)


def _with_progress(answers: Iterable[Coded], total: int, form: str) -> Iterable[Coded]:
    # On a terminal the table itself shows progress; a bar is for output that goes elsewhere.
    if total >= _PROGRESS_FROM and sys.stderr.isatty() and not sys.stdout.isatty():
        from rich.console import Console

        return track(answers, total=total, description="coding", console=Console(stderr=True))
    return answers


def _code_here(config: Config, charts: Iterable[Chart | Unreadable]) -> Iterator[Coded]:
    live = open_engine(config)
    log = live.audit_log()
    try:
        for chart in charts:
            if isinstance(chart, Unreadable):
                yield chart.chart_id, chart.error
                continue
            try:
                coded = live.pipeline.code(chart)
                receipt = record_coded_chart(log, chart, coded)
            except ChartcoderError as error:
                yield chart.chart_id, error
            else:
                yield chart, replace(coded, audit_record=receipt.record_id)
    finally:
        log.close()


class ServerError(ChartcoderError):
    """The server refused a chart; `REASON` is the server's."""

    def __init__(self, message: str, reason: str, field: str) -> None:
        super().__init__(message, field=field)
        self.REASON = reason


def _code_remotely(server: str, charts: Iterable[Chart | Unreadable]) -> Iterator[Coded]:
    from chartcoder_client import CallError, ChartcoderClient  # only here: grpc takes 0.2 s to import

    with ChartcoderClient(server) as client:
        try:
            client.wait_ready(_CONNECT_S)
        except CallError as error:
            raise ConfigError(f"server {server}: {error.message}", field="server") from None
        sent: deque[Chart | Unreadable] = deque()
        for answer in client.code_charts(_readable(charts, sent)):
            yield from _unreadable(sent)
            chart = sent.popleft()
            if answer.coded is not None:
                yield cast(Chart, chart), answer.coded
            elif answer.error is not None:
                field = next(iter(answer.error.fields), "")
                reason = answer.error.reason or answer.error.code
                yield chart.chart_id, ServerError(answer.error.message, reason, field)
        yield from _unreadable(sent)


def _readable(charts: Iterable[Chart | Unreadable], sent: deque[Chart | Unreadable]) -> Iterator[Chart]:
    """Yield the charts to send, and note all in `sent`, so that answers and failures come out in input order."""
    for chart in charts:
        sent.append(chart)
        if isinstance(chart, Chart):
            yield chart


def _unreadable(sent: deque[Chart | Unreadable]) -> Iterator[Coded]:
    while sent and isinstance(sent[0], Unreadable):
        first = cast(Unreadable, sent.popleft())
        yield first.chart_id, first.error


def _printer(form: str) -> Printer:
    makers: dict[str, Callable[[], Printer]] = {
        "table": TablePrinter,
        "jsonl": JsonlPrinter,
        "html": HtmlPrinter,
        "fhir": FhirPrinter,
    }
    return makers[form]()


class TablePrinter:
    """For people at a terminal."""

    def begin(self) -> None:
        """Print nothing."""

    def chart(self, chart: Chart, coded: CodedChart) -> None:
        """Print a chart's answer."""
        print_chart(chart, coded)

    def error(self, chart_id: str, error: ChartcoderError) -> None:
        """Print why a chart was not coded."""
        print_error(chart_id, error)

    def end(self) -> None:
        """Print nothing."""


class JsonlPrinter(TablePrinter):
    """One line of JSON a chart, in input order."""

    def chart(self, chart: Chart, coded: CodedChart) -> None:
        """Print a chart's line."""
        click.echo(chart_line(coded))

    def error(self, chart_id: str, error: ChartcoderError) -> None:
        """Print a failed chart's line."""
        click.echo(error_line(chart_id, error))


class HtmlPrinter(TablePrinter):
    """One page with every chart, its evidence marked in the text."""

    def begin(self) -> None:
        """Open the page."""
        click.echo(html_header())

    def chart(self, chart: Chart, coded: CodedChart) -> None:
        """Print a chart's section."""
        click.echo(html_section(chart, coded))

    def end(self) -> None:
        """Close the page."""
        click.echo(html_footer())


class FhirPrinter(TablePrinter):
    """One FHIR R4 bundle a line."""

    def chart(self, chart: Chart, coded: CodedChart) -> None:
        """Print a chart's bundle."""
        click.echo(fhir_bundle(chart, coded))
