"""Findings, suggestions and facts made by hand for the tests of the rules."""

from collections.abc import Sequence

from codesets.snapshot import Snapshot
from engine.rules.base import Facts
from engine.types import (
    Assertion,
    Axis,
    Candidate,
    Chart,
    Context,
    Cue,
    Document,
    Evidence,
    Experiencer,
    Finding,
    Mention,
    Role,
    Route,
    Setting,
    Suggestion,
    Temporality,
)

CHART = Chart("made", (Document("made"),))


def draft(snapshot: Snapshot, code: str, confidence: float = 0.5, at: int = 0) -> Suggestion:
    """Draft a suggestion with its official title, stated at one place."""
    display = snapshot.title(code) if code in snapshot else code
    evidence = [Evidence(0, at, at + 1)]
    return Suggestion("icd10cm", code, display, Role.UNSPECIFIED, confidence, Route.REVIEW, evidence)


def drafts(snapshot: Snapshot, *codes: str) -> list[Suggestion]:
    """Draft suggestions, each with less confidence than the one before, each at its own place."""
    return [draft(snapshot, code, 0.9 - place / 100, at=place) for place, code in enumerate(codes)]


def facts(snapshot: Snapshot, findings: Sequence[Finding] = (), chart: Chart = CHART) -> Facts:
    """Say what the rules may look at."""
    return Facts(chart, snapshot, findings)


def in_context(
    assertion: Assertion = Assertion.PRESENT,
    *,
    temporality: Temporality = Temporality.CURRENT,
    experiencer: Experiencer = Experiencer.PATIENT,
    rule: str = "history of",
) -> Context:
    """Make a context; what is past has a cue of that rule."""
    cues = (Cue(Axis.TEMPORALITY, 0, 1, rule),) if temporality is Temporality.HISTORICAL else ()
    return Context(assertion, temporality, experiencer, cues)


def finding(
    code: str, score: float = 0.5, *, at: int = 0, document: int = 0, section: str = "", context: Context | None = None
) -> Finding:
    """Make a finding of one code."""
    mention = Mention(document, at, at + 1, "x", section, context or in_context())
    return Finding(mention, [Candidate("icd10cm", code, code, score)])


def chart_in(setting: Setting) -> Chart:
    """Make a chart of a setting."""
    return Chart("made", CHART.documents, setting=setting)
