"""One chain of audit records on disk, with its single writer.

A commit writes the frames of a batch, syncs the segment, then moves the head: whatever the head counts is durable, and
only then is it acknowledged. A commit that fails anywhere is undone, head first, so that the head never runs ahead of
the records; a chain that cannot be undone is poisoned and refuses everything until it is opened again.

The head is written without a sync of its own. A killed process leaves it exact; after a power cut it may lag, never
lead.
"""

import itertools
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.audit.durable import create_file, sync_directory, write_all
from engine.audit.record import NO_RECORD, Entry, Envelope, decode_envelope, encode_record, leaf_hash
from engine.audit.segment import (
    HEAD_BYTES,
    HEADER_BYTES,
    Frame,
    FrameState,
    Head,
    SegmentHeader,
    decode_head,
    decode_header,
    encode_frame,
    encode_head,
    encode_header,
    head_path,
    list_segments,
    read_frames,
    segment_path,
)
from engine.errors import AuditCorruptError, AuditError

_CHAIN_BYTES = 16
_RECORD_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a record is durable: its id, its place in its chain, its leaf hash in hex."""

    record_id: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class _Tail:
    """Where a segment's whole records end, in bytes, and the head they reach."""

    head: Head
    end: int


class Chain:
    """The chain of one shard; the caller holds the shard's lock and calls from one thread at a time.

    `set_aside` is the file that keeps an unfinished tail found at opening, None if there was none.
    Opening raises OSError, or AuditCorruptError if the last segment does not bear out the head.
    """

    def __init__(self, directory: Path, shard: int, *, segment_bytes: int) -> None:
        self._directory = directory
        self._shard = shard
        self._segment_bytes = segment_bytes
        self._is_poisoned = False
        self.set_aside: Path | None = None
        self._segment_fd = self._head_fd = -1
        try:
            self._segment, self._tail = self._open()
        except BaseException:
            self._close_files()
            raise

    def extend(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Append a batch and return once it is durable: all of it or, raising AuditError, none."""
        if self._is_poisoned:
            raise AuditError("audit log: an earlier failure could not be undone; restart when the disk is writable")
        try:
            if self._tail.end >= self._segment_bytes:
                self._start_next_segment()
            frames, receipts, head = self._link(entries)
            write_all(self._segment_fd, frames)
            os.fsync(self._segment_fd)
            _overwrite(self._head_fd, encode_head(head))
            self._tail = _Tail(head, self._tail.end + len(frames))
        except OSError as error:
            self._undo()
            raise AuditError(f"audit log: cannot write: {error.strerror or 'unknown reason'}") from None
        except BaseException:
            self._undo()
            raise
        return receipts

    def close(self) -> None:
        """Sync the head and let go of the files."""
        with suppress(OSError):  # the records are durable already: the head may lag
            os.fsync(self._head_fd)
        self._close_files()

    def _link(self, entries: Sequence[Entry]) -> tuple[bytes, list[Receipt], Head]:
        time = datetime.now(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
        head = self._tail.head
        chain, sequence, digest = head.chain.hex(), head.count, head.hash
        frames, receipts = bytearray(), []
        for entry in entries:
            record_id = os.urandom(_RECORD_ID_BYTES).hex()
            envelope = Envelope(chain, record_id, entry.kind, digest.hex(), sequence, time)
            record = encode_record(envelope, entry.body)
            digest = leaf_hash(record)
            frames += encode_frame(record, digest)
            receipts.append(Receipt(record_id, sequence, digest.hex()))
            sequence += 1
        return bytes(frames), receipts, replace(head, count=sequence, hash=digest)

    def _undo(self) -> None:
        try:
            _overwrite(self._head_fd, encode_head(self._tail.head))
            os.ftruncate(self._segment_fd, self._tail.end)
            os.fsync(self._segment_fd)
            next_path = segment_path(self._directory, self._shard, self._segment + 1)
            if next_path.exists():
                next_path.unlink()
                sync_directory(self._directory)
        except BaseException as error:
            self._is_poisoned = True
            if not isinstance(error, OSError):
                raise

    def _start_next_segment(self) -> None:
        os.fsync(self._head_fd)
        head = self._tail.head
        header = SegmentHeader(head.chain, self._shard, self._segment + 1, head.count, head.hash)
        path = segment_path(self._directory, self._shard, header.segment)
        create_file(path, encode_header(header))
        following_fd = os.open(path, os.O_RDWR | os.O_APPEND)
        full_fd = self._segment_fd
        self._segment_fd, self._segment, self._tail = following_fd, header.segment, _Tail(head, HEADER_BYTES)
        with suppress(OSError):  # everything in it is synced
            os.close(full_fd)

    def _open(self) -> tuple[int, _Tail]:
        segments = list_segments(self._directory).get(self._shard, [])
        if not segments:
            self._create_first_segment()
        segment = segments[-1] if segments else 0
        path = segment_path(self._directory, self._shard, segment)
        self._segment_fd = os.open(path, os.O_RDWR | os.O_APPEND)
        tail = self._recover(path, segment)
        os.fsync(self._segment_fd)
        self._head_fd = os.open(head_path(self._directory, self._shard), os.O_RDWR)
        _overwrite(self._head_fd, encode_head(tail.head))
        os.fsync(self._head_fd)
        return segment, tail

    def _create_first_segment(self) -> None:
        if head_path(self._directory, self._shard).exists():
            raise AuditCorruptError(f"log-{self._shard:03}: the head remains, its segments are gone")
        header = SegmentHeader(os.urandom(_CHAIN_BYTES), self._shard, 0, 0, bytes.fromhex(NO_RECORD))
        create_file(segment_path(self._directory, self._shard, 0), encode_header(header))

    def _recover(self, path: Path, segment: int) -> _Tail:
        header = _read_header(path)
        if (header.shard, header.segment) != (self._shard, segment):
            raise AuditCorruptError(f"{path.name}: holds another segment than its name says")
        acknowledged = self._read_head(header)
        if acknowledged.chain != header.chain:
            raise AuditCorruptError(f"{path.name}: belongs to another chain than its head")
        tail = _read_tail(path, header, acknowledged)
        if path.stat().st_size > tail.end:
            self.set_aside = _set_aside(path, tail.end)
            os.ftruncate(self._segment_fd, tail.end)
        return tail

    def _read_head(self, header: SegmentHeader) -> Head:
        path = head_path(self._directory, self._shard)
        if not path.exists():
            if header.segment or _has_records(segment_path(self._directory, self._shard, 0)):
                raise AuditCorruptError(f"{path.name}: missing")
            create_file(path, encode_head(Head(header.chain, 0, header.previous)))
        try:
            return decode_head(path.read_bytes())
        except AuditCorruptError as error:
            raise type(error)(f"{path.name}: {error}") from None

    def _close_files(self) -> None:
        for fd in (self._segment_fd, self._head_fd):
            if fd >= 0:
                os.close(fd)
        self._segment_fd = self._head_fd = -1


def _read_tail(path: Path, header: SegmentHeader, acknowledged: Head) -> _Tail:
    """Read the last segment up to its last whole record.

    Raises AuditCorruptError if acknowledged records are missing or altered, or if whole records follow an altered one:
    that is no unfinished write.
    """
    head, end = Head(header.chain, header.first_sequence, header.previous), HEADER_BYTES
    with path.open("rb") as stream:
        stream.seek(HEADER_BYTES)
        frames = read_frames(stream)
        for frame in frames:
            if frame.state is not FrameState.INTACT:
                if any(later.state is FrameState.INTACT for later in frames):
                    raise AuditCorruptError(f"{path.name}, record {head.count}: altered")
                break
            head, end = _follow(head, frame, path.name), frame.end
            if head.count == acknowledged.count and head.hash != acknowledged.hash:
                raise AuditCorruptError(f"{path.name}, record {head.count - 1}: not the one that was acknowledged")
    if head.count < acknowledged.count:
        raise AuditCorruptError(
            f"{path.name}: holds records up to {head.count}, but {acknowledged.count} were acknowledged; "
            "`chartcoder audit verify` says more"
        )
    return _Tail(head, end)


def _has_records(path: Path) -> bool:
    return path.stat().st_size > HEADER_BYTES


def _follow(head: Head, frame: Frame, name: str) -> Head:
    try:
        envelope = decode_envelope(frame.record)
    except AuditCorruptError as error:
        raise AuditCorruptError(f"{name}, record {head.count}: {error}") from None
    found = envelope.chain, envelope.sequence, envelope.previous
    if found != (head.chain.hex(), head.count, head.hash.hex()):
        raise AuditCorruptError(f"{name}, record {head.count}: does not follow the record before it")
    return Head(head.chain, head.count + 1, frame.hash)


def _read_header(path: Path) -> SegmentHeader:
    with path.open("rb") as stream:
        try:
            return decode_header(stream.read(HEADER_BYTES))
        except AuditCorruptError as error:
            raise type(error)(f"{path.name}: {error}") from None


def _set_aside(path: Path, begin: int) -> Path:
    for number in itertools.count():
        kept = path.with_name(f"{path.stem}-{begin}-{number}.torn")
        if not kept.exists():
            break
    target_fd = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with path.open("rb") as source, os.fdopen(target_fd, "wb") as target:
        source.seek(begin)
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
    sync_directory(path.parent)
    return kept


def _overwrite(fd: int, encoded: bytes) -> None:
    if os.pwrite(fd, encoded, 0) != HEAD_BYTES:
        raise OSError("head: short write")
