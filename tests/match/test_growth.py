"""Time grows with the text and with the dictionary, and no faster, whatever either of them is made of.

Ratios of thread CPU time within one run. Eight times as much may take forty times as long on a busy machine: answers
and tables that leave the caches, and pages touched for the first time, have their part. Quadratic growth would take
sixty-four.
"""

import time
from collections.abc import Callable

import pytest

from engine._fastmatch import Matcher, build_image
from engine.match.automaton import Phrase, compile_phrases
from engine.match.reference import MAX_PHRASE_WORDS
from engine.text.characters import character_table

TIMES = 8
MOST = 5 * TIMES
FLOOR_S = 0.002  # below this the clock and the caches are measured
MEGABYTE = 1_000_000

NESTED = [" ".join(["a"] * n) for n in range(1, MAX_PHRASE_WORDS + 1)]
LONG = " ".join(["a"] * (MAX_PHRASE_WORDS - 1))

# name: phrases, what the text repeats, and for how many bytes at first.
TEXTS = {
    "no space at all": (["x" * 64], "x", MEGABYTE // 2),
    "a run that nothing cuts": (["and a", "a"], "&", MEGABYTE // 4),
    "letters and dashes beyond ASCII": (["a a"], "a–", MEGABYTE // 4),
    "joiners without end": (["aa"], "a" + "'" * 100_000, MEGABYTE // 2),
    "a letter and joiners in turn": (["aa"], "a''", MEGABYTE // 2),
    "marks without end": (["a"], "a" + "\u0301" * 100_000, MEGABYTE // 2),
    "separators without end": (["a b"], "a" + " ,.\n" * 50_000, MEGABYTE // 2),
    "words just too long": (["y" * 64], "y" * 65 + " ", MEGABYTE // 2),
    "letters that grow when folded": (["ffi"], "\ufdfa", MEGABYTE // 2),
    "every phrase at every word": (NESTED, "a ", MEGABYTE // 12),
    "a phrase that fails at its last word": ([f"{LONG} b"], "a ", MEGABYTE // 4),
    "a phrase that fails after each beginning": ([f"{LONG} b", "a b c d"], "a a b c ", MEGABYTE // 4),
    "through words without end": (["a b"], "a" + " the left" * 50_000, MEGABYTE // 2),
    "list numbers on every line": (["a 1"], "a\n1. ", MEGABYTE // 4),
}


def seconds(run: Callable[[], object]) -> float:
    """The least thread CPU time of three runs."""
    least = float("inf")
    for _ in range(3):
        begin = time.thread_time()
        run()
        least = min(least, time.thread_time() - begin)
    return least


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("call", ["count", "find_apart"])
def test_time_grows_with_the_text_and_no_faster(name: str, call: str) -> None:
    phrases, unit, size = TEXTS[name]
    matcher = Matcher(compile_phrases([Phrase(phrase, flags=4) for phrase in phrases]).image())
    small = unit * max(1, size // len(unit.encode()))
    large = small * TIMES
    find = getattr(matcher, call)
    short, long = seconds(lambda: find(small)), seconds(lambda: find(large))
    assert long < MOST * short + FLOOR_S, f"{TIMES} times the text took {long / short:.1f} times as long"


# name: the words of phrase n of a dictionary, from as many word numbers as it has phrases.
DICTIONARIES: dict[str, Callable[[int, int], tuple[int, ...]]] = {
    "words alone": lambda n, _: (n,),
    "one beginning": lambda n, _: (0, 1, 2, 3, n),
    "one end": lambda n, _: (n, 0, 1, 2, 3),
    "one word that all words follow": lambda n, _: (0, n),
    "chains that fall back on chains": lambda n, size: tuple((n + i) % size for i in range(8)),
    "numbers far apart after one word": lambda n, size: (0, n * 4096 % size),
    "the longest phrases": lambda n, size: tuple(n * 7919 * i % size for i in range(1, MAX_PHRASE_WORDS + 1)),
    "one phrase many times": lambda n, _: (0, 1),
}


@pytest.mark.parametrize("name", DICTIONARIES)
def test_time_to_compile_grows_with_the_dictionary_and_no_faster(name: str) -> None:
    words_of = DICTIONARIES[name]
    sizes = (2_000, 2_000 * TIMES) if name == "the longest phrases" else (8_000, 8_000 * TIMES)
    short, long = (seconds(lambda size=size: _compile(words_of, size)) for size in sizes)
    assert long < MOST * short + FLOOR_S, f"{TIMES} times the phrases took {long / short:.1f} times as long"


def _compile(words_of: Callable[[int, int], tuple[int, ...]], size: int) -> bytes:
    table = character_table()
    surfaces = [(f"w{n}", n) for n in range(size)]
    phrases = [words_of(n, size) for n in range(size)]
    return build_image(table.stage1, table.stage2, table.expansions, surfaces, phrases, [0] * size)


@pytest.mark.parametrize("name", [name for name in DICTIONARIES if name != "one phrase many times"])
def test_a_larger_dictionary_reads_a_text_at_most_a_few_times_slower(name: str) -> None:
    words_of = DICTIONARIES[name]
    text = " ".join(f"w{n * 7919 % 4_000}" for n in range(100_000))
    small, large = Matcher(_compile(words_of, 4_000)), Matcher(_compile(words_of, 32_000))
    short, long = seconds(lambda: small.count(text)), seconds(lambda: large.count(text))
    # The same words are known to both; what is left is that the larger tables leave the caches.
    assert long < 12 * short + FLOOR_S, f"8 times the phrases took {long / short:.1f} times as long"
