"""Progress bars: on a terminal only, only when something takes long, and never in the way of what is printed."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from engine.cli import progress
from engine.cli.progress import Bar, steps, watched


class Display:
    """Stands in for rich's display and remembers what happened."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def add_task(self, label: str, **_: Any) -> int:
        self.events.append(label)
        return 0

    def update(self, _: int, **changes: Any) -> None:
        self.events.append(changes)

    def start(self) -> None:
        self.events.append("start")

    def stop(self) -> None:
        self.events.append("stop")


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Display:
    """A terminal whose display is remembered; a bar shows itself at once."""
    made = Display()
    monkeypatch.setattr(progress, "is_shown", lambda: True)
    monkeypatch.setattr(progress, "_make_display", lambda **_: made)
    return made


def charts(bar_events: list[Any]) -> Iterator[int]:
    """Yield two charts, each after the bar has shown itself."""
    for number in range(2):
        while bar_events.count("start") <= number:
            pass
        yield number


def test_nothing_is_shown_but_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(watched(range(3), "coding", total=3)) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_steps_are_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as step:
        step("reading")
    assert capsys.readouterr().err == "chartcoder: reading ...\n"


def test_a_quick_run_shows_no_bar(display: Display) -> None:
    assert list(watched(range(3), "coding", total=3)) == [0, 1, 2]
    assert display.events == []


def test_the_bar_makes_way_for_what_is_printed_on_the_same_terminal(
    display: Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress.Bar.__init__, "__kwdefaults__", {"after_s": 0.0})
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for _ in watched(charts(display.events), "coding", total=2):
        assert display.events[-1] == "stop"
    assert display.events.count("start") >= 2


def test_steps_on_a_terminal_are_one_display(display: Display) -> None:
    with steps() as step:
        step("reading")
        step("compiling")
    assert display.events == ["reading", "start", {"description": "reading"}, {"description": "compiling"}, "stop"]


def test_a_bar_knows_how_much_is_done(display: Display) -> None:
    bar = Bar("codiesp", total=None)
    bar.rename("codiesp")
    bar.advance(3, 10)
    bar.close()
    assert {"completed": 3, "total": 10} in display.events
