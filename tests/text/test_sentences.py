"""Sentences of made-up notes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.sections import find_sections
from engine.text.sentences import find_sentences


def cut(text: str) -> list[str]:
    """Cut a text into the texts of its sentences."""
    return [text[begin:end] for begin, end in find_sentences(text, find_sections(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n ", []),
        ("He is well. She is not.", ["He is well.", "She is not."]),
        ("Seen by Dr. Gray today. Well.", ["Seen by Dr. Gray today.", "Well."]),
        ("Mr. John A. Reed came.", ["Mr. John A. Reed came."]),
        ("Pneumonia vs. CHF was weighed.", ["Pneumonia vs. CHF was weighed."]),
        ("Aspirin q.d. for gout.", ["Aspirin q.d. for gout."]),
        ("Some relief, e.g. with rest.", ["Some relief, e.g. with rest."]),
        ("Takes 40 mg. daily.", ["Takes 40 mg. daily."]),
        ("Takes 40 mg. She is well.", ["Takes 40 mg.", "She is well."]),
        ("Creatinine 1.4 today. Weight 80.5 kg.", ["Creatinine 1.4 today.", "Weight 80.5 kg."]),
        ("no fever. denies cough.", ["no fever.", "denies cough."]),
        ("Has hepatitis C. Takes nothing.", ["Has hepatitis C.", "Takes nothing."]),
        ("Cough.The patient rests.", ["Cough.", "The patient rests."]),
        ("Is it gout? It is!", ["Is it gout?", "It is!"]),
        ("Admitted with ? gout today.", ["Admitted with ? gout today."]),
        ("Fever; chills; cough.", ["Fever; chills; cough."]),
        ('He said "no." She left.', ['He said "no."', "She left."]),
        ("Cough.,Fever.,  Rash.", ["Cough.", "Fever.", "Rash."]),
        ("1. Gout 2. Asthma 3. Stroke", ["1. Gout", "2. Asthma", "3. Stroke"]),
        ("1.  Gout.,2.  Asthma.", ["1.  Gout.", "2.  Asthma."]),
        ("1. Gout\n2. Asthma", ["1. Gout", "2. Asthma"]),
        ("1) Gout\n2) Asthma", ["1) Gout", "2) Asthma"]),
        ("- Gout\n- Asthma", ["- Gout", "- Asthma"]),
        ("\u2022 Gout \u2022 Asthma", ["\u2022 Gout", "\u2022 Asthma"]),
        ("Gout\n\nAsthma", ["Gout", "Asthma"]),
        ("Gout\r\n\r\nAsthma", ["Gout", "Asthma"]),
        ("Gout\nAsthma\nStroke", ["Gout", "Asthma", "Stroke"]),
        ("No fever\nor cough", ["No fever\nor cough"]),
        ("He denies fever, chills,\nand cough.", ["He denies fever, chills,\nand cough."]),
        (
            "He was seen in the clinic for a cough that had\nlasted a week.",
            ["He was seen in the clinic for a cough that had\nlasted a week."],
        ),
        (
            "The patient was seen again this morning on rounds with the\nCardiology team.",
            ["The patient was seen again this morning on rounds with the\nCardiology team."],
        ),
        ("PLAN: Rest. ALLERGIES: None.", ["PLAN:", "Rest.", "ALLERGIES:", "None."]),
        ("Seen.\nPLAN: rest", ["Seen.", "PLAN:", "rest"]),
        ("[ ] gout\n[x] asthma", ["[ ] gout", "[x] asthma"]),
        ("Stage 2. Stable.", ["Stage 2.", "Stable."]),
        ("Wait... then more.", ["Wait...", "then more."]),
    ],
)
def test_sentences_of_a_text(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@given(st.text() | st.text(alphabet="aA1.,;:?!-\n\r *()\u2022\u0301\U0001f600\0\u05d0", max_size=200))
def test_sentences_lose_only_space_and_commas(text: str) -> None:
    sentences = find_sentences(text, find_sections(text))
    at = 0
    for begin, end in sentences:
        assert at <= begin < end <= len(text)
        assert not text[at:begin].strip(" \t\n\r,\x0b\x0c\u2028\u2029")
        at = end
    assert not text[at:].strip(" \t\n\r,\x0b\x0c\u2028\u2029")


@pytest.mark.parametrize(
    "unit",
    [
        " ",
        "\n",
        "a\n",
        "A",
        "A. ",
        ". ",
        ".",
        "\u2022 ",
        " 1. 2.",
        "a \n",
        "PMH: ",
        "...\n",
        "\n" + " " * 150,
        "?!",
        ".,",
    ],
)
def test_time_is_linear_in_hostile_text(unit: str) -> None:
    times = []
    for size in (100_000, 1_000_000):
        text = unit * (size // len(unit))
        sections = find_sections(text)
        started = time.thread_time()
        find_sentences(text, sections)
        times.append(time.thread_time() - started)
    assert times[1] < 10 * 4 * max(times[0], 0.005)
