"""Between the records of the engine and the messages, on the caller's side."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from codesets.crosswalk import MapKind, MapRelease, Relationship
from codesets.mapping import MapOption, MapPart, MappedCode
from codesets.search import MatchKind, SearchHit
from codesets.translate import Translation, TranslationKind
from codesets.types import Attribute, Axis, Code, Note, NoteKind, Release, System
from codesets.validate import CodeCheck, CodeStatus, CodeTitle
from engine import explanation, types
from engine.pb.chartcoder.v1 import codeset_pb2, types_pb2

E = TypeVar("E", bound=StrEnum)


def _member(kind: type[E], number: int, message_enum: Any, prefix: str) -> E:
    return kind[message_enum.Name(number).removeprefix(f"{prefix}_")]


def _number(message_enum: Any, name: str) -> Any:
    return message_enum.Value(name)


def put_day(to: Any, day: date | None) -> None:
    """Fill in a date, if there is one."""
    if day is not None:
        to.year, to.month, to.day = day.year, day.month, day.day


def _day(message: Any, name: str) -> date | None:
    value = getattr(message, name)
    return date(value.year, value.month, value.day) if message.HasField(name) else None


def put_chart(to: types_pb2.Chart, chart: types.Chart) -> None:
    """Fill in a chart; raises ValueError for text that is not valid Unicode."""
    to.chart_id = chart.chart_id
    for document in chart.documents:
        to.documents.add(document_id=document.document_id, kind=document.kind, text=document.text)
    to.setting = _number(types_pb2.Setting, f"SETTING_{chart.setting.name}")
    put_day(to.date_of_service, chart.date_of_service)
    put_day(to.discharge_date, chart.discharge_date)
    to.sex = _number(types_pb2.Sex, f"SEX_{chart.sex.name}")
    if chart.age_years is not None:
        to.age_years = chart.age_years
    put_day(to.birth_date, chart.birth_date)
    to.discharge_disposition = chart.discharge_disposition
    to.payer = chart.payer
    to.known_codes.extend(chart.known_codes)
    to.systems.extend(chart.systems)


def header_from(message: types_pb2.ResponseHeader) -> types.Header:
    """Return what an answer was made with."""
    releases = tuple(types.ReleaseUsed(r.system, r.version, r.content_hash) for r in message.releases)
    models = tuple((model.name, model.content_hash) for model in message.models)
    return types.Header(message.engine_version, releases, models, message.request_id)


def coded_chart_from(chart_id: str, whole: types_pb2.ChartFrame) -> types.CodedChart:
    """Return the answer that a chart's merged frames make."""
    return types.CodedChart(
        chart_id=chart_id,
        header=header_from(whole.header),
        findings=[_finding(item) for item in whole.findings],
        suggestions=[_suggestion(item) for item in whole.suggestions],
        alerts=[_alert(item) for item in whole.alerts],
        elapsed_ms=whole.summary.elapsed.ToNanoseconds() / 1_000_000,
        audit_record=whole.summary.audit.record_id,
    )


def _finding(message: types_pb2.Finding) -> types.Finding:
    cues = tuple(
        types.Cue(_member(types.Axis, cue.axis, types_pb2.Axis, "AXIS"), cue.begin, cue.end, cue.rule)
        for cue in message.cues
    )
    context = types.Context(
        _member(types.Assertion, message.assertion, types_pb2.Assertion, "ASSERTION"),
        _member(types.Temporality, message.temporality, types_pb2.Temporality, "TEMPORALITY"),
        _member(types.Experiencer, message.experiencer, types_pb2.Experiencer, "EXPERIENCER"),
        cues,
    )
    mention = types.Mention(message.document, message.begin, message.end, message.text, message.section, context)
    return types.Finding(mention, _candidates(message.codes))


def _suggestion(message: types_pb2.Suggestion) -> types.Suggestion:
    return types.Suggestion(
        system=message.system,
        code=message.code,
        display=message.display,
        role=_member(types.Role, message.role, types_pb2.Role, "ROLE"),
        confidence=message.confidence,
        route=_member(types.Route, message.route, types_pb2.Route, "ROUTE"),
        evidence=_evidence(message.evidence),
        alternatives=_candidates(message.alternatives),
        reasons=[types.Reason(reason.rule, reason.source, reason.detail) for reason in message.reasons],
        units=message.units or 1,
        explanation=_explanation(message.explanation) if message.HasField("explanation") else None,
    )


