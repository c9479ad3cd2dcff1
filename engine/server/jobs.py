"""A chart under way between the event loop and the threads."""

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from engine.audit.record import Origin
from engine.errors import OverloadedError
from engine.server.answers import Draft


class DroppedError(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The frames of an answer that is recorded (of one given out in parts: the last), and counts for the access log."""

    frames: list[bytes] = field(repr=False)
    findings: int
    suggestions: int


@dataclass(eq=False, slots=True)
class Job:
    """One chart: made and settled on the event loop's thread, coded and recorded elsewhere.

    `on_frames` takes frames that leave early (large charts only); it is called on the event loop's thread. A chart that
    is not begun by `latest_s` (on `time.perf_counter`) is refused. `coding_s` is what it kept the coder from the next.
    """

    request: Any = field(repr=False)
    size: int
    request_id: str
    origin: Origin
    on_frames: Callable[[list[bytes]], None] | None = None
    latest_s: float = math.inf
    taken_s: float = field(default_factory=time.perf_counter)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    future: "asyncio.Future[Answer]" = field(init=False)
    is_dropped: bool = False
    draft: Draft | None = None
    answer: Answer | None = None
    error: BaseException | None = None
    coding_s: float = 0.0
    begun_s: float = 0.0

    def __post_init__(self) -> None:
        self.future = self.loop.create_future()

    def check_wanted(self) -> None:
        """Raise DroppedError if nobody waits."""
        if self.is_dropped:
            raise DroppedError

    def work(self, draft: Callable[[], Draft], *, free_s: float = 0.0) -> float:
        """Draft the answer, and note what it took or why it failed; returns when that was over.

        `free_s` is when the one before was over: waiting for the GIL or a core in between is this one's cost as well,
        for the next chart waits for it.
        """
        try:
            self.check_wanted()
            self.begun_s = time.perf_counter()
            if self.begun_s > self.latest_s:
                raise OverloadedError("chart: waited too long for its turn; try again, or stream it with CodeCharts")
            self.draft = draft()
        except BaseException as error:
            self.error = error
        over_s = time.perf_counter()
        if self.draft is not None:
            self.coding_s = over_s - max(free_s, self.taken_s)
        return over_s

    def finish(self, frames: list[bytes]) -> None:
        """Note the answer."""
        assert self.draft is not None
        self.answer = Answer(frames, self.draft.closing.findings, self.draft.closing.suggestions)

    def settle(self) -> None:
        """Wake who waits; on the event loop's thread only."""
        if self.future.done():
            return
        if self.answer is not None:
            self.future.set_result(self.answer)
        else:
            self.future.set_exception(self.error or DroppedError())


def tell_loop(loop: asyncio.AbstractEventLoop, call: Callable[..., object], *arguments: object) -> None:
    """Call on the event loop's thread; does nothing once that loop is closed."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call, *arguments)
