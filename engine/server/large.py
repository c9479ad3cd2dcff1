"""Large charts: one at a time, apart from small ones, their findings handed out as each document is read.

A chart of a megabyte holds the GIL for tens of milliseconds on end, so a worker reads it in a process beside its own
(`helper`), started when the first one comes; a `Reader` is that, or the same thread where there is no such process.
Before the first findings leave, the log holds that the chart was begun; what closes the answer waits for its record.
"""

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Protocol

from engine.audit.log import AuditLog
from engine.config import Config
from engine.server.answers import Desk, Draft, Start, finish_parts
from engine.server.jobs import Job, tell_loop
from engine.server.receipts import receipt_told
from engine.server.wire import encode_header

# A reader that has had nothing to do for so long gives its memory back.
IDLE_S = 60.0

OnStart = Callable[[Start], None]
OnPages = Callable[[list[bytes]], None]


class Reader(Protocol):
    """Drafts a large chart's answer."""

    def draft(self, job: Job, *, on_start: OnStart, on_pages: OnPages) -> Draft: ...
    def drop(self, job: Job) -> None: ...
    def rest(self) -> None: ...
    def renew(self, config: Config) -> None: ...


class ReaderHere:
    """Reads large charts in the lane's own thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def draft(self, job: Job, *, on_start: OnStart, on_pages: OnPages) -> Draft:
        """Draft the answer; notices between documents that nobody waits."""
        return self._desk.draft_in_parts(job.request, job.request_id, job.origin, on_start=on_start, on_pages=on_pages)

    def drop(self, job: Job) -> None:
        """Do nothing: `on_pages` will find that the job is dropped."""

    def rest(self) -> None:
        """Do nothing."""

    def renew(self, config: Config) -> None:
        """Do nothing: the desk asks the engine."""


class LargeLane:
    """A thread that has large charts read, records them, and hands their frames to the event loop."""

    def __init__(self, reader: Reader, log: AuditLog, settle: Callable[[Sequence[Job]], None]) -> None:
        self._reader = reader
        self._log = log
        self._settle = settle
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def put(self, job: Job) -> None:
        """Take a chart on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="large", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def drop(self, job: Job) -> None:
        """Stop reading a chart that nobody waits for."""
        self._reader.drop(job)

    def close(self) -> None:
        """Finish what was taken on, and stop."""
        self._jobs.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=IDLE_S)
            except Empty:
                self._reader.rest()
                continue
            if job is None:
                self._reader.rest()
                return
            job.work(lambda job=job: self._draft(job))  # type: ignore[misc]
            if job.draft is not None:
                self._record(job, job.draft)
            tell_loop(job.loop, self._settle, [job])

    def _draft(self, job: Job) -> Draft:
        def on_start(start: Start) -> None:
            job.check_wanted()
            receipt = self._log.append(start.entry)
            self._send(job, [encode_header(start.header, receipt.record_id)])

        def on_pages(pages: list[bytes]) -> None:
            job.check_wanted()
            self._send(job, pages)

        return self._reader.draft(job, on_start=on_start, on_pages=on_pages)

    def _send(self, job: Job, frames: list[bytes]) -> None:
        if frames and job.on_frames is not None:
            tell_loop(job.loop, job.on_frames, frames)

    def _record(self, job: Job, draft: Draft) -> None:
        try:
            job.check_wanted()
            told = receipt_told(self._log.salt, job.origin.tenant, self._log.append(draft.entry))
            job.finish(finish_parts(draft, told))
        except Exception as error:
            job.error = error
