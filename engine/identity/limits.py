"""How much each principal may ask: token buckets for charts and bytes, a count of open calls.

The buckets are the server's, whichever worker a chart comes to (`levels`); open calls are counted by each worker.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from engine.errors import LimitError
from engine.identity.levels import NUMBERS, SharedLevels
from engine.identity.principal import Limits, Principal

# So many principals are remembered; who was forgotten starts with a full bucket.
MAX_METERS = 10_000


class Bucket:
    """Fills by `rate` a second up to `most`; what is taken may leave it in debt, which must be paid off first.

    So a chart of any size is let through once, and its price is waited for afterwards.
    """

    __slots__ = ("_most", "_numbers", "_place", "_rate")

    def __init__(self, rate: float, *, burst_s: float, numbers: Any, place: int) -> None:
        self._rate = rate
        self._most = max(1.0, rate * burst_s)
        # At `place`: how much was taken off a full bucket (zero: it is full), and when that was said.
        self._numbers = numbers
        self._place = place

    def wait_s(self, now_s: float) -> float:
        """Return how long until something may be taken; 0: now."""
        numbers, place = self._numbers, self._place
        gone: float = max(0.0, numbers[place] - max(0.0, now_s - numbers[place + 1]) * self._rate)
        numbers[place], numbers[place + 1] = gone, now_s
        return max(0.0, (1.0 - self._most + gone) / self._rate)

    def take(self, amount: float) -> None:
        """Take, after `wait_s` said 0."""
        self._numbers[self._place] += amount


class Meter:
    """What one principal has used; on one thread only."""

    __slots__ = ("_buckets", "_calls", "_clock", "_limits")

    def __init__(self, limits: Limits, clock: Callable[[], float], numbers: Any, place: int) -> None:
        self._limits = limits
        self._clock = clock
        self._calls = 0
        self._buckets = [
            Bucket(rate, burst_s=limits.burst_s, numbers=numbers, place=at) if rate else None
            for rate, at in ((limits.charts_per_s, place), (limits.bytes_per_s, place + 2))
        ]

    def open_call(self) -> None:
        """Count a call in; raises LimitError if as many are open as may be."""
        if self._limits.calls and self._calls >= self._limits.calls:
            raise LimitError(f"calls open: got {self._calls}, want fewer; end one first", retry_after_s=1.0)
        self._calls += 1

    def close_call(self) -> None:
        """Count it out."""
        self._calls -= 1

    @property
    def is_idle(self) -> bool:
        """Whether no call is open."""
        return self._calls == 0

    def wait_s(self) -> float:
        """Return how long until the next chart may come; 0: now."""
        now_s = self._clock()
        return max((bucket.wait_s(now_s) for bucket in self._buckets if bucket), default=0.0)

    def check(self) -> None:
        """Raise LimitError, with when to come back, unless a chart may come now."""
        wait_s = self.wait_s()
        if wait_s > 0:
            raise LimitError("charts: got more than this principal's limit, want fewer a second", retry_after_s=wait_s)

    def take(self, size: int) -> None:
        """Count a chart of `size` bytes."""
        for bucket, amount in zip(self._buckets, (1, size), strict=True):
            if bucket:
                bucket.take(amount)


class Meters:
    """The meters of a worker, by tenant and principal; the least recently used are forgotten."""

    def __init__(
        self,
        shared: SharedLevels | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        most: int = MAX_METERS,
    ) -> None:
        self._shared = shared
        self._clock = clock
        self._most = most
        self._meters: OrderedDict[Principal, Meter] = OrderedDict()

    def of(self, principal: Principal) -> Meter | None:
        """Return a principal's meter; None where nothing is limited. Other limits start another meter."""
        limits = principal.limits
        if not (limits.charts_per_s or limits.bytes_per_s or limits.calls):
            return None
        meter = self._meters.get(principal)
        if meter is None:
            meter = self._meters[principal] = self._make(principal)
            self._forget()
        self._meters.move_to_end(principal)
        return meter

    def _make(self, principal: Principal) -> Meter:
        place = self._shared.place_of(principal) if self._shared else None
        if self._shared is None or place is None:
            return Meter(principal.limits, self._clock, [0.0] * NUMBERS, 0)
        return Meter(principal.limits, self._clock, self._shared.numbers, place)

    def _forget(self) -> None:
        if len(self._meters) > self._most:
            idle = next((principal for principal, meter in self._meters.items() if meter.is_idle), None)
            if idle is not None:
                del self._meters[idle]
