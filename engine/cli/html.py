"""Coded charts as one HTML page that needs nothing else: the text with its evidence marked, the codes beside it.

The page holds no script and may load nothing, so chart text cannot do anything in a browser.
"""

from engine.cli.html_style import STYLE
from engine.cli.html_text import marked_text, show, spans_of
from engine.cli.shown import explanation_lines, percent
from engine.cli.table import quote
from engine.errors import ChartcoderError
from engine.types import Alert, Chart, CodedChart, Reason, Role, Suggestion

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_LEGEND = (
    "<mark>evidence<sup>n</sup></mark> of suggestion n, <mark class=other>mention without a code on the claim</mark>,"
)
_LEGEND += " <mark class=off>not the patient's present state</mark>"


def html_header() -> str:
    """Open the page."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Coded charts</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header><h1>Coded charts</h1><span class="legend">{_LEGEND}</span></header>\n<main>'
    )


def html_footer() -> str:
    """Close the page."""
    return "</main>\n</body>\n</html>"


def html_section(chart: Chart, coded: CodedChart, *, number: int = 1) -> str:
    """Return one chart: its documents, suggestions and alerts; `number` keeps the anchors of charts apart."""
    anchor = f"c{number}"
    codes = "".join(_suggestion(s, n, anchor) for n, s in enumerate(coded.suggestions, 1))
    alerts = "".join(_alert(alert, chart) for alert in coded.alerts)
    return (
        f'<section class="chart"><div class="head"><h2>{show(coded.chart_id)}</h2>'
        f'<span class="soft">{_facts(chart, coded)}</span></div>\n'
        f'<div class="columns"><div class="text">{_documents(chart, coded, anchor)}</div>\n'
        f'<div class="codes"><h3>Suggestions</h3><ol>{codes or "<li>none</li>"}</ol>\n'
        f"{f'<h3>Alerts</h3><ul>{alerts}</ul>' if alerts else ''}</div></div>\n"
        f'<div class="foot">{_footer(coded)}</div></section>'
    )


def html_error(chart_id: str, error: ChartcoderError) -> str:
    """Return the section of a chart that could not be coded."""
    return (
        f'<section class="chart failed"><div class="head"><h2>{show(chart_id)}</h2><span class="route HOLD">not coded'
        f'</span></div><div class="foot">{show(str(error))} [{show(error.REASON)}]</div></section>'
    )


def _facts(chart: Chart, coded: CodedChart) -> str:
    facts = [
        chart.setting.value.lower() if chart.setting.value != "UNSPECIFIED" else "",
        chart.date_of_service.isoformat() if chart.date_of_service else "",
        f"{chart.age_years} years" if chart.age_years is not None else "",
        chart.sex.value.lower() if chart.sex.value != "UNSPECIFIED" else "",
        f"{len(coded.findings)} findings",
        f"{len(coded.suggestions)} suggestions",
    ]
    return show(" · ".join(fact for fact in facts if fact))


def _documents(chart: Chart, coded: CodedChart, anchor: str) -> str:
    several = len(chart.documents) > 1
    return "\n".join(
        (f"<h3>{show(document.kind or f'document {number + 1}')}</h3>" if several else "")
        + f"<pre>{marked_text(document.text, spans_of(number, coded.findings, coded.suggestions), anchor=anchor)}</pre>"
        for number, document in enumerate(chart.documents)
    )


def _suggestion(suggestion: Suggestion, number: int, anchor: str) -> str:
    role = "first" if suggestion.role is Role.PRINCIPAL else "procedure" if suggestion.role is Role.PROCEDURE else ""
    route = suggestion.route.value
    units = f"<span class=role>x {suggestion.units} units</span>" if suggestion.units != 1 else ""
    reasons = "".join(f"<li>{_reason(reason)}</li>" for reason in suggestion.reasons)
    more = "".join(
        f"<li>or {show(c.code)} {show(c.display)} ({percent(c.score)})</li>" for c in suggestion.alternatives
    )
    moved = "".join(f"<li>{show(line)}</li>" for line in explanation_lines(suggestion.explanation))
    return (
        f'<li class="suggestion"><a class="number" href="#{anchor}-{number}">{number}</a>'
        f'<div><span class="code">{show(suggestion.code)}</span>{show(suggestion.display)}'
        f"{f'<span class=role>{role}</span>' if role else ''}{units}</div>"
        f'<span class="route {route}">{percent(suggestion.confidence)} {route}</span>'
        f'<details class="why"><summary>why</summary><ul>{reasons}{more}{moved}</ul></details></li>'
    )


def _reason(reason: Reason) -> str:
    detail = f": {show(reason.detail)}" if reason.detail else ""
    return f"{show(reason.rule)}{detail} <i>{show(reason.source)}</i>"


def _alert(alert: Alert, chart: Chart) -> str:
    return (
        f'<li class="alert {alert.severity.value}"><b>{show(alert.severity.value.lower())}</b> {show(alert.message)} '
        f'<span class="soft">{show(alert.source)}</span>{_query(alert, chart)}</li>'
    )


def _query(alert: Alert, chart: Chart) -> str:
    """Return the clinical indicators of a query, quoted, and the answers it offers."""
    if alert.query is None:
        return ""
    quoted = "".join(f"<li>{show(quote(chart, evidence).plain)}</li>" for evidence in alert.evidence)
    options = "".join(f"<li>&#9744; {show(option)}</li>" for option in alert.query.options)
    return f'<details class="why"><summary>query</summary><ul>{quoted}</ul><ul>{options}</ul></details>'


def _footer(coded: CodedChart) -> str:
    releases = ", ".join(f"{r.system} {r.version} ({r.content_hash[:12]})" for r in coded.header.releases)
    return show(
        f"{releases} · engine {coded.header.engine_version} · {coded.elapsed_ms:.1f} ms · "
        f"audit record {coded.audit_record or 'none'}"
    )
