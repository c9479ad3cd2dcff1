"""How transcripts are told from notes and cut up."""

import itertools
import time

import pytest

from engine.text.dialogue import Dialogue, Speaker, read_dialogue
from engine.text.hesitation import without_hesitation
from engine.text.sides import Sides, read_sides


def read(text: str, kind: str = "") -> Dialogue:
    dialogue = read_dialogue(text, kind=kind)
    assert dialogue is not None
    return dialogue


@pytest.mark.parametrize(
    "text",
    [
        "[doctor] hi\n[patient] hi",
        "Doctor: How are you?\nPatient: Fine.",
        "Doctor: I will see you soon.\nPatient: Okay.",
        "D: Any pain?\nP: No.\nD: Good.\nP: Bye.",
        "DR: Any pain?\nPT: No.",
        "[00:00:01] Doctor: Any pain?\n[00:00:03] Patient: No.",
        "00:01 Dr. Lee: Any pain?\n00:03 Patient: No.",
        "Speaker 1: Any pain?\nSpeaker 2: No.\nSpeaker 1: Any fever?\nSpeaker 2: No.",
        "<doctor> any pain\n<patient> no",
        "Nurse: Any pain?\nMother: He says no.",
    ],
)
def test_a_transcript_is_told_by_its_turns(text: str) -> None:
    assert [turn.speaker for turn in read(text).turns][:2] == [Speaker.CLINICIAN, Speaker.PATIENT]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CHIEF COMPLAINT: cough.",
        "S: cough.\nO: clear lungs.\nA: bronchitis.\nP: rest.",
        "Patient: Jane Roe\nDoctor: A. Smith, M.D.\nDate: today\nHISTORY: She has a cough.",
        "Doctor: Smith\nPatient: Roe",
        "Patient: Jane Roe\nThe patient says she is well.",
        "The doctor asked: any pain? The patient said: no.",
        "[x] asthma\n[ ] diabetes",
    ],
)
def test_a_note_is_no_transcript(text: str) -> None:
    assert read_dialogue(text) is None


def test_a_stated_kind_needs_no_more_than_two_speakers() -> None:
    text = "Doctor: good morning\nPatient: morning"
    assert read_dialogue(text) is None
    assert len(read(text, "visit transcript").turns) == 2


def parts(text: str) -> list[tuple[str, str]]:
    """Return the name and the words of each section."""
    return [(section.name, text[section.body_begin : section.end].strip()) for section in read(text).sections]


def test_parts_of_a_visit_are_sections() -> None:
    text = (
        "[doctor] how are you\n[patient] my knee hurts\n[doctor] on your knee exam there is swelling\n"
        "[doctor] i reviewed your x-ray and it is normal\n[doctor] my assessment is a sprain\n[patient] okay"
    )
    assert [name for name, _ in parts(text)] == [
        "INTERVIEW", "INTERVIEW", "PHYSICAL_EXAM", "RESULTS", "ASSESSMENT_AND_PLAN", "INTERVIEW",
    ]  # fmt: skip


def test_a_part_may_begin_within_a_turn() -> None:
    text = "[doctor] your lungs are clear . so my diagnosis is gout .\n[patient] okay"
    assert parts(text)[:2] == [
        ("PHYSICAL_EXAM", "your lungs are clear ."),
        ("ASSESSMENT_AND_PLAN", "so my diagnosis is gout ."),
    ]


def test_sections_cover_the_text() -> None:
    text = "Visit of today\n[doctor] hi\n[patient] hello . i have a cough\n[doctor] i think you have a cold\n"
    sections = read(text).sections
    assert (sections[0].begin, sections[-1].end) == (0, len(text))
    assert all(one.end == two.begin for one, two in itertools.pairwise(sections))


@pytest.mark.parametrize(
    ("said", "utterances"),
    [
        ("no i have a cough", ["no", "i have a cough"]),
        ("i think i have a cough", ["i think i have a cough"]),
        ("if you have a fever call me", ["if you have a fever call me"]),
        ("i am fine but my knee hurts", ["i am fine", "but my knee hurts"]),
        ("do you have any chest pain", ["do you have any chest pain"]),
        ("okay and any fever", ["okay and any fever"]),
        ("it hurts as well", ["it hurts as well"]),
        ("I am well. My knee hurts.", ["I am well.", "My knee hurts."]),
        ("my knee hurts how are you today", ["my knee hurts", "how are you today"]),
        (
            "i can't lift it, that's what they call a frozen shoulder",
            ["i can't lift it,", "that's what they call a frozen shoulder"],
        ),
    ],
)
def test_talk_is_cut_where_a_clause_begins(said: str, utterances: list[str]) -> None:
    text = f"[doctor] hello\n[patient] {said}"
    found = read(text).utterances
    assert [text[one.begin : one.end] for one in found if one.turn == 1] == utterances


@pytest.mark.parametrize(
    ("text", "words", "side"),
    [
        ("my right knee hurts , the left knee is fine", "knee sprain", "right"),
        ("my right knee hurts , the left knee is fine", "meniscus tear", "right"),
        ("both my elbows hurt", "elbow pain", "bilateral"),
        ("both my elbows hurt", "tendonitis", ""),
        ("my right knee and my left wrist hurt", "wrist sprain", "left"),
        ("my right knee and my left wrist hurt", "sprain", ""),
        ("my left ear , your left ear , the left ear , and the right hand", "infection", "left"),
        ("the left knee , no , the right knee , the right knee", "knee pain", ""),
        ("raise your arms", "arm pain", ""),
        ("the left foot , look at the left foot", "pain in your feet", "left"),
    ],
)
def test_the_side_of_a_part_is_said_once_and_holds(text: str, words: str, side: str) -> None:
    assert read_sides(text).of(words) == side


def test_without_a_side_said_there_is_none() -> None:
    assert read_sides("all right , what is left ?") == Sides("", {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("an acute lumbar , um , strain", "an acute lumbar strain"),
        ("a uh broken wrist", "a broken wrist"),
        ("it is , you know , asthma", "it is asthma"),
        ("a a cough", "a cough"),
        ("uh-huh , a 5 mm stone", "uh-huh , a 5 mm stone"),
        ("go to the er", "go to the er"),
        ("you know that", "you know that"),
    ],
)
def test_hesitation_becomes_white_space_of_its_length(text: str, words: str) -> None:
    plain = without_hesitation(text)
    assert len(plain) == len(text)
    assert plain.split() == words.split()


def test_speakers_that_are_mixed_up_throughout_are_changed_round() -> None:
    text = (
        "[patient] how are you\n[doctor] my knee hurts\n[patient] on examination there is swelling\n[doctor] okay\n"
        "[patient] i reviewed your x-ray\n[doctor] yes\n[patient] my assessment is a sprain\n[doctor] okay\n"
        "[patient] i'm going to prescribe rest"
    )
    assert read(text).turns[0].speaker is Speaker.CLINICIAN
    assert read(text).turns[1].speaker is Speaker.PATIENT


@pytest.mark.parametrize("unit", ["i ", "any ", "okay so ", "do you have fever ", "\t", " ", "uh- ", "i" + " " * 999])
def test_time_is_linear(unit: str) -> None:
    times = []
    for size in (20_000, 160_000):
        text = "[doctor] any pain ?\n[patient] no .\n[doctor] " + unit * (size // len(unit))
        started = time.thread_time()
        read(text)
        times.append(time.thread_time() - started)
    assert times[1] < 8 * 4 * max(times[0], 0.01)
