"""Finds a record by what its receipt says: reads one segment of each shard, however long the log."""

from pathlib import Path

from engine.audit.record import decode_envelope
from engine.audit.segment import (
    HEADER_BYTES,
    Frame,
    FrameState,
    decode_header,
    list_segments,
    read_frames,
    segment_path,
)
from engine.errors import AuditCorruptError, AuditError


def find_by_receipt(directory: Path, record_id: str, sequence: int) -> tuple[int, bytes, bytes] | None:
    """Find a record: its shard, its bytes and its hash; None if the log has none of this id in this place.

    Raises AuditCorruptError if it is there but altered, AuditError if the directory cannot be read.
    """
    try:
        for shard, segments in list_segments(directory).items():
            path = _segment_of(directory, shard, segments, sequence)
            if path and (frame := _find_in(path, f'"id":"{record_id}"'.encode(), sequence)):
                return shard, frame.record, frame.hash
    except OSError as error:
        raise AuditError(f"audit directory: cannot read: {error.strerror or 'unknown reason'}") from None
    return None


def _segment_of(directory: Path, shard: int, segments: list[int], sequence: int) -> Path | None:
    for segment in reversed(segments):
        path = segment_path(directory, shard, segment)
        with path.open("rb") as stream:
            if decode_header(stream.read(HEADER_BYTES)).first_sequence <= sequence:
                return path
    return None


def _find_in(path: Path, needle: bytes, sequence: int) -> Frame | None:
    if needle not in path.read_bytes():
        return None
    with path.open("rb") as stream:
        stream.seek(HEADER_BYTES)
        for frame in read_frames(stream):
            if needle not in frame.record:
                continue
            if frame.state is not FrameState.INTACT:
                raise AuditCorruptError("record: altered since it was written")
            envelope = decode_envelope(frame.record)
            if (f'"id":"{envelope.record_id}"'.encode(), envelope.sequence) == (needle, sequence):
                return frame
    return None
