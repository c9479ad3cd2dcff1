"""The level of a visit, on short notes worked by hand from the rules."""

import re

import pytest

from engine.services.drugs import Text
from engine.services.visit import Kind, code_visit, read_visit
from engine.services.visit_elements import Level, judge_data, judge_problems, judge_risk
from engine.services.visit_words import table
from engine.text.sections import find_sections
from engine.text.sentences import find_sentences
from engine.types import Chart, Document, Evidence, Role, Route, Setting, Suggestion

OFFICE, EMERGENCY, STAY = Setting.OUTPATIENT, Setting.EMERGENCY, Setting.INPATIENT
S, L, M, H = Level.STRAIGHTFORWARD, Level.LOW, Level.MODERATE, Level.HIGH


def cut(text):
    sections = find_sections(text)
    return Text(text, sections, find_sentences(text, sections))


def diagnosis(code, text="", words=""):
    begin = text.find(words) if words else 0
    return Suggestion("icd10cm", code, "", Role.SECONDARY, 0.9, Route.AUTO, [Evidence(0, begin, begin + len(words))])


PROBLEMS = (
    # Codes with the words that state them, the text, and the level.
    ({"J06.9": "URI"}, "Assessment: URI.", S),
    ({"J06.9": "URI", "B07.9": "wart"}, "Assessment: URI, wart.", L),
    ({"N39.0": "UTI"}, "Assessment: UTI.", L),
    ({"I10": "hypertension"}, "Assessment: hypertension, stable.", L),
    ({"I10": "hypertension", "E78.5": "hyperlipidemia"}, "Assessment: hypertension, hyperlipidemia.", M),
    ({"E11.65": "diabetes"}, "Assessment: diabetes, not at goal.", M),
    ({"J44.1": "COPD"}, "Assessment: COPD with severe exacerbation.", H),
    ({"N63.10": "breast lump"}, "Assessment: breast lump.", M),
    ({"J18.9": "pneumonia"}, "Assessment: pneumonia.", M),
    ({"S06.0X1A": "concussion"}, "Assessment: concussion.", M),
    ({"I21.4": "NSTEMI"}, "Assessment: NSTEMI.", H),
    ({"Z00.00": "well"}, "Assessment: well.", S),
)


@pytest.mark.parametrize(("codes", "text", "level"), PROBLEMS)
def test_problems(codes, text, level):
    diagnoses = [diagnosis(code, text, words) for code, words in codes.items()]
    assert judge_problems(diagnoses, [cut(text)]).level is level


DATA = (
    ("Assessment: well.", S),
    ("Plan: check CBC.", S),
    ("Plan: check CBC and hemoglobin.", S),  # one test by two names
    ("Plan: check CBC and TSH.", L),
    ("History was obtained from her daughter.", L),
    ("Plan: CBC, TSH and a chest x-ray.", M),
    ("CBC and TSH. The history was provided by EMS.", M),
    ("I personally reviewed the chest x-ray images.", M),
    ("I discussed the case with Dr. Stone.", M),
    ("I independently interpreted the EKG. Discussed with cardiology.", H),
    ("CBC, TSH, lipase. Discussed with the on-call surgeon.", H),
    ("", S),
)


@pytest.mark.parametrize(("text", "level"), DATA)
def test_data(text, level):
    assert judge_data([cut(text)]).level is level


RISK = (
    ("Plan: rest and fluids.", S),
    ("Plan: ibuprofen as needed.", L),
    ("Plan: physical therapy.", L),
    ("Plan: start lisinopril 10 mg daily.", M),
    ("Plan: amoxicillin for ten days.", M),
    ("Medications: lisinopril.\nPlan: rest.", S),
    ("Plan: proceed with knee replacement.", M),
    ("Plan: she will be admitted to the hospital.", H),
    ("Plan: methotrexate; monitor LFTs and CBC.", H),
    ("Plan: methotrexate.", S),
    ("ED: morphine 4 mg IV. ", H),
    ("Plan: emergent appendectomy.", H),
    ("Plan: comfort care.", H),
)


@pytest.mark.parametrize(("text", "level"), RISK)
def test_risk(text, level):
    assert judge_risk([], [cut(text)]).level is level


def test_care_limited_by_social_circumstances_is_of_moderate_risk():
    assert judge_risk([diagnosis("Z59.00")], [cut("Plan: rest.")]).level is M


