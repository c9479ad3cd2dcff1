"""The process beside a worker that reads its large charts.

The worker sends the request's bytes down a pipe and gets back what is to be recorded and ready frames, never records: a
large answer would cost the worker as much to unpickle as to code. The helper stands back behind the workers (`nice`),
ends when its pipe closes, and is started again if it dies. A chart that nobody waits for is given up by a signal, which
raises in the middle of it.
"""

import gc
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import RawValue
from typing import Any

from engine.audit.record import Origin
from engine.config import Config
from engine.errors import ChartcoderError
from engine.live import open_vault
from engine.pb.chartcoder.v1.coding_pb2 import CodeChartRequest
from engine.server.answers import Desk, Draft, Engine, Start
from engine.server.cores import use_all_cores
from engine.server.jobs import DroppedError, Job
from engine.server.large import OnPages, OnStart
from engine.server.logs import get_log, where
from engine.server.status import AnsweredError, is_expected, to_status

OpenEngine = Callable[[Config], Engine]
# Small charts go first where cores are scarce; a large one still gets a third of what a worker's coder does, which
# itself stands back by half of this.
NICE = 10


@dataclass(frozen=True, slots=True)
class _Pages:
    pages: list[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why a chart was refused: a google.rpc.Status, encoded; `is_dropped`: it was given up."""

    status: bytes = b""
    is_dropped: bool = False


class HelperReader:
    """Reads large charts in a process of its own, started when the first one comes."""

    def __init__(self, config: Config, open_engine: OpenEngine, salt: bytes) -> None:
        self._config = config
        self._open_engine = open_engine
        self._salt = salt
        self._dropped: Any = RawValue("q", 0)  # the number of the chart that is to be given up
        self._number = 0
        self._job: Job | None = None
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._started_with = config

    def renew(self, config: Config) -> None:
        """Have the next chart read by a process that opens the engine with other settings."""
        self._config = config

    def draft(self, job: Job, *, on_start: OnStart, on_pages: OnPages) -> Draft:
        """Draft the answer; raises AnsweredError, DroppedError, or ChartcoderError if the helper died."""
        self._number += 1
        if self._pipe is not None and self._started_with is not self._config:
            self._forget()
        try:
            pipe = self._pipe or self._start()
            self._job = job
            pipe.send((self._number, job.request.SerializeToString(), job.request_id, job.origin))
            return self._listen(pipe, on_start, on_pages)
        except (EOFError, OSError):
            self._forget()
            raise ChartcoderError("large charts: their process ended unexpectedly") from None
        finally:
            self._job = None

    def drop(self, job: Job) -> None:
        """Make the helper give a chart up, if it is the one being read."""
        if self._job is job:
            self._tell_dropped()

    def rest(self) -> None:
        """End the process."""
        if self._pipe is not None:
            self._forget()

    def _start(self) -> Connection:
        use_all_cores()
        # What is born in this thread has its signals blocked until it has said what to do with them.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
        spawn = get_context("spawn")
        ours, theirs = spawn.Pipe()
        self._started_with = self._config
        arguments = (self._started_with, self._open_engine, self._salt, theirs, self._dropped)
        self._process = spawn.Process(target=_help, args=arguments, name="helper", daemon=True)
        self._process.start()
        theirs.close()
        self._pipe = ours
        return ours

    def _listen(self, pipe: Connection, on_start: OnStart, on_pages: OnPages) -> Draft:
        """Hear a chart to its last word, even if it is given up: the helper may be in the middle of a message."""
        failure: BaseException | None = None
        while True:
            said = pipe.recv()
            if isinstance(said, Draft | _Failed):
                break
            try:
                if failure is None and isinstance(said, Start):
                    on_start(said)
                elif failure is None:
                    on_pages(said.pages)
            except Exception as error:
                failure = error
                self._tell_dropped()
            if isinstance(said, Start):
                pipe.send(failure is None)  # recorded: findings may leave
        if failure is not None:
            raise failure
        if isinstance(said, _Failed):
            raise DroppedError if said.is_dropped else AnsweredError(said.status)
        return said

    def _tell_dropped(self) -> None:
        process = self._process
        if process is not None and process.pid is not None:
            self._dropped.value = self._number
            with suppress(OSError):
                os.kill(process.pid, signal.SIGUSR1)

    def _forget(self) -> None:
        assert self._pipe is not None
        self._pipe.close()
        self._pipe = None
        if self._process is not None:
            self._process.join(1.0)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._process = None


class _Helper:
    """The helper's side of the pipe."""

    def __init__(self, desk: Desk, pipe: Connection, dropped: Any) -> None:
        self._desk = desk
        self._pipe = pipe
        self._dropped = dropped
        self._number = 0
        self._is_reading = False

    def run(self) -> None:
        """Read charts until the pipe closes."""
        while True:
            self._number, data, request_id, origin = self._pipe.recv()
            self._pipe.send(self._read(data, request_id, origin))
            gc.collect()

    def on_signal(self, *_: object) -> None:
        """Give up the chart being read, if it is the one meant."""
        if self._is_reading and self._dropped.value == self._number:
            self._is_reading = False
            raise DroppedError

    def _read(self, data: bytes, request_id: str, origin: Origin) -> Draft | _Failed:
        self._is_reading = True
        try:
            return self._desk.draft_in_parts(
                CodeChartRequest.FromString(data), request_id, origin, on_start=self._on_start, on_pages=self._on_pages
            )
        except DroppedError:
            return _Failed(is_dropped=True)
        except (EOFError, OSError):
            raise
        except Exception as error:
            self._is_reading = False
            if not is_expected(error):
                get_log().error("internal error", request_id=request_id, **where(error))
            return _Failed(to_status(error, request_id=request_id).SerializeToString())
        finally:
            self._is_reading = False

    def _on_start(self, start: Start) -> None:
        self._send(start, wants_answer=True)

    def _on_pages(self, pages: list[bytes]) -> None:
        if pages:
            self._send(_Pages(pages))

    def _send(self, said: object, *, wants_answer: bool = False) -> None:
        self._is_reading = False  # a message is sent and heard whole
        self._pipe.send(said)
        is_wanted = self._pipe.recv() if wants_answer else True
        self._is_reading = True
        if not is_wanted or self._dropped.value == self._number:
            raise DroppedError


def _help(config: Config, open_engine: OpenEngine, salt: bytes, pipe: Connection, dropped: Any) -> None:
    """Run one helper. A terminal's Ctrl-C and a service's SIGTERM reach the whole group: its worker decides."""
    from engine.server.logs import set_up_logs

    set_up_logs(config.log_level)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICE)
    # Findings hold no circles: walking all of them, over and over, would cost a large chart as much as finding them.
    gc.disable()
    vault = open_vault(config) if config.keep_charts else None
    helper = _Helper(Desk(open_engine(config), salt, vault), pipe, dropped)
    signal.signal(signal.SIGUSR1, helper.on_signal)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
    with suppress(EOFError, OSError):
        helper.run()
