"""What a later document repeats word for word from an earlier one."""

import pytest

from engine.text.copied import find_copied
from engine.text.sections import find_sections
from engine.text.sentences import find_sentences

LONG = "The patient is a man with chronic systolic heart failure who was admitted for dyspnea and leg swelling today."
WRAPPED = LONG.replace("failure who", "failure\nwho")


def copied(*texts: str) -> list[list[str]]:
    read = [(text, find_sentences(text, find_sections(text))) for text in texts]
    found = find_copied(read)
    return [[text[begin:end] for begin, end in spans] for text, spans in zip(texts, found, strict=True)]


@pytest.mark.parametrize("again", [LONG, LONG.upper(), WRAPPED])
def test_a_passage_said_again_is_copied_whatever_its_lines_and_case(again: str) -> None:
    assert copied(LONG, f"Seen today. {again}\nHe has gout.") == [[], [again]]


def test_short_sentences_in_a_row_make_a_passage() -> None:
    listed = "Hypertension for ten years. Type 2 diabetes mellitus. Gout of the left foot. Kidney disease, stage 3."
    assert copied(listed, f"New: rash. {listed}") == [[], [listed]]


@pytest.mark.parametrize(
    "later",
    ["1. Hypertension.\n2. Gout.", LONG.replace("leg", "arm"), "", "Hypertension. Seen. Gout. Well."],
)
def test_what_is_short_or_changed_is_said_anew(later: str) -> None:
    assert copied(f"{LONG}\nHypertension. Gout.", later) == [[], []]


def test_a_document_is_no_copy_of_itself() -> None:
    assert copied(f"{LONG}\n{LONG}") == [[]]
    assert copied() == []
