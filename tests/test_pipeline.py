"""The stages together: spans, determinism, whole notes with codes expected by hand, and charts that are refused."""

import dataclasses
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import ChartcoderError
from engine.pipeline import Pipeline
from engine.types import Assertion, Chart, CodedChart, Document, Experiencer, Role, Route, Setting, Sex, Temporality

DAY = date(2026, 4, 2)
PHRASES = st.sampled_from(
    [
        *("type 2 diabetes mellitus", "HTN", "no chest pain", "left knee pain", "history of breast cancer", "COPD"),
        *("ASSESSMENT:", "FAMILY HISTORY:", "mother had", "denies", "possible pneumonia", "acute on chronic"),
        *("fracture of the right tibia", "32 weeks gestation", "nonunion", "\n\n", "\r\n", "1. ", ", ", ". ", "  "),
    ]
)
TEXTS = st.lists(PHRASES | st.text(max_size=12), max_size=14).map(" ".join).filter(lambda text: bool(text.strip()))


def chart(*texts: str, setting: Setting = Setting.OUTPATIENT, **given_facts: object) -> Chart:
    """Make a chart of plain documents."""
    return dataclasses.replace(
        Chart("made", tuple(Document(text) for text in texts), setting=setting),
        **given_facts,  # type: ignore[arg-type]
    )


def codes(coded: CodedChart) -> list[str]:
    """List the codes suggested."""
    return [suggestion.code for suggestion in coded.suggestions]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(TEXTS)
def test_every_span_cuts_its_text_from_the_document(pipeline: Pipeline, text: str) -> None:
    coded = pipeline.code(chart(text, "second document: asthma", setting=Setting.INPATIENT))
    documents = (text, "second document: asthma")
    for finding in coded.findings:
        mention = finding.mention
        assert documents[mention.document][mention.begin : mention.end] == mention.text != ""
        for cue in mention.context.cues:
            assert 0 <= cue.begin <= cue.end <= len(documents[mention.document])
        assert [code.score for code in finding.codes] == sorted((c.score for c in finding.codes), reverse=True)
    for suggestion in coded.suggestions:
        assert suggestion.evidence
        assert suggestion.reasons
        assert 0 <= suggestion.confidence <= 1
        for evidence in suggestion.evidence:
            assert 0 <= evidence.begin < evidence.end <= len(documents[evidence.document])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(TEXTS)
def test_the_same_chart_gets_the_same_answer(pipeline: Pipeline, text: str) -> None:
    assert answer(pipeline.code(chart(text))) == answer(pipeline.code(chart(text)))


def answer(coded: CodedChart) -> str:
    """Write all that must not vary."""
    return json.dumps(dataclasses.asdict(dataclasses.replace(coded, elapsed_ms=0.0)), default=str, sort_keys=True)


