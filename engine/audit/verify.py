"""The verifier of an audit directory.

It reads what the writer wrote and shares nothing with it but the formats (`record`, `segment`). It streams: memory does
not grow with the log. Every record is checked for its hash, its canonical bytes, its place and its link to the one
before; every chain for the end that was acknowledged.
"""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from engine.audit.record import Record, decode_record
from engine.audit.segment import (
    HEADER_BYTES,
    Frame,
    FrameState,
    Head,
    SegmentHeader,
    decode_head,
    decode_header,
    head_path,
    list_segments,
    lock_path,
    read_frames,
    segment_path,
)
from engine.errors import AuditCorruptError, AuditError


class Fault(StrEnum):
    """What is wrong with a record or a file."""

    ALTERED = "ALTERED"  # bytes differ from what was written
    TRUNCATED = "TRUNCATED"  # a file ends inside a frame
    NOT_CANONICAL = "NOT_CANONICAL"  # well framed, but not the canonical bytes of a record
    CHAIN_BREAK = "CHAIN_BREAK"  # does not hold the hash of the record before
    FOREIGN = "FOREIGN"  # belongs to another chain
    REMOVED = "REMOVED"  # records that must be there are not
    REORDERED = "REORDERED"  # stands after records that follow it
    DUPLICATE = "DUPLICATE"  # a sequence number seen before
    MISSING_FILE = "MISSING_FILE"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: in which file, at which record number of the shard, and what."""

    file: str
    record: int
    fault: Fault
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a whole directory was found to be; `set_aside` names files that keep tails never acknowledged."""

    shards: int
    records: int
    problems: tuple[Problem, ...]
    set_aside: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(directory: Path) -> Verification:
    """Check every record of every shard; the log may be written meanwhile.

    Raises AuditError if the directory cannot be read; what is wrong with its content is in the result.
    """
    try:
        shards = list_segments(directory)
        lost = _lost_shards(directory, list(shards))
        checks = [_ShardCheck(directory, shard) for shard in shards]
        problems = [*lost, *(problem for check in checks for problem in check.run())]
        set_aside = sorted(path.name for path in directory.glob("log-*.torn"))
    except OSError as error:
        raise AuditError(f"audit directory: cannot read: {error.strerror or 'unknown reason'}") from None
    return Verification(len(shards), sum(check.records for check in checks), tuple(problems), tuple(set_aside))


def find_record(directory: Path, record_id: str) -> Record | None:
    """Find a record by the id its receipt carries; reads the log from the start.

    Raises AuditError if the directory cannot be read, AuditCorruptError if the record is there but altered.
    """
    needle = f'"id":"{record_id}"'.encode()
    try:
        for shard, segments in list_segments(directory).items():
            for segment in segments:
                for frame in _frames(segment_path(directory, shard, segment)):
                    if needle in frame.record and (record := _intact(frame)).envelope.record_id == record_id:
                        return record
    except OSError as error:
        raise AuditError(f"audit directory: cannot read: {error.strerror or 'unknown reason'}") from None
    return None


def _frames(path: Path) -> Iterator[Frame]:
    with path.open("rb") as stream:
        stream.seek(HEADER_BYTES)
        yield from read_frames(stream)


def _intact(frame: Frame) -> Record:
    if frame.state is not FrameState.INTACT:
        raise AuditCorruptError("record: altered since it was written")
    return decode_record(frame.record)


def _lost_shards(directory: Path, shards: list[int]) -> list[Problem]:
    # Shards are taken from the lowest up, so a gap is a loss, unless its writer is only just starting.
    with_head = [int(path.stem.removeprefix("log-")) for path in directory.glob("log-*.head")]
    expected = {*range(max(shards, default=0)), *with_head} - set(shards)
    return [
        Problem(f"log-{shard:03}", 0, Fault.MISSING_FILE, "no segment of this shard")
        for shard in sorted(expected)
        if not _is_being_written(directory, shard)
    ]


def _is_being_written(directory: Path, shard: int) -> bool:
    path = lock_path(directory, shard)
    if not path.exists():
        return False
    fd = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


