"""Load for a server, from a process of its own: python -m bench.load TARGET --clients 8 --seconds 3 CHART_FILE.

Closed loop: each client is a connection that waits for an answer before it asks again. Open loop (`--rate`): requests
leave when they are due, whatever came back, and a latency counts from when the request was due; so a server that stalls
cannot slow down the load that finds it out. Every answer is checked: it holds the findings, suggestions and alerts that
one call made beforehand got, byte for byte. A call costs this process about 0.15 ms of CPU, all told.
"""

import argparse
import json
import os
import select
import ssl
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from bench.http2 import Connection, Reply
from engine.pb.chartcoder.v1.coding_pb2 import CodeChartRequest, CodeChartResponse
from engine.pb.chartcoder.v1.types_pb2 import Chart, ChartFrame, Document

ROOT = Path(__file__).parents[1]
METHOD = "/chartcoder.v1.CodingService/CodeChart"
REQUEST_ID = "load"
OK, RESOURCE_EXHAUSTED = 0, 8
# After a refusal a client of a closed loop comes back after this long, as RetryInfo asks.
BACK_OFF_S = 0.25
DRAIN_S = 5.0


@dataclass
class Outcome:
    """What one run gave: seconds of each answered call, calls by status, the generator's own CPU."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    refusals_s: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    wrong: int = 0
    unanswered: int = 0
    server_cpu_s: float = 0.0

    @property
    def rate(self) -> float:
        """Charts answered per second."""
        return len(self.latencies_s) / self.seconds


def encode_request(text: str, kind: str = "") -> bytes:
    """Return the request for a chart of one document."""
    return CodeChartRequest(chart=Chart(documents=[Document(text=text, kind=kind)])).SerializeToString()


def core_of(reply: Reply) -> bytes:
    """Return findings, suggestions and alerts of an answer, encoded: all that repeats under the same header."""
    whole = ChartFrame()
    for message in reply.messages():
        whole.MergeFrom(CodeChartResponse.FromString(message).frame)
    assert whole.HasField("header")
    assert whole.HasField("summary")
    whole.ClearField("header")
    whole.ClearField("summary")
    return whole.SerializeToString()


class Load:
    """Clients of one server that send one request over and over."""

    def __init__(
        self, target: str, request: bytes, *, clients: int, tls: ssl.SSLContext | None = None, token: str = ""
    ) -> None:
        self._request = request
        self._connections = [Connection(target, tls=tls, token=token) for _ in range(clients)]
        self._headers = self._connections[0].headers(METHOD, REQUEST_ID)
        self._by_fd = {connection.fileno(): connection for connection in self._connections}
        self._began: dict[tuple[int, int], float] = {}
        self._poll = select.epoll()
        for fd in self._by_fd:
            self._poll.register(fd, select.EPOLLIN)
        self._core = core_of(self._first())

    def _first(self) -> Reply:
        self._send(self._connections[0], time.perf_counter())
        while True:
            for _, _, reply in self._receive(10.0):
                assert reply.status == OK, f"the first call ended with status {reply.status}"
                return reply

    def close(self) -> None:
        """Hang up."""
        for connection in self._connections:
            connection.close()

    def run_closed(self, seconds: float) -> Outcome:
        """Let every client ask, wait, and ask again."""
        outcome, end = self._start(seconds)
        resting: list[tuple[float, Connection]] = []
        for connection in self._connections:
            self._send(connection, time.perf_counter())
        while (now := time.perf_counter()) < end:
            wait_s = min(0.05, max(0.0, resting[0][0] - now)) if resting else 0.05
            for connection, began, reply in self._receive(wait_s):
                self._note(outcome, began, reply)
                if reply.status == OK:
                    self._send(connection, time.perf_counter())
                else:
                    resting.append((time.perf_counter() + BACK_OFF_S, connection))
            while resting and resting[0][0] <= time.perf_counter():
                self._send(resting.pop(0)[1], time.perf_counter())
        return self._end(outcome, seconds)

    def run_open(self, seconds: float, *, rate: float) -> Outcome:
        """Send `rate` requests a second, spread over the clients in turn."""
        outcome, end = self._start(seconds)
        sent, begin = 0, time.perf_counter()
        while (now := time.perf_counter()) < end:
            due = begin + sent / rate
            while due <= now:
                self._send(self._connections[sent % len(self._connections)], due)
                sent += 1
                due = begin + sent / rate
            for _, began, reply in self._receive(max(0.0, due - time.perf_counter())):
                self._note(outcome, began, reply)
        return self._end(outcome, seconds)

    def _start(self, seconds: float) -> tuple[Outcome, float]:
        self._began_cpu_s = time.process_time()
        return Outcome(), time.perf_counter() + seconds

    def _end(self, outcome: Outcome, seconds: float) -> Outcome:
        outcome.seconds = seconds
        outcome.cpu_s = time.process_time() - self._began_cpu_s
        end = time.perf_counter() + DRAIN_S
        in_time = len(outcome.latencies_s)
        while self._began and time.perf_counter() < end:
            for _, began, reply in self._receive(0.05):
                self._note(outcome, began, reply)
        outcome.seconds *= max(1, len(outcome.latencies_s)) / max(
            1, in_time
        )  # those that came late count, as does time
        outcome.unanswered = len(self._began)
        return outcome

    def _send(self, connection: Connection, began: float) -> None:
        stream = connection.call(self._headers, self._request)
        self._began[connection.fileno(), stream] = began

    def _receive(self, timeout_s: float) -> list[tuple[Connection, float, Reply]]:
        found = []
        for fd, _ in self._poll.poll(timeout_s):
            connection = self._by_fd[fd]
            connection.flush()
            for stream, reply in connection.receive():
                found.append((connection, self._began.pop((fd, stream)), reply))
        return found

    def _note(self, outcome: Outcome, began: float, reply: Reply) -> None:
        took_s = time.perf_counter() - began
        outcome.statuses[reply.status] = outcome.statuses.get(reply.status, 0) + 1
        if reply.status != OK:
            outcome.refusals_s.append(took_s)
            return
        outcome.latencies_s.append(took_s)
        if self._core not in b"".join(reply.parts) and core_of(reply) != self._core:
            outcome.wrong += 1


def cpu_of(pids: Sequence[int]) -> float:
    """Return the CPU seconds that processes have used."""
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


def run_load(
    target: str,
    file: Path,
    *,
    clients: int,
    seconds: float,
    rate: float | None = None,
    watch: Sequence[int] = (),
    more: Sequence[str] = (),
) -> Outcome:
    """Run a load in a process of its own; `more` are further options of its command line."""
    command = [sys.executable, "-m", "bench.load", target, str(file), "--clients", str(clients)]
    command += ["--seconds", str(seconds)] + (["--rate", str(rate)] if rate else [])
    command += ["--watch", *map(str, watch)] if watch else []
    command += more
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command, stdout=subprocess.PIPE, check=True, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}
    )
    return Outcome(**json.loads(done.stdout))


def _tls(ca: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca))
    context.set_alpn_protocols(["h2"])
    return context


def main() -> None:
    """Run one load and print its outcome as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("file", type=Path)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--warm-up", type=float, default=0.5)
    parser.add_argument("--watch", type=int, nargs="*", default=(), help="processes whose CPU time is told")
    parser.add_argument("--rate", type=float, help="requests a second, sent when due; default: a closed loop")
    parser.add_argument("--ca", type=Path, help="speak TLS with a server whose certificate comes from this CA")
    parser.add_argument("--token", type=Path, help="file of a bearer token")
    given = parser.parse_args()
    load = Load(
        given.target,
        encode_request(given.file.read_text(encoding="utf-8")),
        clients=given.clients,
        tls=_tls(given.ca) if given.ca else None,
        token=given.token.read_text(encoding="ascii") if given.token else "",
    )
    load.run_closed(given.warm_up)
    before_s = cpu_of(given.watch)
    outcome = load.run_open(given.seconds, rate=given.rate) if given.rate else load.run_closed(given.seconds)
    outcome.server_cpu_s = cpu_of(given.watch) - before_s
    load.close()
    json.dump(asdict(outcome), sys.stdout)


if __name__ == "__main__":
    main()
