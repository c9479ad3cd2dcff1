"""What a worker takes on, and who waits."""

import asyncio
import math

import pytest

from engine.server.room import MAX_WAIT_S, Room

CHART = 5000


def fill(room: Room, *, share: float = 1.0) -> int:
    taken = 0
    while not room.is_full(share=share):
        room.take(CHART)
        taken += 1
    return taken


def learn(room: Room, coding_s: float, *, rest_s: float = 0.0) -> None:
    for _ in range(300):
        room.take(CHART)
        room.give_back(CHART, coding_s=coding_s, rest_s=rest_s)


def test_no_more_charts_are_taken_than_their_number_allows() -> None:
    room = Room(7)
    learn(room, 0.0001)
    assert fill(room) == 7


@pytest.mark.parametrize(("coding_s", "expected"), [(0.001, 60), (0.002, 30), (0.01, 6)])
def test_as_many_are_taken_as_can_be_coded_in_the_time_they_may_wait(coding_s: float, expected: int) -> None:
    room = Room(1000, max_wait_s=0.06)
    learn(room, coding_s)
    assert fill(room) == pytest.approx(expected, abs=1)


def test_a_few_are_taken_however_slow_charts_have_been() -> None:
    room = Room(64)
    learn(room, 2.0)
    assert fill(room) == 4


@pytest.mark.parametrize(("rest_s", "expected"), [(0.0, 40), (0.02, 40), (0.04, 25), (0.06, 10), (0.5, 10)])
def test_fewer_are_taken_where_what_follows_their_turn_takes_long(rest_s: float, expected: int) -> None:
    room = Room(1000)
    learn(room, 0.001, rest_s=rest_s)
    assert fill(room) == pytest.approx(expected, abs=1)


def test_a_time_that_varies_leaves_less_room_than_its_mean() -> None:
    steady, varying = Room(1000), Room(1000)
    for number in range(300):
        for room, rest_s in ((steady, 0.05), (varying, 0.02 if number % 2 else 0.08)):
            room.take(CHART)
            room.give_back(CHART, coding_s=0.001, rest_s=rest_s)
    assert fill(varying) < fill(steady)


def test_charts_behind_many_others_must_be_begun_in_time() -> None:
    room = Room(64)
    learn(room, 0.001)
    for _ in range(4):
        room.take(CHART)
        assert math.isinf(room.latest_s(10.0))
    room.take(CHART)
    assert room.latest_s(10.0) == pytest.approx(10.0 + 1.5 * MAX_WAIT_S)


def test_a_large_chart_counts_for_what_it_costs() -> None:
    room = Room(1000, max_wait_s=0.06)
    learn(room, 0.001)
    for _ in range(4):
        room.take(110_000)
    assert room.is_full()


def test_charts_that_were_never_coded_teach_nothing() -> None:
    room = Room(1000, max_wait_s=0.06)
    learn(room, 0.001)
    before = room.wait_s
    room.take(CHART)
    room.give_back(CHART)
    assert room.wait_s == before == 0


def test_bulk_waits_and_leaves_room_for_callers_who_are_refused() -> None:
    async def main() -> None:
        room = Room(8)
        for _ in range(4):
            await room.take_in_turn(CHART)
        waiting = asyncio.create_task(room.take_in_turn(CHART))
        await asyncio.sleep(0)
        assert not waiting.done()
        assert not room.is_full()
        room.give_back(CHART)
        await asyncio.wait_for(waiting, 1)

    asyncio.run(main())


def test_one_that_gives_up_waiting_passes_its_turn_on() -> None:
    async def main() -> None:
        room = Room(2)
        await room.take_in_turn(CHART)
        first, second = (asyncio.create_task(room.take_in_turn(CHART)) for _ in range(2))
        await asyncio.sleep(0)
        room.give_back(CHART)
        first.cancel()
        await asyncio.wait_for(second, 1)
        assert room.in_flight == 1

    asyncio.run(main())
