"""What the server writes about its calls: enough to run it, nothing of the charts."""

import json
import signal
from collections.abc import Callable
from contextlib import suppress

import grpc
import pytest
from chartcoder_client import CallError, ChartcoderClient
from conftest import ServerProcess
from fake_engine import BROKEN, SLOW

from engine.pb.chartcoder.v1 import coding_pb2
from engine.types import Chart, Document

CANARY = "CANARY-4711"


def all_paths(server: ServerProcess) -> None:
    """Send charts full of canaries through success and every kind of failure."""
    texts = (f"hypertension {CANARY}", f"{BROKEN} {CANARY}", f"{CANARY}" * 500_000, "")
    with ChartcoderClient(server.target) as client:
        for text in texts:
            chart = Chart(CANARY, (Document(text, CANARY, CANARY),), payer=CANARY, known_codes=(CANARY,))
            (answer,) = client.code_charts([chart])
            assert CANARY not in str(answer.error and vars(answer.error))
            with suppress(CallError):
                client.code_chart(chart, request_id="visit-1")
        client.lookup([CANARY])
        client.search(CANARY)
        client.validate([CANARY])
        with pytest.raises(CallError):
            client.code_chart(Chart(CANARY, (Document(f"hypertension {CANARY}"),), systems=(CANARY,)))
    with grpc.insecure_channel(server.target) as channel:
        request = coding_pb2.CodeChartRequest(chart={"chart_id": CANARY, "documents": [{"text": CANARY}]})
        data = request.SerializeToString()
        for name in ("CodeChart", "NoSuchMethod"):
            method = channel.unary_stream(f"/chartcoder.v1.CodingService/{name}")
            with pytest.raises(grpc.RpcError):
                list(method(data + b"\xff", metadata=[("x-request-id", f"{CANARY} not safe")]))
        slow = coding_pb2.CodeChartRequest(chart={"documents": [{"text": SLOW + CANARY}]}).SerializeToString()
        with pytest.raises(grpc.RpcError):
            list(channel.unary_stream("/chartcoder.v1.CodingService/CodeChart")(slow, timeout=0.1))


@pytest.mark.parametrize("level", ["debug", "info"])
def test_no_canary_reaches_the_log_on_any_path(start_process: Callable[..., ServerProcess], level: str) -> None:
    server = start_process(log_level=level)
    all_paths(server)
    server.process.send_signal(signal.SIGTERM)
    status, errors = server.finish()
    assert status == 0
    assert CANARY not in errors
    lines = [json.loads(line) for line in errors.splitlines()]
    assert {line["code"] for line in lines if line["event"] == "call"} >= {
        "OK",
        "INTERNAL",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
    }


def test_a_call_is_one_json_line_with_method_code_duration_request_id_and_counts(
    start_process: Callable[..., ServerProcess],
) -> None:
    server = start_process(log_level="info")
    with ChartcoderClient(server.target) as client:
        client.code_chart(Chart("", (Document("no chest pain, hypertension"),)), request_id="visit-1")
    server.process.send_signal(signal.SIGTERM)
    _, errors = server.finish()
    (line,) = (line for line in map(json.loads, errors.splitlines()) if line["event"] == "call")
    assert line.pop("duration_ms") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("chart_bytes") > 20
    assert line == {
        "event": "call",
        "level": "info",
        "method": "/chartcoder.v1.CodingService/CodeChart",
        "code": "OK",
        "request_id": "visit-1",
        "charts": 1,
        "findings": 2,
        "suggestions": 1,
    }
