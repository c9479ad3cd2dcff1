"""Two tenants on one server: neither sees the other's records, nor learns of them; limits are each caller's own."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from chartcoder_client import CallError, ChartcoderClient
from conftest import LiveServer, serve_in_thread
from fake_engine import FakeEngine

from engine.audit.export import read_records
from engine.audit.record import hash_chart_id
from engine.audit.sights import find_sights
from engine.audit.verify import find_record
from engine.config import Config
from engine.identity.keys import add_key, revoke_key
from engine.identity.principal import PLATFORM, Role
from engine.pb.chartcoder.v1 import audit_pb2, audit_pb2_grpc, coding_pb2, coding_pb2_grpc
from engine.types import Chart, Document

CHART = Chart("visit-1", (Document("hypertension"),))
WORK = (Role.SUBMITTER, Role.AUDITOR)


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.server.guard.REFRESH_S", 0.05)


@dataclass
class Two:
    """A server of two tenants and the platform; keys by name."""

    server: LiveServer
    config: Config
    keys: dict[str, str]

    def client(self, name: str) -> ChartcoderClient:
        """Connect as somebody."""
        return ChartcoderClient(self.server.target, timeout_s=20, api_key=self.keys[name])

    def receipt(self, name: str, chart_id: str = "visit-1", size: int = 0) -> Any:
        """Code a chart as somebody; return the receipt."""
        request = coding_pb2.CodeChartRequest()
        request.chart.chart_id = chart_id
        request.chart.documents.add().text = "hypertension " + "x" * size
        with self.server.channel() as channel:
            stub = coding_pb2_grpc.CodingServiceStub(channel)  # type: ignore[no-untyped-call]
            *_, last = stub.CodeChart(request, metadata=self.as_(name))
        return last.frame.summary.audit

    def as_(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return the metadata of somebody."""
        return (("x-api-key", self.keys[name]),)

    def read(self, name: str, receipt: Any, rpc: str = "GetRecord") -> Any:
        """Read a record, or its proof, as somebody."""
        kind = audit_pb2.GetRecordRequest if rpc == "GetRecord" else audit_pb2.ProveRecordRequest
        with self.server.channel() as channel:
            stub = audit_pb2_grpc.AuditServiceStub(channel)  # type: ignore[no-untyped-call]
            asked = kind(record_id=receipt.record_id, sequence=receipt.sequence)
            return getattr(stub, rpc)(asked, metadata=self.as_(name))


@pytest.fixture
def two(config: Config, tmp_path: Path) -> Iterator[Two]:
    path = tmp_path / "keys.json"
    keys = {name: add_key(path, f"app-{name}", tenant=name, roles=WORK)[1] for name in ("north", "south")}
    keys["ops"] = add_key(path, "ops", tenant=PLATFORM, roles=(Role.ADMINISTRATOR, Role.SUBMITTER))[1]
    keys["operator's auditor"] = add_key(path, "watch", tenant=PLATFORM, roles=(Role.AUDITOR,))[1]
    limits = tmp_path / "identities.toml"
    limits.write_text("[limits]\ncharts_per_s = 1\nburst_s = 4\n", encoding="utf-8")
    mine = Config(**{name: getattr(config, name) for name in ("home", "audit_dir", "port", "drain_s", "log_level")})
    mine = mine.changed({"api_keys": path, "identities": limits})
    with serve_in_thread(mine, FakeEngine(mine)) as server:
        yield Two(server, mine, keys)


@pytest.mark.parametrize("size", [0, 70_000], ids=["small", "large"])
def test_a_record_is_its_tenants_and_the_platform_administrators(two: Two, size: int) -> None:
    receipt = two.receipt("north", size=size)
    assert json.loads(two.read("north", receipt).record)["body"]["origin"]["tenant"] == "north"
    record = find_record(two.config.audit_directory, receipt.record_id)
    assert record is not None
    plain = audit_pb2.GetRecordRequest(record_id=receipt.record_id, sequence=record.envelope.sequence)
    assert json.loads(two.read("ops", plain).record)["id"] == receipt.record_id


@pytest.mark.parametrize("rpc", ["GetRecord", "ProveRecord"])
@pytest.mark.parametrize("viewer", ["south", "operator's auditor"])
def test_another_tenants_record_is_refused_as_if_there_were_none(two: Two, viewer: str, rpc: str) -> None:
    receipt = two.receipt("north")
    record = find_record(two.config.audit_directory, receipt.record_id)
    assert record is not None
    says = set()
    for sequence in (receipt.sequence, record.envelope.sequence, 7):
        for record_id in (receipt.record_id, "ab" * 16):
            with pytest.raises(grpc.RpcError) as refused:
                two.read(viewer, audit_pb2.GetRecordRequest(record_id=record_id, sequence=sequence), rpc)
            says.add((refused.value.code(), refused.value.details()))
    assert len(says) == 1
    assert says.pop()[0] is grpc.StatusCode.NOT_FOUND


