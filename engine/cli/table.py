"""A coded chart for a person at a terminal: codes, how sure, who acts, why, and the words they rest on."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from engine.errors import ChartcoderError
from engine.types import Chart, CodedChart, Evidence, Route, Severity, Suggestion

_ROUTE_STYLE = {Route.AUTO: "green", Route.REVIEW: "yellow", Route.HOLD: "red"}
_SEVERITY_STYLE = {Severity.INFO: "dim", Severity.WARNING: "yellow", Severity.ERROR: "red"}
_BEFORE, _AFTER = 34, 26
_MAX_EVIDENCE = 2


def print_chart(chart: Chart, coded: CodedChart) -> None:
    """Print a chart's answer on standard output."""
    console = Console(highlight=False)
    counts = f"{len(coded.findings)} findings, {len(coded.suggestions)} suggestions, {len(coded.alerts)} alerts"
    console.print(f"[bold]{escape(coded.chart_id)}[/bold]  {counts}  [dim]{coded.elapsed_ms:.1f} ms[/dim]")
    if coded.suggestions:
        console.print(_suggestions(chart, coded.suggestions))
    for alert in coded.alerts:
        style = _SEVERITY_STYLE[alert.severity]
        console.print(f"[{style}]{alert.severity.value:7} {escape(alert.kind)}: {escape(alert.message)}  ({escape(alert.source)})[/{style}]")
    releases = ", ".join(f"{r.system} {r.version}" for r in coded.header.releases)
    console.print(f"[dim]{escape(releases)} | engine {escape(coded.header.engine_version)} | audit {escape(coded.audit_record or '-')}[/dim]\n")


def print_error(chart_id: str, error: ChartcoderError) -> None:
    """Print why a chart was not coded, on standard error."""
    Console(stderr=True, highlight=False).print(f"[red]{escape(chart_id)}: {escape(str(error))} [{error.REASON}][/red]", soft_wrap=True)


def _suggestions(chart: Chart, suggestions: list[Suggestion]) -> Table:
    table = Table(show_lines=False, pad_edge=False, expand=False)
    for name, options in (("code", {"no_wrap": True}), ("title, evidence, reasons", {}), ("sure", {"justify": "right"}), ("route", {})):
        table.add_column(name, **options)  # type: ignore[arg-type]
    for suggestion in suggestions:
        style = _ROUTE_STYLE[suggestion.route]
        table.add_row(
            Text(suggestion.code, style="bold cyan"),
            _details(chart, suggestion),
            f"{suggestion.confidence:.0%}",
            Text(suggestion.route.value, style=style),
        )
    return table


def _details(chart: Chart, suggestion: Suggestion) -> Text:
    details = Text(suggestion.display, style="bold")
    if suggestion.role.value == "PRINCIPAL":
        details.append("  [principal]", style="magenta")
    for evidence in suggestion.evidence[:_MAX_EVIDENCE]:
        details.append("\n  ")
        details.append_text(quote(chart, evidence))
    more = len(suggestion.evidence) - _MAX_EVIDENCE
    if more > 0:
        details.append(f"\n  and {more} more", style="dim")
    for reason in suggestion.reasons:
        details.append(f"\n  {reason.rule}: {reason.detail} ({reason.source})", style="dim")
    return details


def quote(chart: Chart, evidence: Evidence) -> Text:
    """Show a span in its text, on one line, the span marked."""
    text = chart.documents[evidence.document].text
    before = text[max(0, evidence.begin - _BEFORE) : evidence.begin]
    after = text[evidence.end : evidence.end + _AFTER]
    shown = Text("... " if evidence.begin > _BEFORE else "", style="dim")
    shown.append(_flat(before))
    shown.append(_flat(text[evidence.begin : evidence.end]), style="underline bold")
    shown.append(_flat(after))
    return shown


def _flat(text: str) -> str:
    return "".join(" " if c.isspace() else c if c.isprintable() else "\ufffd" for c in text)
