"""The matcher beside its peers: the same phrases, the same folded text, the same answer, rounds in turns.

Text and phrases are folded to single-spaced words for all, which is not timed; what the matcher does with raw text, as
it is used, is timed apart. See contest.py for how turns are taken, and peers/matchers.py for how each engine is called.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from bench.conftest import Note
from bench.contest import OURS, REPLAY, Entrant, Outcome, contestants, hold, replay, spread
from bench.corpus import (
    MILLION,
    all_terms,
    best_notes,
    fold_text,
    joined,
    made_up_notes,
    matcher_phrases,
    notes_named,
    real_notes,
)
from engine.live import Live
from engine.match.automaton import Dictionary

PEERS = ("pyahocorasick", "ahocorasick_rs", "daachorse", "hyperscan")
PATHS = ("avx512", "avx2", "sse42", "portable")


@dataclass(frozen=True)
class Case:
    """A dictionary (phrases; None: all), notes read whole or one by one, the peers, and how many rounds."""

    name: str
    notes: str
    phrases: int | None = None
    one_by_one: bool = False
    peers: tuple[str, ...] = PEERS
    text_bytes: int = 3 * MILLION
    rounds: int = 11


CASES = {
    case.name: case
    for case in (
        Case("whole dictionary", "MTSamples", rounds=15),
        Case("whole dictionary, note by note", "MTSamples", one_by_one=True),
        Case("whole dictionary, made-up notes", "made up", text_bytes=2 * MILLION),
        Case("10,000 phrases", "MTSamples", 10_000),
        Case("50,000 phrases", "MTSamples", 50_000),
        Case("150,000 phrases", "MTSamples", 150_000),
        Case("1,000,000 phrases", "MTSamples", MILLION, rounds=7),
    )
}
Contests = Callable[[str], Outcome]


def texts_of(case: Case) -> list[str]:
    """The folded texts of a case; skips where its notes are absent."""
    notes = notes_named(case.notes)
    if not notes:
        pytest.skip("development data is absent (shared/data/notes)")
    if not case.one_by_one:
        return [fold_text(joined(notes, case.text_bytes))]
    folded = [fold_text(note) for note in notes]
    return folded[: max(1, len(folded) * case.text_bytes // sum(map(len, folded)))]


@pytest.fixture(scope="session")
def contests(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Contests:
    """Hold the contest of a case, once."""

    @cache
    def held(name: str) -> Outcome:
        case = CASES[name]
        texts, phrases = texts_of(case), matcher_phrases(all_terms(live), case.phrases)
        entrants = [Entrant(OURS), *(Entrant(peer) for peer in case.peers)]
        if name == "whole dictionary":
            entrants += [Entrant(OURS, f"{OURS}, {path}", {"CHARTCODER_SIMD": path}) for path in available_paths()]
            entrants.append(Entrant("daachorse, trained on the text"))
        given = {"job": "matcher", "phrases": phrases, "texts": texts}
        outcome = hold(entrants, given, tmp_path_factory.mktemp("contest"), rounds=case.rounds)
        check_answers(outcome)
        for loaded in outcome.loaded.values():
            loaded |= {"phrases": len(phrases), "mb": sum(map(len, texts)) / MILLION}
        return outcome

    return held


def check_answers(outcome: Outcome) -> None:
    """All found the same, and each path of ours is the one that its name says."""
    for engine, answer in outcome.answers.items():
        assert answer["digest"] == outcome.answers[OURS]["digest"], f"{engine} found other matches"
        path = engine.removeprefix(f"{OURS}, ")
        assert path == engine or answer["simd"] == path


def available_paths() -> list[str]:
    """The instruction sets of the matcher that this machine has."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    needed = {"avx512": " avx512bw ", "avx2": " avx2 ", "sse42": " sse4_2 ", "portable": ""}
    return [path for path in PATHS if needed[path] in text]


def names_of(case: Case) -> list[str]:
    if case.name != "whole dictionary":
        return [OURS, *case.peers]
    return [OURS, *(f"{OURS}, {path}" for path in PATHS), *case.peers, "daachorse, trained on the text"]


@pytest.mark.benchmark(timer=REPLAY)
@pytest.mark.parametrize(("case", "engine"), [(case.name, name) for case in CASES.values() for name in names_of(case)])
def test_matcher_beside_peers(benchmark: Any, contests: Contests, case: str, engine: str) -> None:
    outcome = contests(case)
    if engine not in outcome.rounds:
        pytest.skip(f"{engine}: {outcome.absent.get(engine, 'this machine lacks it')}")
    benchmark.group = f"matcher, {case}"
    times, loaded = outcome.rounds[engine], outcome.loaded[engine]
    extra = {"times_ours": round(median(outcome.ratios(engine)), 2)} if engine != OURS else {}
    replay(
        benchmark, times, case=case, engine=engine, mb_per_s=round(loaded["mb"] / median(times), 1), **extra,
        build_s=round(loaded["build_s"], 2), memory_mib=round(loaded["memory_mib"]), phrases=loaded["phrases"],
        matches=outcome.answers[engine]["matches"],
    )  # fmt: skip


