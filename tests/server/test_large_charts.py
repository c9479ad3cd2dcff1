"""Large charts: read apart, answered in parts, and nothing closes their answer before it is recorded."""

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import grpc
import psutil
import pytest
from chartcoder_client import CallError, ChartcoderClient
from conftest import LiveServer
from fake_engine import SLOW, open_fake
from google.rpc import error_details_pb2, status_pb2

from engine.audit.log import AuditLog
from engine.audit.record import Entry
from engine.audit.verify import verify
from engine.errors import AuditError
from engine.pb.chartcoder.v1.coding_pb2 import CodeChartRequest, CodeChartResponse
from engine.pb.chartcoder.v1.types_pb2 import Chart as ChartMessage
from engine.pb.chartcoder.v1.types_pb2 import ChartFrame
from engine.pb.chartcoder.v1.types_pb2 import Document as DocumentMessage
from engine.server.pool import LARGE_BYTES, MAX_LARGE
from engine.types import Chart, Document

METHOD = "/chartcoder.v1.CodingService/CodeChart"
PAGE = "hypertension. " + "x " * LARGE_BYTES
Start = Callable[..., LiveServer]


def make_chart(*texts: str) -> Chart:
    return Chart("big", (Document(PAGE), *(Document(text) for text in texts)))


def call(channel: grpc.Channel, *texts: str) -> Any:
    documents = [DocumentMessage(text=text) for text in (PAGE, *texts)]
    request = CodeChartRequest(chart=ChartMessage(documents=documents))
    return channel.unary_stream(METHOD)(request.SerializeToString())


def read(reply: bytes) -> ChartFrame:
    return CodeChartResponse.FromString(reply).frame


@pytest.fixture(params=["in a process of its own", "in a thread"])
def server(request: pytest.FixtureRequest, start: Start) -> LiveServer:
    """A server that reads large charts this way or that."""
    return start(open_engine=open_fake if "process" in request.param else None)


@pytest.fixture
def apart(start: Start) -> LiveServer:
    """A server whose process for large charts is up."""
    server = start(open_engine=open_fake)
    with ChartcoderClient(server.target) as client:
        client.code_chart(make_chart())
    return server


def test_the_answer_is_what_the_engine_says(server: LiveServer) -> None:
    chart = make_chart("denies chest pain", "hypertension " * 3000)
    with ChartcoderClient(server.target) as client:
        remote = client.code_chart(chart, request_id="r")
        (streamed,) = client.code_charts([chart], request_id="r")
    local = server.engine.pipeline.code(chart, request_id="r")
    for answer in (remote, streamed.coded):
        assert answer is not None
        assert answer.audit_record
        answer.audit_record = ""
        assert answer == local