NOTE = """CHIEF COMPLAINT: Cough and fever.
HISTORY OF PRESENT ILLNESS: 67-year-old man with acute on chronic systolic heart failure, COPD and left knee pain.
Denies chest pain. Here for follow-up of a distal radius fracture with nonunion.
FAMILY HISTORY: Mother had breast cancer.
ASSESSMENT: 1. Community-acquired pneumonia. 2. Type 2 diabetes mellitus. 3. Possible pulmonary embolism.
"""
PROBE = """
import sys
from pathlib import Path
from engine.config import Config
from engine.live import Live
sys.path.insert(0, sys.argv[3])
from test_pipeline import NOTE, answer, chart
live = Live.open(Config(home=Path(sys.argv[1]), audit_dir=Path(sys.argv[2])))
print(answer(live.pipeline.code(chart(NOTE))))
"""


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_another_process_gives_the_same_bytes(pipeline: Pipeline, home: Path, tmp_path: Path, seed: str) -> None:
    probe = subprocess.run(
        [sys.executable, "-c", PROBE, str(home), str(tmp_path), str(Path(__file__).parent)],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert probe.stdout.strip() == answer(pipeline.code(chart(NOTE)))


def test_a_chart_is_not_changed_by_the_charts_before_it(pipeline: Pipeline) -> None:
    before = answer(pipeline.code(chart(NOTE)))
    pipeline.code(chart("ASSESSMENT: left tibia fracture, nonunion. 12 weeks gestation.", sex=Sex.FEMALE))
    assert answer(pipeline.code(chart(NOTE))) == before


@pytest.mark.parametrize(
    ("note", "setting", "expected", "absent"),
    [
        (
            "ASSESSMENT:\n1. Type 2 diabetes mellitus.\n2. Hypertension.\n3. Community-acquired pneumonia.\n",
            Setting.OUTPATIENT,
            ["E11.9", "I10", "J18.9"],
            [],
        ),
        # Negated, in the words and ways of real notes.
        (
            "HPI: Denies chest pain. No fever, chills or cough. Nausea: none.\nASSESSMENT: Hypertension.",
            Setting.OUTPATIENT,
            ["I10"],
            ["R07.9", "R50.9", "R05.9", "R11.0"],
        ),
        # Family and personal history.
        (
            "FAMILY HISTORY: Father with colon cancer.\nPAST MEDICAL HISTORY: History of breast cancer. Asthma.",
            Setting.OUTPATIENT,
            ["Z85.3", "Z80.0", "J45.909"],
            ["C50.919", "C18.9"],
        ),
        # A chronic disease in the history is current (IV.I).
        ("PAST MEDICAL HISTORY: Hypertension, COPD.", Setting.OUTPATIENT, ["I10", "J44.9"], []),
        # Uncertain: coded for the inpatient (II.H), not for the outpatient (IV.H).
        ("DISCHARGE DIAGNOSIS: Possible pneumonia.", Setting.INPATIENT, ["J18.9"], []),
        ("ASSESSMENT: Possible pneumonia.", Setting.OUTPATIENT, [], ["J18.9"]),
        # Laterality.
        ("IMPRESSION: Right shoulder pain. Left knee pain.", Setting.OUTPATIENT, ["M25.511", "M25.562"], []),
        ("IMPRESSION: Bilateral carpal tunnel syndrome.", Setting.OUTPATIENT, ["G56.03"], ["G56.00"]),
        # Acuity.
        ("IMPRESSION: Acute respiratory failure.", Setting.INPATIENT, ["J96.00"], ["J96.90"]),
        ("IMPRESSION: Acute on chronic systolic heart failure.", Setting.INPATIENT, ["I50.23"], ["I50.21", "I50.22"]),
        # Trimester, said or counted.
        ("ASSESSMENT: Pre-eclampsia in the second trimester.", Setting.OUTPATIENT, ["O14.92"], []),
        ("ASSESSMENT: Pre-eclampsia. She is at 32 weeks gestation.", Setting.OUTPATIENT, ["O14.93"], []),
        # Encounter.
        ("ASSESSMENT: Right ankle sprain. Follow up with orthopedics.", Setting.EMERGENCY, ["S93.401A"], []),
        ("ASSESSMENT: Follow-up of right ankle sprain, improving.", Setting.OUTPATIENT, ["S93.401D"], ["S93.401A"]),
        ("ASSESSMENT: Nonunion of left distal radius fracture.", Setting.OUTPATIENT, ["S52.502K"], []),
        # Unspecified beside specific, and a symptom beside its cause.
        ("ASSESSMENT: Pneumonia with cough and fever.", Setting.OUTPATIENT, ["J18.9"], ["R05.9", "R50.9"]),
        (
            "ASSESSMENT: Chronic kidney disease. Chronic kidney disease stage 4.",
            Setting.OUTPATIENT,
            ["N18.4"],
            ["N18.9"],
        ),
    ],
)
def test_a_note_gets_the_codes_that_a_coder_gives_it(
    pipeline: Pipeline, note: str, setting: Setting, expected: list[str], absent: list[str]
) -> None:
    suggested = codes(pipeline.code(chart(note, setting=setting)))
    assert [code for code in expected if code not in suggested] == []
    assert [code for code in absent if code in suggested] == []


def test_findings_say_what_the_text_says_though_nothing_is_coded(pipeline: Pipeline) -> None:
    coded = pipeline.code(chart("No pneumonia. Mother has asthma. History of appendicitis."))
    said = {f.mention.text.lower(): f.mention.context for f in coded.findings}
    assert said["pneumonia"].assertion is Assertion.ABSENT
    assert next(context for text, context in said.items() if "asthma" in text).experiencer is Experiencer.FAMILY
    assert next(context for text, context in said.items() if "append" in text).temporality is Temporality.HISTORICAL


def test_what_is_negated_comes_with_the_cue_that_says_so(pipeline: Pipeline) -> None:
    text = "The patient denies chest pain."
    (finding,) = [f for f in pipeline.code(chart(text)).findings if "chest pain" in f.mention.text]
    assert [text[cue.begin : cue.end] for cue in finding.mention.context.cues] == ["denies"]


def test_the_sex_of_the_patient_chooses_the_child(pipeline: Pipeline) -> None:
    note = "ASSESSMENT: Cancer of the right breast."
    assert "C50.911" in codes(pipeline.code(chart(note, sex=Sex.FEMALE)))
    assert "C50.921" in codes(pipeline.code(chart(note, sex=Sex.MALE)))


def test_documents_of_a_chart_are_read_together(pipeline: Pipeline) -> None:
    coded = pipeline.code(chart("ASSESSMENT: Hypertension.", "ASSESSMENT: Hypertension. Asthma."))
    (pressure,) = [s for s in coded.suggestions if s.code == "I10"]
    assert [evidence.document for evidence in pressure.evidence] == [0, 1]
    assert [s.role for s in coded.suggestions] == [Role.PRINCIPAL, Role.SECONDARY]


def test_the_header_names_what_the_answer_rests_on(pipeline: Pipeline) -> None:
    header = pipeline.code(chart("Asthma."), request_id="r1").header
    assert header.request_id == "r1"
    assert [(release.system, release.version) for release in header.releases] == [("icd10cm", "2026")]
    assert {name for name, _ in header.models} == {
        "dictionary",
        "abbreviations",
        "ranker:linear",
        "ranker:document",
        "routing:chartcoder-default",
    }
    assert all(len(content_hash) == 64 for _, content_hash in header.models)


def test_every_suggestion_has_a_route_and_says_why(pipeline: Pipeline) -> None:
    for suggestion in pipeline.code(chart(NOTE)).suggestions:
        assert suggestion.route in Route
        assert suggestion.reasons[-1].rule.startswith("route:")
        assert suggestion.reasons[-1].detail.startswith(f"{suggestion.route.value}: ")


def test_no_message_carries_chart_text(pipeline: Pipeline) -> None:
    coded = pipeline.code(chart("ASSESSMENT: Zanzibarski's pneumonia with cough, left wrist fracture unionless."))
    for alert in coded.alerts:
        assert "zanzibar" not in alert.message.lower()


def test_a_text_without_anything_codable_gets_nothing(pipeline: Pipeline) -> None:
    coded = pipeline.code(chart("The weather was mild."))
    assert (coded.suggestions, coded.alerts) == ([], [])


@pytest.mark.parametrize(
    ("bad", "reason", "field"),
    [
        (Chart("c", ()), "CHART_INVALID", "documents"),
        (chart(""), "CHART_INVALID", "documents"),
        (chart(" \n\t", "\u00a0\u2003"), "CHART_INVALID", "documents"),
        (chart(*["word"] * 1001), "CHART_INVALID", "documents"),
        (chart("x" * (5 * 1024 * 1024)), "CHART_TOO_LARGE", "documents"),
        (chart("\u00e9" * (3 * 1024 * 1024)), "CHART_TOO_LARGE", "documents"),
        (chart("fine", "not \ud800 fine"), "CHART_INVALID", "documents[1].text"),
        (chart("asthma", age_years=-1), "CHART_INVALID", "age_years"),
        (chart("asthma", age_years=151), "CHART_INVALID", "age_years"),
        (chart("asthma", systems=("icd10cm", "icd99")), "CODE_SYSTEM_UNKNOWN", "systems[1]"),
        (chart("asthma", systems=("icd11",)), "CODE_SYSTEM_UNKNOWN", "systems[0]"),
        (chart("asthma", date_of_service=date(1999, 1, 1)), "NO_RELEASE_FOR_DATE", "date_of_service"),
        (chart("asthma", date_of_service=date(2026, 10, 1)), "NO_RELEASE_FOR_DATE", "date_of_service"),
        (
            chart("asthma", setting=Setting.INPATIENT, date_of_service=DAY, discharge_date=date(2031, 1, 1)),
            "NO_RELEASE_FOR_DATE",
            "discharge_date",
        ),
        (chart("asthma", date_of_service=DAY, discharge_date=date(2025, 1, 1)), "CHART_INVALID", "discharge_date"),
    ],
)
def test_a_chart_that_cannot_be_coded_is_refused_with_field_and_reason(
    pipeline: Pipeline, bad: Chart, reason: str, field: str
) -> None:
    with pytest.raises(ChartcoderError) as caught:
        pipeline.code(bad)
    assert (caught.value.REASON, caught.value.field) == (reason, field)
    assert "got" in str(caught.value)
    assert "want" in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "good",
    [
        chart(*["asthma"] * 1000),
        chart("", "asthma"),
        chart("asthma", age_years=0),
        chart("asthma", age_years=150),
        chart("asthma", systems=("icd10cm",)),
        chart("asthma", date_of_service=date(2026, 9, 30)),
        chart("asthma", date_of_service=date(2026, 9, 30), discharge_date=date(2026, 10, 2)),
        chart("asthma", setting=Setting.INPATIENT, date_of_service=date(1999, 1, 1), discharge_date=DAY),
        chart("asthma\x00\x01 \U0001f600 \u202e asthma \u0301"),
    ],
)
def test_a_chart_at_the_limit_is_coded(pipeline: Pipeline, good: Chart) -> None:
    assert "J45.909" in {code.code for finding in pipeline.code(good).findings for code in finding.codes}


