"""Headings of made-up notes in the manners of real ones."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.sections import find_sections, headings

EXPECTED_NAMES = """
CHIEF_COMPLAINT HISTORY_OF_PRESENT_ILLNESS PAST_MEDICAL_HISTORY PAST_SURGICAL_HISTORY FAMILY_HISTORY
SOCIAL_HISTORY ALLERGIES MEDICATIONS REVIEW_OF_SYSTEMS PHYSICAL_EXAM VITAL_SIGNS RESULTS LABS IMAGING FINDINGS
IMPRESSION ASSESSMENT ASSESSMENT_AND_PLAN PLAN DIAGNOSIS ADMISSION_DIAGNOSIS DISCHARGE_DIAGNOSIS
PREOPERATIVE_DIAGNOSIS POSTOPERATIVE_DIAGNOSIS PROCEDURE HOSPITAL_COURSE INDICATION TECHNIQUE COMPARISON
DISCHARGE_INSTRUCTIONS DISPOSITION DIFFERENTIAL PROBLEM_LIST SUBJECTIVE OBJECTIVE IMMUNIZATIONS
OBSTETRIC_HISTORY RISK_FACTORS
"""


def names(text: str) -> list[str]:
    """Name the sections of a text."""
    return [section.name for section in find_sections(text)]


def test_the_names_other_stages_rely_on_exist() -> None:
    assert set(EXPECTED_NAMES.split()) <= set(headings().names.values())


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("PAST MEDICAL HISTORY: gout", "PAST_MEDICAL_HISTORY"),
        ("Past Medical History: gout", "PAST_MEDICAL_HISTORY"),
        ("past medical history: gout", "PAST_MEDICAL_HISTORY"),
        ("PMH: gout", "PAST_MEDICAL_HISTORY"),
        ("PMHx: gout", "PAST_MEDICAL_HISTORY"),
        ("**PMH:** gout", "PAST_MEDICAL_HISTORY"),
        ("**PMH**: gout", "PAST_MEDICAL_HISTORY"),
        ("PMH - gout", "PAST_MEDICAL_HISTORY"),
        ("Past Medical/Surgical History: gout", "PAST_MEDICAL_HISTORY"),
        ("## Plan\nrest", "PLAN"),
        ("Plan:\nrest", "PLAN"),
        ("3. Assessment:\ngout", "ASSESSMENT"),
        ("IMPRESSION\n\ngout", "IMPRESSION"),
        ("Assessment and Plan\ngout", "ASSESSMENT_AND_PLAN"),
        ("ASSESSMENT & PLAN: gout", "ASSESSMENT_AND_PLAN"),
        ("Assessment/Plan: gout", "ASSESSMENT_AND_PLAN"),
        ("A/P: gout", "ASSESSMENT_AND_PLAN"),
        ("A&P: gout", "ASSESSMENT_AND_PLAN"),
        ("HPI: cough", "HISTORY_OF_PRESENT_ILLNESS"),
        ("History of Present Illness (HPI): cough", "HISTORY_OF_PRESENT_ILLNESS"),
        ("CC: cough", "CHIEF_COMPLAINT"),
        ("Reason for Visit: cough", "CHIEF_COMPLAINT"),
        ("SUBJECTIVE:,  Cough.", "SUBJECTIVE"),
        ("S: cough", "SUBJECTIVE"),
        ("O: clear", "OBJECTIVE"),
        ("Preoperative Diagnosis: hernia", "PREOPERATIVE_DIAGNOSIS"),
        ("POST-OP DIAGNOSIS: hernia", "POSTOPERATIVE_DIAGNOSIS"),
        ("Procedure Performed: repair", "PROCEDURE"),
        ("CLINICAL INDICATION: cough", "INDICATION"),
        ("TECHNIQUE: axial images", "TECHNIQUE"),
        ("COMPARISON: none", "COMPARISON"),
        ("FINDINGS: clear", "FINDINGS"),
        ("Brief Hospital Course: uneventful", "HOSPITAL_COURSE"),
        ("ED COURSE: uneventful", "HOSPITAL_COURSE"),
        ("Discharge Diagnoses:\n1. gout", "DISCHARGE_DIAGNOSIS"),
        ("Family History: stroke", "FAMILY_HISTORY"),
        ("FHx: stroke", "FAMILY_HISTORY"),
        ("DDx: gout", "DIFFERENTIAL"),
        ("Review of Systems\n", "REVIEW_OF_SYSTEMS"),
        ("Final Pathologic Diagnosis: nevus", "DIAGNOSIS"),
        ("Laboratory Data: normal", "LABS"),
        ("His Social History: smokes", "SOCIAL_HISTORY"),
        ("OB/GYN History: G2P2", "OBSTETRIC_HISTORY"),
        ("Cardiac Risk Factors: smoking", "RISK_FACTORS"),
        ("\u2022 Allergies: none", "ALLERGIES"),
        ("  Medications : aspirin", "MEDICATIONS"),
        ("MEDICATIONS:\r\naspirin", "MEDICATIONS"),
        ("ADDENDUM: gout", "ADDENDUM"),
        ("ADDENDUM 3/4/2020: gout", "ADDENDUM"),
        ("Addendum 03-04-20 14:30:\ngout", "ADDENDUM"),
        ("Addendum (3/4/2020): gout", "ADDENDUM"),
        ("LATE ENTRY 3/4/2020, 9:15\ngout", "ADDENDUM"),
        ("LABS 2020-03-04: normal", "LABS"),
    ],
)
def test_heading_of_a_line(heading: str, name: str) -> None:
    assert names(heading) == [name]
    assert names("Seen today.\n" + heading) == ["", name]


@pytest.mark.parametrize(
    "text",
    [
        "He noted: pain in the leg.",
        "The plan was discussed with her.",
        "She was given the following: aspirin.",
        "Plan",
        "Onset at 10:30 today.",
        "Her assessment of it and the plan: none",
        "Allergies to penicillin were noted",
        "- Allergies\n- Asthma",
        "Hypertension: stable",
        "",
        ":",
        "\n\n\n",
    ],
)
def test_what_is_no_heading(text: str) -> None:
    expected = ["PLAN"] if text == "Plan" else [""]
    assert names(text) == expected


def test_a_day_takes_no_heading_after_it() -> None:
    assert names("EXAM:,Knee pain. Seen on 8/5/05,FINDINGS:,A tear.,IMPRESSION:,Tear.") == [
        "PHYSICAL_EXAM",
        "FINDINGS",
        "IMPRESSION",
    ]


def test_lines_joined_by_commas_keep_their_headings() -> None:
    text = "SUBJECTIVE:,  Cough.,MEDICATIONS: , Aspirin.,ALLERGIES:,  None.,ASSESSMENT:,  Bronchitis."
    assert names(text) == ["SUBJECTIVE", "MEDICATIONS", "ALLERGIES", "ASSESSMENT"]
    assert [text[s.body_begin : s.end] for s in find_sections(text)] == [
        "Cough.,",
        "Aspirin.,",
        "None.,",
        "Bronchitis.",
    ]


def test_a_flattened_note_keeps_its_capital_headings() -> None:
    text = "CHIEF COMPLAINT:  cough   ALLERGIES:  none   PLAN:  rest"
    assert names(text) == ["CHIEF_COMPLAINT", "ALLERGIES", "PLAN"]


def test_headings_that_follow_each_other_are_each_a_section() -> None:
    assert names("HISTORY OF PRESENT ILLNESS:    CHIEF COMPLAINT:  cough") == [
        "HISTORY_OF_PRESENT_ILLNESS",
        "CHIEF_COMPLAINT",
    ]


@pytest.mark.parametrize(
    "inner", ["HEENT: clear", "CARDIOVASCULAR: regular", "Lungs: clear", "Neuro: intact", "\u2022 Skin: dry"]
)
@pytest.mark.parametrize("parent", ["REVIEW OF SYSTEMS", "PHYSICAL EXAM", "FINDINGS"])
def test_body_parts_stay_in_their_section(parent: str, inner: str) -> None:
    assert len(names(f"{parent}:\n{inner}\nAbdomen: soft\n")) == 1


def test_body_parts_after_vital_signs_are_an_examination() -> None:
    assert names("VITALS: stable\nHEENT: clear\nLUNGS: clear") == ["VITAL_SIGNS", "PHYSICAL_EXAM"]


def test_problems_stay_in_the_assessment() -> None:
    assert names("ASSESSMENT:\nHypertension: stable\nDIABETES: worse\n") == ["ASSESSMENT"]


def test_section_spans_heading_and_body() -> None:
    text = "Seen.\nPLAN: rest\nALLERGIES: none"
    first, plan, allergies = find_sections(text)
    assert (first.begin, first.body_begin, first.end) == (0, 0, 6)
    assert (plan.begin, plan.body_begin, plan.end) == (6, 12, 17)
    assert (allergies.begin, allergies.body_begin, allergies.end) == (17, 28, 32)


@given(st.text() | st.text(alphabet="PMH plan:\n.,*#-() \u0301\U0001f600\0", max_size=200))
def test_sections_cover_any_text_end_to_end(text: str) -> None:
    sections = find_sections(text)
    assert sections[0].begin == 0
    assert sections[-1].end == len(text)
    for before, after in pairwise(sections):
        assert before.end == after.begin
    assert all(s.begin <= s.body_begin <= s.end or s.begin == s.end for s in sections)


@pytest.mark.parametrize(
    "unit",
    [" ", "\n", "A", "A ", "- ", ", A", "(A", "A (", ". Aaaaa Aaaaa", "PMH:", "\n- - - ", "  A:", ":", "** ", "1. "],
)
def test_time_is_linear_in_hostile_text(unit: str) -> None:
    times = []
    for size in (100_000, 1_000_000):
        text = unit * (size // len(unit))
        started = time.thread_time()
        find_sections(text)
        times.append(time.thread_time() - started)
    assert times[1] < 10 * 4 * max(times[0], 0.005)