def test_findings_leave_before_the_chart_is_coded_to_its_end(server: LiveServer) -> None:
    with server.channel() as channel:
        replies = [(read(reply), time.monotonic()) for reply in call(channel, f"hypertension {SLOW}", SLOW)]
    frames = [frame for frame, _ in replies]
    first = next(at for frame, at in replies if frame.findings)
    assert replies[-1][1] - first > 0.8
    assert [frame.HasField("header") for frame in frames] == [True] + [False] * (len(frames) - 1)
    assert [frame.HasField("summary") for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert not any(frame.suggestions or frame.alerts for frame in frames[:-1])
    assert frames[-1].summary.finding_count == sum(len(frame.findings) for frame in frames) == 2


def test_the_log_holds_that_it_was_begun_and_what_was_answered(apart: LiveServer, config: Any) -> None:
    with apart.channel() as channel:
        frames = [read(reply) for reply in call(channel)]
    begun, answered = frames[0].header.audit_record_id, frames[-1].summary.audit.record_id
    assert begun != answered
    log = b"".join(path.read_bytes() for path in config.audit_directory.rglob("*") if path.is_file())
    assert b'"id":"%b","kind":"chart_started"' % begun.encode() in log
    assert b'"id":"%b","kind":"chart_coded"' % answered.encode() in log
    assert verify(config.audit_directory).problems == ()


class Refusing:
    """An engine whose audit log refuses one kind of record."""

    def __init__(self, engine: Any, kind: str) -> None:
        self.coder, self.releases, self._engine, self._kind = engine.coder, engine.releases, engine, kind
        self.claim_checker = engine.claim_checker

    def problem(self) -> str:
        return ""

    def audit_log(self) -> AuditLog:
        log: AuditLog = self._engine.audit_log()
        append_many = log.append_many

        def refuse(entries: Sequence[Entry]) -> Any:
            if any(entry.kind == self._kind for entry in entries):
                raise AuditError("audit log: cannot write: No space left on device")
            return append_many(entries)

        log.append_many = refuse  # type: ignore[method-assign]
        return log


@pytest.mark.parametrize(("kind", "may_have_findings"), [("chart_started", False), ("chart_coded", True)])
@pytest.mark.parametrize("open_engine", [open_fake, None], ids=["process", "thread"])
def test_a_record_that_fails_ends_the_call_without_suggestions_or_summary(
    start: Start, make_engine: Callable[[], Any], kind: str, may_have_findings: bool, open_engine: Any
) -> None:
    server = start(Refusing(make_engine(), kind), open_engine)
    frames: list[ChartFrame] = []
    with server.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        frames.extend(map(read, call(channel, "hypertension")))
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert may_have_findings or not frames
    assert not any(frame.suggestions or frame.alerts or frame.HasField("summary") for frame in frames)
    with ChartcoderClient(server.target) as client:
        (streamed,) = client.code_charts([make_chart()])
    assert streamed.error is not None
    assert streamed.error.reason == "AUDIT_UNAVAILABLE"


def test_small_charts_do_not_wait_for_a_large_one(apart: LiveServer) -> None:
    with apart.channel() as channel, ChartcoderClient(apart.target) as client:
        large = call(channel, SLOW, SLOW)
        next(large)
        times_s = []
        for _ in range(20):
            begin = time.monotonic()
            client.code_chart(Chart("small", (Document("hypertension"),)))
            times_s.append(time.monotonic() - begin)
        assert sum(1 for _ in large) >= 1
    assert sorted(times_s)[-2] < 0.2


def test_a_caller_that_leaves_frees_the_reader_at_once(apart: LiveServer) -> None:
    with apart.channel() as channel:
        large = call(channel, *[SLOW] * 30)  # 15 s
        next(large)
        large.cancel()
        begin = time.monotonic()
        assert len(list(call(channel))) >= 2
    assert time.monotonic() - begin < 0.4  # less than even one of the pages left


def test_an_error_found_by_the_reader_is_the_callers(apart: LiveServer) -> None:
    with ChartcoderClient(apart.target) as client, pytest.raises(CallError) as refused:
        client.code_chart(Chart("big", (Document("x" * 5_000_000),)))
    assert refused.value.reason == "CHART_TOO_LARGE"


def test_a_reader_that_dies_is_one_charts_error_and_is_replaced(apart: LiveServer) -> None:
    (helper,) = [child for child in psutil.Process().children() if b"spawn_main" in " ".join(child.cmdline()).encode()]
    with apart.channel() as channel:
        large = call(channel, SLOW)
        next(large)
        os.kill(helper.pid, signal.SIGKILL)
        with pytest.raises(grpc.RpcError) as refused:
            list(large)
        assert refused.value.code() is grpc.StatusCode.INTERNAL
        assert len(list(call(channel))) >= 2


def test_more_large_charts_than_a_worker_holds_are_refused_with_a_time_to_come_back(apart: LiveServer) -> None:
    outcomes: list[Any] = []

    def ask(channel: grpc.Channel) -> None:
        try:
            outcomes.append(len(list(call(channel, SLOW))))
        except grpc.RpcError as error:
            outcomes.append(error)

    with apart.channel() as channel:
        threads = [threading.Thread(target=ask, args=(channel,)) for _ in range(MAX_LARGE + 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    refused: list[Any] = [outcome for outcome in outcomes if isinstance(outcome, grpc.RpcError)]
    assert len(refused) == 2
    for error in refused:
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
        assert any(detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR) for detail in status.details)
