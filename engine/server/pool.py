"""A few threads for engine work, and a bound on the charts a worker holds.

The event loop only moves bytes: a chart takes milliseconds, so it is read, coded, recorded and encoded in a thread.
Threads do not make the engine faster, since it holds the GIL for small charts: two take turns at coding, so that a
large chart does not stall small ones, and more would only slow each other down (measured: p99 doubles at four). The
others wait for the audit log's fsync, which serves all that wait at once.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from engine.errors import OverloadedError

CHART_THREADS = 16
CODING_TURNS = 2
LOOKUP_THREADS = 1

T = TypeVar("T")


class DroppedError(Exception):
    """Nobody waits for the answer any more."""


class Ticket:
    """A piece of work's way to know whether its caller still waits."""

    __slots__ = ("is_dropped",)

    def __init__(self) -> None:
        self.is_dropped = False

    def check(self) -> None:
        """Raise DroppedError if nobody waits."""
        if self.is_dropped:
            raise DroppedError


class EnginePool:
    """Runs charts and look-ups outside the event loop; used from that loop's thread only.

    Work that codes takes one of the `coding_turns` while it does.
    """

    def __init__(self, *, max_in_flight: int) -> None:
        self.max_in_flight = max_in_flight
        self.coding_turns = threading.Semaphore(CODING_TURNS)
        self._slots = asyncio.Semaphore(max_in_flight)
        self._charts = ThreadPoolExecutor(CHART_THREADS, thread_name_prefix="chart")
        self._lookups = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="lookup")

    async def run_chart(self, work: Callable[[Ticket], T], *, can_wait: bool) -> T:
        """Run a chart's work in a thread.

        A caller that cannot wait gets OverloadedError when the worker holds all it may. Cancelling drops the work: at
        once if it has not begun, else at its next check. The slot is given back when the work has really ended.
        """
        if not can_wait and self._slots.locked():
            raise OverloadedError(
                f"charts in flight: got {self.max_in_flight}, want fewer; try again, or stream them with CodeCharts"
            )
        await self._slots.acquire()
        ticket = Ticket()
        future = self._charts.submit(work, ticket)
        self._release_after(future)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            ticket.is_dropped = True
            raise

    async def run_lookup(self, work: Callable[[], T]) -> T:
        """Run a look-up in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._lookups, work)

    def close(self) -> None:
        """Let running work end and start no more."""
        self._charts.shutdown(wait=True, cancel_futures=True)
        self._lookups.shutdown(wait=True, cancel_futures=True)

    def _release_after(self, future: Future[T]) -> None:
        loop = asyncio.get_running_loop()

        def release(_: Future[T]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._slots.release)

        future.add_done_callback(release)
