"""Between the messages and the records of the engine; spans leave in the caller's offset unit."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from google.type.date_pb2 import Date

from codesets.types import Code, NoteKind, Release
from engine import types
from engine.pb.chartcoder.v1 import codeset_pb2, types_pb2
from engine.server.validate import MAX_CHART_ID_CHARACTERS, MAX_CODES, MAX_NAME_CHARACTERS, Checker, day_from


def enum_numbers(kind: Any, members: Sequence[str], prefix: str) -> dict[Any, Any]:
    """Map our enum members to the numbers of the message's enum."""
    return {member: kind.Value(f"{prefix}_{member}") for member in members}


_SETTINGS = {
    number: member for member, number in enum_numbers(types_pb2.Setting, tuple(types.Setting), "SETTING").items()
}
_SEXES = {number: member for member, number in enum_numbers(types_pb2.Sex, tuple(types.Sex), "SEX").items()}
_NOTE_NAMES = tuple(kind.name for kind in NoteKind if kind is not NoteKind.ATTRIBUTE)
_NOTE_KINDS = enum_numbers(codeset_pb2.NoteKind, _NOTE_NAMES, "NOTE_KIND")
_OFFSET_UNITS = frozenset(types_pb2.OffsetUnit.values())


def chart_from(request: Any) -> types.Chart:
    """Return the chart of a CodeChartRequest or CodeChartsRequest; raises RequestError."""
    checker = Checker()
    chart = request.chart
    checker.want("chart", request.HasField("chart"), "got none, want a chart")
    checker.want("offset_unit", request.offset_unit in _OFFSET_UNITS, f"got {request.offset_unit}, want an OffsetUnit")
    checker.want("chart.setting", chart.setting in _SETTINGS, f"got {chart.setting}, want a Setting")
    checker.want("chart.sex", chart.sex in _SEXES, f"got {chart.sex}, want a Sex")
    _check_lengths(checker, chart)
    days = {name: _optional_day(checker, chart, name) for name in ("date_of_service", "birth_date", "discharge_date")}
    checker.finish()
    return types.Chart(
        chart_id=chart.chart_id,
        documents=tuple(types.Document(d.text, d.kind, d.document_id) for d in chart.documents),
        setting=_SETTINGS[chart.setting],
        date_of_service=days["date_of_service"],
        sex=_SEXES[chart.sex],
        age_years=chart.age_years if chart.HasField("age_years") else None,
        birth_date=days["birth_date"],
        discharge_disposition=chart.discharge_disposition,
        payer=chart.payer,
        known_codes=tuple(chart.known_codes),
        systems=tuple(chart.systems),
        discharge_date=days["discharge_date"],
    )


def _check_lengths(checker: Checker, chart: types_pb2.Chart) -> None:
    limits = {
        "chart_id": MAX_CHART_ID_CHARACTERS,
        "discharge_disposition": MAX_NAME_CHARACTERS,
        "payer": MAX_NAME_CHARACTERS,
    }
    for name, most in limits.items():
        length = len(getattr(chart, name))
        checker.want(f"chart.{name}", length <= most, f"got {length} characters, want at most {most}")
    for name in ("known_codes", "systems"):
        count = len(getattr(chart, name))
        checker.want(f"chart.{name}", count <= MAX_CODES, f"got {count}, want at most {MAX_CODES}")


def _optional_day(checker: Checker, message: Any, name: str) -> date | None:
    if not message.HasField(name):
        return None
    return checker.take(f"chart.{name}", lambda: day_from(getattr(message, name)), None)


def put_header(to: types_pb2.ResponseHeader, header: types.Header, audit_record: str = "") -> None:
    """Fill in what the answer was made with."""
    to.engine_version = header.engine_version
    for release in header.releases:
        to.releases.add(system=release.system, version=release.version, content_hash=release.content_hash)
    for name, content_hash in header.models:
        to.models.add(name=name, content_hash=content_hash)
    to.request_id = header.request_id
    to.audit_record_id = audit_record


def put_day(to: Date, day: date) -> None:
    """Fill in a date."""
    to.year, to.month, to.day = day.year, day.month, day.day


def put_code(to: codeset_pb2.Code, code: Code) -> None:
    """Fill in a node of a release."""
    to.system = code.system.value
    to.code = code.code
    to.title = code.title
    to.short_title = code.short_title
    to.billable = code.billable
    to.parent = code.parent
    to.children.extend(code.children)
    for axis in code.axes:
        to.axes.add(
            position=axis.position,
            name=axis.name,
            value=axis.value,
            label=axis.label,
            definition=axis.definition,
            explanation=axis.explanation,
            includes=axis.includes,
        )
    for attribute in code.attributes:
        to.attributes.add(name=attribute.name, value=attribute.value, meaning=attribute.meaning)
    for note in code.notes:
        to.notes.add(kind=_NOTE_KINDS[note.kind.name], text=note.text)
    if code.added:
        put_day(to.added, code.added)
    if code.terminated:
        put_day(to.terminated, code.terminated)


def put_code_set(to: codeset_pb2.CodeSet, release: Release) -> None:
    """Fill in a release."""
    to.system = release.system.value
    to.version = release.version
    put_day(to.effective_from, release.effective_from)
    if release.effective_to:
        put_day(to.effective_to, release.effective_to)
    to.content_hash = release.content_hash
    to.source = release.source
    to.code_count = release.code_count
    to.billable_count = release.billable_count
