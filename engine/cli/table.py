"""A coded chart for a person at a terminal: codes, how sure, who acts, why, and the words they rest on."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from engine.errors import ChartcoderError
from engine.types import Chart, CodedChart, Evidence, Reason, Role, Route, Severity, Suggestion

_ROUTE_STYLE = {Route.AUTO: "green", Route.REVIEW: "yellow", Route.HOLD: "red"}
_SEVERITY_STYLE = {Severity.INFO: "dim", Severity.WARNING: "yellow", Severity.ERROR: "red"}
_BEFORE, _AFTER = 34, 26
_MAX_EVIDENCE = 2
_PLAIN_WIDTH = 110


def print_chart(chart: Chart, coded: CodedChart) -> None:
    """Print a chart's answer on standard output."""
    console = _console()
    counts = f"{len(coded.findings)} findings, {len(coded.suggestions)} suggestions, {len(coded.alerts)} alerts"
    console.print(f"[bold]{escape(coded.chart_id)}[/bold]  {counts}  [dim]{coded.elapsed_ms:.1f} ms[/dim]")
    if coded.suggestions:
        console.print(_suggestions(chart, coded.suggestions))
    for alert in coded.alerts:
        style = _SEVERITY_STYLE[alert.severity]
        console.print(
            f"[{style}]{alert.severity.value:7} {escape(alert.kind)}: {escape(alert.message)}  ({escape(alert.source)})[/{style}]"
        )
    releases = ", ".join(f"{r.system} {r.version} {r.content_hash[:8]}" for r in coded.header.releases)
    version = escape(coded.header.engine_version)
    console.print(
        f"[dim]{escape(releases)} | engine {version} | audit record {escape(coded.audit_record or '-')}[/dim]\n"
    )


def print_error(chart_id: str, error: ChartcoderError) -> None:
    """Print why a chart was not coded, on standard error."""
    line = f"[red]{escape(chart_id)}: {escape(str(error))} [{escape(error.REASON)}][/red]"
    Console(stderr=True, highlight=False).print(line, soft_wrap=True)


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH)


def _suggestions(chart: Chart, suggestions: list[Suggestion]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column("code", no_wrap=True)
    table.add_column("title, evidence, reasons", ratio=1)
    table.add_column("sure", justify="right")
    table.add_column("route", no_wrap=True)
    for suggestion in suggestions:
        table.add_row(
            Text(suggestion.code, style="bold cyan"),
            _details(chart, suggestion),
            f"{suggestion.confidence:.0%}",
            Text(suggestion.route.value, style=_ROUTE_STYLE[suggestion.route]),
        )
    return table


def _details(chart: Chart, suggestion: Suggestion) -> Text:
    details = Text(suggestion.display, style="bold")
    if suggestion.role is Role.PRINCIPAL:
        details.append("  [first]", style="magenta")
    for evidence in suggestion.evidence[:_MAX_EVIDENCE]:
        details.append("\n")
        details.append_text(quote(chart, evidence))
    more = len(suggestion.evidence) - _MAX_EVIDENCE
    if more > 0:
        details.append(f"\n... and {more} more", style="dim")
    for reason in suggestion.reasons:
        details.append(f"\n{_reason(reason)}", style="dim")
    return details


def _reason(reason: Reason) -> str:
    source = reason.source.replace("ICD-10-CM Guidelines", "Guidelines")
    return f"- {reason.rule}: {reason.detail} ({source})" if reason.detail else f"- {reason.rule} ({source})"


def quote(chart: Chart, evidence: Evidence) -> Text:
    """Show a span in its text, on one line, the span marked."""
    text = chart.documents[evidence.document].text
    before = text[max(0, evidence.begin - _BEFORE) : evidence.begin]
    after = text[evidence.end : evidence.end + _AFTER]
    shown = Text('"..' if evidence.begin > _BEFORE else '"', style="")
    shown.append(_flat(before))
    shown.append(_flat(text[evidence.begin : evidence.end]), style="underline bold green")
    shown.append(_flat(after) + ('.."' if evidence.end + _AFTER < len(text) else '"'))
    return shown


def _flat(text: str) -> str:
    return "".join(" " if c.isspace() else c if c.isprintable() else "\ufffd" for c in text)
