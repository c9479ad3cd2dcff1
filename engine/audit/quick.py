"""The quick check of a segment: whole or not, at the speed of its hashes.

It holds a segment to all that the careful check (`shard_check`) asks: frames, hashes, canonical bytes, links, place in
the chain, and what was signed. It says nothing of what is wrong: where it does not pass, the careful check is asked.
"""

import hashlib
import re
import struct
import zlib
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from engine._canonical import is_canonical
from engine.audit.faults import Problem
from engine.audit.record import decode_record
from engine.audit.segment import HEADER_BYTES, Head, SegmentHeader, decode_header, segment_path
from engine.audit.shard_check import clock_notice
from engine.audit.signed import SignedTree
from engine.errors import AuditCorruptError

_FRAME = struct.Struct(">II32s")
_BODY_BEGIN = b'{"body":'
# Everything behind the body is of a fixed form that holds no quote of its own, so it is found from the record's end.
_REST = re.compile(
    rb'\},"chain":"([0-9a-f]{32})","format":1,"id":"[0-9a-f]{32}","kind":"[a-z][a-z_]{0,63}","previous":"([0-9a-f]{64})",'
    rb'"sequence":(0|[1-9][0-9]{0,17}),"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)"\}\Z'
)
_MAX_REST_BYTES = 400


@dataclass(frozen=True, slots=True)
class WholeSegment:
    """A segment that passed: where it begins and ends in its chain, and the times of its first and last record."""

    header: SegmentHeader
    end: int
    last_hash: bytes
    first_time: str
    last_time: str
    notices: tuple[Problem, ...]


def check_segment(directory: Path, head: Head, segment: int, *, shard: int, signed: SignedTree) -> WholeSegment | None:
    """Check one segment in itself; None if it is to be checked with care. Raises OSError."""
    path = segment_path(directory, shard, segment)
    content = path.read_bytes()
    try:
        header = decode_header(content[:HEADER_BYTES])
        if (header.chain, header.shard, header.segment) != (head.chain, shard, segment):
            return None
        return _Scan(path.name, content, header, head, signed).run()
    except AuditCorruptError:
        return None


@dataclass(slots=True)
class _Scan:
    name: str
    content: bytes
    header: SegmentHeader
    head: Head
    signed: SignedTree

    def run(self) -> WholeSegment | None:
        content, size = self.content, len(self.content)
        chain_name = self.header.chain.hex().encode()
        sequence, previous = self.header.first_sequence, self.header.previous
        first_time = time = b""
        notices: list[Problem] = []
        # More than were signed for: nothing is held against the rest.
        end = sequence + size // _FRAME.size
        wanted = chain(self.signed.leaves(self.header.shard, sequence, end), iter(lambda: b"", None))
        at = HEADER_BYTES
        while at < size:
            if at + _FRAME.size > size:
                return None
            length, check, digest = _FRAME.unpack_from(content, at)
            record = content[at + _FRAME.size : at + _FRAME.size + length]
            if len(record) != length or zlib.crc32(digest, zlib.crc32(content[at : at + 4])) != check:
                return None
            if hashlib.sha256(b"\x00" + record).digest() != digest or (next(wanted) or digest) != digest:
                return None
            found = _REST.search(record, max(0, length - _MAX_REST_BYTES))
            if found is None or found[1] != chain_name or found[2] != previous.hex().encode():
                return None
            if int(found[3]) != sequence or not _is_canonical(record, found.start() + 1):
                return None
            if sequence + 1 == self.head.count and digest != self.head.hash:
                return None
            if found[4] < time:
                notices.append(clock_notice(self.name, sequence, time.decode(), found[4].decode()))
            time = found[4]
            first_time = first_time or time
            sequence, previous, at = sequence + 1, digest, at + _FRAME.size + length
        return WholeSegment(self.header, sequence, previous, first_time.decode(), time.decode(), tuple(notices))


def _is_canonical(record: bytes, body_end: int) -> bool:
    if not record.startswith(_BODY_BEGIN):
        return False
    if is_canonical(record, len(_BODY_BEGIN), body_end):
        return True
    decode_record(record)  # rare forms, and those that are not; raises
    return True
