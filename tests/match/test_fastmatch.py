"""The native matcher and its plain-Python twin: one table of cases for both, then each against the other."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import ahocorasick
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matcher_cases import CASES, LONGEST_CASES, SPAN_CASES, Case

from engine._fastmatch import Matcher, Roles, build_image
from engine.errors import ArtifactError
from engine.match.automaton import Compiled, Phrase, compile_phrases
from engine.match.reference import (
    ACROSS_COMMA,
    CUE,
    MAX_PHRASE_WORDS,
    MAX_WORD_BYTES,
    NO_PHRASE,
    REPORTED_WORD,
    TERM,
    TRANSPARENT_WORD,
    UPPER_ONLY,
    ReferenceMatcher,
    find_words,
    fold_words,
    gap_kind,
)
from engine.text.characters import character_table

AnyMatcher = Matcher | ReferenceMatcher
Make = Callable[[Compiled], AnyMatcher]


def make_native(compiled: Compiled) -> Matcher:
    return Matcher(compiled.image())


MATCHERS = [pytest.param(make_native, id="native"), pytest.param(Compiled.reference, id="reference")]


def compile_words(phrases: Sequence[str], flags: Sequence[int] | None = None) -> Compiled:
    """Number the words of phrases as they stand, without inflection or transparent words."""
    words = sorted({word for phrase in phrases for word in fold_words(phrase)})
    numbers = {word: number for number, word in enumerate(words)}
    ids = [tuple(numbers[word] for word in fold_words(phrase)) for phrase in phrases]
    return Compiled(numbers, ids, list(flags or [0] * len(ids)))


@pytest.mark.parametrize("make", MATCHERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_phrases_of_a_case_are_found(case: Case, make: Make) -> None:
    found = make(compile_phrases(case.compiled_from())).find(case.text)
    assert [hit for hit in found if hit[2] != NO_PHRASE] == case.spans()


@pytest.mark.parametrize("make", MATCHERS)
def test_side_words_are_reported_wherever_they_stand(make: Make) -> None:
    matcher = make(compile_phrases([Phrase("kidney stone"), Phrase("pain")]))
    text = "Left kidney, RIGHT kidney stone; pain bilaterally"
    sides = [(0, 4, NO_PHRASE), (13, 18, NO_PHRASE), (38, 49, NO_PHRASE)]
    assert matcher.find(text) == [*sides[:2], (19, 31, 0), (33, 37, 1), sides[2]]
    assert matcher.find(text, longest=True) == [(19, 31, 0), (33, 37, 1)]


@pytest.mark.parametrize("make", MATCHERS)
def test_terms_are_the_longest_and_cues_are_all(make: Make) -> None:
    phrases = [
        Phrase("pain", TERM),
        Phrase("chest pain", TERM),
        Phrase("no", CUE),
        Phrase("no chest", CUE),
        Phrase("chest", TERM | CUE),
    ]
    cues, terms = make(compile_phrases(phrases)).find_apart("No chest pain")
    assert cues == [(0, 2, 2), (0, 8, 3), (3, 8, 4)]
    assert terms == [(3, 13, 1)]


@pytest.mark.parametrize("make", MATCHERS)
@pytest.mark.parametrize("case", LONGEST_CASES, ids=lambda case: case.name)
def test_the_longest_phrases_of_a_case_are_kept(case: Case, make: Make) -> None:
    assert make(compile_phrases(case.compiled_from())).find(case.text, longest=True) == case.spans()


@pytest.mark.parametrize("make", MATCHERS)
@pytest.mark.parametrize(("name", "text", "begin", "end"), SPAN_CASES, ids=[case[0] for case in SPAN_CASES])
def test_spans_count_code_points_of_the_text_given(name: str, text: str, begin: int, end: int, make: Make) -> None:
    assert make(compile_words(["asthma"])).find(text) == [(begin, end, 0)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_counting_and_token_spans_agree_with_finding(case: Case) -> None:
    compiled = compile_phrases(case.compiled_from())
    native = make_native(compiled)
    hits, tokens = native.find_with_tokens(case.text)
    assert hits == native.find(case.text)
    assert native.count(case.text) == len(hits)
    assert tokens == _tokens(compiled, case.text)


THROUGH = (TRANSPARENT_WORD, REPORTED_WORD)


def _tokens(compiled: Compiled, text: str) -> list[tuple[int, int]]:
    words = find_words(text)
    return [(word.begin, word.end) for word in words if compiled.surfaces.get(word.fold) not in THROUGH]


def test_a_lone_surrogate_is_refused() -> None:
    native = make_native(compile_words(["asthma"]))
    for call in (native.find, native.find_with_tokens, native.count):
        with pytest.raises(UnicodeEncodeError):
            call("asthma \ud800 asthma")


def test_what_is_no_text_is_refused() -> None:
    native = make_native(compile_words(["asthma"]))
    for wrong in (None, b"asthma", 1):
        with pytest.raises(TypeError):
            native.find(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", MATCHERS)
def test_one_token_of_a_megabyte_is_read(make: Make) -> None:
    matcher = make(compile_words(["x" * 64, "asthma"]))
    assert matcher.find("x" * 1_000_000 + " asthma") == [(1_000_001, 1_000_007, 1)]


def test_a_text_long_enough_to_let_the_gil_go_gives_the_same() -> None:
    native = make_native(compile_words(["kidney stone"]))
    text = "é kidney stone. " * 20_000
    assert native.find(text) == [(16 * n + 2, 16 * n + 14, 0) for n in range(20_000)]
    assert native.find(text, longest=True) == native.find(text)


# -- against the twin -------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["a", "b", "ab", "A", "B", "Ab", "é", "É", "e\u0301", "2", "12", "1234", "ß", "the", "left", "&", "ﬁ"]
)
SEPARATORS = st.sampled_from(
    [" ", "  ", "\n", "\r\n", "\n\n", ", ", ",", ". ", ".", ": ", "-", " - ", "--", "–", "—", "/", "'", "’", ")", ") ",
     "\n- ", " *\n",
     "\n2. ", "\n3) ", "\u00a0", "😀", "\x00", "\u00ad", "\u0301", "…", "_", "(", ""]
)  # fmt: skip
PHRASES = st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=8)
FLAGS = st.integers(0, UPPER_ONLY | ACROSS_COMMA)


@st.composite
def small_texts(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(st.tuples(WORDS, SEPARATORS), max_size=14))
    return draw(SEPARATORS) + "".join(word + separator for word, separator in pieces)


def assert_same(compiled: Compiled, text: str) -> None:
    native, reference = make_native(compiled), compiled.reference()
    hits, tokens = native.find_with_tokens(text)
    assert hits == native.find(text) == reference.find(text)
    assert native.find_apart(text) == reference.find_apart(text)
    assert native.find(text, longest=True) == reference.find(text, longest=True)
    assert tokens == _tokens(compiled, text)
    assert all(0 <= begin < end <= len(text) for begin, end, _ in hits)


@settings(max_examples=400, deadline=None)
@given(phrases=PHRASES, text=small_texts(), data=st.data())
def test_on_small_alphabets_both_find_the_same(phrases: list[str], text: str, data: st.DataObject) -> None:
    flags = data.draw(st.lists(FLAGS, min_size=len(phrases), max_size=len(phrases)))
    inflect = data.draw(st.booleans())
    made = [Phrase(phrase, flag, inflect) for phrase, flag in zip(phrases, flags, strict=True)]
    try:
        compiled = compile_phrases(made)
    except ArtifactError:
        compiled = compile_words(phrases, flags)  # a phrase of transparent words alone
    assert_same(compiled, text)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=60), data=st.data())
def test_on_all_of_unicode_both_find_the_same(text: str, data: st.DataObject) -> None:
    words = [word.fold for word in find_words(text)]
    phrases = ["known"]
    for _ in range(data.draw(st.integers(0, 4)) if words else 0):
        begin = data.draw(st.integers(0, len(words) - 1))
        phrases.append(" ".join(words[begin : begin + data.draw(st.integers(1, 3))]))
    numbers = {word: number for number, word in enumerate(sorted({w for phrase in phrases for w in phrase.split(" ")}))}
    kept = {word: number for word, number in numbers.items() if len(word.encode()) <= MAX_WORD_BYTES}
    usable = [phrase for phrase in phrases if all(word in kept for word in phrase.split(" "))]
    ids = [tuple(kept[word] for word in phrase.split(" ")) for phrase in usable]
    flags = data.draw(st.lists(FLAGS, min_size=len(ids), max_size=len(ids)))
    assert_same(Compiled(kept, ids, flags), text)


@settings(max_examples=100, deadline=None)
@given(
    words=st.lists(st.sampled_from("abc"), min_size=20, max_size=80),
    phrases=st.lists(st.text("abc", min_size=1, max_size=32), max_size=12),
)
def test_long_and_repetitive_phrases_are_found_the_same(words: list[str], phrases: list[str]) -> None:
    assert_same(compile_words([" ".join(phrase) for phrase in ["abc", *phrases]]), " ".join(words))


ALPHABET = st.sampled_from(["ant", "bee", "cat", "dog", "x1", "42"])


@settings(max_examples=200, deadline=None)
@given(
    phrases=st.lists(st.lists(ALPHABET, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=10, unique=True),
    words=st.lists(ALPHABET, max_size=30),
)
def test_on_plain_words_the_same_is_found_as_by_pyahocorasick(phrases: list[str], words: list[str]) -> None:
    peer = ahocorasick.Automaton()
    for number, phrase in enumerate(phrases):
        peer.add_word(f" {phrase} ", (number, len(phrase)))
    peer.make_automaton()
    text = " ".join(words)
    # The peer reads " text ", and ends on the space after the phrase: one character back, one for the leading space.
    expected = {(end - 1 - length, end - 1, number) for end, (number, length) in peer.iter(f" {text} ")}
    found = make_native(compile_words(phrases)).find(text)
    assert set(found) == expected
    assert len(found) == len(expected)


# -- words and gaps ---------------------------------------------------------------------------------------------------


@settings(max_examples=500, deadline=None)
@given(text=st.text(st.characters(max_codepoint=127)))
def test_the_short_way_to_fold_ascii_is_the_long_way(text: str) -> None:
    assert fold_words(text) == [word.fold for word in find_words(text)]


@settings(max_examples=300, deadline=None)
@given(text=st.text())
def test_words_do_not_overlap_and_fold_to_letters_and_digits(text: str) -> None:
    words = find_words(text)
    ends = [0, *(word.end for word in words)]
    assert all(before <= word.begin < word.end for before, word in zip(ends, words, strict=False))
    assert all(word.fold.isalnum() for word in words)
    assert ends[-1] <= len(text)


@settings(max_examples=300, deadline=None)
@given(text=st.text())
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    folded = fold_words(text)
    assert fold_words(" ".join(folded)) == folded


def test_gaps_are_soft_comma_or_hard() -> None:
    assert [gap_kind(gap) for gap in ("", " ", "-", "/", "\n", ".")] == [0] * 6
    assert [gap_kind(gap) for gap in (", ", " - ", "--", "—")] == [1] * 4
    assert [gap_kind(gap) for gap in (". ", ":", "\n\n", "\n- ", "\f")] == [2] * 5


# -- the image --------------------------------------------------------------------------------------------------------


def test_the_same_phrases_give_the_same_image() -> None:
    phrases = [phrase for case in CASES for phrase in case.compiled_from()]
    assert compile_phrases(phrases).image() == compile_phrases(phrases).image()


HASH_OF_AN_IMAGE = """
import hashlib
from engine.match.automaton import Phrase, compile_phrases
words = ["kidney stone", "calculus of kidney", "Crohn's disease", "tumour", "heart failure", "left heart failure"]
print(hashlib.sha256(compile_phrases([Phrase(word) for word in words]).image()).hexdigest())
"""


def test_the_image_does_not_depend_on_the_process() -> None:
    words = ["kidney stone", "calculus of kidney", "Crohn's disease", "tumour", "heart failure", "left heart failure"]
    here = hashlib.sha256(compile_phrases([Phrase(word) for word in words]).image()).hexdigest()
    for seed in ("1", "4242"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", HASH_OF_AN_IMAGE], env=environment, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == here


def test_an_image_tells_its_counts() -> None:
    native = make_native(compile_words(["kidney stone", "kidney", "heart failure"]))
    # States: the root, kidney, kidney stone, heart, heart failure.
    assert (native.phrase_count, native.word_count, native.state_count) == (3, 4, 5)


def test_an_image_cut_short_is_refused() -> None:
    image = compile_words(["kidney stone", "heart failure"]).image()
    for length in [*range(0, 400, 3), *range(400, len(image), 9973), len(image) - 1]:
        with pytest.raises(ValueError):
            Matcher(image[:length])


def test_an_image_of_another_kind_version_or_length_is_refused() -> None:
    image = compile_words(["kidney stone"]).image()
    for place, message in ((0, "another kind"), (8, "format version"), (12, "byte order"), (16, "another length")):
        wrong = image[:place] + bytes([image[place] ^ 0xFF]) + image[place + 1 :]
        with pytest.raises(ValueError, match=message):
            Matcher(wrong)
    with pytest.raises(ValueError, match="another length"):
        Matcher(image + b"\0")


FLIP = """
import random, sys
from engine._fastmatch import Matcher
from engine.match.automaton import Phrase, compile_phrases
words = ["kidney stone", "kidney", "stone of kidney", "heart failure", "acute heart failure", "groß", "ﬁbrosis", "knee"]
image = compile_phrases([Phrase(word, number % 4) for number, word in enumerate(words)]).image()
text = "Acute heart failure, kidney stone of kidney; groß ﬁbrosis & \\n2. the left KNEE " + "é😀" * 50 + "x" * 200
chance = random.Random(int(sys.argv[1]))
tables = image.index(b"kidney") - 2048  # the vocabulary text: what follows and just precedes are the phrase tables
refused = 0
for trial in range(int(sys.argv[2])):
    broken = bytearray(image)
    for _ in range(chance.choice((1, 1, 1, 4, 64))):
        low, high = chance.choice(((0, 280), (tables, len(image)), (tables, len(image)), (0, len(image))))
        broken[chance.randrange(low, high)] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    try:
        matcher = Matcher(bytes(broken))
    except ValueError:
        refused += 1
        continue
    for longest in (False, True):
        matcher.find(text, longest=longest)
    matcher.find_with_tokens(text)
