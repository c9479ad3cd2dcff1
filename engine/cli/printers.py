"""The formats of `chartcoder code`: what each writes for a coded chart and for one that failed.

A format's own module is loaded only when it is asked for.
"""

from collections.abc import Callable
from typing import Protocol

from engine.cli.answers import Answer
from engine.cli.jsonl import chart_line, error_line
from engine.cli.streams import write_line
from engine.errors import ChartcoderError
from engine.types import Chart, CodedChart


class Printer(Protocol):
    """Writes answers in one format; failures are said on standard error as well, whatever the format."""

    def begin(self) -> None: ...
    def chart(self, answer: Answer, chart: Chart, coded: CodedChart) -> None: ...
    def error(self, answer: Answer, error: ChartcoderError) -> None: ...
    def end(self) -> None: ...


class TablePrinter:
    """For people at a terminal."""

    def begin(self) -> None:
        """Print nothing."""

    def chart(self, answer: Answer, chart: Chart, coded: CodedChart) -> None:
        """Print a chart's answer."""
        from engine.cli.table import print_chart

        print_chart(chart, coded)

    def error(self, answer: Answer, error: ChartcoderError) -> None:
        """Name a failed chart; standard error, which may go to a log, only tells its place."""
        from engine.cli.table import print_refusal

        print_refusal(answer.chart_id, error)

    def end(self) -> None:
        """Print nothing."""


class JsonlPrinter(TablePrinter):
    """One line of JSON a chart, in input order."""

    def chart(self, answer: Answer, chart: Chart, coded: CodedChart) -> None:
        """Print a chart's line."""
        write_line(chart_line(coded, file=answer.file))

    def error(self, answer: Answer, error: ChartcoderError) -> None:
        """Print a failed chart's line."""
        write_line(error_line(answer.chart_id, error, file=answer.file))


class HtmlPrinter(TablePrinter):
    """One page with every chart, its evidence marked in the text."""

    def __init__(self) -> None:
        from engine.cli import html

        self._html = html
        self._count = 0

    def begin(self) -> None:
        """Open the page."""
        write_line(self._html.html_header())

    def chart(self, answer: Answer, chart: Chart, coded: CodedChart) -> None:
        """Print a chart's section."""
        self._count += 1
        write_line(self._html.html_section(chart, coded, number=self._count))

    def error(self, answer: Answer, error: ChartcoderError) -> None:
        """Print a failed chart's section."""
        write_line(self._html.html_error(answer.chart_id, error))

    def end(self) -> None:
        """Close the page."""
        write_line(self._html.html_footer())


class FhirPrinter(TablePrinter):
    """One FHIR R4 resource a line: a Bundle, or an OperationOutcome for a chart that failed."""

    def __init__(self) -> None:
        from engine.cli import fhir

        self._fhir = fhir

    def chart(self, answer: Answer, chart: Chart, coded: CodedChart) -> None:
        """Print a chart's bundle."""
        write_line(self._fhir.fhir_bundle(chart, coded))

    def error(self, answer: Answer, error: ChartcoderError) -> None:
        """Print why there is no bundle."""
        write_line(self._fhir.operation_outcome(answer.chart_id, error))


_MAKERS: dict[str, Callable[[], Printer]] = {
    "table": TablePrinter,
    "jsonl": JsonlPrinter,
    "html": HtmlPrinter,
    "fhir": FhirPrinter,
}
FORMATS = tuple(_MAKERS)


def make_printer(form: str) -> Printer:
    """Return a new printer of a format."""
    return _MAKERS[form]()
