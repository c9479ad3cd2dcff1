"""Which kind of document a text is, by its title or its sections."""

import pytest

from engine.text.kinds import infer_kind, is_of_kind
from engine.text.sections import find_sections


def kind_of(text: str) -> str:
    return infer_kind(text, find_sections(text))


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("DISCHARGE SUMMARY", "discharge summary"),
        ("Discharge Summary - Final", "discharge summary"),
        ("** TRANSFER SUMMARY **", "discharge summary"),
        ("OPERATIVE REPORT", "operative report"),
        ("Op Note", "operative report"),
        ("SURGICAL PATHOLOGY REPORT", "pathology report"),
        ("RADIOLOGY REPORT", "radiology report"),
        ("CT ABDOMEN AND PELVIS", "radiology report"),
        ("MRI of the brain", "radiology report"),
        ("X-RAY CHEST, two views", "radiology report"),
        ("CARDIOLOGY CONSULTATION", "cardiology consultation"),
        ("Psychiatry Consult Note", "psychiatry consultation"),
        ("EMERGENCY DEPARTMENT NOTE", "emergency department note"),
        ("ED Provider Note", "emergency department note"),
        ("HISTORY AND PHYSICAL", "history and physical"),
        ("H&P", "history and physical"),
        ("Daily Progress Note", "progress note"),
        ("SOAP note: follow-up", "progress note"),
        ("Neurology clinic note", "neurology progress note"),
    ],
)
def test_a_title_names_the_kind(title: str, kind: str) -> None:
    assert kind_of(f"{title}\nThe patient is well.") == kind
    assert kind_of(f"General Hospital\n{title}\n\nThe patient is well.") == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("PREOPERATIVE DIAGNOSIS: Hernia.\nPROCEDURE: Repair.\nANESTHESIA: General.", "operative report"),
        ("INDICATION: Cough.\nTECHNIQUE: Two views.\nFINDINGS: Clear.\nIMPRESSION: Normal.", "radiology report"),
        ("EXAM: Ultrasound.\nHISTORY: Pain.\nFINDINGS: A cyst.\nIMPRESSION: Cyst.", "radiology report"),
        ("ADMISSION DIAGNOSIS: Sepsis.\nHOSPITAL COURSE: Uneventful.\nDISPOSITION: Home.", "discharge summary"),
        ("DISCHARGE DIAGNOSES: 1. Gout.", "discharge summary"),
        ("SUBJECTIVE: Cough.\nPHYSICAL EXAM: Clear.\nASSESSMENT: Cold.", "progress note"),
        ("HPI: Cough.\nPMH: Gout.\nPHYSICAL EXAM: Clear.", "history and physical"),
        ("HPI: Cough.\nED COURSE: Fluids.\nASSESSMENT: Cold.", ""),
        ("Hypertension.", ""),
        ("", ""),
        ("\x00\U0001f600", ""),
    ],
)
def test_sections_tell_the_kind_where_no_title_does(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "He was seen by cardiology. The operative report is awaited.",
        "Please send the discharge summary to his doctor.",
        "Consultation with surgery was obtained, and he went home.",
        "\n" * 300 + "DISCHARGE SUMMARY\n",
    ],
)
def test_what_is_only_mentioned_is_no_title(text: str) -> None:
    assert kind_of(text) == ""


def test_a_stated_kind_is_compared_by_its_words() -> None:
    assert is_of_kind("Discharge Summary (final)", "discharge summary")
    assert not is_of_kind("", "discharge summary")
