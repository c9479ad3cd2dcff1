"""The edits over a chart's suggestions: what they say, that nothing else changes, and that the header names them."""

from datetime import date
from pathlib import Path

import pytest
from made_tables import DIAGNOSES, make_store

from codesets.edit_store import EditRelease, EditTables
from codesets.edit_table import EditKind
from codesets.snapshot import Snapshot
from codesets.store import Releases
from codesets.types import System
from engine.edits.chart import check_suggestions
from engine.pipeline import Pipeline
from engine.types import Chart, Document, Evidence, Role, Route, Setting, Sex, Suggestion

DAY = date(2024, 8, 1)


def suggestion(code: str, role: Role = Role.SECONDARY) -> Suggestion:
    """Make a suggestion."""
    return Suggestion("icd10cm", code, "", role, 0.9, Route.AUTO, [Evidence(0, 0, 4)])


def first(code: str) -> Suggestion:
    """Make a principal diagnosis."""
    return suggestion(code, Role.PRINCIPAL)


@pytest.fixture(scope="module")
def small(edits_home: Path) -> tuple[Snapshot, EditRelease]:
    """The release and the code editor's table of the day."""
    editor = EditTables.open(edits_home).on(EditKind.MCE_DIAGNOSES, DAY)
    assert editor is not None
    return Releases.open(edits_home).release(System.ICD10CM, DAY), editor


@pytest.mark.parametrize(
    ("given", "facts", "want"),
    [
        (first("J18.9"), {"age_years": 40}, []),
        (suggestion("P59.9"), {"age_years": 1}, ["age_conflict"]),
        (suggestion("P59.9"), {"age_years": 0}, []),
        (suggestion("P59.9"), {}, []),
        (suggestion("P59.9"), {"birth_date": date(2024, 7, 30)}, []),
        (suggestion("P59.9"), {"birth_date": date(2023, 8, 1)}, ["age_conflict"]),
        (suggestion("N85.9"), {"sex": Sex.MALE}, ["sex_conflict"]),
        (suggestion("N85.9"), {"sex": Sex.MALE, "date_of_service": date(2024, 10, 1)}, []),
        (suggestion("N85.9"), {"sex": Sex.FEMALE}, []),
        (first("F02.80"), {}, ["manifestation_as_principal"]),
        (suggestion("F02.80"), {}, []),
        (first("W19.XXXA"), {}, ["external_cause_as_principal"]),
        (first("Z37.0"), {"setting": Setting.INPATIENT}, ["unacceptable_principal"]),
        (first("Z37.0"), {"setting": Setting.OUTPATIENT}, []),
        (first("Z51.89"), {"setting": Setting.INPATIENT}, []),
    ],
)
def test_suggestions_are_held_against_the_code_editor(
    small: tuple[Snapshot, EditRelease], given: Suggestion, facts: dict[str, object], want: list[str]
) -> None:
    snapshot, editor = small
    chart = Chart("c", (Document("text"),), **({"date_of_service": DAY} | facts))  # type: ignore[arg-type]
    alerts = check_suggestions([given], chart, snapshot, editor)
    assert [alert.kind for alert in alerts] == want
    assert all(alert.codes == [given.code] and alert.evidence == given.evidence for alert in alerts)


def test_without_a_table_the_tabular_list_and_the_guidelines_speak(small: tuple[Snapshot, EditRelease]) -> None:
    snapshot, _ = small
    chart = Chart("c", (Document("text"),), age_years=50, date_of_service=DAY)
    given = [first("F02.80"), first("W19.XXXA"), suggestion("P59.9")]
    kinds = [alert.kind for alert in check_suggestions(given, chart, snapshot, None)]
    assert kinds == ["manifestation_as_principal", "external_cause_as_principal"]


def test_edits_that_fail_leave_the_chart_as_it_is(small: tuple[Snapshot, EditRelease]) -> None:
    _, editor = small
    chart = Chart("c", (Document("text"),))
    [alert] = check_suggestions([first("J18.9")], chart, None, editor)  # type: ignore[arg-type]
    assert alert.kind == "edit_failed"


def test_a_chart_is_coded_with_the_table_and_its_header_says_so(pipeline: Pipeline, tmp_path: Path) -> None:
    make_store(tmp_path)
    chart = Chart("c", (Document("ASSESSMENT: Neonatal jaundice."),), age_years=50)
    plain = pipeline.code(chart)
    pipeline._edits = EditTables.open(tmp_path)
    try:
        checked = pipeline.code(chart)
        header = pipeline.header(chart)
    finally:
        pipeline._edits = None
    assert [alert.kind for alert in checked.alerts if alert not in plain.alerts] == ["age_conflict"]
    assert [used.system for used in checked.header.releases] == ["icd10cm", "mce-icd10cm"]
    assert header.releases == checked.header.releases
    assert [(s.code, s.confidence) for s in checked.suggestions] == [(s.code, s.confidence) for s in plain.suggestions]
    assert checked.suggestions[0].route is Route.REVIEW


def test_the_made_up_diagnoses_stand_in_the_official_list(snapshot: Snapshot) -> None:
    for node in DIAGNOSES:
        if node.billable:
            assert snapshot.is_billable(node.code), node.code
