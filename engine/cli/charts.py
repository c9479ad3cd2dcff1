"""Charts from files and standard input."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import ChartError, ChartTooLargeError
from engine.types import Chart, Document


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no chart, and why."""

    chart_id: str
    error: ChartError | ChartTooLargeError


def read_charts(names: Sequence[str], facts: Chart, *, max_bytes: int) -> Iterator[Chart | Unreadable]:
    """Yield a chart for each file ("-" is standard input), with the encounter facts of `facts`."""
    for name in names or ("-",):
        chart_id = "stdin" if name == "-" else Path(name).stem
        try:
            text = _decode(_read(name, max_bytes), chart_id)
        except (ChartError, ChartTooLargeError) as error:
            yield Unreadable(chart_id, error)
        else:
            yield replace(facts, chart_id=chart_id, documents=(Document(text),))


def _read(name: str, max_bytes: int) -> bytes:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(max_bytes + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(max_bytes + 1)
    except OSError as error:
        raise ChartError(f"file {Path(name).name}: {error.strerror}", field="documents[0].text") from None
    if len(data) > max_bytes:
        raise ChartTooLargeError(
            f"documents: got over {max_bytes} bytes, want at most {max_bytes}; split the chart, or raise max_chart_bytes",
            field="documents",
        )
    return data


def _decode(data: bytes, chart_id: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ChartError(
            f"documents[0].text: got a byte that is not UTF-8 at {error.start}, want UTF-8 text",
            field="documents[0].text",
        ) from None