@pytest.mark.gate
def test_the_matcher_stays_ahead_of_its_peers(
    live: Live, tmp_path: Path, targets: dict[str, dict[str, float]], record: Note
) -> None:
    """The best available text, all phrases, the peers that a development setup has; the portable path too."""
    name, notes = best_notes()
    given = {
        "job": "matcher",
        "phrases": matcher_phrases(all_terms(live)),
        "texts": [fold_text(joined(notes, MILLION))],
    }
    portable = f"{OURS}, portable"
    entrants = [Entrant(OURS), Entrant(OURS, portable, {"CHARTCODER_SIMD": "portable"}), *map(Entrant, PEERS[:3])]
    outcome = hold(entrants, given, tmp_path, rounds=9, limit_s=20)
    check_answers(outcome)
    missed = []
    made_up = "" if real_notes() else "_made_up"
    for table, ours in ((f"matcher_ratio{made_up}", OURS), (f"matcher_ratio{made_up or '_portable'}", portable)):
        for peer, want in targets[table].items():
            ratios = outcome.ratios(peer, ours)
            record(f"{ours} ahead of {peer} ({name})", median(ratios), "times", want, spread=spread(ratios))
            if median(ratios) < want:
                missed.append(f"{ours} beside {peer}: got {median(ratios):.2f}, want >= {want}")
    assert not missed


def test_two_threads_match_side_by_side(live: Live, tmp_path: Path, record: Note) -> None:
    """By the clock; hashing beside it shows what two threads gain here at all. With 256 kB a text the GIL is let go."""
    folded = fold_text(joined(best_notes()[1], 6 * MILLION))
    texts = [folded[at : at + 262_144] for at in range(0, len(folded) // 524_288 * 524_288, 262_144)]
    given = {"job": "matcher", "phrases": matcher_phrases(all_terms(live)), "texts": texts}
    entrants = [Entrant("hashing"), Entrant(OURS), Entrant(OURS, f"{OURS}, count only", case={"count": True})]
    ratios: dict[str, list[float]] = {entrant.name: [] for entrant in entrants}
    with contestants(entrants, given, tmp_path) as engines:
        for number in range(10):
            for engine in engines:
                alone, both = engine.ask("round")["clock_s"], engine.ask("threads")["clock_s"]
                if number:
                    ratios[engine.name].append(alone / both)
    for name, values in ratios.items():
        record(f"two threads beside one: {name}", median(values), "times", spread=spread(values), best=max(values))


def open_dictionary(home: Path) -> Dictionary:
    (path,) = (home / "dictionaries").glob("icd10cm-*.ccdict")
    return Dictionary(path)


def check_dictionary(dictionary: Dictionary, note: str) -> None:
    """What is plainly named in the note is found where it stands."""
    spans = {note[begin:end].lower() for begin, end, _ in dictionary.matcher.find(note)}
    named = {"hypertension", "type 2 diabetes", "hypothyroidism", "acute cholecystitis", "gallstones"}
    assert spans >= named


@pytest.mark.benchmark(timer=time.thread_time)
@pytest.mark.parametrize("way", ["find", "find_apart", "count"])
@pytest.mark.parametrize("notes", ["MTSamples", "made up"])
def test_matcher_on_raw_text(benchmark: Any, bench_home: Path, note_text: str, notes: str, way: str) -> None:
    if not notes_named(notes):
        pytest.skip("development data is absent (shared/data/notes)")
    benchmark.group = f"matcher, the whole dictionary on raw notes ({notes})"
    dictionary = open_dictionary(bench_home)
    check_dictionary(dictionary, note_text)
    text = joined(notes_named(notes), 2 * MILLION)
    benchmark.pedantic(getattr(dictionary.matcher, way), (text,), rounds=9, warmup_rounds=1)
    benchmark.extra_info["phrases"] = dictionary.matcher.phrase_count
    benchmark.extra_info["mb_per_s"] = round(len(text.encode()) / MILLION / benchmark.stats.stats.median, 1)


@pytest.mark.gate
def test_the_matcher_reads_raw_text_at_its_target(
    bench_home: Path, note_text: str, targets: dict[str, dict[str, float]], record: Note
) -> None:
    want = targets["matcher"]["throughput_mb_per_s"]
    dictionary = open_dictionary(bench_home)
    check_dictionary(dictionary, note_text)
    text = joined(made_up_notes(), 2 * MILLION)
    best = 0.0
    for _ in range(7):
        begin = time.thread_time()
        dictionary.matcher.find(text)
        best = max(best, len(text.encode()) / MILLION / (time.thread_time() - begin))
    record("matcher, whole dictionary on raw text", best, "MB/s", want)
    assert best >= want
