"""How many charts a worker takes at a time: by number, which bounds memory, and by the time they will wait.

The wait is what has been taken and not yet been coded, times what coding has cost of late. A worker that takes no more
than it can do in MAX_WAIT_S keeps that promise under any load: what is beyond is refused while it is still cheap, and
the caller is told when to come back.
"""

import asyncio
from collections import deque

# A caller waits this long for its turn at most; with its own coding, recording and transport that stays under 100 ms.
MAX_WAIT_S = 0.04
# Bulk streams wait for room instead of being refused, and leave half of it to callers who are refused.
BULK_SHARE = 0.5
# So many are taken however long they will wait: what one chart costs is never known for certain.
_ALWAYS = 4
# A chart costs as much as this many further bytes, whatever its length.
_CHART_BYTES = 2048
# Fast machines learn within a few charts that they are; slow ones must not take on too much before they do.
_FIRST_S_PER_BYTE = 4e-7
_WEIGHT = 0.05


class Room:
    """The charts in a worker's hands; used on the event loop's thread only."""

    def __init__(self, max_in_flight: int, *, max_wait_s: float = MAX_WAIT_S) -> None:
        self.in_flight = 0
        self._max_in_flight = max_in_flight
        self._max_wait_s = max_wait_s
        self._bytes = 0
        self._s_per_byte = _FIRST_S_PER_BYTE
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def wait_s(self) -> float:
        """How long a chart taken now will wait, as it looks now."""
        return self._bytes * self._s_per_byte

    def is_full(self, *, share: float = 1.0) -> bool:
        """Whether the next chart is one too many."""
        if self.in_flight >= max(1, int(self._max_in_flight * share)):
            return True
        return self.in_flight >= _ALWAYS * share and self.wait_s >= self._max_wait_s * share

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

    def give_back(self, size: int, *, coding_s: float = 0.0) -> None:
        """Count a chart out; `coding_s` is what it took, 0 if it was not coded."""
        self.in_flight -= 1
        self._bytes -= size + _CHART_BYTES
        if coding_s:
            self._s_per_byte += _WEIGHT * (coding_s / (size + _CHART_BYTES) - self._s_per_byte)
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
