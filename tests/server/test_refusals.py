"""Who was refused is in the audit log, counted; what they presented is nowhere."""

import asyncio
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from chartcoder_client import CallError, ChartcoderClient
from conftest import ServerProcess, serve_in_thread
from fake_engine import FakeEngine

from engine.audit.export import read_records
from engine.audit.log import AuditLog
from engine.audit.record import Origin
from engine.audit.verify import verify
from engine.config import Config
from engine.errors import AuditError
from engine.identity.keys import add_key
from engine.identity.principal import Role
from engine.server.calls import Call
from engine.server.refusals import MOST, Refusals
from engine.types import Chart, Document

CANARY = "CANARY-4711"
CHART = Chart("c", (Document("hypertension"),))


def refused_records(directory: Path) -> list[dict[str, Any]]:
    """Read the bodies of what was refused, by count."""
    bodies = [json.loads(record)["body"] for record in read_records(directory)]
    return sorted((body for body in bodies if body.get("action") == "REFUSED"), key=lambda body: int(body["count"]))


def test_refusals_are_recorded_with_who_which_and_how_many(config: Config, tmp_path: Path) -> None:
    _, shown = add_key(tmp_path / "k", "reader-1", tenant="north", roles=(Role.READER,))
    mine = config.changed({"api_keys": tmp_path / "k"})
    with serve_in_thread(mine, FakeEngine(mine)) as server:
        for key, times in ((shown, 2), (None, 3)):
            for _ in range(times):
                with ChartcoderClient(server.target, timeout_s=20, api_key=key) as client, pytest.raises(CallError):
                    client.code_chart(CHART)
        with ChartcoderClient(server.target, timeout_s=20, api_key=shown) as client:
            client.list_code_sets()
    known, unknown = refused_records(config.audit_directory)
    assert (known["count"], known["subject"]) == (2, "/chartcoder.v1.CodingService/CodeChart")
    assert known["origin"] == {
        "principal": "reader-1",
        "role": "",
        "tenant": "north",
        "address": "ipv4:127.0.0.1",
    }
    assert (unknown["count"], unknown["origin"]["principal"]) == (3, "unidentified")
    assert verify(config.audit_directory).problems == ()


def test_callers_without_end_make_a_count_grow_and_not_the_log(tmp_path: Path) -> None:
    with AuditLog(tmp_path / "audit") as log:
        refusals = Refusals(log)
        for port in range(7):
            refusals.note(Call("/a/B", "", Origin("unidentified", address=f"ipv4:10.0.0.7:{port}")))
        for number in range(MOST + 39):
            refusals.note(Call("/a/B", "", Origin(f"caller-{number}", tenant="north")))
        asyncio.run(refusals.flush())
        asyncio.run(refusals.flush())
    bodies = refused_records(tmp_path / "audit")
    assert [body["count"] for body in bodies] == [1] * (MOST - 1) + [7, 40]
    assert bodies[-2]["origin"]["address"] == "ipv4:10.0.0.7"
    assert (bodies[-1]["origin"]["principal"], bodies[-1]["origin"]["address"]) == ("unidentified", "others")


def test_refusals_that_could_not_be_written_are_written_later(tmp_path: Path) -> None:
    with AuditLog(tmp_path / "audit") as log:
        refusals = Refusals(log)
        extend = log._chain.extend
        log._chain.extend = refuse  # type: ignore[method-assign, assignment]
        refusals.note(Call("/a/B", "", Origin("a")))
        asyncio.run(refusals.flush())
        log._chain.extend = extend  # type: ignore[method-assign]
        refusals.note(Call("/a/B", "", Origin("a")))
        asyncio.run(refusals.flush())
    assert [body["count"] for body in refused_records(tmp_path / "audit")] == [2]


def refuse(entries: Any) -> Any:
    """Refuse to record."""
    raise AuditError("audit log: cannot write: No space left on device")


def credentials_of_all_kinds() -> Iterator[tuple[tuple[str, str], ...]]:
    """Give wrong credentials that hold the canary."""
    yield (("x-api-key", CANARY),)
    yield (("x-api-key", f"cck_{'0' * 12}_{CANARY.ljust(43, '_')}"),)
    yield (("authorization", f"Bearer {CANARY}"),)
    yield (("authorization", f"Bearer {CANARY}.{CANARY}.{CANARY}"),)
    yield (("authorization", f"Basic {CANARY}"),)
    yield (("authorization", f"Bearer {CANARY}"), ("x-api-key", CANARY))
    yield (("x-api-key", CANARY), ("x-api-key", CANARY))


def test_credentials_reach_neither_log_nor_error_nor_audit_record(
    start_process: Callable[..., ServerProcess], config: Config, tmp_path: Path
) -> None:
    _, shown = add_key(tmp_path / "k", "emr", tenant="north", roles=(Role.SUBMITTER,))
    server = start_process(log_level="debug", api_keys=tmp_path / "k")
    method = "/chartcoder.v1.CodingService/CodeChart"
    with grpc.insecure_channel(server.target) as channel:
        for metadata in credentials_of_all_kinds():
            with pytest.raises(grpc.RpcError) as refused:
                list(channel.unary_stream(method)(b"", metadata=metadata, timeout=20))
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
            said = [refused.value.details(), *map(str, refused.value.trailing_metadata())]
            assert not any(CANARY in text for text in said)
    with ChartcoderClient(server.target, api_key=shown) as client:
        client.code_chart(CHART)
    server.process.send_signal(signal.SIGTERM)
    status, errors = server.finish()
    assert status == 0
    assert CANARY not in errors
    assert shown[17:] not in errors
    assert '"principal": "emr"' in errors
    written = b"".join(path.read_bytes() for path in config.audit_directory.iterdir() if path.is_file())
    assert CANARY.encode() not in written
    assert shown[17:].encode() not in written
