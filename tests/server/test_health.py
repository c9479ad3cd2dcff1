"""Health that is honest: what rests on the audit log or the engine is not serving while those are not well."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chartcoder_client import CallError, ChartcoderClient
from click.testing import CliRunner
from conftest import LiveServer
from fake_engine import FakeEngine

from engine.audit.disk import LEAST_FREE_BYTES, disk_problem
from engine.audit.verify import verify
from engine.cli import cli
from engine.config import Config
from engine.errors import AuditError
from engine.types import Chart, Document

Start = Callable[..., LiveServer]
CHART = Chart("c", (Document("hypertension"),))
WELL = {"": "SERVING", "chartcoder.v1.CodingService": "SERVING", "chartcoder.v1.CodeSetService": "SERVING"}
WELL |= {"chartcoder.v1.ClaimService": "SERVING", "chartcoder.v1.AuditService": "SERVING"}
# Look-ups need no audit log.
ILL = {name: "SERVING" if name.endswith("CodeSetService") else "NOT_SERVING" for name in WELL}


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.server.health.CHECK_S", 0.05)


def health_becomes(client: ChartcoderClient, want: dict[str, str]) -> bool:
    """Wait until health is so; False if it is not within a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if client.health() == want:
            return True
        time.sleep(0.02)
    return False


class FailingLog(FakeEngine):
    """An engine whose log fails while `failure` names how."""

    failure = ""

    def audit_log(self) -> Any:
        log = super().audit_log()
        extend, seal = log._chain.extend, log._sealing._sealer.seal

        def failing_extend(entries: Any) -> Any:
            if self.failure == "append":
                raise AuditError("audit log: cannot write: No space left on device")
            return extend(entries)

        def failing_seal() -> Any:
            if self.failure == "seal":
                raise AuditError("audit log: cannot sign: No space left on device")
            return seal()

        log._chain.extend, log._sealing._sealer.seal = failing_extend, failing_seal
        log._sealing._every_s = 0.05
        return log


@pytest.mark.parametrize("failure", ["append", "seal"])
def test_a_log_that_refuses_is_told_and_its_recovery_too(start: Start, config: Config, failure: str) -> None:
    engine = FailingLog(config)
    server = start(engine)
    with ChartcoderClient(server.target, timeout_s=60) as client:
        assert client.health() == WELL
        engine.failure = failure
        if failure == "append":
            with pytest.raises(CallError) as refused:
                client.code_chart(CHART)
            assert refused.value.reason == "AUDIT_UNAVAILABLE"
        else:
            client.code_chart(CHART)  # durable, but not signed
        assert health_becomes(client, ILL)
        engine.failure = ""
        assert health_becomes(client, WELL), "nobody but the server itself has tried"
        client.code_chart(CHART)
    text = b"".join(path.read_bytes() for path in config.audit_directory.glob("*.ccaudit"))
    assert text.count(b'"action":"LOG_RECOVERED"') == (failure == "append")
    assert verify(config.audit_directory).problems == ()


def test_a_disk_that_hangs_is_told_until_it_answers(
    start: Start, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.server.health.STALLED_S", 0.1)
    go_on = threading.Event()

    class Hanging(FakeEngine):
        def audit_log(self) -> Any:
            log = super().audit_log()
            extend = log._chain.extend
            log._chain.extend = lambda entries: (go_on.wait(60), extend(entries))[1]  # type: ignore[method-assign]
            return log

    server = start(Hanging(config))
    coded: list[Any] = []
    with ChartcoderClient(server.target, timeout_s=60) as client:
        assert client.health() == WELL
        chart = threading.Thread(target=lambda: coded.append(client.code_chart(CHART)))
        chart.start()
        assert health_becomes(client, ILL)
        go_on.set()
        chart.join(60)
        assert health_becomes(client, WELL)
    assert coded[0].audit_record


def test_an_engine_that_misses_something_is_told_until_it_is_there(start: Start, config: Config) -> None:
    engine = FakeEngine(config)
    server = start(engine)
    with ChartcoderClient(server.target, timeout_s=60) as client:
        engine.missing = "dictionaries: 1 of 1 are missing"
        assert health_becomes(client, ILL)
        engine.missing = ""
        assert health_becomes(client, WELL)


def test_a_full_disk_is_told_before_anything_is_refused(
    start: Start, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(FakeEngine(config))
    with ChartcoderClient(server.target, timeout_s=60) as client:
        monkeypatch.setattr("engine.audit.disk.LEAST_FREE_BYTES", 2**62)
        assert health_becomes(client, ILL)
        monkeypatch.setattr("engine.audit.disk.LEAST_FREE_BYTES", LEAST_FREE_BYTES)
        assert health_becomes(client, WELL)


def test_a_server_that_starts_ill_says_so_from_the_first_moment(start: Start, config: Config) -> None:
    engine = FakeEngine(config)
    engine.missing = "dictionaries: 1 of 1 are missing"
    with ChartcoderClient(start(engine).target, timeout_s=60) as client:
        assert client.health() == ILL


def test_the_status_command_says_what_is_not_well(start: Start, config: Config) -> None:
    engine = FakeEngine(config)
    server = start(engine)
    words = ["--home", str(config.home), "status", "--server", server.target]
    well = CliRunner().invoke(cli, words)
    assert (well.exit_code, well.output.count("SERVING")) == (0, len(WELL))
    assert "ok   icd10cm 2026" in well.output
    engine.missing = "dictionaries: 1 of 1 are missing"
    with ChartcoderClient(server.target, timeout_s=60) as client:
        assert health_becomes(client, ILL)
    ill = CliRunner().invoke(cli, [*words, "--json"])
    assert ill.exit_code == 1
    found = {line["name"]: line["is_well"] for line in map(json.loads, ill.output.splitlines())}
    assert found["server"] is found["chartcoder.v1.CodingService"] is found["chartcoder.v1.AuditService"] is False
    assert found["chartcoder.v1.CodeSetService"] is True


def test_a_folder_that_is_gone_is_a_problem_and_one_with_room_is_none(tmp_path: Path) -> None:
    assert disk_problem(tmp_path / "gone") == "audit directory: No such file or directory"
    assert disk_problem(tmp_path) == ""
