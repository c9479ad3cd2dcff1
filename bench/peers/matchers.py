"""The matchers that are compared: how each is built, run, and its answer written as (begin, end, phrase).

All get the same phrases and texts, folded to single-spaced lower-case words. Those that match bytes get a space on each
side of a phrase, so that only whole words match. What is timed is `find`: from a text to the engine's own Python list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Span = tuple[int, int, int]


@dataclass(frozen=True)
class MatcherEngine:
    """`prepare` makes of a text what `find` takes, `spans` of the answer (begin, end, phrase); neither is timed."""

    build: Callable[..., Any]
    find: Callable[[Any, Any], list[Any]]
    spans: Callable[[list[Any], list[str]], list[Span]]
    prepare: Callable[[str], Any] = str.encode
    is_trained: bool = False


def _spaced(phrases: Sequence[str]) -> list[bytes]:
    return [f" {phrase} ".encode() for phrase in phrases]


def build_chartcoder(phrases: list[str]) -> Any:
    """Number the words, compile the image, attach it."""
    from engine._fastmatch import Matcher
    from engine.match.automaton import Compiled

    numbers = {word: number for number, word in enumerate(sorted({w for phrase in phrases for w in phrase.split(" ")}))}
    ids = [tuple(numbers[word] for word in phrase.split(" ")) for phrase in phrases]
    return Matcher(Compiled(numbers, ids, [0] * len(ids)).image())


def build_pyahocorasick(phrases: list[str]) -> Any:
    automaton = import_module("ahocorasick").Automaton()
    for number, phrase in enumerate(phrases):
        automaton.add_word(f" {phrase} ", number)
    automaton.make_automaton()
    return automaton


def build_ahocorasick_rs(phrases: list[str]) -> Any:
    """Bytes and the contiguous NFA: the fastest of its kinds here (README)."""
    module = import_module("ahocorasick_rs")
    return module.BytesAhoCorasick(_spaced(phrases), implementation=module.Implementation.ContiguousNFA)


def build_daachorse(phrases: list[str]) -> Any:
    return import_module("daachorse").DoubleArrayAhoCorasick(_spaced(phrases))


def find_daachorse(automaton: Any, text: bytes) -> list[Span]:
    return automaton.find_overlapping(text)  # type: ignore[no-any-return]


def spans_daachorse(found: list[Span], _: list[str]) -> list[Span]:
    return [(begin + 1, end - 1, number) for begin, end, number in found]


def build_daachorse_trained(phrases: list[str], texts: list[bytes]) -> Any:
    """Profile-guided by the very text it will read: the most it can gain."""
    return import_module("daachorse").DoubleArrayAhoCorasick(_spaced(phrases), corpus=texts)


def build_hyperscan(phrases: list[str]) -> Any:
    hyperscan = import_module("hyperscan")
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=_spaced(phrases), ids=list(range(len(phrases))), elements=len(phrases), flags=0, literal=True
    )
    return database


def find_hyperscan(database: Any, text: bytes) -> list[tuple[int, int]]:
    """It calls back for each match, with its end only."""
    found: list[tuple[int, int]] = []
    add = found.append

    def keep(number: int, _begin: int, end: int, _flags: int, _context: object) -> None:
        add((number, end))

    database.scan(text, keep)
    return found


MATCHERS = {
    "chartcoder": MatcherEngine(build_chartcoder, lambda m, text: m.find(text), lambda found, _: found, str),
    "pyahocorasick": MatcherEngine(
        build_pyahocorasick,
        lambda automaton, text: list(automaton.iter(text)),
        lambda found, phrases: [(end - len(phrases[n]), end, n) for end, n in found],
        str,
    ),
    "ahocorasick_rs": MatcherEngine(
        build_ahocorasick_rs,
        lambda automaton, text: automaton.find_matches_as_indexes(text, overlapping=True),
        lambda found, _: [(begin + 1, end - 1, n) for n, begin, end in found],
    ),
    "daachorse": MatcherEngine(build_daachorse, find_daachorse, spans_daachorse),
    "daachorse, trained on the text": MatcherEngine(
        build_daachorse_trained, find_daachorse, spans_daachorse, is_trained=True
    ),
    "hyperscan": MatcherEngine(
        build_hyperscan,
        find_hyperscan,
        lambda found, phrases: [(end - 1 - len(phrases[n]), end - 1, n) for n, end in found],
    ),
}
