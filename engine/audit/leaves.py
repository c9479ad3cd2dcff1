"""Reads the leaf hashes of a shard's records, in order, without the records: a frame says its length and its hash."""

import os
import struct
import zlib
from pathlib import Path

from engine.audit.segment import HEADER_BYTES, decode_header, list_segments, segment_path
from engine.errors import AuditCorruptError

# One read takes in some hundreds of records: each read may cost a turn of the interpreter's lock.
_BLOCK_BYTES = 1024 * 1024
# Further ahead than this, the segment is looked up.
_MAX_SKIPPED = 20_000
_FRAME = struct.Struct(">II32s")


class LeafReader:
    """Reads one shard, best from front to back; what it reads must have been acknowledged."""

    def __init__(self, directory: Path, shard: int) -> None:
        self._directory = directory
        self._shard = shard
        self._segment = -1
        self._fd = -1
        self._sequence = self._place = 0

    def read(self, begin: int, end: int) -> list[bytes]:
        """Return the leaf hashes of records `begin` to `end`; raises AuditCorruptError if they are not there."""
        if self._fd < 0 or not self._sequence <= begin <= self._sequence + _MAX_SKIPPED:
            self._seek(begin)
        leaves: list[bytes] = []
        while self._sequence < end:
            hashes = self._read_block(end - self._sequence)
            if not hashes:
                self._open(self._segment + 1)
                continue
            skipped = max(0, begin - self._sequence)
            leaves += hashes[skipped:]
            self._sequence += len(hashes)
        return leaves

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def _seek(self, sequence: int) -> None:
        """Open the segment that a record is in."""
        segments = list_segments(self._directory).get(self._shard, [])
        for segment in reversed(segments):
            self._open(segment)
            if self._sequence <= sequence:
                return
        raise AuditCorruptError(f"log-{self._shard:03}: no segment holds record {sequence}")

    def _open(self, segment: int) -> None:
        self.close()
        path = segment_path(self._directory, self._shard, segment)
        try:
            self._fd = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            raise AuditCorruptError(f"{path.name}: missing, though it held acknowledged records") from None
        self._segment = segment
        self._sequence = decode_header(os.pread(self._fd, HEADER_BYTES, 0)).first_sequence
        self._place = HEADER_BYTES

    def _read_block(self, limit: int) -> list[bytes]:
        """Read up to `limit` hashes from here; none at the segment's end."""
        block = os.pread(self._fd, _BLOCK_BYTES, self._place)
        hashes: list[bytes] = []
        at = 0
        while len(hashes) < limit and at + _FRAME.size <= len(block):
            length, check, digest = _FRAME.unpack_from(block, at)
            if zlib.crc32(digest, zlib.crc32(block[at : at + 4])) != check:
                raise AuditCorruptError(f"log-{self._shard:03}, record {self._sequence + len(hashes)}: frame altered")
            hashes.append(digest)
            at += _FRAME.size + length
        self._place += at
        return hashes