HYPERTENSION, URI, PNEUMONIA = {"I10": "hypertension"}, {"J06.9": "URI"}, {"J18.9": "pneumonia"}
NOTES = (
    # Text, codes with their words, setting, and the code of the visit.
    # Two stable chronic illnesses (moderate), drugs managed (moderate), no data: moderate.
    ("Follow-up visit.\nAssessment: hypertension, hyperlipidemia.\nPlan: continue lisinopril 10 mg.",
     {"I10": "hypertension", "E78.5": "hyperlipidemia"}, OFFICE, "99214"),
    # One stable chronic illness (low), drugs managed (moderate), no data (straightforward): low.
    ("Follow-up visit.\nAssessment: hypertension.\nPlan: continue lisinopril 10 mg.", HYPERTENSION, OFFICE, "99213"),
    # A minor problem, no data, over the counter (low): straightforward.
    ("Returns with a cold.\nAssessment: URI.\nPlan: ibuprofen.", URI, OFFICE, "99212"),
    # The same as a new patient.
    ("New patient.\nAssessment: URI.\nPlan: ibuprofen.", URI, OFFICE, "99202"),
    # Time gives more than the elements.
    ("Follow-up.\nAssessment: URI.\nPlan: ibuprofen. Total time spent on this encounter: 42 minutes.", URI, OFFICE,
     "99215"),
    ("Follow-up.\nAssessment: URI.\nI spent 25 minutes on the date of the visit.", URI, OFFICE, "99213"),
    # Time below the first step changes nothing.
    ("Follow-up.\nAssessment: URI.\nTotal time: 5 minutes.", URI, OFFICE, "99212"),
    # Time does not count in the emergency department.
    ("Assessment: URI.\nTotal time: 60 minutes.", URI, EMERGENCY, "99282"),
    # Threat to life, admitted: high.
    ("Assessment: NSTEMI.\nPlan: admit to the hospital.", {"I21.4": "NSTEMI"}, EMERGENCY, "99285"),
    # A stay: first and later visits.
    ("HISTORY AND PHYSICAL\nAssessment: pneumonia.\nPlan: start ceftriaxone 1000 mg.", PNEUMONIA, STAY, "99222"),
    ("PROGRESS NOTE\nAssessment: pneumonia.\nPlan: continue ceftriaxone 1000 mg.", PNEUMONIA, STAY, "99232"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "codes", "setting", "visit"), NOTES)
def test_the_visit_has_the_level_of_two_elements_or_of_time(text, codes, setting, visit):
    diagnoses = [diagnosis(code, text, words) for code, words in codes.items()]
    suggestion, alerts = code_visit(Chart("c", (Document(text),), setting), diagnoses, [cut(text)], str.lower)
    assert suggestion.code == visit
    assert alerts == []
    assert [reason.rule for reason in suggestion.reasons][:4] == [
        "visit-kind",
        "visit-problems",
        "visit-data",
        "visit-risk",
    ]
    assert suggestion.route is Route.REVIEW


def test_a_visit_that_is_neither_new_nor_established_is_asked_about():
    text = "Assessment: URI.\nPlan: ibuprofen."
    chart = Chart("c", (Document(text),), OFFICE)
    suggestion, (alert,) = code_visit(chart, [diagnosis("J06.9", text, "URI")], [cut(text)], str.lower)
    assert (suggestion.code, [c.code for c in suggestion.alternatives]) == ("99212", ["99202"])
    assert alert.kind == "visit_kind"
    assert suggestion.confidence < 0.5


def test_the_worksheet_shows_where_each_element_stands():
    plan = "Plan: increase lisinopril to 20 mg. CBC. Total time: 35 minutes."
    text = f"Follow-up.\nAssessment: hypertension, not at goal.\n{plan}"
    sheet = read_visit(Chart("c", (Document(text),), OFFICE), [diagnosis("I10", text, "hypertension")], [cut(text)])
    shown = [[text[e.begin : e.end] for e in element.evidence] for element in (sheet.problems, sheet.data, sheet.risk)]
    assert shown == [["hypertension"], ["CBC"], ["increase lisinopril to 20 mg"]]
    assert (sheet.kind, sheet.minutes, sheet.by_time, sheet.by_decisions) == (Kind.ESTABLISHED, 35, M, M)
    assert text[sheet.time[0].begin : sheet.time[0].end] == "Total time: 35 min"


def test_without_a_diagnosis_there_is_no_visit_to_code():
    assert code_visit(Chart("c", (Document("x"),), OFFICE), [], [cut("x")], str.lower) == (None, [])


@pytest.mark.parametrize(
    "text", ["total time " * 3000, "start " * 5000 + "1 mg", "reviewed " * 4000, "\0 \U0001f642 " * 1000]
)
def test_odd_text_is_read_in_linear_time(text):
    assert read_visit(Chart("c", (Document(text),), OFFICE), [diagnosis("I10")], [cut(text)]).minutes == 0


def test_prefixes_begin_codes_of_the_release_and_patterns_compile(snapshot):
    codes = [snapshot.code_at(number) for number in range(len(snapshot))]
    for name, prefixes in table()["problems"].items():
        for prefix in prefixes:
            assert any(code.startswith(prefix) for code in codes), (name, prefix)
    for alternatives in table()["patterns"].values():
        assert all(re.compile(alternative) for alternative in alternatives)
