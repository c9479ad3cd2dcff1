"""A coded chart for a person at a terminal: codes, how sure, who acts, why, and the words they rest on."""

import re

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from engine.cli.shown import explanation_lines, percent
from engine.cli.terminal import output_console
from engine.errors import ChartcoderError
from engine.types import Chart, CodedChart, Evidence, Query, Reason, Role, Route, Severity, Suggestion

_ROUTE_STYLE = {Route.AUTO: "green", Route.REVIEW: "yellow", Route.HOLD: "red"}
_SEVERITY_STYLE = {Severity.INFO: "dim", Severity.WARNING: "yellow", Severity.ERROR: "red"}
_BEFORE, _AFTER = 34, 26
_MAX_EVIDENCE = 2
_MAX_INDICATORS = 3
# By confidence alone: says no more than the route itself.
_PLAIN_ROUTE = "route:auto"
_SPACES = re.compile(r"\s+")


def print_chart(chart: Chart, coded: CodedChart) -> None:
    """Print a chart's answer on standard output."""
    console = output_console()
    counts = f"{len(coded.findings)} findings, {len(coded.suggestions)} suggestions, {len(coded.alerts)} alerts"
    console.print(f"[bold]{escape(_flat(coded.chart_id))}[/bold]  {counts}  [dim]{coded.elapsed_ms:.1f} ms[/dim]")
    if coded.suggestions:
        console.print(_suggestions(chart, coded.suggestions))
    for alert in coded.alerts:
        line = f"{alert.severity.value:7} {alert.kind}: {alert.message}  ({alert.source})"
        console.print(Text(line, style=_SEVERITY_STYLE[alert.severity]))
        if alert.query is not None:
            console.print(_query(chart, alert.evidence, alert.query))
    releases = ", ".join(f"{r.system} {r.version} {r.content_hash[:8]}" for r in coded.header.releases)
    version = escape(coded.header.engine_version)
    console.print(
        f"[dim]{escape(releases)} | engine {version} | audit record {escape(coded.audit_record or '-')}[/dim]\n"
    )


def print_refusal(chart_id: str, error: ChartcoderError) -> None:
    """Print on standard output which chart could not be coded, and why."""
    output_console().print(Text(_flat(chart_id), style="bold").append(f"  not coded: {error}\n", style="not bold"))


def _query(chart: Chart, indicators: list[Evidence], query: Query) -> Text:
    """Show the clinical indicators of a query and the answers it offers."""
    shown = Text()
    for evidence in indicators[:_MAX_INDICATORS]:
        shown.append("          ").append_text(quote(chart, evidence)).append("\n")
    shown.append(f"          [ ] {'  [ ] '.join(query.options)}", style="dim")
    return shown


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
            percent(suggestion.confidence),
            Text(suggestion.route.value, style=_ROUTE_STYLE[suggestion.route]),
        )
    return table


def _details(chart: Chart, suggestion: Suggestion) -> Text:
    details = Text(suggestion.display, style="bold")
    if suggestion.units != 1:
        details.append(f"  x {suggestion.units} units", style="magenta")
    if suggestion.role is Role.PRINCIPAL:
        details.append("  [first]", style="magenta")
    for evidence in suggestion.evidence[:_MAX_EVIDENCE]:
        details.append("\n")
        details.append_text(quote(chart, evidence))
    more = len(suggestion.evidence) - _MAX_EVIDENCE
    if more > 0:
        details.append(f"\n... and {more} more", style="dim")
    for reason in suggestion.reasons:
        if reason.rule == _PLAIN_ROUTE:
            continue
        details.append(f"\n{_reason(reason)}", style="dim")
    for line in explanation_lines(suggestion.explanation):
        details.append(f"\n{line}", style="dim")
    return details


def _reason(reason: Reason) -> str:
    source = reason.source.replace("ICD-10-CM Guidelines", "Guidelines")
    return f"- {reason.rule}: {reason.detail} ({source})" if reason.detail else f"- {reason.rule} ({source})"


def quote(chart: Chart, evidence: Evidence) -> Text:
    """Show a span in its text, on one line, the span marked, cut between words."""
    text = chart.documents[evidence.document].text
    begin, end = _word_begin(text, evidence.begin), _word_end(text, evidence.end)
    shown = Text('"..' if begin else '"', style="")
    shown.append(_flat(text[begin : evidence.begin]))
    shown.append(_flat(text[evidence.begin : evidence.end]), style="underline bold green")
    shown.append(_flat(text[evidence.end : end]) + ('.."' if end < len(text) else '"'))
    return shown


def _word_begin(text: str, at: int) -> int:
    begin = max(0, at - _BEFORE)
    if begin == 0 or text[begin - 1].isspace():
        return begin
    return next((place + 1 for place in range(begin, at) if text[place].isspace()), at)


def _word_end(text: str, at: int) -> int:
    end = min(len(text), at + _AFTER)
    if end == len(text) or text[end].isspace():
        return end
    return next((place for place in range(end, at - 1, -1) if text[place].isspace()), at)


def _flat(text: str) -> str:
    """Return text on one line, without the characters that would act on the terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in _SPACES.sub(" ", text))
