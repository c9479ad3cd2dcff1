"""The audit log a process writes: one shard of the directory, shared by the threads of the process.

Appends that wait at the same time share one fsync (group commit): the first thread to come leads, commits everything
that waits by then, wakes those it served and hands the lead to the next.

Several processes may write one directory. Each takes the lowest shard nobody holds (flock) and continues that chain.
A thread lets the Merkle tree grow behind the appends and signs it (`sealer`), a second after them and when the log is
closed; no append waits for it.
"""

import fcntl
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from engine.audit.chain import Chain, Receipt
from engine.audit.durable import create_file, sync_directory
from engine.audit.note import Checkpoint
from engine.audit.record import Entry, Origin, chart_coded
from engine.audit.sealer import Sealer
from engine.audit.sealing import SEAL_EVERY_S, Sealing
from engine.audit.segment import SALT_BYTES, list_segments, lock_path
from engine.errors import AuditCorruptError, AuditError
from engine.types import Chart, CodedChart

SEGMENT_BYTES = 64 * 1024 * 1024
KEY_NAME = "signing.key"
_MAX_SHARDS = 1000


def record_coded_chart(log: "AuditLog", chart: Chart, coded: CodedChart, *, origin: Origin | None = None) -> Receipt:
    """Record what was answered for a chart, and to whom; on return it is durable and the answer may be sent.

    Raises AuditError, and then the answer must not be sent.
    """
    return log.append(chart_coded(chart, coded, salt=log.salt, origin=origin))


def _closed_turn() -> threading.Lock:
    turn = threading.Lock()
    turn.acquire()
    return turn


@dataclass(eq=False, slots=True)
class _Ticket:
    """One waiting append; `turn` opens when it is settled or when its thread is to lead."""

    entries: Sequence[Entry]
    turn: threading.Lock = field(default_factory=_closed_turn)
    receipts: list[Receipt] | None = None
    error: AuditError | None = None
    is_lead: bool = False


