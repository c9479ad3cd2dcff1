"""Terms completed from behind a comma, and second diseases within a term: worked by hand from the tabular list."""

import pytest

from engine.match.reread import Rereader
from engine.match.term_span import TermSpan
from engine.pipeline import Pipeline
from engine.types import Chart, Document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hepatitis C, chronic.", [("Hepatitis C, chronic", "B18.2")]),
        ("Hemorrhoids, internal, bleeding.", [("Hemorrhoids, internal, bleeding", "K64.8")]),
        # Of a list the next item is not behind the comma.
        ("Hepatitis C, chronic cough.", [("Hepatitis C", "B19.20"), ("chronic cough", "R05.3")]),
        # No term comes of it.
        ("Asthma, congenital.", [("Asthma", "J45.909")]),
        # I12 and N17 ask for the stage of the kidney disease (use additional code, N18.-).
        ("Hypertension and CKD stage 3.", [("Hypertension", "I12.9"), ("CKD stage 3", "N18.30")]),
        ("AKI on CKD stage 4.", [("AKI", "N17.9"), ("CKD stage 4", "N18.4")]),
        ("Type 2 diabetes with CKD stage 3b", [("Type 2 diabetes", "E11.22"), ("CKD stage 3b", "N18.32")]),
    ],
)
def test_what_stands_behind_and_within_a_term_is_read(
    pipeline: Pipeline, text: str, expected: list[tuple[str, str]]
) -> None:
    found = pipeline.code(Chart("made", (Document(text),))).findings
    assert [(finding.mention.text, finding.codes[0].code) for finding in found] == expected


@pytest.mark.parametrize(
    "text", ["", ", acute", "x" * 5, "x, acute, chronic, acute" * 500, "x (", "x, \x00", "x, \U0001f600"]
)
def test_nothing_is_made_of_what_no_term_says(text: str) -> None:
    spans = [TermSpan(0, 1, 1, False, ((0, 0),))] if text.startswith("x") else []
    assert Rereader(("A00",), lambda _: []).read(text, spans) == spans


def test_a_span_that_a_longer_one_took_in_is_gone() -> None:
    spans = [TermSpan(0, 6, 1, False, ((0, 0),)), TermSpan(8, 23, 2, False, ((1, 0),))]
    find = {"iron deficiency anemia": [TermSpan(0, 22, 3, False, ((2, 0),))]}
    (whole,) = Rereader(("A", "B", "C"), lambda text: find[text]).read("anemia, iron deficiency", spans)
    assert (whole.begin, whole.end, whole.senses) == (0, 23, ((2, 0),))
