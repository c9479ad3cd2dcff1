"""One engine in a process of its own: python -m bench.peers.worker ENGINE CASE.json, then a line in, a line out.

The conductor (bench/contest.py) writes `round` and gets the seconds of one reading of all texts, or `answer` and gets
what was found. So rounds of several engines can take turns, each in the interpreter and with the memory it would have
alone. An engine that cannot be loaded answers with the reason.
"""

import gc
import hashlib
import json
import sys
import threading
import time
from array import array
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from bench.peers.matchers import MATCHERS


class Runner(Protocol):
    """An engine with the texts it is to read."""

    def build(self) -> None:
        """Make the engine ready: what is timed as its building."""

    def run(self, part: slice = slice(None)) -> list[Any]:
        """Read the texts, or a part of them: what is timed as a round."""

    def answer(self) -> dict[str, Any]:
        """Say what was found, for comparing."""


class MatcherRunner:
    """A matcher; its answer is the number and the hash of its (text, begin, end, phrase) set."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._engine = MATCHERS[case["engine"]]
        self._phrases: list[str] = case["phrases"]
        self._counts = bool(case.get("count"))
        self._texts = [self._engine.prepare(text) for text in case["texts"]]
        self._automaton = self._make(self._phrases[:1])  # Loads its modules.

    def _make(self, phrases: list[str]) -> Any:
        return self._engine.build(phrases, *([self._texts] if self._engine.is_trained else []))

    def build(self) -> None:
        self._automaton = self._make(self._phrases)

    def run(self, part: slice = slice(None)) -> list[Any]:
        find, automaton = self._engine.find, self._automaton
        if self._counts:
            return [automaton.count(text) for text in self._texts[part]]
        return [find(automaton, text) for text in self._texts[part]]

    def answer(self) -> dict[str, Any]:
        digest, count = hashlib.sha256(), 0
        for text in self._texts:
            spans = sorted(set(self._engine.spans(self._engine.find(self._automaton, text), self._phrases)))
            digest.update(array("q", [number for span in spans for number in (-1, *span)]).tobytes())
            count += len(spans)
        return {"matches": count, "digest": digest.hexdigest(), "simd": getattr(self._automaton, "simd", "")}


class HashingRunner:
    """SHA-256 of the texts, which lets go of the GIL: what two threads could gain on this machine at this time."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._texts = [text.encode() * 8 for text in case["texts"]]

    def build(self) -> None: ...

    def run(self, part: slice = slice(None)) -> list[Any]:
        return [hashlib.sha256(text).digest() for text in self._texts[part]]

    def answer(self) -> dict[str, Any]:
        return {}


def make_runner(case: dict[str, Any]) -> Runner:
    """Take the engine of a case, not built yet."""
    if case["engine"] == "hashing":
        return HashingRunner(case)
    if case["job"] == "matcher":
        return MatcherRunner(case)
    from bench.peers.pipelines import PipelineRunner

    return PipelineRunner(case)


def time_round(runner: Runner, texts: int, threads: int) -> dict[str, float]:
    """Read all texts once, shared out over threads; the work is that of this thread (with one thread: all of it)."""
    gc.collect()
    bounds = [texts * part // threads for part in range(threads + 1)]
    first, *rest = [slice(begin, end) for begin, end in pairwise(bounds)]
    others = [threading.Thread(target=runner.run, args=(part,)) for part in rest]
    clock, work = time.perf_counter(), time.thread_time()
    for other in others:
        other.start()
    runner.run(first)
    for other in others:
        other.join()
    return {"clock_s": time.perf_counter() - clock, "work_s": time.thread_time() - work}


def private_mib() -> float:
    """Memory of this process alone (Linux; elsewhere 0)."""
    path = Path("/proc/self/smaps_rollup")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def load(case: dict[str, Any]) -> tuple[Runner, dict[str, Any]]:
    """Build the engine of a case; say how long that took, and the memory it has taken for good."""
    runner = make_runner(case)
    before, begin = private_mib(), time.thread_time()
    runner.build()
    build_s = time.thread_time() - begin
    gc.collect()
    return runner, {"build_s": build_s, "memory_mib": private_mib() - before}


def main() -> int:
    """Load, then serve until the input ends."""
    case = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")) | {"engine": sys.argv[1]}
    lines = sys.stdout
    sys.stdout = sys.stderr  # What a library prints is no reply.

    def reply(value: dict[str, Any]) -> None:
        print(json.dumps(value), file=lines, flush=True)

    try:
        runner, loaded = load(case)
    except ImportError as error:
        reply({"absent": f"{error.name or error}"})
        return 0
    reply(loaded)
    commands: dict[str, Callable[[], dict[str, Any]]] = {
        "round": lambda: time_round(runner, len(case["texts"]), 1),
        "threads": lambda: time_round(runner, len(case["texts"]), 2),
        "answer": runner.answer,
    }
    for line in sys.stdin:
        reply(commands[line.strip()]())
    return 0


if __name__ == "__main__":
    sys.exit(main())