class AuditLog:
    """The open log of one process, shared by its threads; appends block, so they are not for an event loop's thread.

    `directory` is where it is, `shard` the one taken, `salt` keys the hashes of chart ids, `set_aside` is the file that
    keeps an unfinished tail found at opening (None as a rule). `append_problem` says why the last append failed, empty
    if it did not. A segment file is followed by the next once it holds
    `segment_bytes`.
    `key_file` holds the key that signs (default: `signing.key` in the directory); it is made where the log has none.
    `witness` is a folder that gets signed checkpoints.
    Opening raises AuditError where the directory cannot be written or the key is not the log's, AuditCorruptError where
    the chain does not hold or lacks what was signed. A process made by fork opens its own.
    """

    def __init__(
        self,
        directory: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        key_file: Path | None = None,
        witness: Path | None = None,
        seal_every_s: float = SEAL_EVERY_S,
    ) -> None:
        self.directory = directory
        self._pid = os.getpid()
        self._mutex = threading.Lock()
        self._idle = threading.Condition(self._mutex)
        self._waiting: list[_Ticket] = []
        self._is_busy = False
        self._is_closed = False
        self.append_problem = ""
        self._began_s: float | None = None
        try:
            _make_directory(directory)
            self.salt = _own_salt(directory)
            self.shard, self._lock_fd = _take_shard(directory)
        except OSError as error:
            raise AuditError(f"audit directory: cannot open: {error.strerror or 'unknown reason'}") from None
        self._chain = self._open_chain(directory, segment_bytes)
        self.set_aside = self._chain.set_aside
        self._sealing = self._open_sealing(directory, key_file or directory / KEY_NAME, witness, seal_every_s)

    def append(self, entry: Entry) -> Receipt:
        """Append one record; returns once it is durable.

        Raises AuditError if it is not recorded; after a full disk, later calls may succeed again.
        """
        return self.append_many([entry])[0]

    def append_many(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Append records next to each other; returns once all are durable, raises AuditError if none is."""
        if not entries:
            return []
        ticket = _Ticket(entries)
        # Not `ticket.is_lead`: the lead may come before we wait for it, and its turn must be taken all the same.
        if not self._join(ticket):
            self._wait(ticket)
        if ticket.is_lead:
            self._lead()
        if ticket.receipts is None:
            raise ticket.error or AuditError("audit log: the append was interrupted")
        return ticket.receipts

    def seal(self) -> Checkpoint | None:
        """Sign everything acknowledged so far, of every process; returns the checkpoint, None without any record.

        Raises AuditError if that cannot be done.
        """
        return self._sealing.seal()

    @property
    def sealing_problem(self) -> str:
        """Why the tree last could not grow or be signed or shown to its witness; empty if it could."""
        return self._sealing.problem

    @property
    def busy_s(self) -> float:
        """For how long the append in hand has been with the disk; 0 if there is none."""
        began_s = self._began_s
        return 0.0 if began_s is None else time.monotonic() - began_s

    def close(self) -> None:
        """Finish the appends in flight, refuse later ones, give the shard back; does nothing the second time."""
        with self._mutex:
            if self._is_closed or os.getpid() != self._pid:
                return
            self._is_closed = True
            self._idle.wait_for(lambda: not self._is_busy)
        self._sealing.close()
        self._chain.close()
        os.close(self._lock_fd)

    def __enter__(self) -> "AuditLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open_chain(self, directory: Path, segment_bytes: int) -> Chain:
        try:
            return Chain(directory, self.shard, segment_bytes=segment_bytes)
        except OSError as error:
            os.close(self._lock_fd)
            raise AuditError(f"audit log: cannot open: {error.strerror or 'unknown reason'}") from None
        except BaseException:
            os.close(self._lock_fd)
            raise

    def _open_sealing(self, directory: Path, key_file: Path, witness: Path | None, every_s: float) -> Sealing:
        try:
            return Sealing(Sealer(directory, key_file=key_file, witness=witness), every_s=every_s)
        except OSError as error:
            self._let_go()
            raise AuditError(f"audit log: cannot open: {error.strerror or 'unknown reason'}") from None
        except BaseException:
            self._let_go()
            raise

    def _let_go(self) -> None:
        self._chain.close()
        os.close(self._lock_fd)

    def _join(self, ticket: _Ticket) -> bool:
        """Stand in line; return whether the thread leads at once."""
        if os.getpid() != self._pid:
            raise AuditError("audit log: opened before a fork, want one opened in this process")
        with self._mutex:
            if self._is_closed:
                raise AuditError("audit log: closed")
            self._waiting.append(ticket)
            is_first = ticket.is_lead = not self._is_busy
            self._is_busy = True
        return is_first

    def _wait(self, ticket: _Ticket) -> None:
        try:
            ticket.turn.acquire()
        except BaseException:
            self._leave(ticket)
            raise

    def _leave(self, ticket: _Ticket) -> None:
        with self._mutex:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            must_pass_on = ticket.is_lead
        if must_pass_on:
            self._pass_on()

    def _lead(self) -> None:
        with self._mutex:
            batch, self._waiting = self._waiting, []
        try:
            self._commit(batch)
        finally:
            self._pass_on()
            for ticket in batch:
                ticket.turn.release()

    def _commit(self, batch: list[_Ticket]) -> None:
        self._began_s = time.monotonic()
        try:
            receipts = iter(self._chain.extend([entry for ticket in batch for entry in ticket.entries]))
        except AuditError as error:
            for ticket in batch:
                ticket.error = type(error)(str(error))  # each thread raises its own
            self.append_problem = str(error)
            return
        finally:
            self._began_s = None
        self.append_problem = ""
        self._sealing.wake()
        for ticket in batch:
            ticket.receipts = [next(receipts) for _ in ticket.entries]

    def _pass_on(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting[0].is_lead = True
                self._waiting[0].turn.release()
            else:
                self._is_busy = False
                self._idle.notify_all()


def _make_directory(directory: Path) -> None:
    if not directory.exists():
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)
        sync_directory(directory.parent)


def read_salt(directory: Path) -> bytes:
    """Read the key of the hashes of chart ids; raises OSError, AuditCorruptError if it is not whole."""
    salt = (directory / "salt").read_bytes()
    if len(salt) != SALT_BYTES:
        raise AuditCorruptError(f"salt: got {len(salt)} bytes, want {SALT_BYTES}")
    return salt


def _own_salt(directory: Path) -> bytes:
    path = directory / "salt"
    if not path.exists():
        _create_salt(directory, path)
    return read_salt(directory)


def _create_salt(directory: Path, path: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)  # of several processes that start together, one makes the salt
        if path.exists():
            return
        if list_segments(directory):
            raise AuditCorruptError("salt: missing, though there are records")
        create_file(path, os.urandom(SALT_BYTES))
    finally:
        os.close(fd)


def _take_shard(directory: Path) -> tuple[int, int]:
    for shard in range(_MAX_SHARDS):
        fd = os.open(lock_path(directory, shard), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
        except BaseException:
            os.close(fd)
            raise
        else:
            return shard, fd
    raise AuditError(f"audit directory: all {_MAX_SHARDS} shards are held by other processes")
