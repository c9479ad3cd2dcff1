"""A chart's answer in the generated classes, field by field: what the native writer is held to."""

from collections.abc import Sequence
from typing import Any

from engine import explanation as records
from engine import types
from engine.pb.chartcoder.v1 import types_pb2
from engine.server.offsets import OffsetTable


def fill_frame(
    frame: types_pb2.ChartFrame, coded: types.CodedChart, tables: Sequence[OffsetTable]
) -> types_pb2.ChartFrame:
    """Fill in findings, suggestions and alerts."""
    for finding in coded.findings:
        _put_finding(frame.findings.add(), finding, tables)
    for suggestion in coded.suggestions:
        _put_suggestion(frame.suggestions.add(), suggestion, tables)
    for alert in coded.alerts:
        _put_alert(frame.alerts.add(), alert, tables)
    return frame


def _number(kind: Any, prefix: str, member: Any) -> Any:
    return kind.Value(f"{prefix}_{member.name}")


def _span(table: OffsetTable, item: Any) -> dict[str, int]:
    return {name: getattr(item, name) if table is None else table[getattr(item, name)] for name in ("begin", "end")}


def _put_finding(to: types_pb2.Finding, finding: types.Finding, tables: Sequence[OffsetTable]) -> None:
    mention, context = finding.mention, finding.mention.context
    table = tables[mention.document]
    span = _span(table, mention)
    to.document, to.begin, to.end = mention.document, span["begin"], span["end"]
    to.text, to.section = mention.text, mention.section
    to.assertion = _number(types_pb2.Assertion, "ASSERTION", context.assertion)
    to.temporality = _number(types_pb2.Temporality, "TEMPORALITY", context.temporality)
    to.experiencer = _number(types_pb2.Experiencer, "EXPERIENCER", context.experiencer)
    for cue in context.cues:
        to.cues.add(axis=_number(types_pb2.Axis, "AXIS", cue.axis), rule=cue.rule, **_span(table, cue))
    _put_candidates(to.codes, finding.codes)


def _put_suggestion(to: types_pb2.Suggestion, suggestion: types.Suggestion, tables: Sequence[OffsetTable]) -> None:
    to.system, to.code, to.display = suggestion.system, suggestion.code, suggestion.display
    to.role = _number(types_pb2.Role, "ROLE", suggestion.role)
    to.confidence = suggestion.confidence
    to.route = _number(types_pb2.Route, "ROUTE", suggestion.route)
    _put_evidence(to.evidence, suggestion.evidence, tables)
    _put_candidates(to.alternatives, suggestion.alternatives)
    for reason in suggestion.reasons:
        to.reasons.add(rule=reason.rule, source=reason.source, detail=reason.detail)
    to.units = suggestion.units if suggestion.units != 1 else 0
    if suggestion.explanation is not None:
        _put_explanation(to.explanation, suggestion.explanation)


def _put_explanation(to: types_pb2.Explanation, explanation: records.Explanation) -> None:
    to.SetInParent()
    to.code, to.score = explanation.code, explanation.score
    for item in explanation.influences:
        to.influences.add(model=item.model, feature=item.feature, words=item.words, weight=item.weight)
    for other in explanation.contrasts:
        to.contrasts.add(code=other.code, words=other.words, weight=other.weight)


def _put_alert(to: types_pb2.Alert, alert: types.Alert, tables: Sequence[OffsetTable]) -> None:
    to.kind, to.message, to.source = alert.kind, alert.message, alert.source
    to.severity = _number(types_pb2.Severity, "SEVERITY", alert.severity)
    _put_evidence(to.evidence, alert.evidence, tables)
    to.codes.extend(alert.codes)
    if alert.query is not None:
        to.query.SetInParent()
        to.query.question = alert.query.question
        to.query.options.extend(alert.query.options)


def _put_candidates(to: Any, candidates: Sequence[types.Candidate]) -> None:
    for item in candidates:
        to.add(system=item.system, code=item.code, display=item.display, score=item.score, origin=item.origin)


def _put_evidence(to: Any, evidence: Sequence[types.Evidence], tables: Sequence[OffsetTable]) -> None:
    for item in evidence:
        to.add(document=item.document, **_span(tables[item.document], item))