def test_an_abbreviation_that_nothing_tells_is_a_finding_with_its_meanings_and_a_question(pipeline: Pipeline) -> None:
    coded = pipeline.code(Chart("c", (Document("The patient has MS."),)))
    (finding,) = coded.findings
    assert finding.is_unresolved
    assert {"G35.D", "I05.0"} == {candidate.code for candidate in finding.codes}
    assert all(candidate.score < 0.3 for candidate in finding.codes)
    assert coded.suggestions == []
    (alert,) = coded.alerts
    assert (alert.kind, alert.codes) == ("unclear_abbreviation", ["G35.D", "I05.0"])


def test_no_question_is_asked_where_the_chart_suggests_one_of_the_meanings(pipeline: Pipeline) -> None:
    coded = pipeline.code(Chart("c", (Document("The patient has MS."), Document("Known multiple sclerosis."))))
    assert "G35.D" in {suggestion.code for suggestion in coded.suggestions}
    assert "unclear_abbreviation" not in {alert.kind for alert in coded.alerts}


def test_a_definition_in_one_document_holds_in_another(pipeline: Pipeline) -> None:
    documents = (Document("The MS is unchanged."), Document("Echo: mitral stenosis (MS)."))
    findings = pipeline.code(Chart("c", documents)).findings
    assert {finding.codes[0].code for finding in findings} == {"I05.0"}
    assert {finding.mention.document for finding in findings} == {0, 1}


