"""How many charts a worker takes at a time: by number, which bounds memory, and by the time they will wait.

The wait is what has been taken and not yet been coded, times what coding has cost of late. A worker that takes no more
than it can do in MAX_WAIT_S keeps that promise under any load: what is beyond is refused while it is still cheap, and
the caller is told when to come back.
"""

import asyncio
import math
from collections import deque

# A caller waits this long for its turn at most.
MAX_WAIT_S = 0.04
# From being let in to its answer a chart should take no longer: where the log's disk or the cores are slow, less is
# left for waiting, but never less than this.
ANSWERED_S = 0.065
_LEAST_WAIT_S = 0.01
# One that has waited so many times what it may, since the machine gave less than of late, is refused and not begun.
_PATIENCE = 1.5
# Bulk streams wait for room instead of being refused, and leave half of it to callers who are refused.
BULK_SHARE = 0.5
# So many are taken however long they will wait: what one chart costs is never known for certain.
_ALWAYS = 4
# A chart costs as much as this many further bytes, whatever its length.
_CHART_BYTES = 2048
# Fast machines learn within a few charts that they are; slow ones must not take on too much before they do.
_FIRST_S_PER_BYTE = 4e-7
_WEIGHT = 0.05


class _Spread:
    """Mean and mean deviation of a time, and from them what it hardly ever exceeds (as TCP's timer does, RFC 6298)."""

    __slots__ = ("_deviation_s", "_mean_s")

    def __init__(self) -> None:
        self._mean_s = self._deviation_s = 0.0

    @property
    def most(self) -> float:
        return self._mean_s + 2 * self._deviation_s

    def note(self, seconds: float) -> None:
        off_s = seconds - self._mean_s
        self._mean_s += _WEIGHT * off_s
        self._deviation_s += _WEIGHT * (abs(off_s) - self._deviation_s)


class Room:
    """The charts in a worker's hands; used on the event loop's thread only."""

    def __init__(self, max_in_flight: int, *, max_wait_s: float = MAX_WAIT_S) -> None:
        self.in_flight = 0
        self._max_in_flight = max_in_flight
        self._max_wait_s = max_wait_s
        self._bytes = 0
        self._s_per_byte = _FIRST_S_PER_BYTE
        self._rest = _Spread()
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def wait_s(self) -> float:
        """How long a chart taken now will wait, as it looks now."""
        return self._bytes * self._s_per_byte

    @property
    def most_wait_s(self) -> float:
        """How long one may wait: the less, the longer charts have taken of late once their turn had come."""
        if math.isinf(self._max_wait_s):
            return math.inf
        return min(self._max_wait_s, max(_LEAST_WAIT_S, ANSWERED_S - self._rest.most))

    def is_full(self, *, share: float = 1.0) -> bool:
        """Whether the next chart is one too many."""
        if self.in_flight >= max(1, int(self._max_in_flight * share)):
            return True
        return self.in_flight >= _ALWAYS * share and self.wait_s >= self.most_wait_s * share

    def latest_s(self, began_s: float) -> float:
        """By when the chart taken last must be begun, for a call that began at `began_s`."""
        return math.inf if self.in_flight <= _ALWAYS else began_s + _PATIENCE * self.most_wait_s

    def take(self, size: int) -> None:
        """Count a chart of `size` bytes in."""
        self.in_flight += 1
        self._bytes += size + _CHART_BYTES

    async def take_in_turn(self, size: int) -> None:
        """Count a chart of a stream in, once there is room for it."""
        while self.is_full(share=BULK_SHARE):
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._call_next()
                raise
        self.take(size)
        self._call_next_if_room()

    def give_back(self, size: int, *, coding_s: float = 0.0, rest_s: float = 0.0) -> None:
        """Count one out: `coding_s` is what it took, 0 if it was not coded, `rest_s` from its turn to its answer."""
        self.in_flight -= 1
        self._bytes -= size + _CHART_BYTES
        if coding_s:
            self._s_per_byte += _WEIGHT * (coding_s / (size + _CHART_BYTES) - self._s_per_byte)
            self._rest.note(rest_s)
        self._call_next_if_room()

    def _call_next_if_room(self) -> None:
        if self._waiting and not self.is_full(share=BULK_SHARE):
            self._call_next()

    def _call_next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
