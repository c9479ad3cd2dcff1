"""Which instructions read a text is nothing to the answer: what holds, holds on every path that this machine has.

The path is chosen when a matcher is made, so a test forces it with CHARTCODER_SIMD before that.
"""

import sys
from collections.abc import Callable

import pytest
import test_fastmatch as suites
from matcher_cases import CASES, LONGEST_CASES, SPAN_CASES, Case

from engine._fastmatch import Matcher
from engine.match.automaton import Phrase, compile_phrases
from engine.match.reference import NO_PHRASE, find_words

PATHS = ("portable", "sse42", "avx2", "avx512")
BLOCK_BYTES = 64  # what one step of the run finder reads
PIECE_BYTES = 8192  # what one round of the scan reads

ASTHMA = compile_phrases([Phrase("asthma")]).image()


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Force a path, for every matcher that the test makes."""
    name: str = request.param
    monkeypatch.setenv("CHARTCODER_SIMD", name)
    try:
        matcher = Matcher(ASTHMA)
    except ValueError:
        assert name != "portable"
        pytest.skip(f"this machine has no {name}")
    assert matcher.simd == name
    return name


# -- choosing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mmx", "AVX2", "avx512 ", "portable,avx2", "é"])
def test_a_name_of_no_path_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARTCODER_SIMD", name)
    with pytest.raises(ValueError, match=r"^CHARTCODER_SIMD: got .*\bportable\b"):
        Matcher(ASTHMA)


def test_without_a_name_or_with_an_empty_one_the_best_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHARTCODER_SIMD", raising=False)
    best = Matcher(ASTHMA).simd
    monkeypatch.setenv("CHARTCODER_SIMD", "")
    assert Matcher(ASTHMA).simd == best
    for name in reversed(PATHS):
        monkeypatch.setenv("CHARTCODER_SIMD", name)
        try:
            Matcher(ASTHMA)
        except ValueError:
            continue
        assert best == name
        return


def test_a_matcher_keeps_the_path_it_was_made_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARTCODER_SIMD", "portable")
    matcher = Matcher(ASTHMA)
    monkeypatch.setenv("CHARTCODER_SIMD", "mmx")
    assert matcher.find("Asthma") == [(0, 6, 0)]
    assert matcher.simd == "portable"


# -- the table of cases -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_phrases_of_a_case_are_found(case: Case, path: str) -> None:
    hits, _ = Matcher(compile_phrases(case.compiled_from()).image()).find_with_tokens(case.text)
    assert [hit for hit in hits if hit[2] != NO_PHRASE] == case.spans()


@pytest.mark.parametrize("case", LONGEST_CASES, ids=lambda case: case.name)
def test_the_longest_phrases_of_a_case_are_kept(case: Case, path: str) -> None:
    assert Matcher(compile_phrases(case.compiled_from()).image()).find(case.text, longest=True) == case.spans()


@pytest.mark.parametrize(("name", "text", "begin", "end"), SPAN_CASES, ids=[case[0] for case in SPAN_CASES])
def test_spans_count_code_points_of_the_text_given(name: str, text: str, begin: int, end: int, path: str) -> None:
    assert Matcher(ASTHMA).find(text) == [(begin, end, 0)]


# -- the generated texts ----------------------------------------------------------------------------------------------

GENERATED = [
    suites.test_on_small_alphabets_both_find_the_same,
    suites.test_on_all_of_unicode_both_find_the_same,
    suites.test_long_and_repetitive_phrases_are_found_the_same,
    suites.test_on_plain_words_the_same_is_found_as_by_pyahocorasick,
]


@pytest.mark.parametrize("suite", GENERATED, ids=lambda suite: suite.__name__.removeprefix("test_"))
def test_generated_texts(suite: Callable[[], None], path: str) -> None:
    suite()


@pytest.mark.parametrize("seed", range(2))
def test_no_damage_to_an_image_crashes_the_matcher(seed: int, path: str) -> None:
    suites.test_no_damage_to_an_image_crashes_the_matcher(seed)


# -- every character, every place --------------------------------------------------------------------------------------


def all_characters() -> str:
    """Every code point between letters, and again alone: the first two planes whole, of the others one in 97."""
    numbers = [*range(0x20000), *range(0x20000, sys.maxunicode + 1, 97)]
    kept = (chr(number) for number in numbers if not 0xD800 <= number < 0xE000)
    return "".join(f"a{char}b {char}." for char in kept)


@pytest.fixture(scope="module")
def characters() -> tuple[str, list[tuple[int, int]]]:
    """The text of all characters, and its words as the plain-Python twin cuts them."""
    text = all_characters()
    return text, [(word.begin, word.end) for word in find_words(text)]


def test_every_character_is_classified_the_same(characters: tuple[str, list[tuple[int, int]]], path: str) -> None:
    text, words = characters
    assert Matcher(compile_phrases([]).image()).find_with_tokens(text)[1] == words


def test_every_ascii_character_is_classified_the_same_in_every_place_of_a_block(path: str) -> None:
    matcher = Matcher(compile_phrases([]).image())
    for char in map(chr, range(128)):
        for before in range(BLOCK_BYTES):
            for fill in " a":
                text = fill * before + char + fill * BLOCK_BYTES
                assert matcher.find_with_tokens(text)[1] == _words_around(char, before, text), (char, before)


def _words_around(char: str, before: int, text: str) -> list[tuple[int, int]]:
    """The words of one character among blanks, or among letters."""
    is_word = char.isalnum() or char == "&"
    if text.endswith(" "):
        return [(before, before + 1)] if is_word else []
    if char.isalnum() or (char == "'" and before > 0):
        return [(0, len(text))]
    around = [(0, before), *([(before, before + 1)] if is_word else []), (before + 1, len(text))]
    return [span for span in around if span[0] < span[1]]


@pytest.mark.parametrize("lead", ["", "é", "&"], ids=["plain", "after two bytes", "after an ampersand"])
def test_a_phrase_is_found_wherever_it_stands_in_blocks_and_pieces(lead: str, path: str) -> None:
    matcher = Matcher(compile_phrases([Phrase("kidney stone of long standing"), Phrase("x" * 64)]).image())
    text = "Kidney stone\nof LONG standing, " + "x" * 64
    for before in [*range(2 * BLOCK_BYTES), *range(PIECE_BYTES - 130, PIECE_BYTES + 2), 3 * PIECE_BYTES - 31]:
        pad = lead + " " * before + "; "
        at = len(pad)
        assert matcher.find(pad + text) == [(at, at + 29, 0), (at + 31, at + 95, 1)], before


@pytest.mark.parametrize("unit", ["a", "é", "a'", "&", "a ", "x y.", "𝐀 ", "\u0301"])
def test_texts_of_every_length_around_a_block_and_a_piece_are_cut_the_same(unit: str, path: str) -> None:
    matcher = Matcher(compile_phrases([Phrase("a a"), Phrase("x")]).image())
    for size in [*range(1, 2 * BLOCK_BYTES + 2), *range(PIECE_BYTES - 2, PIECE_BYTES + 3)]:
        text = (unit * size)[:size]
        words = [(word.begin, word.end) for word in find_words(text)]
        assert matcher.find_with_tokens(text)[1] == words, size
