"""How time grows: with the length of a note, with texts made to hurt, with a second worker.

The same text is cut into pieces of 1 kB to 1 MB, so that every length reads the same words; a round takes each length
once. Linear means: the whole costs the same however it is cut.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from bench.conftest import Note
from bench.contest import OURS, REPLAY, Entrant, contestants, replay, spread
from bench.corpus import MILLION, best_notes, joined, notes_of_5_kb
from bench.peers.matchers import build_chartcoder
from engine.live import Live
from engine.types import Chart, Document

LENGTHS = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 4
# Seconds of each round, by length, with Python's garbage collector as a server has it, or held off.
Growth = Callable[[bool], dict[int, list[float]]]


@pytest.fixture(scope="session")
def growth(live: Live) -> Growth:
    """Time the chart path on one text in pieces of each length, once."""

    @cache
    def held(collects: bool) -> dict[int, list[float]]:
        text = joined(best_notes()[1], LENGTHS[-1])
        thresholds = gc.get_threshold()
        live.warm_up()
        times: dict[int, list[float]] = {length: [] for length in LENGTHS}
        for number in range(ROUNDS + 1):
            for length in LENGTHS:
                pieces = [text[at : at + length] for at in range(0, len(text), length)]
                seconds = time_pieces(live, pieces, collects=collects)
                if number:
                    times[length].append(seconds)
        gc.unfreeze()
        gc.set_threshold(*thresholds)
        return times

    return held


def time_pieces(live: Live, pieces: list[str], *, collects: bool) -> float:
    if not collects:
        gc.collect()
        gc.disable()
    begin = time.thread_time()
    try:
        for piece in pieces:
            live.pipeline.code(Chart("growth", (Document(piece),)))
        return time.thread_time() - begin
    finally:
        gc.enable()


@pytest.mark.benchmark(timer=REPLAY)
@pytest.mark.parametrize("length", LENGTHS)
def test_growth_with_note_length(benchmark: Any, growth: Growth, length: int) -> None:
    benchmark.group = "growth, the same 1 MB in notes of"
    times = growth(True)[length]
    replay(benchmark, times, length=length, mb_per_s=round(LENGTHS[-1] / MILLION / median(times), 2))


@pytest.mark.gate
@pytest.mark.parametrize(("collector", "collects"), [("off", False), ("on", True)])
def test_ten_times_the_note_takes_under_eleven_times_as_long(
    growth: Growth, targets: dict[str, dict[str, float]], record: Note, collector: str, collects: bool
) -> None:
    """Of the engine alone; Python's collector, which walks all findings made so far, has targets of its own."""
    missed = []
    times = growth(collects)
    for short, long in pairwise(LENGTHS):
        want = targets[f"ten_times_longer_collector_{collector}"][str(long)]
        ratio = 10 * min(times[long]) / min(times[short])
        record(f"growth, a note of {long:,} beside {short:,}, collector {collector}", ratio, "times", want)
        missed += [f"{long} beside {short}: got {ratio:.1f}, want < {want}"] * (ratio >= want)
    assert not missed


@dataclass(frozen=True)
class Trap:
    """A dictionary and a text that would hurt a matcher that looks back: `head`, then `unit` up to `size` bytes."""

    name: str
    phrases: tuple[str, ...]
    unit: str
    size: int = 10 * MILLION
    head: str = ""


_CHAIN = tuple(" ".join(["a"] * length) for length in range(1, 33))
TRAPS = (
    Trap("one word of 10 MB", ("x",), "x"),
    Trap("one word of 10 MB, not ASCII", ("x",), "\u00e9"),
    Trap("a mark on a mark", ("x",), "x\u0301\u0301\u0301\u0301"),
    Trap("joiners after a word", ("x",), "'", head="x"),
    Trap("words without a space", ("x y", "y x"), "x-y-", 4 * MILLION),
    Trap("nothing but spaces", ("x",), " "),
    Trap("nothing but line ends", ("x",), "\n"),
    Trap("initials", ("a b",), "a. "),
    Trap("words that are read through", ("x",), "the "),
    Trap("prefixes that break at the last word", tuple(f"{chain} b" for chain in _CHAIN[:-1]), "a "),
    Trap("all matches overlapping", _CHAIN, "a ", MILLION),
    Trap("every word a match", tuple(f"w{number}" for number in range(1000)), "w1 w2 w3 w4 w5 ", 4 * MILLION),
)


def time_traps(trap: Trap) -> dict[int, float]:
    """Return the least seconds of a quarter, a half and the whole of a trap, taken in turns."""
    matcher = build_chartcoder(list(trap.phrases))
    times_over = trap.size // len(trap.unit.encode())
    parts = {part: trap.head + trap.unit * (times_over * part // 4) for part in (1, 2, 4)}
    times: dict[int, list[float]] = {part: [] for part in parts}
    for _ in range(3):
        for part, piece in parts.items():
            begin = time.thread_time()
            matcher.count(piece)
            times[part].append(time.thread_time() - begin)
    return {part: min(seconds) for part, seconds in times.items()}


@pytest.mark.gate
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_the_matcher_stays_linear(trap: Trap, targets: dict[str, dict[str, float]], record: Note) -> None:
    want = targets["growth"]["four_times_the_trap"]
    times = time_traps(trap)
    ratio = times[4] / times[1]
    record(f"growth, {trap.name}", ratio, "times", want, seconds=times[4], mb_per_s=trap.size / MILLION / times[4])
    assert ratio < want


def test_two_workers_code_side_by_side(live: Live, tmp_path: Path, record: Note) -> None:
    """By the clock, two processes beside one; hashing in two processes shows what this machine gives at this time."""
    given = {"job": "pipeline", "texts": notes_of_5_kb(200), "home": str(live.config.home)}
    with contestants([Entrant("hashing")] * 2 + [Entrant(OURS)] * 2, given, tmp_path) as engines:
        for name, (one, two) in (("hashing", engines[:2]), (OURS, engines[2:])):
            alone, both = [], []
            for _ in range(7):
                alone.append(one.ask("round")["clock_s"])
                begin = time.perf_counter()
                one.say("round")
                two.say("round")
                one.hear(), two.hear()
                both.append(time.perf_counter() - begin)
            ratios = [2 * a / b for a, b in zip(alone, both, strict=True)]
            record(f"two workers beside one: {name}", median(ratios), "times", spread=spread(ratios), best=max(ratios))
            if name == OURS:
                record("two workers, notes of 5 kB", 2 * len(given["texts"]) / min(both), "notes/s")
