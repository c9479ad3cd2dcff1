"""The threads that small charts pass through: one codes, one records.

Coding holds the GIL, so one thread does it: more would only take turns with each other. It hands what it drafted to the
recorder, which makes all that wait durable with one fsync and codes nothing: while the disk works, the next chart is
coded. The event loop is woken once for all that were recorded together.

The coder stands back behind the other threads of the worker. Under overload it would else keep the event loop from
letting calls in, and what waits there, unseen, waits longest.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from engine.audit.log import AuditLog
from engine.errors import AuditError
from engine.server.answers import Desk, finish_whole
from engine.server.cores import give_way
from engine.server.jobs import DroppedError, Job, tell_loop
from engine.server.receipts import receipt_told

# One fsync serves no more charts than this, but for those of the last hand-over.
_MAX_BATCH = 64
# While more charts wait for the coder, it hands over so many at a time, or what it has after so long: an fsync costs a
# tenth of a chart's CPU and more, and so does each thread that it wakes.
_TOGETHER = 8
_TOGETHER_S = 0.004

Settle = Callable[[Sequence[Job]], None]


class SmallLane:
    """Codes, records and answers charts in the order they came; `settle` is called on the event loop's thread."""

    def __init__(self, desk: Desk, log: AuditLog, settle: Settle) -> None:
        self._desk = desk
        self._log = log
        self._settle = settle
        self._to_code: SimpleQueue[Job | None] = SimpleQueue()
        self._to_record: SimpleQueue[list[Job] | None] = SimpleQueue()
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
        give_way()
        free_s = since_s = 0.0
        drafted: list[Job] = []
        while (job := self._to_code.get()) is not None:
            free_s = job.work(
                lambda job=job: self._desk.draft(job.request, job.request_id, job.origin),  # type: ignore[misc]
                free_s=free_s,
            )
            if job.draft is None:
                tell_loop(job.loop, self._settle, [job])
            else:
                since_s = since_s if drafted else free_s
                drafted.append(job)
            if drafted and (self._to_code.empty() or len(drafted) == _TOGETHER or free_s - since_s > _TOGETHER_S):
                self._to_record.put(drafted)
                drafted = []
        self._to_record.put(drafted)
        self._to_record.put(None)

    def _record(self) -> None:
        while (batch := self._to_record.get()) is not None:
            is_last = self._add_to(batch)
            if batch:
                self._record_batch(batch)
                tell_loop(batch[0].loop, self._settle, batch)
            if is_last:
                return

    def _add_to(self, batch: list[Job]) -> bool:
        """Add what else waits; return whether it was the last."""
        with suppress(Empty):
            while len(batch) < _MAX_BATCH:
                more = self._to_record.get_nowait()
                if more is None:
                    return True
                batch += more
        return False

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
            told = receipt_told(self._log.salt, job.origin.tenant, receipt)
            job.finish(finish_whole(job.draft, told))
