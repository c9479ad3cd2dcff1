"""A server that is killed, or whose caller gives up, in the middle of charts leaves nothing of them behind."""

import os
import re
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import grpc
import psutil
import pytest
from canaries import MARK, Watch
from conftest import ServerProcess
from fake_engine import SLOW

from engine.config import Config
from engine.dumps import forbid_core_files
from engine.pb.chartcoder.v1 import coding_pb2

METHOD = "/chartcoder.v1.CodingService/CodeChart"


def request(text: str) -> bytes:
    return coding_pb2.CodeChartRequest(
        chart={"chart_id": MARK, "documents": [{"text": f"hypertension {MARK} {text}"}] * 3}
    ).SerializeToString()


@pytest.mark.parametrize(
    ("number", "size"),
    [(signal.SIGKILL, 0), (signal.SIGKILL, 100_000), (signal.SIGSEGV, 0), (signal.SIGTERM, 100_000)],
)
def test_a_server_that_ends_in_the_middle_of_a_chart_leaves_nothing_of_it(
    start_process: Callable[..., ServerProcess],
    config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    size: int,
) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    monkeypatch.setenv("TMPDIR", str(temp))
    monkeypatch.chdir(temp)  # where a core file would be
    server = start_process(log_level="debug", drain_s=0.0)
    with grpc.insecure_channel(server.target) as channel:
        method = channel.unary_stream(METHOD)
        list(method(request("")))
        with suppress(grpc.RpcError):
            list(method(request(SLOW), timeout=0.2))
        under_way = method(request(SLOW + " x" * (size // 2)))
        time.sleep(0.2)
        helpers = psutil.Process(server.process.pid).children(recursive=True)
        os.kill(server.process.pid, number)
        _, errors = server.finish(60)
        with suppress(grpc.RpcError):
            list(under_way)
    psutil.wait_procs(helpers, timeout=60)
    watch = Watch()
    watch.take("the log", [errors])
    assert '"event": "call"' in errors
    assert watch.look_through("audit", config.audit_directory) > 0
    watch.look_through("temporary files", temp)
    assert watch.leaks == []
    assert not list(temp.glob("core*"))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_process_of_a_server_may_write_a_core_file(start_process: Callable[..., ServerProcess]) -> None:
    server = start_process(workers=2)
    with grpc.insecure_channel(server.target) as channel:
        list(channel.unary_stream(METHOD)(request("x" * 70_000)))  # starts a helper
    all_ = [server.process.pid, *(p.pid for p in psutil.Process(server.process.pid).children(recursive=True))]
    assert len(all_) >= 4
    for pid in all_:
        limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
        found = re.search(r"Max core file size +(\S+) +(\S+)", limits)
        assert found is not None
        assert set(found.groups()) <= {"0", "1"}
    server.process.send_signal(signal.SIGTERM)
    server.finish(60)


def test_the_limit_is_lowered_once_and_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda which, limits: told.append(limits))
    for hard in (resource.RLIM_INFINITY, 1 << 20, 0):
        monkeypatch.setattr(resource, "getrlimit", lambda which, hard=hard: (0, hard))
        forbid_core_files()
    assert told == [(1, 1), (1, 1), (0, 0)]
