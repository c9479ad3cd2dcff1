"""The matcher beside its peers: MB/s over note-like text with every phrase of the real dictionary.

The peers match bytes: they get the phrases and the text already folded to single-spaced words, a space on each side of
a phrase so that only whole words match; their folding is not timed. Ours is timed twice: on that same folded text with
the same literal phrases (the answer must be the peers'), and as it is used, on the raw text with all spellings.
"""

import gzip
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import ahocorasick
import ahocorasick_rs
import daachorse
import pytest

from bench.conftest import Note
from codesets.lexicon import read_lexicon
from codesets.types import System
from engine._fastmatch import Matcher
from engine.live import Live
from engine.match.automaton import Compiled, Dictionary, phrase_words
from engine.match.lexicon import lexicon_terms, tabular_terms
from engine.match.reference import fold_words

REAL_NOTES = Path(__file__).parents[2] / "shared" / "data" / "notes" / "mtsamples.jsonl.gz"
TEXT_BYTES = 2_000_000
SEED = 20260401
MB = 1_000_000
Spans = set[tuple[int, int, int]]


@dataclass(frozen=True)
class Job:
    """Phrases as folded words, the text they are sought in raw and folded, and what is to be found."""

    name: str
    phrases: list[str]
    raw: str
    folded: str
    expected: Spans


def note_like_text(note: str, size: int) -> str:
    """Shuffle the sentences of the notes at hand into one long text (seeded)."""
    samples = sorted((Path(__file__).parents[1] / "samples").glob("*.txt"))
    lines = [
        line for text in [note, *(path.read_text(encoding="utf-8") for path in samples)] for line in text.splitlines()
    ]
    chance = random.Random(SEED)
    pieces: list[str] = []
    length = 0
    while length < size:
        pieces.append(chance.choice(lines))
        length += len(pieces[-1]) + 1
    return "\n".join(pieces)


def real_notes(size: int) -> str:
    """Join transcribed reports of the development data (MTSamples), those in ASCII; skips where there are none."""
    if not REAL_NOTES.exists():
        pytest.skip(f"development data is absent: {REAL_NOTES}")
    with gzip.open(REAL_NOTES, "rt", encoding="utf-8") as file:
        texts = [text for line in file if (text := json.loads(line)["text"]).isascii()]
    return "\n\n".join(texts)[:size]


@pytest.fixture(scope="session", params=["note-like text", "MTSamples"])
def job(request: pytest.FixtureRequest, live: Live, note_text: str) -> Job:
    snapshot = live.releases.release(System.ICD10CM)
    terms = [*tabular_terms(snapshot), *lexicon_terms(read_lexicon(System.ICD10CM), snapshot)]
    phrases = sorted({" ".join(phrase_words(term.text)) for term in terms})
    raw = real_notes(TEXT_BYTES) if request.param == "MTSamples" else note_like_text(note_text, TEXT_BYTES)
    folded = f" {' '.join(fold_words(raw))} "
    assert folded.isascii()
    return Job(request.param, phrases, raw, folded, set(find_pyahocorasick(build_pyahocorasick(phrases), folded)))


def build_pyahocorasick(phrases: list[str]) -> Any:
    automaton = ahocorasick.Automaton()
    for number, phrase in enumerate(phrases):
        automaton.add_word(f" {phrase} ", (number, len(phrase)))
    automaton.make_automaton()
    return automaton


def find_pyahocorasick(automaton: Any, text: str) -> list[tuple[int, int, int]]:
    return [(end - length, end, number) for end, (number, length) in automaton.iter(text)]


def build_ahocorasick_rs(phrases: list[str]) -> Any:
    return ahocorasick_rs.AhoCorasick([f" {phrase} " for phrase in phrases])


def find_ahocorasick_rs(automaton: Any, text: str) -> list[tuple[int, int, int]]:
    return automaton.find_matches_as_indexes(text, overlapping=True)  # type: ignore[no-any-return]


def build_daachorse(phrases: list[str]) -> Any:
    return daachorse.DoubleArrayAhoCorasick([f" {phrase} ".encode() for phrase in phrases])


