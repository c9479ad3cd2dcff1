"""Prometheus metrics: counts and times of calls and charts, never who or what. Off unless `metrics_port` is set.

Each worker writes its numbers into a file of a private folder (prometheus_client's way with several processes); the
process that `serve` runs in adds them up for whoever asks its own HTTP listener, on loopback only. No label names a
tenant or a caller.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import ConfigError
from engine.server.calls import Call

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
LISTEN_ON = "127.0.0.1"
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_COUNTS = {
    "charts": "Charts taken on.",
    "chart_bytes": "Bytes of the requests of charts.",
    "findings": "Findings given.",
    "suggestions": "Suggestions given.",
    "refused": "Charts of streams that were refused.",
}


class Metrics:
    """What one worker counts; FOLDER_VARIABLE is set before it is made."""

    def __init__(self) -> None:
        import prometheus_client as prometheus

        registry = prometheus.CollectorRegistry()
        self._calls = prometheus.Counter("chartcoder_calls", "Calls that ended.", ("method", "code"), registry=registry)
        self._seconds = prometheus.Histogram(
            "chartcoder_call_seconds",
            "From a call's begin to its end.",
            ("method",),
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._counts = {
            name: prometheus.Counter(f"chartcoder_{name}", about, registry=registry) for name, about in _COUNTS.items()
        }
        self._serving = prometheus.Gauge(
            "chartcoder_serving_workers", "Workers that are well.", multiprocess_mode="livesum", registry=registry
        )
        self._in_flight = prometheus.Gauge(
            "chartcoder_charts_in_flight", "Charts in hand.", multiprocess_mode="livesum", registry=registry
        )
        self._children: dict[tuple[str, str], tuple[Any, Any]] = {}

    def note_call(self, call: Call, code: str, seconds: float) -> None:
        """Count a call that ended."""
        children = self._children.get((call.method, code))
        if children is None:
            service_and_method = call.method.lstrip("/")
            children = self._calls.labels(service_and_method, code), self._seconds.labels(service_and_method)
            self._children[call.method, code] = children
        calls, took = children
        calls.inc()
        took.observe(seconds)
        for name, amount in call.counts.items():
            if (counter := self._counts.get(name)) is not None:
                counter.inc(amount)

    def note_state(self, *, is_serving: bool, in_flight: int) -> None:
        """Say how the worker is."""
        self._serving.set(int(is_serving))
        self._in_flight.set(in_flight)


@contextmanager
def listening(port: int) -> Iterator[None]:
    """Answer scrapes on a port of loopback for all workers that are started inside; 0: nothing. Raises ConfigError."""
    if not port:
        yield
        return
    folder = tempfile.mkdtemp(prefix="chartcoder-metrics-")  # mode 0700
    os.environ[FOLDER_VARIABLE] = folder
    try:
        server, thread = _listen(port, folder)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
    finally:
        del os.environ[FOLDER_VARIABLE]
        shutil.rmtree(folder, ignore_errors=True)


def forget_worker(pid: int) -> None:
    """Take back what a worker that died said of its state; what it counted stays."""
    if folder := os.environ.get(FOLDER_VARIABLE):
        for path in Path(folder).glob(f"gauge_live*_{pid}.db"):
            path.unlink(missing_ok=True)


def _listen(port: int, folder: str) -> tuple[Any, Any]:
    import prometheus_client as prometheus
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = prometheus.CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    try:
        return prometheus.start_http_server(port, addr=LISTEN_ON, registry=registry)
    except OSError:
        raise ConfigError(
            f"metrics_port: got {port}, which is in use or not ours to bind, want a free one", field="metrics_port"
        ) from None
