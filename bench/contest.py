"""A fair comparison: each engine in a process of its own, all on the same input, rounds taken in turns.

In every round each engine reads all texts once, and the one that begins moves on by one; so what else the machine does
meets all alike, and the ratio of two engines within a round drifts little. The times are those of the thread at work
unless said otherwise. `replay` hands them to pytest-benchmark, so that its tables and comparisons show them.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

ROOT = Path(__file__).parents[1]
OURS = "chartcoder"
# `make bench-peers` makes it; without it, peers that the development packages do not bring are left out.
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
_IN_PEERS = frozenset(("hyperscan", "medspaCy", "pyahocorasick + negspacy"))


@dataclass(frozen=True)
class Entrant:
    """An engine of the worker under the name shown, with environment variables and a case of its own if need be."""

    engine: str
    shown: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    case: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.shown or self.engine

    @property
    def python(self) -> str:
        return str(PEERS_PYTHON) if self.engine in _IN_PEERS else sys.executable


class Contestant:
    """A running engine; `absent` says why it could not take part, "" if it does."""

    def __init__(self, entrant: Entrant, case: Path) -> None:
        self.name = entrant.name
        self.absent = "" if Path(entrant.python).exists() else "make bench-peers was not run"
        self.loaded: dict[str, Any] = {}
        if self.absent:
            return
        self._process = subprocess.Popen(
            [entrant.python, "-m", "bench.peers.worker", entrant.engine, str(case)],
            cwd=ROOT, env=os.environ | entrant.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.loaded = self.hear()
        self.absent = self.loaded.get("absent", "")

    def say(self, command: str) -> None:
        """Begin something; `hear` waits for its end, so two engines can be at work at once."""
        assert self._process.stdin is not None
        print(command, file=self._process.stdin, flush=True)

    def hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"{self.name} ended with status {self._process.wait()}")
        return json.loads(line)  # type: ignore[no-any-return]

    def ask(self, command: str) -> dict[str, Any]:
        self.say(command)
        return self.hear()

    def close(self) -> None:
        if hasattr(self, "_process"):
            self._process.communicate(timeout=60)


@dataclass(frozen=True)
class Outcome:
    """What a contest showed of each engine: seconds of each round, what it said when loaded, and its answer."""

    rounds: dict[str, list[float]]
    loaded: dict[str, dict[str, Any]]
    answers: dict[str, dict[str, Any]]
    absent: dict[str, str]

    def ratios(self, peer: str, ours: str = OURS) -> list[float]:
        """How many times as long as ours a peer took, by round."""
        return [theirs / mine for theirs, mine in zip(self.rounds[peer], self.rounds[ours], strict=True)]


@contextmanager
def contestants(entrants: Sequence[Entrant], case: Mapping[str, Any], folder: Path) -> Iterator[list[Contestant]]:
    """Load engines one after another, and end them with the block."""
    with ExitStack() as stack:
        found = []
        for number, entrant in enumerate(entrants):
            path = folder / f"case-{number}.json"
            path.write_text(json.dumps({**case, **entrant.case}), encoding="utf-8")
            found.append(Contestant(entrant, path))
            stack.callback(found[-1].close)
        yield found


def hold(
    entrants: Sequence[Entrant], case: Mapping[str, Any], folder: Path, *, rounds: int, limit_s: float = 60.0
) -> Outcome:
    """Load, ask for the answers (which also warms up), then take rounds, fewer than wanted if the time is up."""
    folder.mkdir(parents=True, exist_ok=True)
    with contestants(entrants, case, folder) as all_of_them:
        ready = [one for one in all_of_them if not one.absent]
        answers = {one.name: one.ask("answer") for one in ready}
        times: dict[str, list[float]] = {one.name: [] for one in ready}
        end = time.monotonic() + limit_s
        for number in range(rounds):
            if number >= 3 and time.monotonic() > end:
                break
            turn = number % len(ready)
            for one in ready[turn:] + ready[:turn]:
                times[one.name].append(one.ask("round")["work_s"])
        loaded = {one.name: one.loaded for one in ready}
        return Outcome(times, loaded, answers, {one.name: one.absent for one in all_of_them if one.absent})


def spread(values: Sequence[float]) -> float:
    """The interquartile range."""
    lower, _, upper = quantiles(values, n=4) if len(values) > 1 else (0.0, 0.0, 0.0)
    return upper - lower


class ReplayClock:
    """A clock that moves only when told: it lets pytest-benchmark take rounds that were timed before, in turns."""

    __name__ = "thread_time"

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def move(self, times: Iterator[float]) -> None:
        self._now += next(times)


REPLAY = ReplayClock()


def replay(benchmark: Any, seconds: Sequence[float], **extra: Any) -> None:
    """Give timed rounds to a benchmark that is marked `@pytest.mark.benchmark(timer=REPLAY)`."""
    benchmark.extra_info.update(extra)
    benchmark.pedantic(REPLAY.move, args=(iter(seconds),), rounds=len(seconds))
