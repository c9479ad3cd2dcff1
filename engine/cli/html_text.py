"""A document's text in HTML with its evidence and other mentions marked.

Spans overlap, and elements may not: the text is cut at every border, and each piece is marked by all that cover it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from engine.types import Assertion, Experiencer, Finding, Suggestion, Temporality

# Shown as symbols: HTML has no place for them, and an invisible character in a chart is worth seeing.
_CONTROLS = {number: 0x2400 + number for number in range(32) if chr(number) not in "\t\n\r"} | {0x7F: 0x2421}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one document to mark.

    `number` is the suggestion it is evidence of, 0 for a mention that is none; `is_off` where it is not the patient's
    present state; `title` says more when pointed at.
    """

    begin: int
    end: int
    number: int = 0
    is_off: bool = False
    title: str = ""


def spans_of(document: int, findings: Sequence[Finding], suggestions: Sequence[Suggestion]) -> list[Span]:
    """Return what to mark in a document: the evidence of suggestions, then all mentions."""
    evidence = [
        Span(place.begin, place.end, number, title=f"{suggestion.code} {suggestion.display}")
        for number, suggestion in enumerate(suggestions, 1)
        for place in dict.fromkeys(suggestion.evidence)
        if place.document == document
    ]
    mentions = [_mention_span(finding) for finding in findings if finding.mention.document == document]
    return evidence + mentions


def _mention_span(finding: Finding) -> Span:
    mention, context = finding.mention, finding.mention.context
    states = [context.assertion, context.temporality, context.experiencer]
    plain = (Assertion.PRESENT, Temporality.CURRENT, Experiencer.PATIENT)
    said = ", ".join(str(state.value).lower() for state in states if state not in plain)
    best = f"{finding.codes[0].code} {finding.codes[0].display}" if finding.codes else ""
    return Span(mention.begin, mention.end, is_off=bool(said), title=f"{best} ({said})" if said else best)


def marked_text(text: str, spans: Iterable[Span], *, anchor: str) -> str:
    """Return the text as HTML; the first piece of evidence of suggestion N has the id `anchor`-N."""
    wanted = sorted((s for s in spans if 0 <= s.begin < s.end <= len(text)), key=lambda s: (s.begin, -s.end))
    borders = sorted({0, len(text), *(s.begin for s in wanted), *(s.end for s in wanted)})
    pieces: list[str] = []
    open_spans: list[Span] = []
    anchored: set[int] = set()
    at = 0
    for begin, end in pairwise(borders):
        open_spans = [span for span in open_spans if span.end > begin]
        while at < len(wanted) and wanted[at].begin == begin:
            open_spans.append(wanted[at])
            at += 1
        pieces.append(_piece(text[begin:end], open_spans, end, anchor, anchored))
    return "".join(pieces)


def _piece(text: str, spans: Sequence[Span], end: int, anchor: str, anchored: set[int]) -> str:
    shown = show(text)
    if not spans:
        return shown
    evidence = [span for span in spans if span.number]
    numbers = sorted({span.number for span in evidence})
    first = next((number for number in numbers if number not in anchored), 0)
    anchored.update([first] if first else [])
    identifier = f' id="{anchor}-{first}"' if first else ""
    kind = "" if evidence else ' class="off"' if all(span.is_off for span in spans) else ' class="other"'
    title = "; ".join(dict.fromkeys(span.title for span in spans if span.title))
    closing = sorted({span.number for span in evidence if span.end == end})
    marks = f"<sup>{','.join(map(str, closing))}</sup>" if closing else ""
    return f'<mark{identifier}{kind} title="{show(title)}">{shown}{marks}</mark>'


def show(text: str) -> str:
    """Return text as HTML, with control characters made visible."""
    return escape(text.translate(_CONTROLS))
