"""SIGHUP: a new policy takes over while charts are coded, and what is no policy is refused while the old goes on."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chartcoder_client import CallError, ChartcoderClient
from conftest import ServerProcess

from engine.audit.verify import verify
from engine.config import Config
from engine.errors import ArtifactError
from engine.server.large import ReaderHere
from engine.server.pool import LARGE_BYTES
from engine.server.reload import Reloader
from engine.types import Chart, Document

SMALL = Chart("c", (Document("hypertension"),))
LARGE = Chart("c", (Document("hypertension " + "x" * LARGE_BYTES),))
POLICY = '[policy]\nname = "made"\nversion = "{}"\n[[threshold]]\nname = "all"\nauto = 0.9\nhold = 0.1\n'


def policy_of(target: str, chart: Chart = SMALL) -> str:
    """Code a chart over a connection of its own, and return the hash of the policy in its header."""
    with ChartcoderClient(target, timeout_s=30) as client:
        return dict(client.code_chart(chart).header.models).get("routing:made", "")


def until(holds: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Return once something holds."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


@pytest.mark.parametrize("workers", [1, 2])
def test_sighup_has_the_policy_read_again_by_every_worker(
    start_process: Callable[..., ServerProcess], tmp_path: Path, config: Config, workers: int
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY.format(1), encoding="utf-8")
    server = start_process(workers=workers, routing_policy=file, log_level="info")
    first = policy_of(server.target)
    assert policy_of(server.target, LARGE) == first
    file.write_text("no policy", encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    file_of_log = server.process.stderr
    assert file_of_log is not None
    refused = next(line for line in file_of_log if "reload refused" in line)
    assert json.loads(refused)["reason"] == "ROUTING_POLICY_INVALID"
    assert {policy_of(server.target) for _ in range(8)} == {first}
    file.write_text(POLICY.format(2), encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    until(
        lambda: len({policy_of(server.target) for _ in range(12)} | {first}) == 2 and policy_of(server.target) != first
    )
    until(lambda: first not in {policy_of(server.target) for _ in range(12)})
    second = policy_of(server.target)
    assert policy_of(server.target, LARGE) == second  # the process of large charts has it, too
    server.process.send_signal(signal.SIGTERM)
    assert server.finish()[0] == 0
    assert verify(config.audit_directory).problems == ()
    log = b"".join(path.read_bytes() for path in config.audit_directory.rglob("*") if path.is_file())
    changed = b'"action":"POLICY_CHANGED","after":"%b","before":"%b"' % (second.encode(), first.encode())
    assert log.count(changed) == workers


def test_a_worker_that_dies_later_comes_back_with_what_the_others_serve(
    start_process: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY.format(1), encoding="utf-8")
    server = start_process(workers=2, routing_policy=file)
    first = policy_of(server.target)
    file.write_text("no policy", encoding="utf-8")
    before = workers_of(server)
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(set(workers_of(server)) - set(before)) == 1)
    until(lambda: answers(server.target))
    assert {policy_of(server.target) for _ in range(12)} == {first}


def workers_of(server: ServerProcess) -> list[int]:
    """List the workers that live."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def answers(target: str) -> bool:
    """Whether a dozen new connections are answered: every worker that listens is ready."""
    try:
        return all(policy_of(target) for _ in range(12))
    except CallError:
        return False


class Stubborn:
    """An engine that takes nothing new."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def models(self) -> dict[str, str]:
        return {}

    def swap(self, config: Config, *, on_done: Callable[[Any], None]) -> None:
        raise self.error


@pytest.mark.parametrize("error", [ArtifactError("document ranker: no"), RuntimeError("secret words")])
def test_whatever_a_swap_raises_is_one_log_line(
    config: Config, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    lines: list[dict[str, Any]] = []

    class Log:
        def error(self, event: str, **fields: Any) -> None:
            lines.append({"event": event, **fields})

    monkeypatch.setattr("engine.server.reload.get_log", Log)
    engine: Any = Stubborn(error)
    Reloader(engine, ReaderHere(engine), engine).reload(config)
    (line,) = lines
    assert line["event"] == "reload refused"
    assert line["reason"] == getattr(error, "REASON", "INTERNAL")
    assert "secret" not in f"{line}"
