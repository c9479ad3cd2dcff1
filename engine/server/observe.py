"""Who is told that a call has ended, beside the access log: metrics and traces, where they are on."""

import os
import time
from collections.abc import Iterable

import grpc

from engine.config import Config
from engine.server.calls import Call
from engine.server.metrics import FOLDER_VARIABLE, Metrics
from engine.server.traces import Traces

_NUMBERS = {code.name: code.value[0] for code in grpc.StatusCode}


class Observers:
    """Metrics and traces of one worker; each may be off."""

    def __init__(self, metrics: Metrics | None = None, traces: Traces | None = None) -> None:
        self.metrics = metrics
        self._traces = traces
        self.is_on = metrics is not None or traces is not None

    @classmethod
    def of(cls, config: Config) -> "Observers":
        """Open what the settings want; raises ConfigError. Metrics need the folder that `metrics.listening` makes."""
        has_metrics = bool(config.metrics_port and FOLDER_VARIABLE in os.environ)
        return cls(Metrics() if has_metrics else None, Traces.open() if config.traces else None)

    def note_call(self, call: Call, metadata: Iterable[tuple[str, str | bytes]], code: str, seconds: float) -> None:
        """Tell them of a call that ended."""
        if self.metrics is not None:
            self.metrics.note_call(call, code, seconds)
        if self._traces is not None:
            ended_ns = time.time_ns()
            began_ns = ended_ns - round(seconds * 1e9)
            number = _NUMBERS.get(code, 2)
            self._traces.note_call(call, metadata, number, code, began_ns=began_ns, ended_ns=ended_ns)

    def note_state(self, *, is_serving: bool, in_flight: int) -> None:
        """Tell how the worker is."""
        if self.metrics is not None:
            self.metrics.note_state(is_serving=is_serving, in_flight=in_flight)

    def close(self) -> None:
        """Send what is left."""
        if self._traces is not None:
            self._traces.close()
