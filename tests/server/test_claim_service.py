"""ClaimService over the wire, through the Python client and bare stubs."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import grpc
import pytest
from chartcoder_client import CallError, ChartcoderClient
from conftest import LiveServer, serve_in_thread
from fake_engine import FakeEngine

from engine.audit.find import find_by_receipt
from engine.claims.records import CheckedClaim, Claim, ClaimDiagnosis, ClaimKind, ClaimLine
from engine.config import Config
from engine.pb.chartcoder.v1 import claim_pb2 as pb
from engine.pb.chartcoder.v1 import claim_pb2_grpc
from engine.types import Severity, Sex

sys.path.append(str(Path(__file__).parents[1] / "edits"))
from made_tables import make_store

CLAIM = Claim(
    "claim 1 of Jane Roe",
    ClaimKind.PROFESSIONAL,
    from_date=date(2024, 8, 1),
    sex=Sex.FEMALE,
    birth_date=date(1980, 1, 1),
    place="11",
    diagnoses=(ClaimDiagnosis("J18.9"),),
    lines=(ClaimLine("U9001", units=2, pointers=(1,)), ClaimLine("U9003", day=date(2024, 8, 1))),
)


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server over a store of small tables."""
    home = tmp_path_factory.mktemp("claims-home")
    make_store(home)
    mine = Config(home=home, audit_dir=tmp_path_factory.mktemp("audit"), port=0, drain_s=5.0, log_level="error")
    with serve_in_thread(mine, FakeEngine(mine)) as live:
        yield live


@pytest.fixture
def caller(claims: LiveServer) -> Iterator[ChartcoderClient]:
    with ChartcoderClient(claims.target, timeout_s=60) as client:
        yield client


def test_a_claim_is_checked_and_its_record_found(claims: LiveServer, caller: ChartcoderClient) -> None:
    checked = caller.check_claim(CLAIM, request_id="mine")
    [alert] = [alert for alert in checked.alerts if alert.severity is Severity.ERROR]
    assert (alert.kind, alert.codes, alert.lines) == ("ncci_ptp", ["U9001", "U9003"], [0, 1])
    assert alert.resolve.startswith("take U9003 off")
    assert (checked.claim_id, checked.is_clean, checked.header.request_id) == (CLAIM.claim_id, False, "mine")
    assert "ncci-ptp-practitioner" in [used.system for used in checked.header.releases]
    record = find_record(claims, checked)
    assert b'"kind":"claim_checked"' in record
    assert b'"kind":"ncci_ptp"' in record
    assert b'"address":"ipv4:127.0.0.1' in record
    assert b"Jane" not in record
    assert b"1980" not in record


def find_record(claims: LiveServer, checked: CheckedClaim) -> bytes:
    """Return the record of an answer."""
    for sequence in range(100):
        found = find_by_receipt(claims.engine.config.audit_directory, checked.audit_record, sequence)
        if found is not None:
            return found[1]
    raise AssertionError("no such record")


def test_a_stream_answers_every_claim_and_goes_on_after_a_bad_one(caller: ChartcoderClient) -> None:
    bad = Claim("bad", ClaimKind.PROFESSIONAL, diagnoses=(ClaimDiagnosis("J18.9"),))
    given = [Claim(f"c{n}", CLAIM.kind, from_date=CLAIM.from_date, lines=CLAIM.lines[1:]) for n in range(40)]
    answers = list(caller.check_claims([*given[:20], bad, *given[20:]]))
    assert len(answers) == 41
    refused = answers.pop(20)
    assert isinstance(refused, CallError)
    assert "claim.from_date" in refused.fields
    assert [answer.claim_id for answer in answers if isinstance(answer, CheckedClaim)] == [c.claim_id for c in given]


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (pb.CheckClaimRequest(), {"claim"}),
        (pb.CheckClaimRequest(claim=pb.Claim(claim_id="c")), {"claim", "claim.kind", "claim.from_date"}),
        (pb.CheckClaimRequest(claim=pb.Claim(kind=99)), {"claim.kind"}),  # type: ignore[arg-type]
        (pb.CheckClaimRequest(claim=pb.Claim(from_date={"year": 2024})), {"claim.from_date"}),
        (
            pb.CheckClaimRequest(claim=pb.Claim(kind="CLAIM_KIND_DME", lines=[pb.ClaimLine(code="U\0")] * 2)),
            {"claim.from_date", "claim.lines[0].code", "claim.lines[1].code"},
        ),
        (pb.CheckClaimRequest(claim=pb.Claim(lines=[pb.ClaimLine(code="U9001")] * 10_000)), {"claim.lines"}),
        (pb.CheckClaimRequest(claim=pb.Claim(history=[pb.PriorService(code="U9001")])), {"claim.history[0].day"}),
    ],
)
def test_every_field_that_is_wrong_is_named(claims: LiveServer, request_: Any, fields: set[str]) -> None:
    from chartcoder_client.errors import error_from_call

    with claims.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        claim_pb2_grpc.ClaimServiceStub(channel).CheckClaim(request_)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    error = error_from_call(refused.value)
    assert (set(error.fields), error.reason) == (fields, "REQUEST_INVALID")


def test_bytes_that_are_no_claim_are_refused(claims: LiveServer) -> None:
    with claims.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary("/chartcoder.v1.ClaimService/CheckClaim")(b"\xff\xff\xff")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_the_service_is_listed_and_healthy(claims: LiveServer) -> None:
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with claims.channel() as channel:
        request = health_pb2.HealthCheckRequest(service="chartcoder.v1.ClaimService")
        assert health_pb2_grpc.HealthStub(channel).Check(request).status == health_pb2.HealthCheckResponse.SERVING