@pytest.mark.parametrize(
    ("setting", "service", "discharge", "day"),
    [
        (Setting.INPATIENT, date(2026, 9, 28), date(2026, 10, 2), date(2026, 10, 2)),
        (Setting.INPATIENT, None, date(2026, 10, 2), date(2026, 10, 2)),
        (Setting.INPATIENT, date(2026, 9, 28), None, date(2026, 9, 28)),
        (Setting.OUTPATIENT, date(2026, 9, 28), date(2026, 10, 2), date(2026, 9, 28)),
        (Setting.OBSERVATION, date(2026, 9, 30), date(2026, 10, 1), date(2026, 9, 30)),
        (Setting.EMERGENCY, None, None, None),
    ],
)
def test_an_inpatient_is_coded_by_the_release_of_the_day_of_discharge(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch,
    setting: Setting, service: date | None, discharge: date | None, day: date | None,
) -> None:  # fmt: skip
    asked: list[date | None] = []
    original = pipeline._tools_on

    def remember(wanted: date | None) -> object:
        asked.append(wanted)
        return original(None)

    monkeypatch.setattr(pipeline, "_tools_on", remember)
    pipeline.code(chart("asthma", setting=setting, date_of_service=service, discharge_date=discharge))
    assert set(asked) == {day}
