"""How soon a server is ready with a built store, and what memory its workers take."""

import sys
from pathlib import Path

import pytest
from chartcoder_client import ChartcoderClient

from bench.conftest import Note
from bench.server_process import mapped_pages, running_server
from engine.types import Chart

MIB = 1024 * 1024
TRIES = 4


@pytest.mark.gate
def test_a_server_is_ready_within_its_target(
    bench_home: Path, tmp_path: Path, chart: Chart, targets: dict[str, dict[str, float]], record: Note
) -> None:
    want = targets["startup"]["ready_s"]
    best = float("inf")
    for _ in range(TRIES):
        with (
            running_server(bench_home, tmp_path / "audit") as server,
            ChartcoderClient(server.target, timeout_s=10) as client,
        ):
            assert client.code_chart(chart).suggestions
        best = min(best, server.ready_s)
        if best <= want:
            break
    record("server ready", best, "s", want)
    assert best <= want


@pytest.mark.gate
def test_a_worker_stays_within_its_memory(
    bench_home: Path, tmp_path: Path, chart: Chart, targets: dict[str, dict[str, float]], record: Note
) -> None:
    want = targets["memory"]["worker_mib"]
    with (
        running_server(bench_home, tmp_path / "audit") as server,
        ChartcoderClient(server.target, timeout_s=10) as client,
    ):
        for _ in range(100):
            client.code_chart(chart)
        (worker,) = server.workers()
        memory = worker.memory_full_info()
    rss_mib = memory.rss / MIB
    record("worker memory, RSS", rss_mib, "MiB", want)
    if hasattr(memory, "pss"):
        record("worker memory, PSS", memory.pss / MIB, "MiB", None)
    assert rss_mib < want


@pytest.mark.gate
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/PID/smaps, which only Linux has")
def test_two_workers_share_the_pages_of_snapshot_and_dictionary(
    bench_home: Path, tmp_path: Path, chart: Chart, targets: dict[str, dict[str, float]], record: Note
) -> None:
    want = targets["memory"]["shared_pages"]
    with running_server(bench_home, tmp_path / "audit", workers=2) as server:
        for _ in range(20):  # each connection is one worker's
            with ChartcoderClient(server.target, timeout_s=10) as client:
                client.code_chart(chart)
        workers = server.workers()
        pages = [mapped_pages(worker.pid) for worker in workers]
    assert len(workers) == 2
    assert all(held.resident > 0 for held in pages)
    part = sum(held.shared for held in pages) / sum(held.resident for held in pages)
    record("mapped pages that two workers share", part, "of all", want)
    assert part >= want
