"""How far a run is, on a terminal's standard error only; a pipe or a script sees none of it.

The display and the library that draws it are loaded only once something takes long.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from engine.cli.streams import say

T = TypeVar("T")
# Quicker than this, and a bar would only flicker.
SHOWN_AFTER_S = 1.0


def is_shown() -> bool:
    """Whether somebody watches: standard error is a terminal."""
    return sys.stderr.isatty()


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Yield a function that is told each step that takes seconds: a spinner on a terminal, a line elsewhere."""
    if not is_shown():
        yield lambda step: say(f"{step} ...")
        return
    bar = Bar("", total=None, after_s=0)
    try:
        yield bar.rename
    finally:
        bar.close()


class Bar:
    """A progress bar that shows itself after `after_s` (if at all), and can be hidden while others write.

    `total` None shows a spinner with the time gone by.
    """

    def __init__(self, label: str, *, total: int | None, after_s: float = SHOWN_AFTER_S) -> None:
        self._label, self._total, self._done = label, total, 0
        self._after_s = after_s
        self._lock = threading.RLock()
        self._display: Any = None
        self._task: Any = None
        self._timer: threading.Timer | None = None

    def rename(self, label: str) -> None:
        """Say what is being done now, and show it from now on."""
        with self._lock:
            self._label = label
            self._show()
            self._display.update(self._task, description=label)

    def arm(self) -> None:
        """Show the bar if nothing else happens within its time."""
        if not is_shown() or self._display is not None or self._timer is not None:
            return
        self._timer = threading.Timer(self._after_s, self._show)
        self._timer.daemon = True
        self._timer.start()

    def advance(self, done: int, total: int | None = None) -> None:
        """Say how much is done."""
        with self._lock:
            self._done, self._total = done, total if total is not None else self._total
            if self._display is not None:
                self._display.update(self._task, completed=self._done, total=self._total)

    def close(self) -> None:
        """Take the bar away; it may be armed again."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._display is not None:
                self._display.stop()
                self._display = None

    def _show(self) -> None:
        with self._lock:
            if self._display is None:
                self._display = _make_display(is_counted=self._total is not None)
                self._task = self._display.add_task(self._label, total=self._total, completed=self._done)
                self._display.start()


def _make_display(*, is_counted: bool) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    label = (SpinnerColumn(), TextColumn("{task.description}", markup=False))
    counts = (BarColumn(bar_width=30), MofNCompleteColumn()) if is_counted else ()
    return Progress(
        *label, *counts, TimeElapsedColumn(), console=Console(stderr=True), transient=True, redirect_stdout=False
    )


def watched(items: Iterable[T], label: str, *, total: int | None) -> Iterator[T]:
    """Yield the items with a bar while they are waited for.

    Where standard output is the same terminal, the bar makes way before an item is given out to be printed.
    """
    bar = Bar(label, total=total)
    shares_terminal = sys.stdout.isatty()
    iterator = iter(items)
    done = 0
    try:
        while True:
            bar.arm()
            try:
                item = next(iterator)
            except StopIteration:
                return
            done += 1
            bar.advance(done)
            if shares_terminal:
                bar.close()
            yield item
    finally:
        bar.close()