@dataclass(slots=True)
class _ShardCheck:
    """The state of checking one chain: what the next record must be, and what is missing so far."""

    directory: Path
    shard: int
    records: int = 0
    expected: int = 0
    previous: bytes | None = bytes(32)  # None: unknown, after a loss
    chain: bytes = b""
    acknowledged: Head | None = None
    gaps: list[range] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    file: str = ""

    def run(self) -> list[Problem]:
        """Check the chain from its first segment to its acknowledged end."""
        # The head first, then the files: a writer at work may move on meanwhile, but never back.
        self._read_head()
        segments = list_segments(self.directory).get(self.shard, [])
        for segment in range(segments[-1] + 1 if segments else 0):
            path = segment_path(self.directory, self.shard, segment)
            self.file = path.name
            if segment in segments:
                self._check_segment(path, segment, is_last=segment == segments[-1])
            else:
                self._report(Fault.MISSING_FILE, "segment missing")
                self.previous = None
        self._check_end()
        return self.problems

    def _report(self, fault: Fault, detail: str, *, record: int | None = None) -> None:
        self.problems.append(Problem(self.file, self.expected if record is None else record, fault, detail))

    def _read_head(self) -> None:
        path = head_path(self.directory, self.shard)
        self.file = path.name
        try:
            self.acknowledged = decode_head(path.read_bytes())
            self.chain = self.acknowledged.chain
        except FileNotFoundError:
            if not _is_being_written(self.directory, self.shard):
                self._report(Fault.MISSING_FILE, "head missing: whether the chain is whole cannot be told")
        except AuditCorruptError as error:
            self._report(Fault.ALTERED, str(error))

    def _check_segment(self, path: Path, segment: int, *, is_last: bool) -> None:
        with path.open("rb") as stream:
            self._check_header(stream, segment)
            for frame in read_frames(stream):
                self._check_frame(frame, is_last=is_last)

    def _check_header(self, stream: BinaryIO, segment: int) -> None:
        try:
            header = decode_header(stream.read(HEADER_BYTES))
        except AuditCorruptError as error:
            self._report(Fault.ALTERED, str(error))
            return
        self.chain = self.chain or header.chain
        if header.chain != self.chain:
            self._report(Fault.FOREIGN, "segment header: of another chain")
        elif (header.shard, header.segment) != (self.shard, segment):
            self._report(Fault.REORDERED, "segment header: holds another segment than its name says")
        elif not self._continues(header):
            self._report(Fault.CHAIN_BREAK, "segment header: does not follow the segment before it")

    def _continues(self, header: SegmentHeader) -> bool:
        if self.previous is None or header.first_sequence != self.expected:
            return self.previous is None or header.first_sequence > self.expected  # a gap: its records will be missed
        return header.previous == self.previous

    def _check_frame(self, frame: Frame, *, is_last: bool) -> None:
        match frame.state:
            case FrameState.CUT:
                self._check_cut(frame, is_last=is_last)
            case FrameState.UNREADABLE:
                self._report(Fault.ALTERED, f"frame header altered at byte {frame.begin}: the rest cannot be read")
                self.previous = None
            case FrameState.ALTERED:
                self._report(Fault.ALTERED, f"does not have its hash, bytes {frame.begin} to {frame.end}")
                self._advance(self.expected, frame.hash)
            case FrameState.INTACT:
                self._check_record(frame)

    def _check_cut(self, frame: Frame, *, is_last: bool) -> None:
        is_past_head = self.acknowledged is not None and self.expected >= self.acknowledged.count
        if not (is_last and is_past_head):
            self._report(Fault.TRUNCATED, f"the file ends inside this record, at byte {frame.end}")
        elif not _is_being_written(self.directory, self.shard):  # else the next batch, on its way
            self._report(Fault.TRUNCATED, "unfinished and never acknowledged; the next writer sets it aside")

    def _check_record(self, frame: Frame) -> None:
        try:
            envelope = decode_record(frame.record).envelope
        except AuditCorruptError as error:
            self._report(Fault.NOT_CANONICAL, str(error))
            self._advance(self.expected, frame.hash)
            return
        if envelope.chain != self.chain.hex():
            self._report(Fault.FOREIGN, "of another chain")
            return
        self.records += 1
        if envelope.sequence < self.expected:
            self._place_earlier(envelope.sequence)
            return
        if envelope.sequence > self.expected:
            self.gaps.append(range(self.expected, envelope.sequence))
        elif self.previous is not None and envelope.previous != self.previous.hex():
            self._report(Fault.CHAIN_BREAK, "does not hold the hash of the record before it")
        self._advance(envelope.sequence, frame.hash)

    def _place_earlier(self, sequence: int) -> None:
        for number, gap in enumerate(self.gaps):
            if sequence in gap:
                rest = range(gap.start, sequence), range(sequence + 1, gap.stop)
                self.gaps[number : number + 1] = [part for part in rest if part]
                self._report(Fault.REORDERED, "stands after records that follow it", record=sequence)
                return
        self._report(Fault.DUPLICATE, "sequence number seen before", record=sequence)

    def _advance(self, sequence: int, digest: bytes) -> None:
        self.expected, self.previous = sequence + 1, digest
        end = self.acknowledged
        if end is not None and self.expected == end.count and digest != end.hash:
            self._report(Fault.CHAIN_BREAK, "not the record that was acknowledged", record=sequence)

    def _check_end(self) -> None:
        if self.acknowledged is not None and self.expected < self.acknowledged.count:
            self.gaps.append(range(self.expected, self.acknowledged.count))
        for gap in self.gaps:
            last = f" to {gap.stop - 1}" if len(gap) > 1 else ""
            self._report(Fault.REMOVED, f"record {gap.start}{last} missing", record=gap.start)
