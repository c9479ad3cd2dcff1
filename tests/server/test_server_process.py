"""Starting, sharing a port, and stopping: a server in a process of its own."""

import json
import os
import signal
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chartcoder_client import CallError, ChartcoderClient
from conftest import ServerProcess
from fake_engine import SLOW, open_fake

from engine.config import Config
from engine.errors import ConfigError
from engine.identity.keys import add_key
from engine.identity.principal import Role
from engine.server.workers import serve
from engine.types import Chart, Document

Start = Callable[..., ServerProcess]
CHART = Chart("", (Document("hypertension"),))


def _refused_in_time(target: str, timeout_s: float) -> str:
    """Call until the server takes no new calls any more, and return the code it refuses with."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            with ChartcoderClient(target, timeout_s=2) as late:
                late.code_chart(CHART)
        except CallError as error:
            return error.code
        time.sleep(0.05)
    return "never refused"


def test_sigterm_lets_a_running_stream_end_and_takes_no_new_calls(start_process: Start) -> None:
    server = start_process()
    answers: list[Any] = []
    half_way, go_on = threading.Event(), threading.Event()

    def charts() -> Iterator[Chart]:
        for number in range(6):
            if number == 3:
                go_on.wait(20)
            yield Chart(f"chart-{number}", (Document(SLOW),))

    def stream() -> None:
        with ChartcoderClient(server.target) as client:
            for answer in client.code_charts(charts()):
                answers.append(answer)
                half_way.set()  # only now is it certain that the server has the call

    thread = threading.Thread(target=stream)
    thread.start()
    try:
        assert half_way.wait(10)
        server.process.send_signal(signal.SIGTERM)
        assert _refused_in_time(server.target, 8) == "UNAVAILABLE"
    finally:
        go_on.set()
        thread.join(20)
    assert [answer.coded is not None for answer in answers] == [True] * 6
    assert server.finish()[0] == 0


def test_a_drain_that_takes_too_long_is_cut_off(start_process: Start) -> None:
    server = start_process(drain_s=0.5)
    hold = threading.Event()

    def charts() -> Iterator[Chart]:
        yield CHART
        hold.wait(20)

    with ChartcoderClient(server.target) as client:
        stream = client.code_charts(charts())
        assert next(stream).coded
        server.process.send_signal(signal.SIGINT)
        status, _ = server.finish(10)
        hold.set()
    assert status == 0


def test_two_workers_share_one_port_and_each_has_its_own_chain(start_process: Start, config: Config) -> None:
    server = start_process(workers=2, log_level="info")
    for _ in range(24):  # a new connection each: the kernel spreads them over the workers
        with ChartcoderClient(server.target) as client:
            assert client.code_chart(CHART).audit_record
    server.process.send_signal(signal.SIGTERM)
    status, errors = server.finish()
    assert status == 0
    lines = [json.loads(line) for line in errors.splitlines()]
    ready = [line for line in lines if line["event"] == "ready"]
    assert len({line["pid"] for line in ready if "pid" in line}) == 2
    assert sum(line["event"] == "call" and line["code"] == "OK" for line in lines) == 24
    records = [
        path.read_bytes().count(b'"kind":"chart_coded"') for path in config.audit_directory.rglob("*") if path.is_file()
    ]
    assert sum(count > 0 for count in records) == 2
    assert sum(records) == 24


def test_a_limit_is_the_servers_and_not_each_workers(start_process: Start, tmp_path: Path) -> None:
    _, shown = add_key(tmp_path / "k", "emr", tenant="north", roles=(Role.SUBMITTER,))
    (tmp_path / "i.toml").write_text("[limits]\ncharts_per_s = 0.001\nburst_s = 8000\n", encoding="utf-8")
    server = start_process(workers=2, api_keys=tmp_path / "k", identities=tmp_path / "i.toml")
    outcomes = []
    for _ in range(24):  # a new connection each: the kernel spreads them over the workers
        with ChartcoderClient(server.target, timeout_s=60, api_key=shown) as client:
            try:
                outcomes.append(client.code_chart(CHART).audit_record != "")
            except CallError as error:
                outcomes.append(error.reason)
    assert outcomes == [True] * 8 + ["RATE_LIMITED"] * 16


@pytest.mark.parametrize("pin_workers", [True, False])
def test_workers_are_kept_on_a_core_each_if_wanted(start_process: Start, pin_workers: bool) -> None:
    server = start_process(workers=2, pin_workers=pin_workers)
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    cores = [os.sched_getaffinity(int(pid)) for pid in children.split() if _is_worker(int(pid))]
    ours = os.sched_getaffinity(0)
    if pin_workers:
        assert [len(its) for its in cores] == [1, 1]
        assert len(set.union(*cores)) == min(2, len(ours))
    else:
        assert cores == [ours, ours]


def test_a_worker_that_dies_is_replaced(start_process: Start) -> None:
    server = start_process(workers=2)
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    before = {int(pid) for pid in children.read_text().split() if _is_worker(int(pid))}
    assert len(before) == 2
    os.kill(before.pop(), signal.SIGKILL)
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        now = {int(pid) for pid in children.read_text().split() if _is_worker(int(pid))}
        if len(now) == 2:
            break
        time.sleep(0.1)
    assert before < now
    with ChartcoderClient(server.target) as client:
        client.wait_ready(10)
        assert client.code_chart(CHART).suggestions
    server.process.send_signal(signal.SIGTERM)
    assert server.finish()[0] == 0


def _is_worker(pid: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.parametrize("workers", [1, 2])
def test_a_port_in_use_is_one_clear_sentence(config: Config, workers: int) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port: got 127.0.0.1:{port}, which is in use") as refused:
            serve(replace(config, port=port, workers=workers), open_engine=open_fake)
    assert refused.value.field == "port"


def test_two_servers_never_share_a_port_by_accident(start_process: Start) -> None:
    first = start_process(workers=2)
    second = start_process(workers=2, port=first.port)
    status, errors = second.finish()
    assert status == 2
    assert "in use" in errors
    assert "Traceback" not in errors


def test_a_unix_socket_serves_and_is_its_owners_alone(start_process: Start, tmp_path: Path) -> None:
    path = tmp_path / "s"
    server = start_process(uds=path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with ChartcoderClient(f"unix:{path}") as client:
        assert client.code_chart(CHART).suggestions
    server.process.send_signal(signal.SIGTERM)
    assert server.finish()[0] == 0
    assert not path.exists()


def test_a_socket_left_by_a_dead_server_is_replaced_and_one_in_use_is_not(start_process: Start, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    start_process(uds=path, workers=2)
    with ChartcoderClient(f"unix:{path}") as client:
        assert client.code_chart(CHART).suggestions
    status, errors = start_process(uds=path).finish()
    assert status == 2
    assert "uds: got" in errors


def test_a_host_that_is_not_ours_is_one_clear_sentence(config: Config) -> None:
    with pytest.raises(ConfigError, match=r"host: got no\.such\.host\.invalid"):
        serve(replace(config, host="no.such.host.invalid"), open_engine=open_fake)


def test_an_audit_log_that_cannot_be_opened_keeps_the_server_from_starting(
    config: Config, start_process: Start
) -> None:
    config.audit_directory.write_text("a file where the folder should be")
    for workers in (1, 2):
        status, errors = start_process(workers=workers).finish()
        assert status == 2
        assert "audit" in errors
