"""The native cutting into sections and sentences says what its plain twin says, of any text."""

import gzip
import json
import random
from pathlib import Path

import plain_sections
import plain_sentences
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine._fasttext import SentenceFinder
from engine.text.sections import find_sections
from engine.text.sentences import find_sentences
from engine.types import Section

NOTES = Path(__file__).parents[3] / "shared" / "data" / "notes" / "mtsamples.jsonl.gz"
PIECES = (
    "PLAN", "Plan", "plan", "His", "PMH", "Past Medical", "History", "HISTORY", "A/P", "A & P", "Allergies", "HEENT",
    "Vital Signs", "VITALS", "Patient\u2019s", "patient's", "no", "Dr", "vs", "e.g", "mg", "q.d", "hepatitis", "Reed",
    "approx", "pain", "cough", "and", "with", "the", "X", "a", "K\u212a", "\u0130", "\u00e9", "\u00c9t\u00e9",
    "\u0661", "\u00b2", "(HPI)", "( x )", "1", "2", "3", "10", "1.", "2.", "2)", "(3)", "a.", "B)", "[ ]", "[x]", "[]",
    "-", "- ", "\u2013 ", "*", "**", "#", "\u2022", "\u25aa", "+", "=", "|", ":", ": ", ";", ",", ", ", ".", ". ",
    "..", ".,", ".)", '."', "!", "? ", "\n", "\n\n", "\r\n", "\r", "\x0b", "\u2028", "\t", " ", "  ", "   ", "\u00a0",
    "\x85", "\x1c",
    "ADDENDUM", " 3/4/2020", " 03-04-20", ", 14:30", " 14:30:", "12:3", "/20",
    "\U0001f600", "\0", "/", "&", "'", "_", "(", ")",
)  # fmt: skip


def is_same(text: str) -> bool:
    """Whether both ways cut a text alike, by its own sections and as one piece from within."""
    sections = find_sections(text)
    whole = [Section("", min(3, len(text)), min(3, len(text)), max(len(text) - 2, 0))]
    return sections == plain_sections.find_sections(text) and all(
        find_sentences(text, given) == plain_sentences.find_sentences(text, given) for given in (sections, whole)
    )


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_texts_made_of_what_decides_are_cut_alike(text: str) -> None:
    assert is_same(text)


@given(st.text())
def test_any_text_is_cut_alike(text: str) -> None:
    assert is_same(text)


@pytest.mark.parametrize("char", ["a", "\u0101", "\U0001d400"])
def test_the_width_of_a_text_changes_nothing(char: str) -> None:
    text = "Seen by Dr. Gray. PMH: gout.\nPLAN: 1. Rest 2. Ice"
    assert find_sections(text + char)[:-1] == find_sections(text)[:-1]
    assert is_same(text + char)


def test_every_character_counts_alike_beside_a_stop_and_a_heading() -> None:
    for first in range(0, 0x20000, 64):
        chars = [chr(c) for c in range(first, first + 64) if not 0xD800 <= c < 0xE000]
        text = "\n".join(f"seen {c}. {c} at {c} day {c}.{c}\n{c}. PMH: so\nPLAN:{c}" for c in chars)
        assert is_same(text), first


def test_a_long_run_of_stops_takes_linear_time() -> None:
    assert find_sentences("a" + "." * 1_000_000 + "b", [Section("", 0, 0, 1_000_002)]) == [(0, 1_000_002)]


@pytest.mark.parametrize("section", [Section("", -1, 0, 3), Section("", 0, 0, 4), Section("", 0, -1, 3)])
def test_a_section_outside_its_text_is_refused(section: Section) -> None:
    finder = SentenceFinder(titles=(), abbreviations=(), connectives=(), lettered=())
    with pytest.raises(ValueError, match="section: got"):
        finder.find("abc", [section])


@pytest.mark.slow
@pytest.mark.skipif(not NOTES.exists(), reason="needs ../shared/data/notes/mtsamples.jsonl.gz")
def test_real_notes_whole_and_cut_up_are_cut_alike() -> None:
    with gzip.open(NOTES, "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    rng = random.Random(7)
    for text in texts:
        assert is_same(text)
        parts = [text[at : at + rng.randrange(1, 60)] for at in rng.sample(range(len(text) + 1), min(20, len(text)))]
        assert is_same("".join(part + rng.choice(PIECES) for part in parts))
