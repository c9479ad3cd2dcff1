"""The threads that small charts pass through: one codes, one records.

Coding holds the GIL, so one thread does it: more would only take turns with each other. It hands what it drafted to the
recorder, which makes all that wait durable with one fsync and codes nothing: while the disk works, the next chart is
coded. The event loop is woken once for all that were recorded together.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from engine.audit.log import AuditLog
from engine.errors import AuditError
from engine.server.answers import Desk, finish_whole
from engine.server.jobs import DroppedError, Job, tell_loop

# Charts that one fsync serves at most.
_MAX_BATCH = 64

Settle = Callable[[Sequence[Job]], None]


class SmallLane:
    """Codes, records and answers charts in the order they came; `settle` is called on the event loop's thread."""

    def __init__(self, desk: Desk, log: AuditLog, settle: Settle) -> None:
        self._desk = desk
        self._log = log
        self._settle = settle
        self._to_code: SimpleQueue[Job | None] = SimpleQueue()
        self._to_record: SimpleQueue[Job | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in ((self._code, "coder"), (self._record, "recorder"))
        ]
        for thread in self._threads:
            thread.start()

    def put(self, job: Job) -> None:
        """Take a chart on."""
        self._to_code.put(job)

    def close(self) -> None:
        """Finish what was taken on, and stop."""
        self._to_code.put(None)
        for thread in self._threads:
            thread.join()

    def _code(self) -> None:
        while (job := self._to_code.get()) is not None:
            job.work(lambda job=job: self._desk.draft(job.request, job.request_id))  # type: ignore[misc]
            if job.draft is not None:
                self._to_record.put(job)
            else:
                tell_loop(job.loop, self._settle, [job])
        self._to_record.put(None)

    def _record(self) -> None:
        while (job := self._to_record.get()) is not None:
            batch, is_last = self._batch(job)
            self._record_batch(batch)
            tell_loop(job.loop, self._settle, batch)
            if is_last:
                return

    def _batch(self, first: Job) -> tuple[list[Job], bool]:
        batch = [first]
        with suppress(Empty):
            while len(batch) < _MAX_BATCH:
                job = self._to_record.get_nowait()
                if job is None:
                    return batch, True
                batch.append(job)
        return batch, False

    def _record_batch(self, batch: Sequence[Job]) -> None:
        wanted = [job for job in batch if not job.is_dropped]
        for job in batch:
            if job.is_dropped:
                job.error = DroppedError()
        try:
            receipts = self._log.append_many([job.draft.entry for job in wanted if job.draft is not None])
        except Exception as error:
            for job in wanted:  # each call raises its own
                job.error = type(error)(str(error)) if isinstance(error, AuditError) else error
            return
        for job, receipt in zip(wanted, receipts, strict=True):
            assert job.draft is not None
            job.finish(finish_whole(job.draft, receipt))