def find_daachorse(automaton: Any, text: bytes) -> list[tuple[int, int, int]]:
    return automaton.find_overlapping(text)  # type: ignore[no-any-return]


def build_ours(phrases: list[str]) -> Matcher:
    numbers = {word: number for number, word in enumerate(sorted({w for phrase in phrases for w in phrase.split(" ")}))}
    ids = [tuple(numbers[word] for word in phrase.split(" ")) for phrase in phrases]
    return Matcher(Compiled(numbers, ids, [0] * len(ids)).image())


def as_spans(engine: str, found: list[tuple[int, int, int]]) -> Spans:
    """Write an engine's answer as (begin, end, phrase), without the spaces around."""
    if engine == "ahocorasick_rs":
        return {(begin + 1, end - 1, number) for number, begin, end in found}
    if engine == "daachorse":
        return {(begin + 1, end - 1, number) for begin, end, number in found}
    return set(found)


ENGINES: dict[str, tuple[Callable[[list[str]], Any], Callable[[Any, Any], list[tuple[int, int, int]]]]] = {
    "pyahocorasick": (build_pyahocorasick, find_pyahocorasick),
    "ahocorasick_rs": (build_ahocorasick_rs, find_ahocorasick_rs),
    "daachorse": (build_daachorse, find_daachorse),
    "chartcoder": (build_ours, Matcher.find),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_matcher_beside_peers(benchmark: Any, job: Job, engine: str) -> None:
    benchmark.group = f"matcher, the same phrases on the same folded {job.name}"
    build, find = ENGINES[engine]
    begin = time.perf_counter()
    automaton = build(job.phrases)
    benchmark.extra_info["build_s"] = round(time.perf_counter() - begin, 3)
    text = job.folded.encode() if engine == "daachorse" else job.folded
    assert as_spans(engine, find(automaton, text)) == job.expected
    benchmark.pedantic(partial(find, automaton, text), rounds=7, warmup_rounds=1)
    benchmark.extra_info["phrases"] = len(job.phrases)
    benchmark.extra_info["mb_per_s"] = round(len(job.folded) / MB / benchmark.stats.stats.median, 1)


def open_dictionary(home: Path) -> Dictionary:
    (path,) = (home / "dictionaries").glob("*.ccdict")
    return Dictionary(path)


def check_dictionary(dictionary: Dictionary, note: str) -> None:
    """What is plainly named in the note is found where it stands."""
    spans = {note[begin:end].lower() for begin, end, _ in dictionary.matcher.find(note)}
    named = {"hypertension", "type 2 diabetes", "hypothyroidism", "acute cholecystitis", "gallstones"}
    assert spans >= named


@pytest.mark.parametrize("way", ["list of tuples", "count only"])
def test_matcher_on_raw_text(benchmark: Any, bench_home: Path, job: Job, note_text: str, way: str) -> None:
    benchmark.group = f"matcher, the whole dictionary on raw {job.name}"
    dictionary = open_dictionary(bench_home)
    check_dictionary(dictionary, note_text)
    matcher = dictionary.matcher
    benchmark.pedantic(
        matcher.find if way == "list of tuples" else matcher.count, (job.raw,), rounds=7, warmup_rounds=1
    )
    benchmark.extra_info["phrases"] = matcher.phrase_count
    benchmark.extra_info["mb_per_s"] = round(len(job.raw.encode()) / MB / benchmark.stats.stats.median, 1)


@pytest.mark.gate
def test_the_matcher_reads_raw_text_at_its_target(
    bench_home: Path, note_text: str, targets: dict[str, dict[str, float]], record: Note
) -> None:
    want = targets["matcher"]["throughput_mb_per_s"]
    dictionary = open_dictionary(bench_home)
    check_dictionary(dictionary, note_text)
    text = note_like_text(note_text, TEXT_BYTES)
    best = 0.0
    for _ in range(5):
        begin = time.thread_time()
        dictionary.matcher.find(text)
        best = max(best, len(text.encode()) / MB / (time.thread_time() - begin))
    record("matcher, whole dictionary on raw text", best, "MB/s", want)
    assert best >= want
