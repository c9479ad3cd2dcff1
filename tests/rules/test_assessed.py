"""What a visit's assessment takes up, and what of it is an item (Guidelines IV.D, IV.J), by hand."""

import pytest

from engine.pipeline import Pipeline
from engine.rules.itemised import is_item
from engine.types import Chart, Document, Setting

VISIT = """PAST MEDICAL HISTORY: Hypothyroidism.
HISTORY OF PRESENT ILLNESS: He slipped on ice yesterday. He has had a headache and takes insulin.
ASSESSMENT AND PLAN:
Mr. Doe is a 50-year-old man who presents to the office today with dizziness for one week.
1. Type 2 diabetes mellitus.
He reports fatigue after meals, so we will check his sugars and see him again in two weeks.
2. Left ankle sprain.
3. Cough.
"""


def suggested(pipeline: Pipeline, text: str, setting: Setting) -> list[str]:
    """List the codes on the claim of one note."""
    return [s.code for s in pipeline.code(Chart("made", (Document(text),), setting=setting)).suggestions]


def test_the_claim_of_a_visit_holds_what_was_assessed_and_what_caused_an_injury(pipeline: Pipeline) -> None:
    codes = suggested(pipeline, VISIT, Setting.OUTPATIENT)
    assert codes[:3] == ["E11.9", "S93.402A", "R05.9"]
    assert all(code.startswith("W") for code in codes[3:])


def test_a_disease_told_outside_the_assessment_is_on_the_claim_of_a_stay(pipeline: Pipeline) -> None:
    codes = suggested(pipeline, VISIT, Setting.INPATIENT)
    assert "E03.9" in codes
    assert not {"R51.9", "R42", "R53.83"} & set(codes)


def test_a_note_without_an_assessment_keeps_its_symptoms(pipeline: Pipeline) -> None:
    codes = suggested(pipeline, "HPI: Cough and hypothyroidism.\nPLAN: Return in a week.", Setting.OUTPATIENT)
    assert set(codes) == {"R05.9", "E03.9"}


VISIT_SPOKEN = """[doctor] good morning , what brings you in ?
[patient] i slipped on ice and my ankle hurts . i have asthma too .
[doctor] any fever or cough ?
[patient] yes , a cough .
[doctor] let me examine you . that is a little sore .
[patient] yes .
[doctor] so for your first problem , you have a left ankle sprain . for your second problem , your hypertension ,
continue your pills .
[patient] thank you .
"""


def test_of_a_conversation_the_claim_holds_what_the_clinician_sums_up(pipeline: Pipeline) -> None:
    assert set(suggested(pipeline, VISIT_SPOKEN, Setting.OUTPATIENT)) == {"S93.402A", "I10", "W00.0XXA"}


VISIT_TALK = """[doctor] what brings you in ?
[patient] my right knee hurts since i tripped . i have asthma too , and a rash .
[doctor] let me examine you . there is some swelling .
[patient] okay .
[doctor] {said}
[patient] thank you .
"""


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        # Announced: the complaint is an item, what was found and told besides is not.
        ("so for your first problem , your knee pain , we will do an x-ray .", {"M25.561"}),
        # A guess is not coded; the complaints that led to it are (IV.H), what was found on examination is not.
        ("so i think you may have a meniscus tear .", {"M25.561", "R21"}),
        # A conclusion, and what is only said beside it; what caused the injury goes with it.
        ("so i think you have a knee sprain . bursitis , gout , all look different .", {"S83.91XA", "W01.0XXA"}),
        # Without an injury no cause is coded.
        ("so i think you have knee arthritis .", {"M17.11"}),
    ],
)
def test_a_visit_in_talk_is_coded_by_what_the_clinician_concludes(
    pipeline: Pipeline, said: str, codes: set[str]
) -> None:
    assert set(suggested(pipeline, VISIT_TALK.format(said=said), Setting.OUTPATIENT)) == codes


def test_in_talk_without_a_conclusion_a_complaint_said_in_passing_is_left_out(pipeline: Pipeline) -> None:
    text = (
        "[doctor] how is the cough ?\n[patient] the cough is bad .\n[doctor] is it a dry cough ?\n"
        "[patient] a dry cough .\n[doctor] okay .\n[patient] i had a headache on monday . i have asthma ."
    )
    assert set(suggested(pipeline, text, Setting.OUTPATIENT)) >= {"J45.909"}
    assert "R51.9" not in suggested(pipeline, text, Setting.OUTPATIENT)


def test_the_side_of_a_limb_is_not_that_of_the_heart(pipeline: Pipeline) -> None:
    text = VISIT_TALK.format(said="for your first problem , heart failure , continue your water pill .")
    assert suggested(pipeline, text, Setting.OUTPATIENT) == ["I50.9"]


def test_what_is_left_out_is_reported(pipeline: Pipeline) -> None:
    coded = pipeline.code(Chart("made", (Document(VISIT),), setting=Setting.OUTPATIENT))
    (alert,) = [alert for alert in coded.alerts if alert.kind == "assessed"]
    assert {"E03.9", "R42", "R53.83"} <= set(alert.codes)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Cough.", True),
        ("2. [Cough], dry, for which we will see how the patient does over the next two weeks.", True),
        ("- Chronic daily [cough]", True),
        ("Assessment: 1. Asthma. 2. [Cough].", True),
        ("ASSESSMENT: [Cough], likely viral and expected to resolve within a week or so on its own.", True),
        ("The patient has [cough].", False),
        ("The patient is a smoker of many years who presents with [cough] since last week.", False),
        ("• Reasoning: She reports that in the mornings she has [cough] and that it wakes her.", False),
        ("Reports [cough].", False),
        ("Continue [cough] drops.", False),
        ("Right shoulder pain. Dry [cough].", True),
        ("1. Asthma. He tells us that there is still some [cough] at night when he lies flat in bed.", False),
    ],
)
def test_an_item_is_short_or_opens_its_line(text: str, is_one: bool) -> None:
    begin = text.find("[") if "[" in text else text.lower().find("cough")
    bare = text.replace("[", "").replace("]", "")
    assert is_item(f"before\n{bare}\nafter", 7 + begin, 7 + begin + len("cough")) is is_one


def test_a_status_that_affects_care_is_taken_up_where_the_assessment_names_it(pipeline: Pipeline) -> None:
    # I.C.21.c.3: a status may affect the course of treatment.
    text = "HPI: {}\nASSESSMENT:\n1. Gout. Care is harder {}"
    told = suggested(pipeline, text.format("He had a heart transplant.", "for now."), Setting.OUTPATIENT)
    named = suggested(pipeline, text.format("Toe pain.", "because of his heart transplant."), Setting.OUTPATIENT)
    assert "Z94.1" not in told
    assert "Z94.1" in named
