"""CodeChart against a live server."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from chartcoder_client import ChartcoderClient
from conftest import LiveServer

from engine.audit.log import AuditLog
from engine.errors import AuditError
from engine.pb.chartcoder.v1 import coding_pb2, types_pb2
from engine.server.answers import ITEMS_PER_FRAME
from engine.types import Assertion, Chart, Document, Evidence


def make_chart(text: str, **facts: Any) -> Chart:
    return Chart("chart-1", (Document(text),), **facts)


def make_request(text: str, **facts: Any) -> coding_pb2.CodeChartRequest:
    return coding_pb2.CodeChartRequest(chart=types_pb2.Chart(documents=[types_pb2.Document(text=text)], **facts))


def test_an_answer_has_findings_with_their_cue_suggestions_with_evidence_and_alerts(client: ChartcoderClient) -> None:
    coded = client.code_chart(make_chart("denies chest pain. hypertension."))
    assert [(f.mention.text, f.mention.context.assertion) for f in coded.findings] == [
        ("chest pain", Assertion.ABSENT),
        ("hypertension", Assertion.PRESENT),
    ]
    cue = coded.findings[0].mention.context.cues[0]
    assert (cue.begin, cue.end) == (0, 7)
    assert [(s.code, s.evidence) for s in coded.suggestions] == [("I10", [Evidence(0, 19, 31)])]
    assert [alert.codes for alert in coded.alerts] == [["I10"]]


def test_the_client_gives_back_the_records_that_the_engine_made(client: ChartcoderClient, server: LiveServer) -> None:
    chart = make_chart("denies chest pain. hypertension.")
    over_the_wire = client.code_chart(chart, request_id="same")
    in_process = server.engine.pipeline.code(chart, request_id="same")
    in_process.audit_record = over_the_wire.audit_record
    assert over_the_wire == in_process


def test_frames_begin_with_the_header_and_end_with_the_summary_and_its_receipt(coding: Any) -> None:
    frames = [reply.frame for reply in coding.CodeChart(make_request("hypertension " * (ITEMS_PER_FRAME + 10)))]
    assert len(frames) > 1
    assert [frame.HasField("header") for frame in frames] == [True] + [False] * (len(frames) - 1)
    assert [frame.HasField("summary") for frame in frames] == [False] * (len(frames) - 1) + [True]
    summary = frames[-1].summary
    assert summary.finding_count == sum(len(frame.findings) for frame in frames) == ITEMS_PER_FRAME + 10
    assert summary.audit.record_id == frames[0].header.audit_record_id != ""
    assert summary.elapsed.ToNanoseconds() == 1_250_000


def test_a_small_chart_is_one_frame(coding: Any) -> None:
    assert len(list(coding.CodeChart(make_request("hypertension")))) == 1


def test_the_same_chart_gives_the_same_bytes(coding: Any) -> None:
    answers = []
    for _ in range(2):
        (reply,) = coding.CodeChart(make_request("no chest pain, hypertension"), metadata=[("x-request-id", "r1")])
        reply.frame.header.audit_record_id = ""
        reply.frame.ClearField("summary")
        answers.append(reply.SerializeToString(deterministic=True))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [("visit-7/retry:1", True), ("x" * 128, True), ("x" * 129, False), ("a b", False), ('"},{"', False)],
)
def test_a_request_id_is_taken_where_it_is_safe_to_log_and_made_otherwise(
    coding: Any, sent: str, is_kept: bool
) -> None:
    call = coding.CodeChart(make_request("hypertension"), metadata=[("x-request-id", sent)])
    (reply,) = call
    trailing = dict(call.trailing_metadata())
    assert reply.frame.header.request_id == trailing["x-request-id"] != ""
    assert (trailing["x-request-id"] == sent) is is_kept


def test_the_summary_names_a_record_that_is_in_the_log(start: Callable[..., LiveServer], config: Any) -> None:
    server = start()
    with ChartcoderClient(server.target) as client:
        coded = client.code_chart(make_chart("hypertension"))
    segments = b"".join(path.read_bytes() for path in config.audit_directory.rglob("*") if path.is_file())
    assert coded.audit_record.encode() in segments


class RefusingEngine:
    """An engine whose audit log stops recording after it was opened."""

    def __init__(self, engine: Any) -> None:
        self.coder, self.releases, self._engine = engine.coder, engine.releases, engine
        self.claim_checker = engine.claim_checker

    def problem(self) -> str:
        return ""

    def audit_log(self) -> AuditLog:
        log: AuditLog = self._engine.audit_log()

        def refuse(entries: Any) -> Any:
            raise AuditError("audit log: cannot write: No space left on device")

        log.append_many = refuse  # type: ignore[method-assign]
        return log


def test_nothing_is_answered_when_the_audit_log_refuses(
    start: Callable[..., LiveServer], make_engine: Callable[[], Any]
) -> None:
    server = start(RefusingEngine(make_engine()))
    with server.channel() as channel:
        call = channel.unary_stream("/chartcoder.v1.CodingService/CodeChart")(
            make_request("hypertension").SerializeToString()
        )
        with pytest.raises(grpc.RpcError) as refused:
            next(call)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    with ChartcoderClient(server.target) as client:
        (streamed,) = client.code_charts([make_chart("hypertension")])
    assert streamed.coded is None
    assert streamed.error is not None
    assert (streamed.error.code, streamed.error.reason) == ("UNAVAILABLE", "AUDIT_UNAVAILABLE")
    assert streamed.error.retry_after_s == 5.0
