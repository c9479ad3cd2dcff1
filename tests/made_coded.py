"""Answers made by hand: what the audit log, the printed forms and the server are given in place of the engine's."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.types import (
    Alert,
    Assertion,
    Candidate,
    Chart,
    CodedChart,
    Context,
    Cue,
    Evidence,
    Finding,
    Header,
    Mention,
    Reason,
    ReleaseUsed,
    Role,
    Route,
    Severity,
    Suggestion,
)

HEADER = Header("0.1.0", (ReleaseUsed("icd10cm", "2026", "ab" * 32),), (("dictionary", "cd" * 32),))


def made_finding(
    place: Evidence, words: str, code: str, *, assertion: Assertion = Assertion.PRESENT, cues: tuple[Cue, ...] = ()
) -> Finding:
    """Make the finding of some words, with one code."""
    mention = Mention(place.document, place.begin, place.end, words, "ASSESSMENT", Context(assertion, cues=cues))
    return Finding(mention, [Candidate("icd10cm", code, f"Title of {code}", 0.9, "TITLE")])


def made_suggestion(code: str, evidence: Sequence[Evidence], **changes: Any) -> Suggestion:
    """Make a suggestion; `changes` are fields that are to differ."""
    made = Suggestion(
        "icd10cm",
        code,
        f"Title of {code}",
        Role.SECONDARY,
        0.91,
        Route.AUTO,
        list(evidence),
        [],
        [Reason("stated", "Guidelines I.A.19", "stated once")],
    )
    return replace(made, **changes)


def made_coded(
    chart: Chart, findings: list[Finding], suggestions: list[Suggestion], *, header: Header = HEADER, **changes: Any
) -> CodedChart:
    """Make the answer for a chart, with one alert; `changes` are fields that are to differ."""
    alerts = [Alert("made_up", Severity.WARNING, "look at this", "test", [], ["I10"])]
    return replace(CodedChart(chart.chart_id, header, findings, suggestions, alerts, elapsed_ms=1.25), **changes)
