"""Misspellings of long, much used words; none is another word."""

from engine._fastmatch import Matcher
from engine.match.automaton import Phrase, compile_phrases
from engine.match.misspelling import FEWEST_PHRASES, SHORTEST, add_misspellings, misspellings
from engine.pipeline import Pipeline
from engine.types import Chart, Document

OFTEN = [["pneumonia", str(number)] for number in range(FEWEST_PHRASES)]


def test_letters_are_swapped_left_out_or_other_vowels() -> None:
    found = set(misspellings("pneumonia"))
    assert {"pnuemonia", "pnemonia", "pneumoniia"} & found == {"pnuemonia", "pnemonia"}
    assert {"pneumania", "pneomonia"} <= found
    assert "neumonia" not in found
    assert "pneumonia" not in found


def test_only_long_words_that_many_phrases_have() -> None:
    surfaces = {"pneumonia": 1, "asthma": 2, "pancreatitis": 3}
    phrases = [*OFTEN, *([["asthma"]] * 100), ["pancreatitis"]]
    found = add_misspellings(surfaces, phrases)
    assert set(found.values()) == {1}
    assert all(len(word) >= SHORTEST - 1 for word in found)


def test_no_spelling_is_taken_from_another_word() -> None:
    surfaces = {"pneumonia": 1, "pnuemonia": 2, "diction": 3, "addiction": 4}
    found = add_misspellings(surfaces, [*OFTEN, *([["addiction", "x"]] * 100)])
    assert "pnuemonia" not in found
    assert "addition" not in found


def test_a_misspelling_of_two_words_is_one_of_neither() -> None:
    surfaces = {"abcdefghi": 1, "abcdefghi".replace("ef", "fe"): 2}
    phrases = [[word] for word in surfaces for _ in range(FEWEST_PHRASES)]
    assert "abcdfghi" not in add_misspellings(surfaces, phrases)


def test_the_matcher_knows_them() -> None:
    phrases = [Phrase("diabetes mellitus")] + [
        Phrase(f"gestational diabetes {number}") for number in range(FEWEST_PHRASES)
    ]
    text = "gestatoinal diabetes 5 and gestatinal diabetes 7"
    found = Matcher(compile_phrases(phrases).image()).find(text)
    assert [text[begin:end] for begin, end, _ in found] == ["gestatoinal diabetes 5", "gestatinal diabetes 7"]


def test_a_misspelt_diagnosis_is_found_where_it_stands(pipeline: Pipeline) -> None:
    note = "ASSESSMENT: 1. Hypertenson. 2. Pnuemonia. 3. In addition, a transaction."
    coded = pipeline.code(Chart("c", (Document(note),)))
    assert [(s.code, note[s.evidence[0].begin : s.evidence[0].end]) for s in coded.suggestions] == [
        ("I10", "Hypertenson"), ("J18.9", "Pnuemonia"),
    ]  # fmt: skip
