"""The careful check of one chain: record by record, and a name for whatever is wrong.

`quick` accepts what is whole in a fraction of the time; this one is asked where that does not.
"""

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from engine.audit.faults import Fault, Problem
from engine.audit.record import decode_record
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
from engine.audit.signed import SignedTree
from engine.errors import AuditCorruptError, AuditFormatError


def is_being_written(directory: Path, shard: int) -> bool:
    """Whether a writer holds the shard."""
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
class ShardCheck:
    """The state of checking one chain: what the next record must be, and what is missing so far."""

    directory: Path
    shard: int
    signed: SignedTree
    records: int = 0
    expected: int = 0
    previous: bytes | None = bytes(32)  # None: unknown, after a loss
    chain: bytes = b""
    acknowledged: Head | None = None
    gaps: list[range] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    latest: str = ""
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
            if not is_being_written(self.directory, self.shard):
                self._report(Fault.MISSING_FILE, "head missing: whether the chain is whole cannot be told")
        except AuditCorruptError as error:
            self._report(fault_of(error), str(error))

    def _check_segment(self, path: Path, segment: int, *, is_last: bool) -> None:
        with path.open("rb") as stream:
            self._check_header(stream, segment)
            for frame in read_frames(stream):
                self._check_frame(frame, is_last=is_last)

    def _check_header(self, stream: BinaryIO, segment: int) -> None:
        try:
            header = decode_header(stream.read(HEADER_BYTES))
        except AuditCorruptError as error:
            self._report(fault_of(error), str(error))
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
        elif not is_being_written(self.directory, self.shard):  # else the next batch, on its way
            self._report(Fault.TRUNCATED, "unfinished and never acknowledged; the next writer sets it aside")

    def _check_record(self, frame: Frame) -> None:
        try:
            envelope = decode_record(frame.record).envelope
        except AuditCorruptError as error:
            self._report(fault_of(error, Fault.NOT_CANONICAL), str(error))
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
        self._check_time(envelope.time)
        self._advance(envelope.sequence, frame.hash)

    def _check_time(self, time: str) -> None:
        if time < self.latest:
            self.notices.append(clock_notice(self.file, self.expected, self.latest, time))
        self.latest = time

    def _place_earlier(self, sequence: int) -> None:
        for number, gap in enumerate(self.gaps):
            if sequence in gap:
                rest = range(gap.start, sequence), range(sequence + 1, gap.stop)
                self.gaps[number : number + 1] = [part for part in rest if part]
                self._report(Fault.REORDERED, "stands after records that follow it", record=sequence)
                return
        self._report(Fault.DUPLICATE, "sequence number seen before", record=sequence)

    def _advance(self, sequence: int, digest: bytes) -> None:
        if self.signed.differs(self.shard, sequence, digest):
            self._report(Fault.NOT_SIGNED, "not the record that was signed", record=sequence)
        self.expected, self.previous = sequence + 1, digest
        end = self.acknowledged
        if end is not None and self.expected == end.count and digest != end.hash:
            self._report(Fault.CHAIN_BREAK, "not the record that was acknowledged", record=sequence)

    def _check_end(self) -> None:
        end = max(self.acknowledged.count if self.acknowledged else 0, self.signed.end_sequence(self.shard))
        if self.expected < end:
            self.gaps.append(range(self.expected, end))
        for gap in self.gaps:
            last = f" to {gap.stop - 1}" if len(gap) > 1 else ""
            self._report(Fault.REMOVED, f"record {gap.start}{last} missing", record=gap.start)


def fault_of(error: AuditCorruptError, otherwise: Fault = Fault.ALTERED) -> Fault:
    """Name what an error of reading says."""
    return Fault.NEWER_FORMAT if isinstance(error, AuditFormatError) else otherwise


def clock_notice(file: str, record: int, latest: str, time: str) -> Problem:
    """Say that the clock was set back between two records."""
    return Problem(file, record, Fault.CLOCK_BACK, f"recorded at {time}, the record before it at {latest}")
