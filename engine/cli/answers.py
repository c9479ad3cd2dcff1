"""The answers for charts in input order: coded here, or on a server."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.cli.charts import ChartFile
from engine.cli.connection import check_target, connect
from engine.cli.failures import InternalError, is_debugging
from engine.cli.settings import open_engine
from engine.config import Config
from engine.errors import ChartcoderError, ConfigError
from engine.types import Chart, CodedChart

if TYPE_CHECKING:
    from chartcoder_client import CallError, StreamedChart

    from engine.audit.log import AuditLog
    from engine.pipeline import Pipeline

_CONNECT_S = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a file: its coded chart, or why there is none."""

    file: str = field(repr=False)
    chart_id: str = field(repr=False)
    chart: Chart | None
    result: CodedChart | ChartcoderError


class ServerError(ChartcoderError):
    """The server refused a chart, or went away; `REASON` is the server's."""

    def __init__(self, error: "CallError", *, message: str = "") -> None:
        # The request holds the chart; here the chart is all there is, as when it is coded in this process.
        super().__init__(message or error.message, field=next(iter(error.fields), "").removeprefix("chart."))
        self.REASON = error.reason or error.code


def code_here(config: Config, files: Iterable[ChartFile], *, explain: bool = False) -> Iterator[Answer]:
    """Code charts in this process; each is in the audit log before it is answered.

    The engine is opened at once; raises AuditError if the audit log cannot be opened at all.
    """
    live = open_engine(config)
    return _answers(live.pipeline, live.audit_log(), files, explain)


def _answers(pipeline: "Pipeline", log: "AuditLog", files: Iterable[ChartFile], explain: bool) -> Iterator[Answer]:
    with log:
        for file in files:
            if isinstance(file.chart, Chart):
                yield Answer(file.file, file.chart_id, file.chart, _code(pipeline, log, file.chart, explain))
            else:
                yield _refused(file, file.chart)


def _code(pipeline: "Pipeline", log: "AuditLog", chart: Chart, explain: bool) -> CodedChart | ChartcoderError:
    from engine.audit.log import record_coded_chart
    from engine.cli.operator import operator

    try:
        coded = pipeline.code(chart, explain=explain)
        return replace(coded, audit_record=record_coded_chart(log, chart, coded, origin=operator()).record_id)
    except ChartcoderError as error:
        return error
    except Exception as error:  # the boundary that keeps one chart's fault from the others
        if is_debugging():
            raise
        return InternalError(error)


def _refused(file: ChartFile, error: ChartcoderError) -> Answer:
    return Answer(file.file, file.chart_id, None, error)


def code_remotely(server: str, files: Iterable[ChartFile], *, explain: bool = False) -> Iterator[Answer]:
    """Code charts on a server, several in flight; if it goes away, the charts it has not answered have failed.

    Raises ConfigError if no server is there.
    """
    check_target(server)
    from chartcoder_client import CallError  # only here: grpc takes 0.2 s to import

    with connect(server) as client:
        try:
            client.wait_ready(_CONNECT_S)
        except CallError as error:
            raise ConfigError(f"server {server}: {error.message}; is it running, and on that port?") from None
        feed = _Feed(files)
        try:
            for answer in client.code_charts(feed.charts(), explain=explain):
                yield from feed.take_unreadable()
                yield _answered(feed.sent.popleft(), answer)
            yield from feed.take_unreadable()
        except CallError as error:
            if error.code == "UNIMPLEMENTED":
                raise ConfigError(f"server {server}: is no Chartcoder server ({error.message})") from None
            yield from _unanswered(feed.stop(), error)


class _Feed:
    """The files on their way to a server; `sent` holds those not yet answered, in input order.

    gRPC takes charts in a thread of its own, so reading on is under a lock.
    """

    def __init__(self, files: Iterable[ChartFile]) -> None:
        self._files = iter(files)
        self._lock = threading.Lock()
        self._is_stopped = False
        self.sent: deque[ChartFile] = deque()

    def charts(self) -> Iterator[Chart]:
        """Yield the charts to send; files that are none are only noted."""
        while (file := self._next()) is not None:
            if isinstance(file.chart, Chart):
                yield file.chart

    def _next(self) -> ChartFile | None:
        with self._lock:
            file = None if self._is_stopped else next(self._files, None)
            if file is not None:
                self.sent.append(file)
            return file

    def take_unreadable(self) -> Iterator[Answer]:
        """Yield the refusals of files whose turn it is."""
        while self.sent and isinstance(error := self.sent[0].chart, ChartcoderError):
            yield _refused(self.sent.popleft(), error)

    def stop(self) -> list[ChartFile]:
        """Send no more, and return all that has no answer."""
        with self._lock:
            self._is_stopped = True
            return [*self.sent, *self._files]


def _answered(file: ChartFile, answer: "StreamedChart") -> Answer:
    chart = file.chart if isinstance(file.chart, Chart) else None
    if answer.coded is not None:
        return Answer(file.file, file.chart_id, chart, answer.coded)
    assert answer.error is not None, "a streamed chart has an answer or an error"
    return Answer(file.file, file.chart_id, chart, ServerError(answer.error))


def _unanswered(files: Iterable[ChartFile], error: "CallError") -> Iterator[Answer]:
    for file in files:
        if isinstance(file.chart, ChartcoderError):
            yield _refused(file, file.chart)
        else:
            message = f"the stream ended before this chart was answered: {error.message}"
            yield _refused(file, ServerError(error, message=message))
