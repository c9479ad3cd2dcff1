"""What a chart must be before it is read: the limits, stated once, for every way in."""

from engine.errors import ChartError, ChartTooLargeError
from engine.types import Chart

MAX_DOCUMENTS = 1000


def check_chart(chart: Chart, *, max_bytes: int) -> None:
    """Raise ChartError or ChartTooLargeError unless the chart can be coded.

    `max_bytes` limits the UTF-8 bytes of all documents together.
    """
    if not chart.documents:
        raise ChartError("documents: got none, want at least one", field="documents")
    if len(chart.documents) > MAX_DOCUMENTS:
        raise ChartError(f"documents: got {len(chart.documents)}, want at most {MAX_DOCUMENTS}", field="documents")
    size = 0
    for number, document in enumerate(chart.documents):
        try:
            size += len(document.text.encode("utf-8"))
        except UnicodeEncodeError as error:
            field = f"documents[{number}].text"
            raise ChartError(
                f"{field}: got a lone surrogate at {error.start}, want valid Unicode", field=field
            ) from None
    if size > max_bytes:
        raise ChartTooLargeError(
            f"documents: got {size} bytes, want at most {max_bytes}; send the encounter's documents as several charts, "
            "or raise max_chart_bytes",
            field="documents",
        )
    if not any(document.text.strip() for document in chart.documents):
        raise ChartError("documents: got only blank text, want at least one word", field="documents")
    first, last = chart.date_of_service, chart.discharge_date
    if first and last and last < first:
        raise ChartError(
            f"discharge_date: got {last.isoformat()}, want a day not before the date of service, {first.isoformat()}",
            field="discharge_date",
        )
    if chart.age_years is not None and not 0 <= chart.age_years <= 150:
        raise ChartError(f"age_years: got {chart.age_years}, want 0 to 150", field="age_years")
