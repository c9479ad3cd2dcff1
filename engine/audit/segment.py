"""The files of an audit directory, byte by byte: what the writer and the verifier share besides the record.

    log-<shard>-<segment>.ccaudit   header, then frames; one shard is one chain, cut into segments
    log-<shard>.head                the last acknowledged record: how far the chain must reach
    log-<shard>.lock                held (flock) by the one process that writes the shard
    log-<shard>-<segment>-<begin>-<n>.torn   an unfinished tail, set aside when a writer opened the shard
    salt                            32 random bytes that key the hashes of chart ids

Integers are big-endian. A frame is `length u32, check u32, leaf hash 32 bytes, record`. The check is the CRC-32 of
length and hash, so that an altered length cannot pass for a torn tail; the hash covers the record.
"""

import re
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from engine.audit.record import MAX_BODY_BYTES, leaf_hash
from engine.errors import AuditCorruptError, AuditFormatError

SALT_BYTES = 32

_HEADER = struct.Struct(">8s16sIIQ32s")
_HEAD = struct.Struct(">8s16sQ32s")
_CHECK = struct.Struct(">I")
_FRAME = struct.Struct(">II32s")
_LENGTH_AND_HASH = struct.Struct(">I32s")
_HEADER_MAGIC = b"CCAUDIT1"
_HEAD_MAGIC = b"CCAHEAD1"
_SEGMENT_NAME = re.compile(r"log-(\d{3,})-(\d{6,})\.ccaudit")

HEADER_BYTES = _HEADER.size + _CHECK.size
HEAD_BYTES = _HEAD.size + _CHECK.size
MAX_RECORD_BYTES = MAX_BODY_BYTES + 1024


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """Where a segment stands in its chain; `previous` is the hash of the record before its first."""

    chain: bytes
    shard: int
    segment: int
    first_sequence: int
    previous: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain was acknowledged: so many records, the last with this hash."""

    chain: bytes
    count: int
    hash: bytes


class FrameState(Enum):
    """What a frame was found to be."""

    INTACT = "intact"
    ALTERED = "altered"  # the record does not have the frame's hash
    CUT = "cut"  # the file ends inside the frame
    UNREADABLE = "unreadable"  # the frame's own header is altered: where the next begins is unknown


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a segment, `begin, end` in bytes of the file."""

    begin: int
    end: int
    state: FrameState
    hash: bytes = b""
    record: bytes = b""


def segment_path(directory: Path, shard: int, segment: int) -> Path:
    """Name a segment file."""
    return directory / f"log-{shard:03}-{segment:06}.ccaudit"


def head_path(directory: Path, shard: int) -> Path:
    """Name the file that holds a shard's acknowledged head."""
    return directory / f"log-{shard:03}.head"


def lock_path(directory: Path, shard: int) -> Path:
    """Name the file a shard's writer locks."""
    return directory / f"log-{shard:03}.lock"


def list_segments(directory: Path) -> dict[int, list[int]]:
    """Return the segment numbers of each shard, both in order."""
    shards: defaultdict[int, list[int]] = defaultdict(list)
    for path in directory.iterdir():
        if found := _SEGMENT_NAME.fullmatch(path.name):
            shards[int(found[1])].append(int(found[2]))
    return {shard: sorted(shards[shard]) for shard in sorted(shards)}


def encode_header(header: SegmentHeader) -> bytes:
    """Return the first bytes of a segment file."""
    return _seal(
        _HEADER.pack(_HEADER_MAGIC, header.chain, header.shard, header.segment, header.first_sequence, header.previous)
    )


def decode_header(encoded: bytes) -> SegmentHeader:
    """Read the first bytes of a segment file; raises AuditCorruptError."""
    magic, *values = _HEADER.unpack(_unseal(encoded, HEADER_BYTES, "segment header", _HEADER_MAGIC))
    if magic != _HEADER_MAGIC:
        raise AuditCorruptError("segment header: not an audit segment of this format")
    return SegmentHeader(*values)


def encode_head(head: Head) -> bytes:
    """Return the bytes of a head file."""
    return _seal(_HEAD.pack(_HEAD_MAGIC, head.chain, head.count, head.hash))


def decode_head(encoded: bytes) -> Head:
    """Read a head file; raises AuditCorruptError."""
    magic, *values = _HEAD.unpack(_unseal(encoded, HEAD_BYTES, "head", _HEAD_MAGIC))
    if magic != _HEAD_MAGIC:
        raise AuditCorruptError("head: not an audit head of this format")
    return Head(*values)


def read_head(directory: Path, shard: int) -> Head | None:
    """Read the head of a shard that may be written meanwhile; None if it has none; raises AuditCorruptError."""
    path = head_path(directory, shard)
    for is_last in (False, False, True):
        try:
            return decode_head(path.read_bytes())
        except FileNotFoundError:
            return None
        except AuditCorruptError as error:
            if is_last:  # else perhaps half of one and half of the next
                raise type(error)(f"{path.name}: {error}") from None
    return None


def encode_frame(record: bytes, digest: bytes) -> bytes:
    """Return the frame of a record with the given leaf hash."""
    check = zlib.crc32(_LENGTH_AND_HASH.pack(len(record), digest))
    return _FRAME.pack(len(record), check, digest) + record


def read_frames(stream: BinaryIO) -> Iterator[Frame]:
    """Yield the frames from the stream's position on; stops after one that is CUT or UNREADABLE."""
    begin = stream.tell()
    while prefix := stream.read(_FRAME.size):
        frame = _read_frame(stream, begin, prefix)
        yield frame
        if frame.state in (FrameState.CUT, FrameState.UNREADABLE):
            return
        begin = frame.end


def _read_frame(stream: BinaryIO, begin: int, prefix: bytes) -> Frame:
    body_begin = begin + len(prefix)
    if len(prefix) < _FRAME.size:
        return Frame(begin, body_begin, FrameState.CUT)
    length, check, digest = _FRAME.unpack(prefix)
    if zlib.crc32(_LENGTH_AND_HASH.pack(length, digest)) != check or length > MAX_RECORD_BYTES:
        return Frame(begin, body_begin, FrameState.UNREADABLE)
    record = stream.read(length)
    end = body_begin + len(record)
    if len(record) < length:
        return Frame(begin, end, FrameState.CUT, digest)
    state = FrameState.INTACT if leaf_hash(record) == digest else FrameState.ALTERED
    return Frame(begin, end, state, digest, record)


def check_format(found: bytes, magic: bytes, name: str) -> None:
    """Raise AuditFormatError if a file's first bytes, which end in a digit, are of a newer format than ours."""
    ours, theirs = magic[-1:], found[-1:]
    if found[:-1] == magic[:-1] and theirs.isdigit() and theirs > ours:
        raise AuditFormatError(
            f"{name}: got format {theirs.decode()}, want at most {ours.decode()}: written by a newer version"
        )


def _seal(content: bytes) -> bytes:
    return content + _CHECK.pack(zlib.crc32(content))


def _unseal(encoded: bytes, size: int, name: str, magic: bytes) -> bytes:
    check_format(encoded[: len(magic)], magic, name)
    if len(encoded) != size:
        raise AuditCorruptError(f"{name}: got {len(encoded)} bytes, want {size}")
    content, check = encoded[: -_CHECK.size], encoded[-_CHECK.size :]
    if _CHECK.pack(zlib.crc32(content)) != check:
        raise AuditCorruptError(f"{name}: altered")
    return content
