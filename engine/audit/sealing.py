"""The thread that signs a log in the background: some time after an append, and once more at the end."""

import threading
import time

from engine.audit.note import Checkpoint
from engine.audit.sealer import Sealer
from engine.errors import AuditError

SEAL_EVERY_S = 1.0
# A file each: a witness gets fewer checkpoints than the log itself.
WITNESS_EVERY_S = 30.0


class Sealing:
    """Drives a sealer; the thread starts with the first append, and sleeps while there are none.

    `problem` says why the last round failed, empty if it did not. A failed round is tried again after the next append.
    """

    def __init__(self, sealer: Sealer, *, every_s: float) -> None:
        self.problem = ""
        self._sealer = sealer
        self._every_s = every_s
        self._turn = threading.Lock()
        self._is_due = threading.Event()
        self._is_closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown_at = -WITNESS_EVERY_S

    def wake(self) -> None:
        """Say that there is something new; by one thread at a time, none after `close`."""
        self._is_due.set()
        if self._thread is None:
            thread = threading.Thread(target=self._run, daemon=True, name="audit-sealing")
            thread.start()
            self._thread = thread  # not before: an interrupted start leaves nothing to join

    def seal(self, *, is_last: bool = False) -> Checkpoint | None:
        """Run a round now; raises AuditError."""
        with self._turn:
            try:
                checkpoint = self._sealer.seal()
                self._show_witness(is_last)
            except OSError as error:
                self.problem = f"audit log: cannot sign: {error.strerror or 'unknown reason'}"
                raise AuditError(self.problem) from None
            except AuditError as error:
                self.problem = str(error)
                raise
        self.problem = ""
        return checkpoint

    def close(self) -> None:
        """Run a last round if there was anything new, and let go; the next opening signs what cannot be now."""
        self._is_closing.set()
        self._is_due.set()
        if self._thread is not None:
            self._thread.join()
            self._try_to_seal(is_last=True)
        self._sealer.close()

    def _run(self) -> None:
        # Asked anew each round: `close` may set `_is_due` just before it is cleared here, but `_is_closing` stays.
        while not self._is_closing.is_set():
            self._is_due.wait()
            if not self._is_closing.wait(self._every_s):
                self._is_due.clear()
                self._try_to_seal()

    def _show_witness(self, is_last: bool) -> None:
        now = time.monotonic()
        if is_last or now - self._shown_at >= WITNESS_EVERY_S:
            self._sealer.show_witness()
            self._shown_at = now

    def _try_to_seal(self, *, is_last: bool = False) -> None:
        try:
            self.seal(is_last=is_last)
        except AuditError:
            return  # `problem` says why
