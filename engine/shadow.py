"""A candidate beside the pipeline that serves: it codes the same charts, answers nobody, and differences are counted.

The candidate works in a thread of its own, behind the answers. A chart that comes while it is behind is not compared:
no caller waits for it. What is told are counts, never a chart.
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from typing import Any

from engine.pipeline import Pipeline
from engine.types import Chart, CodedChart, Header, Suggestion

_MOST_WAITING = 8
_LOOK_S = 1.0


@dataclass(slots=True)
class Comparison:
    """How a candidate's answers differ: charts, and codes within them.

    `identical` charts have the same codes, confidences and routes; `failed` ones the candidate could not code;
    `skipped` ones it had no time for. `routes` counts codes by what became of their route ("AUTO to REVIEW").
    """

    charts: int = 0
    identical: int = 0
    failed: int = 0
    skipped: int = 0
    codes_added: int = 0
    codes_dropped: int = 0
    confidences_moved: int = 0
    greatest_move: float = 0.0
    routes: Counter[str] = field(default_factory=Counter)

    def add(self, served: CodedChart, other: CodedChart) -> None:
        """Count the differences of one chart."""
        before, after = _by_code(served), _by_code(other)
        self.charts += 1
        self.codes_added += len(after.keys() - before.keys())
        self.codes_dropped += len(before.keys() - after.keys())
        is_identical = before.keys() == after.keys()
        for key in before.keys() & after.keys():
            move = abs(after[key].confidence - before[key].confidence)
            self.confidences_moved += move > 0
            self.greatest_move = max(self.greatest_move, round(move, 4))
            if before[key].route is not after[key].route:
                self.routes[f"{before[key].route.value} to {after[key].route.value}"] += 1
            is_identical = is_identical and not move and before[key].route is after[key].route
        self.identical += is_identical

    def to_json(self) -> dict[str, Any]:
        """Return the counts as values of JSON."""
        named = {name: getattr(self, name) for name in self.__slots__ if name != "routes"}
        return named | {"routes": dict(sorted(self.routes.items()))}


class Shadow:
    """Codes with `served`, and has `candidate` code so many `charts` again; then, in its thread, `on_done` is told."""

    def __init__(
        self, served: Pipeline, candidate: Pipeline, *, charts: int, on_done: Callable[[Comparison], None]
    ) -> None:
        self._served = served
        self._candidate = candidate
        self._wanted = charts
        self._on_done = on_done
        self._comparison = Comparison()
        self._waiting: Queue[tuple[Chart, CodedChart]] = Queue(_MOST_WAITING)
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._compare, daemon=True, name="shadow")
        self._thread.start()

    def code(self, chart: Chart, **named: Any) -> CodedChart:
        """Code a chart as the serving pipeline does."""
        coded = self._served.code(chart, **named)
        try:
            self._waiting.put_nowait((chart, coded))
        except Full:
            self._comparison.skipped += 1
        return coded

    def header(self, chart: Chart, request_id: str = "") -> Header:
        """Say what a chart is coded with."""
        return self._served.header(chart, request_id)

    def stop(self) -> None:
        """Compare no more, and tell nobody."""
        self._is_stopped.set()

    def _compare(self) -> None:
        comparison = self._comparison
        while comparison.charts + comparison.failed < self._wanted:
            if self._is_stopped.is_set():
                return
            try:
                chart, served = self._waiting.get(timeout=_LOOK_S)
            except Empty:
                continue
            try:
                comparison.add(served, self._candidate.code(chart))
            except Exception:  # whatever a candidate does, the one that serves goes on
                comparison.failed += 1
        if not self._is_stopped.is_set():
            self._on_done(comparison)


def _by_code(coded: CodedChart) -> dict[tuple[str, str], Suggestion]:
    return {(suggestion.system, suggestion.code): suggestion for suggestion in coded.suggestions}
