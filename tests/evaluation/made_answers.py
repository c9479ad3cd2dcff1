"""Coders that answer by rote, for corpora made by hand."""

from collections.abc import Mapping, Sequence

from engine.types import (
    Assertion,
    Candidate,
    Chart,
    CodedChart,
    Context,
    Evidence,
    Experiencer,
    Finding,
    Header,
    Mention,
    Role,
    Route,
    Suggestion,
)

PRESENT = Context()
ABSENT = Context(Assertion.ABSENT)
POSSIBLE = Context(Assertion.POSSIBLE)
FAMILY = Context(experiencer=Experiencer.FAMILY)


class Rote:
    """Answers each chart with the findings (code, score, context) and suggested codes laid down for it;
    a procedure is the list of its candidate codes."""

    def __init__(
        self,
        findings: Mapping[str, Sequence[tuple[str, float, Context]]] | None = None,
        suggestions: Mapping[str, Sequence[str]] | None = None,
        procedures: Mapping[str, Sequence[Sequence[str]]] | None = None,
    ) -> None:
        self.seen: list[Chart] = []
        self._findings = findings or {}
        self._suggestions = suggestions or {}
        self._procedures = procedures or {}

    def __call__(self, chart: Chart) -> CodedChart:
        """Answer a chart and remember it."""
        self.seen.append(chart)
        findings = [
            Finding(Mention(0, 0, 1, "x", "", context), [Candidate("icd10cm", code, code, score, "lexicon")])
            for code, score, context in self._findings.get(chart.chart_id, ())
        ]
        findings += [
            Finding(
                Mention(0, 0, 1, "x", "", PRESENT),
                [Candidate("icd10pcs", code, code, 0.5, "lexicon") for code in codes],
            )
            for codes in self._procedures.get(chart.chart_id, ())
        ]
        suggestions = [
            Suggestion("icd10cm", code, code, Role.SECONDARY, 0.5, Route.REVIEW, [Evidence(0, 0, 1)])
            for code in self._suggestions.get(chart.chart_id, ())
        ]
        return CodedChart(chart.chart_id, Header("made", (), ()), findings, suggestions, [])
