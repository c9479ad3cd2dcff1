"""Coded charts as one HTML page that needs nothing else: the text with its evidence marked, the codes beside it."""

from html import escape

from engine.types import Chart, CodedChart, Finding, Suggestion

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:78rem;padding:0 1rem;color:#1c2733}
section{display:grid;grid-template-columns:3fr 2fr;gap:2rem;border-top:1px solid #cbd5df;padding:1rem 0}
h2{grid-column:1/3;margin:0;font-size:1.1rem}pre{white-space:pre-wrap;font:14px/1.6 ui-monospace,monospace;margin:0}
mark{background:#fff0b3;border-radius:3px;padding:0 2px}mark.off{background:#e6eaee;color:#5b6875}
li{margin-bottom:.7rem}code{font-weight:700}.AUTO{color:#1a7f37}.REVIEW{color:#9a6700}.HOLD{color:#cf222e}
small{color:#5b6875;display:block}
"""


def html_header() -> str:
    """Open the page."""
    return f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Chartcoder</title><style>{_STYLE}</style></head><body>'


def html_footer() -> str:
    """Close the page."""
    return "</body></html>"


def html_section(chart: Chart, coded: CodedChart) -> str:
    """Return one chart: its documents, suggestions and alerts."""
    documents = "\n".join(
        f"<pre>{_marked(document.text, [f for f in coded.findings if f.mention.document == number])}</pre>"
        for number, document in enumerate(chart.documents)
    )
    suggestions = "".join(_suggestion(suggestion) for suggestion in coded.suggestions)
    alerts = "".join(
        f"<li>{escape(a.severity.value)}: {escape(a.message)}<small>{escape(a.source)}</small></li>"
        for a in coded.alerts
    )
    return (
        f"<section><h2>{escape(coded.chart_id)}</h2><div>{documents}</div><div><ol>{suggestions}</ol>"
        f"<ul>{alerts}</ul><small>audit record {escape(coded.audit_record)}</small></div></section>"
    )


def _marked(text: str, findings: list[Finding]) -> str:
    pieces, at = [], 0
    for finding in sorted(findings, key=lambda f: f.mention.begin):
        mention = finding.mention
        if mention.begin < at:
            continue
        context = mention.context
        is_on = context.assertion.value == "PRESENT" and context.experiencer.value == "PATIENT"
        title = f"{finding.codes[0].code} {finding.codes[0].display} ({context.assertion.value.lower()}, {context.temporality.value.lower()})"
        pieces.append(escape(text[at : mention.begin]))
        kind = "" if is_on else ' class="off"'
        pieces.append(f'<mark{kind} title="{escape(title)}">{escape(mention.text)}</mark>')
        at = mention.end
    return "".join(pieces) + escape(text[at:])


def _suggestion(suggestion: Suggestion) -> str:
    reasons = "".join(
        f"<small>{escape(r.rule)}: {escape(r.detail)} ({escape(r.source)})</small>" for r in suggestion.reasons
    )
    route = suggestion.route.value
    return (
        f"<li><code>{escape(suggestion.code)}</code> {escape(suggestion.display)} "
        f'<b class="{route}">{route} {suggestion.confidence:.0%}</b>{reasons}</li>'
    )
