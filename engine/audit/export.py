"""Hands out the records of a log as they are, shard by shard in their order."""

from collections.abc import Iterator
from pathlib import Path

from engine.audit.segment import HEADER_BYTES, FrameState, list_segments, read_frames, segment_path
from engine.errors import AuditCorruptError, AuditError


def read_records(directory: Path) -> Iterator[bytes]:
    """Yield each record's canonical bytes.

    Raises AuditCorruptError at one that is altered, AuditError if the directory cannot be read.
    """
    try:
        for shard, segments in list_segments(directory).items():
            for segment in segments:
                path = segment_path(directory, shard, segment)
                with path.open("rb") as stream:
                    stream.seek(HEADER_BYTES)
                    for frame in read_frames(stream):
                        if frame.state is FrameState.CUT:  # not acknowledged, or `verify` says so
                            break
                        if frame.state is not FrameState.INTACT:
                            raise AuditCorruptError(f"{path.name}: altered at byte {frame.begin}")
                        yield frame.record
    except OSError as error:
        raise AuditError(f"audit directory: cannot read: {error.strerror or 'unknown reason'}") from None