print(refused)
"""


@pytest.mark.parametrize("seed", range(3))
def test_no_damage_to_an_image_crashes_the_matcher(seed: int) -> None:
    trials = 400
    run = subprocess.run(
        [sys.executable, "-c", FLIP, str(seed), str(trials)], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, f"exit status {run.returncode} (negative: killed by that signal)\n{run.stderr}"
    assert 0 < int(run.stdout) < trials


@pytest.mark.parametrize(
    ("surfaces", "phrases", "flags", "message"),
    [
        ([("", 0)], [], [], "empty or over-long word"),
        ([("x" * (MAX_WORD_BYTES + 1), 0)], [], [], "empty or over-long word"),
        ([("a", 0), ("a", 1)], [], [], "same spelling for two words"),
        ([("a", 0)], [()], [0], "none or too many words"),
        ([("a", 0)], [(0,) * (MAX_PHRASE_WORDS + 1)], [0], "none or too many words"),
        ([("a", 0)], [(TRANSPARENT_WORD,)], [0], "reserved number"),
        ([("a", 0)], [(0,)], [], "zip"),
    ],
)
def test_what_cannot_be_matched_is_not_compiled(
    surfaces: list[tuple[str, int]], phrases: list[tuple[int, ...]], flags: list[int], message: str
) -> None:
    table = character_table()
    with pytest.raises(ValueError, match=message):
        build_image(table.stage1, table.stage2, table.expansions, surfaces, phrases, flags)


@pytest.mark.parametrize(
    "text", ["", "...", "the left", " ".join(["word"] * (MAX_PHRASE_WORDS + 1)), "x" * (MAX_WORD_BYTES + 1)]
)
def test_a_phrase_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ArtifactError, match="phrase: got"):
        compile_phrases([Phrase(text)])


# -- time -------------------------------------------------------------------------------------------------------------

ADVERSARIAL = {
    "prefix repeats": (["a " * 31 + "b", "a " * 15 + "c"], "a "),
    "nested phrases": ([" ".join(["a"] * n) for n in range(1, 33)], "a "),
    "no spaces": (["x" * 64], "x"),
    "no words": (["a"], ". \n,"),
    "combining marks": (["a"], "a\u0301\u0301\u0301"),
    "no vocabulary": (["asthma"], "zz1 "),
    "commas": (["a b"], "a,b,"),
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_time_grows_with_the_length_of_the_text_and_no_faster(name: str) -> None:
    phrases, unit = ADVERSARIAL[name]
    native = make_native(compile_words(phrases))
    small = (
        unit * (250_000 // len(unit.encode())) if name == "nested phrases" else unit * (1_000_000 // len(unit.encode()))
    )
    best = {}
    for times in (1, 4):
        text = small * times
        best[times] = min(_seconds(native, text) for _ in range(3))
    assert best[4] < 10 * best[1] + 0.002  # quadratic growth would take sixteen times as long


def _seconds(native: Matcher, text: str) -> float:
    begin = time.process_time()
    native.count(text)
    return time.process_time() - begin


# -- roles ------------------------------------------------------------------------------------------------------------


def divided(
    others: list[tuple[int, int, int]], uses: list[tuple[int, int, int]], roles: int
) -> tuple[list[list[tuple[int, int, int]]], list[tuple[int, int]]]:
    """Divide what `find_apart` finds, plainly."""
    by_role = [
        [(begin, end, number) for begin, end, phrase in others for of, in_role, number in uses
         if of == phrase and in_role == role]
        for role in range(roles)
    ]  # fmt: skip
    return by_role, [(begin, end) for begin, end, phrase in others if phrase == NO_PHRASE]


@settings(max_examples=200, deadline=None)
@given(phrases=PHRASES, text=small_texts(), data=st.data())
def test_hits_are_divided_by_what_their_phrases_are_for(phrases: list[str], text: str, data: st.DataObject) -> None:
    native = make_native(compile_words(phrases, [0] * len(phrases)))
    use = st.tuples(st.integers(0, len(phrases) - 1), st.integers(0, 2), st.integers(0, 9))
    uses = sorted(data.draw(st.lists(use, max_size=12)), key=lambda given: given[0])
    by_role, words, terms = native.find_in_roles(text, Roles(uses, phrases=native.phrase_count, roles=3))
    others, same_terms = native.find_apart(text)
    assert ([list(places) for places in by_role], words) == divided(others, uses, 3)
    assert terms == same_terms


@pytest.mark.parametrize(
    "uses", [[(2, 0, 0)], [(-1, 0, 0)], [(0, 1, 0)], [(0, -1, 0)], [(0, 0, 0), (1, 0, 0), (0, 0, 1)]]
)
def test_a_use_of_no_phrase_or_role_or_apart_is_refused(uses: list[tuple[int, int, int]]) -> None:
    with pytest.raises(ValueError, match="phrase"):
        Roles(uses, phrases=2, roles=1)


def test_places_are_a_sequence_and_a_buffer_of_numbers() -> None:
    native = make_native(compile_phrases([Phrase("no")]))
    (places,), _, _ = native.find_in_roles("no, no", Roles([(0, 0, 5)], phrases=1, roles=1))
    assert len(places) == 2
    assert places[1] == (4, 6, 5)
    assert list(places) == [(0, 2, 5), (4, 6, 5)]
    assert memoryview(places).cast("i").tolist() == [0, 2, 5, 4, 6, 5]  # type: ignore[arg-type]
    assert memoryview(places).readonly  # type: ignore[arg-type]
