"""A `chartcoder serve` of the benches: started, timed to its ready line, measured, stopped."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

START_S = 30.0
STOP_S = 20.0


@dataclass(frozen=True)
class RunningServer:
    """A server that said it is ready, and how long that took."""

    target: str
    ready_s: float
    pid: int

    def workers(self) -> list[psutil.Process]:
        """The processes that answer calls: the children, or the server itself if it has none."""
        server = psutil.Process(self.pid)
        children = [child for child in server.children() if _maps(child.pid, ".ccdict")]
        return children or [server]


@contextmanager
def running_server(
    home: Path, audit: Path, *, workers: int = 1, more: Sequence[str] = (), module: str = "engine"
) -> Iterator[RunningServer]:
    """Run a server on a free port until the block ends; `more` are further options of `serve`."""
    command = [sys.executable, "-m", module, "--home", str(home), "serve", "--port", "0"]
    command += ["--workers", str(workers), "--audit-dir", str(audit), *more]
    begin = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    killer = threading.Timer(START_S, process.kill)
    killer.start()
    try:
        host, port = _wait_ready(process)
        ready_s = time.perf_counter() - begin
        killer.cancel()
        # Nobody reads the access log: keep its pipe empty.
        threading.Thread(target=_drain, args=(process,), daemon=True).start()
        yield RunningServer(f"{host}:{port}", ready_s, process.pid)
    finally:
        killer.cancel()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=STOP_S)


def _wait_ready(process: "subprocess.Popen[str]") -> tuple[str, int]:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("{") and json.loads(line).get("event") == "ready":
            ready = json.loads(line)
            return ready["host"], ready["port"]
    raise AssertionError(f"the server ended before it was ready: {''.join(lines)[-2000:]}")


def _drain(process: "subprocess.Popen[str]") -> None:
    assert process.stderr is not None
    with process.stderr as errors:
        for _ in errors:
            pass


def _maps(pid: int, suffix: str) -> bool:
    return any(suffix in line for line in _read(pid, "maps").splitlines())


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8")
    except OSError:
        return ""


@dataclass(frozen=True)
class MappedPages:
    """KiB of the mapped snapshot and dictionary files that a process holds, and how many another holds too."""

    resident: int
    shared: int


def mapped_pages(pid: int) -> MappedPages:
    """Read what a process holds of the compiled files (Linux: /proc/PID/smaps)."""
    resident = shared = 0
    is_ours = False
    for line in _read(pid, "smaps").splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            is_ours = line.endswith((".ccsnap", ".ccdict", ".ccindex"))
        elif is_ours and line.startswith("Rss:"):
            resident += int(line.split()[1])
        elif is_ours and line.startswith(("Shared_Clean:", "Shared_Dirty:")):
            shared += int(line.split()[1])
    return MappedPages(resident, shared)
