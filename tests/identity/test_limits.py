"""Limits of a caller, on a clock that the test sets."""

from multiprocessing import get_context

import pytest

from engine.errors import LimitError
from engine.identity.levels import SharedLevels
from engine.identity.limits import Meter, Meters
from engine.identity.principal import Limits, Principal, Role


class Clock:
    """A clock that stands still until it is moved."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def caller(name: str, **limits: float) -> Principal:
    """Make a limited caller."""
    return Principal(name, "north", frozenset(Role), Limits(**limits))  # type: ignore[arg-type]


def meter(clock: Clock, **limits: float) -> Meter:
    """Make the meter of one."""
    found = Meters(clock=clock).of(caller("a", **limits))
    assert found is not None
    return found


def charts_until_refused(meter: Meter, size: int = 10) -> int:
    """Take charts until one is refused."""
    taken = 0
    while meter.wait_s() == 0:
        meter.take(size)
        taken += 1
    return taken


def test_a_burst_is_let_through_and_then_the_rate() -> None:
    clock = Clock()
    mine = meter(clock, charts_per_s=10, burst_s=2)
    assert charts_until_refused(mine) == 20
    with pytest.raises(LimitError) as refused:
        mine.check()
    assert refused.value.retry_after_s == pytest.approx(0.1)
    clock.now_s += 0.5
    assert charts_until_refused(mine) == 5
    clock.now_s += 1000
    assert charts_until_refused(mine) == 20, "never more than a burst"


def test_bytes_are_paid_off_after_a_large_chart() -> None:
    clock = Clock()
    mine = meter(clock, bytes_per_s=1000, burst_s=1)
    mine.check()
    mine.take(10_000)
    # 1,000 were there, 9,000 are owed, and 1 must be there: (9,000 + 1) / 1,000.
    assert mine.wait_s() == pytest.approx(9.001)
    clock.now_s += 9.002
    mine.check()


def test_the_slower_of_two_limits_counts() -> None:
    mine = meter(Clock(), charts_per_s=100, bytes_per_s=10, burst_s=1)
    assert charts_until_refused(mine, size=5) == 2


def test_workers_share_a_callers_buckets_and_callers_do_not() -> None:
    clock, context = Clock(), get_context("spawn")
    shared = SharedLevels(context, slots=3)
    workers = [Meters(shared, clock=clock) for _ in range(2)]
    mine = [worker.of(caller("a", charts_per_s=10, burst_s=2)) for worker in workers]
    other = workers[0].of(caller("b", charts_per_s=10, burst_s=2))
    assert mine[0] is not None
    assert mine[1] is not None
    assert other is not None
    assert charts_until_refused(mine[0]) == 20
    assert charts_until_refused(mine[1]) == 0
    assert charts_until_refused(other) == 20
    clock.now_s += 0.5
    assert charts_until_refused(mine[1]) + charts_until_refused(mine[0]) == 5
    # Other limits of the same caller are another bucket; with no room left each worker counts for itself.
    again = [worker.of(caller("a", charts_per_s=10, burst_s=1)) for worker in workers]
    alone = [worker.of(caller("c", charts_per_s=10, burst_s=1)) for worker in workers]
    counts = [charts_until_refused(meter) for meter in (*again, *alone) if meter is not None]
    assert counts == [10, 0, 10, 10]


def test_open_calls_are_counted() -> None:
    mine = meter(Clock(), calls=2)
    mine.open_call()
    mine.open_call()
    with pytest.raises(LimitError):
        mine.open_call()
    mine.close_call()
    mine.open_call()


def test_callers_do_not_share_and_the_unlimited_have_no_meter() -> None:
    meters = Meters(clock=Clock())
    first, second = meters.of(caller("a", calls=1)), meters.of(caller("b", calls=1))
    assert first is not second
    assert meters.of(caller("a", calls=1)) is first
    assert meters.of(caller("a")) is None
    assert meters.of(Principal("a", "south", frozenset(Role), Limits(calls=1))) is not first


def test_only_so_many_are_remembered_and_nobody_with_an_open_call_is_forgotten() -> None:
    meters = Meters(clock=Clock(), most=2)
    busy = meters.of(caller("busy", calls=1))
    assert busy is not None
    busy.open_call()
    idle = meters.of(caller("idle", calls=1))
    meters.of(caller("third", calls=1))
    assert meters.of(caller("busy", calls=1)) is busy
    assert meters.of(caller("idle", calls=1)) is not idle
