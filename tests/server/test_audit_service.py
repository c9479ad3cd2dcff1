"""AuditService: what a receipt names is given and proven, to nobody unrecorded."""

import json
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from conftest import LiveServer, serve_in_thread
from fake_engine import FakeEngine
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status

from engine.audit.note import parse_checkpoint, parse_key
from engine.audit.proof import GrowthProof, RecordProof, parse_proof
from engine.audit.record import leaf_hash
from engine.audit.verify import find_record, verify
from engine.config import Config
from engine.pb.chartcoder.v1 import audit_pb2 as pb
from engine.pb.chartcoder.v1 import audit_pb2_grpc, coding_pb2, coding_pb2_grpc


@pytest.fixture
def served(config: Config) -> Iterator[tuple[LiveServer, Any, Any]]:
    """A server with a log of its own, its stub, and the receipt of a chart it coded."""
    with serve_in_thread(config, FakeEngine(config)) as server, server.channel() as channel:
        request = coding_pb2.CodeChartRequest()
        request.chart.chart_id = "c"
        request.chart.documents.add().text = "hypertension"
        *_, last = coding_pb2_grpc.CodingServiceStub(channel).CodeChart(request)
        yield server, audit_pb2_grpc.AuditServiceStub(channel), last.frame.summary.audit


def signed(stub: Any, request: Any) -> Any:
    """Ask for a proof until the record is signed: a second or so."""
    refusals = set()
    for _ in range(100):
        try:
            return stub.ProveRecord(request)
        except grpc.RpcError as error:
            refusals.add((error.code(), reason_of(error)))
        time.sleep(0.1)
    raise AssertionError(f"never signed: {refusals}")


def test_a_log_that_is_not_signed_yet_is_said_to_be_so(config):
    with serve_in_thread(config, FakeEngine(config)) as server, server.channel() as channel:
        stub = audit_pb2_grpc.AuditServiceStub(channel)
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetCheckpoint(pb.GetCheckpointRequest())
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(refused.value) == "AUDIT_UNSIGNED"


def reason_of(error: Any) -> str:
    """Read the stable reason of a refusal."""
    details = dict(error.trailing_metadata())["grpc-status-details-bin"]
    info = error_details_pb2.ErrorInfo()
    Status.FromString(details).details[0].Unpack(info)
    return info.reason


def test_a_record_is_given_by_its_receipt_and_the_reading_recorded(served, config):
    _, stub, receipt = served
    reply = stub.GetRecord(pb.GetRecordRequest(record_id=receipt.record_id, sequence=receipt.sequence))
    assert leaf_hash(reply.record).hex() == reply.hash == receipt.hash
    assert json.loads(reply.record)["id"] == receipt.record_id
    assert reply.header.request_id
    again = stub.GetRecord(pb.GetRecordRequest(record_id=receipt.record_id, sequence=receipt.sequence))
    assert again.record == reply.record
    text = b"".join(path.read_bytes() for path in config.audit_directory.glob("*.ccaudit")).decode(errors="replace")
    assert text.count('"action":"RECORD_READ"') == 2
    assert f'"subject":"{receipt.record_id}"' in text
    assert '"principal":"local"' in text
    assert '"address":"ipv4:127.0.0.1:' in text


@pytest.mark.parametrize("size", [10, 70_000], ids=["small", "large"])
def test_a_coded_chart_is_recorded_with_who_asked(config, size):
    with serve_in_thread(config, FakeEngine(config)) as server, server.channel() as channel:
        request = coding_pb2.CodeChartRequest()
        request.chart.chart_id = "c"
        request.chart.documents.add().text = "hypertension " + "x" * size
        *_, last = coding_pb2_grpc.CodingServiceStub(channel).CodeChart(request)
    record = find_record(config.audit_directory, last.frame.summary.audit.record_id)
    assert record.body["origin"]["principal"] == "local"
    assert record.body["origin"]["address"].startswith("ipv4:127.0.0.1:")


def test_a_record_is_proven_to_whoever_has_the_key(served):
    _, stub, receipt = served
    reply = signed(stub, pb.ProveRecordRequest(record_id=receipt.record_id, sequence=receipt.sequence))
    proof = parse_proof(reply.proof)
    assert isinstance(proof, RecordProof)
    key = parse_key(stub.GetCheckpoint(pb.GetCheckpointRequest()).verifier_key)
    assert proof.check(key).hash == receipt.hash


def test_growth_is_proven_since_an_older_checkpoint(served, config):
    _, stub, receipt = served
    signed(stub, pb.ProveRecordRequest(record_id=receipt.record_id, sequence=receipt.sequence))
    first = stub.GetCheckpoint(pb.GetCheckpointRequest())
    assert first.growth_proof == ""
    older, key = parse_checkpoint(first.checkpoint), parse_key(first.verifier_key)
    reply = stub.GetCheckpoint(pb.GetCheckpointRequest(since_size=older.size))
    proof = parse_proof(reply.growth_proof)
    assert isinstance(proof, GrowthProof)
    proof.check(key, older)
    assert proof.checkpoint == parse_checkpoint(reply.checkpoint)
    assert verify(config.audit_directory).problems == ()


@pytest.mark.parametrize(
    ("request_", "code", "reason"),
    [
        (pb.GetRecordRequest(record_id="ab" * 16), grpc.StatusCode.NOT_FOUND, "RECORD_UNKNOWN"),
        (pb.GetRecordRequest(record_id="AB" * 16), grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID"),
        (pb.GetRecordRequest(), grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID"),
    ],
)
def test_what_is_no_receipt_is_refused(served, request_, code, reason):
    _, stub, _ = served
    with pytest.raises(grpc.RpcError) as refused:
        stub.GetRecord(request_)
    assert (refused.value.code(), reason_of(refused.value)) == (code, reason)


def test_a_receipt_of_another_place_is_refused(served):
    _, stub, receipt = served
    with pytest.raises(grpc.RpcError) as refused:
        stub.GetRecord(pb.GetRecordRequest(record_id=receipt.record_id, sequence=receipt.sequence + 1))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_growth_from_more_than_is_signed_is_refused(served):
    _, stub, receipt = served
    signed(stub, pb.ProveRecordRequest(record_id=receipt.record_id, sequence=receipt.sequence))
    with pytest.raises(grpc.RpcError) as refused:
        stub.GetCheckpoint(pb.GetCheckpointRequest(since_size=10**6))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
