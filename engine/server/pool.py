"""Where the event loop sends its work: small charts, large charts, look-ups, each a lane of its own.

The loop only moves bytes and decides what is taken on (`room`). Cancelling a call drops its chart: before it is coded,
or before it is recorded; a large one at once.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from engine.audit.log import AuditLog
from engine.errors import OverloadedError
from engine.server.answers import Desk
from engine.server.calls import Call
from engine.server.jobs import Answer, Job
from engine.server.lanes import SmallLane
from engine.server.large import LargeLane, Reader
from engine.server.room import Room

LOOKUP_THREADS = 1
# Requests of this many bytes are large: their own lane keeps them from holding small ones up.
LARGE_BYTES = 64 * 1024
# Large charts that a worker holds, one of them being coded.
MAX_LARGE = 4

OnFrames = Callable[[list[bytes]], None]
T = TypeVar("T")


class EnginePool:
    """Runs charts and look-ups outside the event loop; used from that loop's thread only.

    `reader` codes the large charts.
    """

    def __init__(self, desk: Desk, log: AuditLog, reader: Reader, *, max_in_flight: int) -> None:
        self.max_in_flight = max_in_flight
        self._small_room = Room(max_in_flight)
        self._large_room = Room(min(MAX_LARGE, max_in_flight), max_wait_s=float("inf"))
        self._small = SmallLane(desk, log, self._settle_small)
        self._large = LargeLane(reader, log, self._settle_large)
        self._lookups = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="lookup")

    async def code(self, request: Any, size: int, call: Call, *, can_wait: bool, on_frames: OnFrames) -> Answer:
        """Code and record one chart; a large one's first frames are given to `on_frames` before.

        A caller that cannot wait gets OverloadedError when the worker holds all it may, or if its turn comes too late.
        """
        is_large = size >= LARGE_BYTES
        room = self._large_room if is_large else self._small_room
        if can_wait:
            await room.take_in_turn(size)
        else:
            _check(room)
            room.take(size)
        job = Job(request, size, call.request_id, call.origin, on_frames)
        if not can_wait:
            job.latest_s = room.latest_s(call.began_s)
        (self._large if is_large else self._small).put(job)
        try:
            return await job.future
        except asyncio.CancelledError:
            job.is_dropped = True
            if is_large:
                self._large.drop(job)
            raise

    @property
    def in_flight(self) -> int:
        """How many charts are in hand."""
        return self._small_room.in_flight + self._large_room.in_flight

    def check_room(self) -> None:
        """Raise OverloadedError if a chart of any size would be refused now, so that it need not be read."""
        _check(self._small_room)

    async def run_lookup(self, work: Callable[[], T]) -> T:
        """Run a look-up in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._lookups, work)

    def close(self) -> None:
        """Let work that was taken on end, and start no more."""
        self._small.close()
        self._large.close()
        self._lookups.shutdown(wait=True, cancel_futures=True)

    def _settle_small(self, jobs: Sequence[Job]) -> None:
        self._settle(jobs, self._small_room)

    def _settle_large(self, jobs: Sequence[Job]) -> None:
        self._settle(jobs, self._large_room)

    def _settle(self, jobs: Sequence[Job], room: Room) -> None:
        now_s = time.perf_counter()
        for job in jobs:
            room.give_back(job.size, coding_s=job.coding_s, rest_s=now_s - job.begun_s)
            job.settle()


def _check(room: Room) -> None:
    if room.is_full():
        raise OverloadedError(
            f"charts in flight: got {room.in_flight}, want fewer; try again, or stream them with CodeCharts"
        )
