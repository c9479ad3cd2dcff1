"""Which cores a worker's threads run on, and which of them goes first.

A worker's Python runs on one core at a time, whatever the number of its threads. Kept on one core, they hand the GIL to
each other without waking another: with two workers on two cores, 1.4 to 1.6 times the charts. Where threads cannot be
kept (not Linux), nothing is done.
"""

import os
import threading
from contextlib import suppress

_GIVE_WAY = 5
# What this process may use, as it was started.
_ALLOWED = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def keep_on_one_core(worker: int) -> None:
    """Keep the calling thread, and those it starts, on one core; workers take the cores in turn."""
    if _ALLOWED:
        os.sched_setaffinity(0, {_ALLOWED[worker % len(_ALLOWED)]})


def use_all_cores() -> None:
    """Let the calling thread, and the processes it starts, run wherever this process might at its start."""
    if _ALLOWED:
        os.sched_setaffinity(0, _ALLOWED)


def give_way() -> None:
    """Let the calling thread stand back behind the others of its process (Linux keeps a nice value for each thread)."""
    if not _ALLOWED:
        return
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _GIVE_WAY)
