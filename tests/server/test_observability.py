"""Metrics and traces: what is counted, over all workers, and that nothing of charts or callers is in it."""

import json
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chartcoder_client import CallError, ChartcoderClient
from conftest import LiveServer, ServerProcess
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from engine.config import Config
from engine.errors import ConfigError
from engine.identity.keys import add_key
from engine.identity.principal import Role
from engine.server import observe
from engine.server.metrics import listening
from engine.server.traces import Traces
from engine.types import Chart, Document

CANARY = "CANARY-4711"
CHART = Chart(CANARY, (Document(f"hypertension {CANARY}"),))


def free_port() -> int:
    """Find a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def scrape(port: int) -> tuple[str, dict[str, float]]:
    """Read the metrics: the text, and each sample by its name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as reply:
        text = reply.read().decode()
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return text, {name: float(value) for name, value in lines}


def test_calls_and_charts_of_all_workers_are_counted_and_nobody_named(
    start_process: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    _, shown = add_key(tmp_path / "k", CANARY, tenant=f"tenant-{CANARY}", roles=(Role.SUBMITTER,))
    port = free_port()
    server = start_process(workers=2, metrics_port=port, api_keys=tmp_path / "k")
    for _ in range(12):
        with ChartcoderClient(server.target, api_key=shown) as client:
            client.code_chart(CHART, request_id=CANARY)
    with ChartcoderClient(server.target) as client, pytest.raises(CallError):
        client.code_chart(CHART)
    text, samples = scrape(port)
    method = "chartcoder.v1.CodingService/CodeChart"
    assert samples[f'chartcoder_calls_total{{code="OK",method="{method}"}}'] == 12
    assert samples[f'chartcoder_calls_total{{code="UNAUTHENTICATED",method="{method}"}}'] == 1
    assert samples[f'chartcoder_call_seconds_count{{method="{method}"}}'] == 13
    assert samples["chartcoder_charts_total"] == 12
    assert samples["chartcoder_suggestions_total"] == 12
    for _ in range(600):  # told once a second from the start on
        if samples.get("chartcoder_serving_workers") == 2:
            break
        time.sleep(0.05)
        _, samples = scrape(port)
    assert samples["chartcoder_serving_workers"] == 2
    assert samples["chartcoder_charts_in_flight"] == 0
    assert CANARY not in text
    assert set(re.findall(r'(\w+)="', text)) == {"code", "method", "le"}
    server.process.send_signal(signal.SIGTERM)
    assert server.finish()[0] == 0


def test_a_port_in_use_stops_the_start_and_no_port_means_no_listener(config: Config) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError) as refused, listening(taken.getsockname()[1]):
            pass
        assert refused.value.field == "metrics_port"
    with listening(0):
        pass


@pytest.fixture
def traced(
    start: Callable[..., LiveServer], config: Config, monkeypatch: pytest.MonkeyPatch
) -> tuple[LiveServer, InMemorySpanExporter]:
    """A server whose spans are kept."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(observe.Traces, "open", classmethod(lambda cls: Traces(provider)))
    return start(traces=True), exporter


def spans_of(exporter: InMemorySpanExporter, count: int) -> list[Any]:
    """Wait for spans: a call is over for its caller a moment before it is for the server."""
    for _ in range(1_000_000):
        spans = exporter.get_finished_spans()
        if len(spans) >= count:
            return list(spans)
    raise AssertionError(f"got {len(exporter.get_finished_spans())} spans, want {count}")


def test_a_call_is_a_span_with_rpc_names_and_nothing_of_the_chart(
    traced: tuple[LiveServer, InMemorySpanExporter],
) -> None:
    server, exporter = traced
    with ChartcoderClient(server.target) as client:
        client.code_chart(CHART, request_id=CANARY)
        with pytest.raises(CallError):
            client.code_chart(Chart(CANARY, ()))
    good, bad = spans_of(exporter, 2)
    assert good.name == "chartcoder.v1.CodingService/CodeChart"
    assert good.kind is SpanKind.SERVER
    attributes = dict(good.attributes)
    assert attributes.pop("chartcoder.chart_bytes") > 20
    assert attributes == {
        "rpc.system": "grpc",
        "rpc.service": "chartcoder.v1.CodingService",
        "rpc.method": "CodeChart",
        "rpc.grpc.status_code": 0,
        "chartcoder.charts": 1,
        "chartcoder.findings": 1,
        "chartcoder.suggestions": 1,
    }
    assert 0 < good.end_time - good.start_time < 60e9
    assert bad.attributes["rpc.grpc.status_code"] == 3
    assert bad.status.status_code is StatusCode.UNSET, "the caller's error, not ours"
    assert not bad.events
    assert CANARY not in json.dumps([json.loads(span.to_json()) for span in (good, bad)])


def test_a_span_continues_the_callers_trace(traced: tuple[LiveServer, InMemorySpanExporter]) -> None:
    server, exporter = traced
    trace_id, span_id = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    with server.channel() as channel:
        method = channel.unary_unary("/chartcoder.v1.CodeSetService/ListCodeSets")
        method(b"", metadata=(("traceparent", f"00-{trace_id}-{span_id}-01"),), timeout=20)
        method(b"", metadata=(("traceparent", "junk"),), timeout=20)
    first, second = spans_of(exporter, 2)
    assert f"{first.context.trace_id:032x}" == trace_id
    assert f"{first.parent.span_id:016x}" == span_id
    assert second.parent is None


def test_traces_without_their_packages_stop_the_start(
    start: Callable[..., LiveServer], config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigError) as refused:
        start(**{"traces": replace(config, traces=True).traces})
    assert refused.value.field == "traces"