def _explanation(message: types_pb2.Explanation) -> explanation.Explanation:
    return explanation.Explanation(
        message.code,
        message.score,
        [explanation.Influence(item.model, item.feature, item.words, item.weight) for item in message.influences],
        [explanation.Contrast(item.code, item.words, item.weight) for item in message.contrasts],
    )


def _alert(message: types_pb2.Alert) -> types.Alert:
    severity = _member(types.Severity, message.severity, types_pb2.Severity, "SEVERITY")
    evidence = _evidence(message.evidence)
    query = types.Query(message.query.question, list(message.query.options)) if message.HasField("query") else None
    return types.Alert(message.kind, severity, message.message, message.source, evidence, list(message.codes), query)


def _candidates(messages: Sequence[types_pb2.Candidate]) -> list[types.Candidate]:
    return [types.Candidate(item.system, item.code, item.display, item.score, item.origin) for item in messages]


def _evidence(messages: Sequence[types_pb2.Evidence]) -> list[types.Evidence]:
    return [types.Evidence(item.document, item.begin, item.end) for item in messages]


def code_from(message: codeset_pb2.Code) -> Code:
    """Return a node of a release."""
    notes = tuple(
        Note(_member(NoteKind, note.kind, codeset_pb2.NoteKind, "NOTE_KIND"), note.text) for note in message.notes
    )
    return Code(
        system=System(message.system),
        code=message.code,
        title=message.title,
        billable=message.billable,
        parent=message.parent,
        children=tuple(message.children),
        notes=notes,
        short_title=message.short_title,
        added=_day(message, "added"),
        terminated=_day(message, "terminated"),
        attributes=tuple(Attribute(one.name, one.value, one.meaning) for one in message.attributes),
        axes=tuple(_axis(axis) for axis in message.axes),
    )


def _axis(axis: codeset_pb2.CodeAxis) -> Axis:
    said = (axis.label, axis.definition, axis.explanation)
    return Axis(axis.position, axis.name, axis.value, *said, tuple(axis.includes))


def hit_from(message: codeset_pb2.SearchHit) -> SearchHit:
    """Return a hit of a search."""
    match = _member(MatchKind, message.match, codeset_pb2.SearchMatch, "SEARCH_MATCH")
    return SearchHit(
        system=System(message.system),
        code=message.code,
        title=message.title,
        billable=message.billable,
        score=message.score,
        match=match,
        matched_term=message.matched_term,
    )


def check_from(message: codeset_pb2.CodeCheck) -> CodeCheck:
    """Return the verdict on a code."""
    status = _member(CodeStatus, message.status, codeset_pb2.CodeStatus, "CODE_STATUS")
    return CodeCheck(message.asked, message.code, status, message.message, message.title, _titles(message.alternatives))


def translation_from(message: codeset_pb2.Translation) -> Translation:
    """Return what became of a code."""
    if message.HasField("error"):
        return Translation(message.asked, TranslationKind.UNKNOWN)
    kind = _member(TranslationKind, message.kind, codeset_pb2.TranslationKind, "TRANSLATION_KIND")
    options = tuple(_option(option) for option in message.options)
    return Translation(message.asked, kind, _titles(message.targets), options)


def _option(message: codeset_pb2.TranslationOption) -> MapOption:
    number = message.relationship
    name = codeset_pb2.ConceptRelationship.Name(number).removeprefix("CONCEPT_RELATIONSHIP_")
    parts = tuple(
        MapPart(tuple(MappedCode(one.code, one.title, one.note) for one in part.choices)) for part in message.parts
    )
    return MapOption(Relationship[name], parts, message.scenario, tuple(message.advice))


def map_from(message: codeset_pb2.MapSource) -> MapRelease:
    """Return where a crosswalk comes from."""
    return MapRelease(
        MapKind(message.kind),
        System(message.source_system),
        System(message.target_system),
        message.version,
        message.source,
        message.content_hash,
        message.code_count,
    )


def release_from(message: codeset_pb2.CodeSet) -> Release:
    """Return a loaded release."""
    effective_from = _day(message, "effective_from")
    return Release(
        system=System(message.system),
        version=message.version,
        effective_from=effective_from or date.min,
        effective_to=_day(message, "effective_to"),
        content_hash=message.content_hash,
        source=message.source,
        code_count=message.code_count,
        billable_count=message.billable_count,
    )


def _titles(messages: Sequence[codeset_pb2.CodeTitle]) -> tuple[CodeTitle, ...]:
    return tuple(CodeTitle(item.code, item.title) for item in messages)
