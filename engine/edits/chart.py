"""The edits that concern the suggestions of a chart, as alerts: what may not be first, ages, sex, manifestations.

The same lists and citations as for claims, without laying out a claim: a chart's time is a millisecond. Without a table
of the code editor, what the tabular list and the guidelines say themselves is checked.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from codesets.edit_store import EditRelease, EditTables
from codesets.edit_table import EditKind
from codesets.mce import find_flags
from codesets.snapshot import Snapshot
from codesets.types import System
from engine.edits import age, principal, sex
from engine.edits import code_editor as mce
from engine.types import Alert, Chart, Role, Setting, Severity, Sex, Suggestion

_OTHER_SEX = {Sex.MALE: mce.FEMALE, Sex.FEMALE: mce.MALE}


def editor_on(tables: EditTables | None, day: date) -> EditRelease | None:
    """Return the code editor's table of diagnoses for a day, None if none is loaded."""
    return tables.on(EditKind.MCE_DIAGNOSES, day) if tables is not None else None


def check_suggestions(
    suggestions: Sequence[Suggestion], chart: Chart, snapshot: Snapshot, editor: EditRelease | None
) -> list[Alert]:
    """Return what the edits say of a chart's diagnoses, in their order; if they fail, the one alert that says so."""
    try:
        return _check(suggestions, chart, snapshot, editor)
    except Exception:  # the boundary that keeps a fault of the edits from the whole chart
        why = "the edits failed and were left out; a person must check ages, sex and the first diagnosis"
        return [Alert("edit_failed", Severity.ERROR, why, principal.SOURCE)]


def _check(
    suggestions: Sequence[Suggestion], chart: Chart, snapshot: Snapshot, editor: EditRelease | None
) -> list[Alert]:
    day = day_of(chart, snapshot)
    years = _age(chart, day)
    alerts: list[Alert] = []
    for suggestion in suggestions:
        if suggestion.system == System.ICD10CM.value:
            flags = _flags(editor, suggestion.code, day) if editor is not None else None
            alerts.extend(_alerts(suggestion, chart, snapshot, flags, day, years))
    return alerts


def day_of(chart: Chart, snapshot: Snapshot) -> date:
    """Return the day that the edits go by: that of the release, else its first."""
    return chart.release_day or snapshot.release.effective_from


@lru_cache(maxsize=16_384)
def _flags(editor: EditRelease, code: str, day: date) -> frozenset[str]:
    return find_flags(editor, code, day).flags


@lru_cache(maxsize=16_384)
def _is_manifestation(snapshot: Snapshot, code: str) -> bool:
    return mce.is_manifestation(snapshot, code)


def _alerts(
    suggestion: Suggestion,
    chart: Chart,
    snapshot: Snapshot,
    flags: frozenset[str] | None,
    day: date,
    years: int | None,
) -> Iterator[Alert]:
    code = suggestion.code
    if flags:
        wanted = age.conflict(flags, years) if years is not None else ""
        if wanted:
            yield _alert(
                "age_conflict", Severity.ERROR, f"{code} is for patients who are {wanted}", age.SOURCE, suggestion
            )
        other = _OTHER_SEX.get(chart.sex)
        if other in flags and day < sex.ENDED:
            yield _alert("sex_conflict", Severity.ERROR, f"{code} is for {other} patients only", sex.SOURCE, suggestion)
    if suggestion.role is Role.PRINCIPAL:
        yield from _first(suggestion, chart, snapshot, flags)


def _first(suggestion: Suggestion, chart: Chart, snapshot: Snapshot, flags: frozenset[str] | None) -> Iterator[Alert]:
    code = suggestion.code
    is_manifestation = _is_manifestation(snapshot, code) if flags is None else mce.MANIFESTATION in flags
    if is_manifestation:
        why = f"{code} is a manifestation, which is never first: name the disease that it comes from"
        yield _alert("manifestation_as_principal", Severity.ERROR, why, principal.SOURCE, suggestion)
    if mce.is_external_cause(code):
        why = f"{code} says an external cause, which is never first: name the injury or condition"
        yield _alert("external_cause_as_principal", Severity.ERROR, why, principal.SOURCE, suggestion)
    if flags and mce.UNACCEPTABLE in flags and chart.setting is Setting.INPATIENT and mce.NEEDS_SECONDARY not in flags:
        why = f"{code} is not acceptable as principal diagnosis of a stay: name what led to the admission"
        yield _alert("unacceptable_principal", Severity.WARNING, why, principal.SOURCE, suggestion)


def _alert(kind: str, severity: Severity, message: str, source: str, about: Suggestion) -> Alert:
    return Alert(kind, severity, message, source, list(about.evidence), [about.code])


def _age(chart: Chart, day: date) -> int | None:
    born = chart.birth_date
    if born is None:
        return chart.age_years
    return max(0, day.year - born.year - ((day.month, day.day) < (born.month, born.day)))