def test_a_tenants_receipts_do_not_count_the_others_records(two: Two) -> None:
    receipts = [two.receipt(name) for name in ("north", "south", "north")]
    records = [find_record(two.config.audit_directory, receipt.record_id) for receipt in receipts]
    sequences = [record.envelope.sequence for record in records if record]
    assert sequences == [0, 1, 2]
    told = [receipt.sequence for receipt in receipts]
    assert all(number > 10**9 for number in told), "masked: 63 random bits are below that once in 10^10"
    assert two.receipt("ops").sequence == 3, "the platform's own are plain"
    for name, receipt in zip(("north", "south", "north"), receipts, strict=True):
        assert two.read(name, receipt).hash == receipt.hash


def test_the_same_chart_id_of_two_tenants_is_two_charts(two: Two) -> None:
    for name in ("north", "south", "ops"):
        two.receipt(name)
    salt = (two.config.audit_directory / "salt").read_bytes()
    hashes = [hash_chart_id(salt, "visit-1", tenant) for tenant in ("north", "south", "")]
    assert len(set(hashes)) == 3
    seen = [[sight.principal for sight in find_sights(two.config.audit_directory, each)] for each in hashes]
    assert seen == [["app-north"], ["app-south"], ["ops"]]


def test_the_same_request_id_of_two_tenants_is_two_calls(two: Two) -> None:
    answers = []
    for name in ("north", "south"):
        with two.client(name) as client:
            answers.append(client.code_chart(Chart("visit-1", (Document(f"{name}: hypertension"),)), request_id="same"))
    assert answers[0].findings[0].mention.begin == answers[1].findings[0].mention.begin == 7
    assert answers[0].audit_record != answers[1].audit_record
    records = [find_record(two.config.audit_directory, answer.audit_record) for answer in answers]
    assert [record.body["origin"]["tenant"] for record in records if record] == ["north", "south"]


def test_who_saw_a_chart_is_told_with_every_look(two: Two) -> None:
    receipt = two.receipt("north")
    two.read("north", receipt)
    with pytest.raises(grpc.RpcError):
        two.read("operator's auditor", _plain(two, receipt))
    salt = (two.config.audit_directory / "salt").read_bytes()
    sights = find_sights(two.config.audit_directory, hash_chart_id(salt, "visit-1", "north"))
    assert [(sight.what, sight.principal, sight.role) for sight in sights] == [
        ("chart_coded", "app-north", "submitter"),
        ("RECORD_READ", "app-north", "auditor"),
        ("REFUSED", "watch", "auditor"),
    ]
    assert {sight.subject for sight in sights[1:]} == {receipt.record_id}


def _plain(two: Two, receipt: Any) -> Any:
    record = find_record(two.config.audit_directory, receipt.record_id)
    assert record is not None
    return audit_pb2.GetRecordRequest(record_id=receipt.record_id, sequence=record.envelope.sequence)


def code_often(client: ChartcoderClient) -> None:
    """Code charts faster than one a second."""
    for _ in range(100):
        client.code_chart(CHART)


def test_a_caller_over_its_limit_is_told_when_to_come_back_and_the_others_go_on(two: Two) -> None:
    with two.client("north") as north, two.client("south") as south:
        with pytest.raises(CallError) as refused:
            code_often(north)
        south.code_chart(CHART)
    assert (refused.value.code, refused.value.reason) == ("RESOURCE_EXHAUSTED", "RATE_LIMITED")
    assert refused.value.retry_after_s is not None
    assert 0 < refused.value.retry_after_s <= 1


def test_a_stream_over_its_limit_waits_and_loses_nothing(two: Two) -> None:
    with two.client("north") as north:
        answers = list(north.code_charts(Chart(str(n), CHART.documents) for n in range(6)))
    assert [answer.error for answer in answers] == [None] * 6


def test_a_key_that_is_revoked_ends_the_charts_of_an_open_stream(two: Two, tmp_path: Path) -> None:
    answers = []

    def charts() -> Iterator[Chart]:
        yield CHART
        assert answers, "the first was answered"
        revoke_key(tmp_path / "keys.json", two.keys["north"].split("_")[1])
        deadline = time.monotonic() + 60
        with two.client("north") as other:
            while time.monotonic() < deadline:  # until the server has looked at the file again
                try:
                    other.list_code_sets()
                except CallError:
                    break
                time.sleep(0.1)
        yield CHART

    with two.client("north") as client:
        stream = client.code_charts(_after_answer(charts(), answers))
        for answer in stream:
            answers.append(answer)
    assert answers[0].coded is not None
    changes = [json.loads(record)["body"] for record in read_records(two.config.audit_directory)]
    (change,) = (body for body in changes if body.get("action") == "POLICY_CHANGED")
    assert change["subject"] == "identities"
    assert len(change["before"]) == len(change["after"]) == 64
    assert change["before"] != change["after"]
    assert answers[1].error is not None
    assert (answers[1].error.code, answers[1].error.reason) == ("UNAUTHENTICATED", "CREDENTIALS_INVALID")


def _after_answer(charts: Iterator[Chart], answers: list[Any]) -> Iterator[Chart]:
    """Send the first chart, and the second when the first is answered."""
    yield next(charts)
    deadline = time.monotonic() + 60
    while not answers and time.monotonic() < deadline:
        time.sleep(0.01)
    yield from charts
