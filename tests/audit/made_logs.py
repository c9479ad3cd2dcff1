"""Made logs, and what a forger or a failing disk does to them."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from engine.audit.log import AuditLog
from engine.audit.merkle import Frontier
from engine.audit.order import Order
from engine.audit.record import decode_record, encode_record, leaf_hash, make_entry
from engine.audit.segment import (
    HEADER_BYTES,
    Head,
    decode_head,
    encode_frame,
    encode_head,
    head_path,
    list_segments,
    read_frames,
    segment_path,
)
from engine.audit.tree import MAGIC_BYTES, NODES_MAGIC, last_checkpoint, nodes_path, read_key


def write(directory: Path, count: int, *, first: int = 0, **settings):
    """Append records that hold their number; the log is signed when it closes."""
    with AuditLog(directory, **settings) as log:
        return [log.append(make_entry("test", {"number": number})) for number in range(first, first + count)]


def copy(directory: Path, to: Path) -> Path:
    """Copy a log."""
    shutil.rmtree(to, ignore_errors=True)
    return Path(shutil.copytree(directory, to))


@dataclass(frozen=True)
class Frames:
    """The header and frames of a segment, to be laid down in another order."""

    path: Path
    header: bytes
    frames: tuple[bytes, ...]

    def lay(self, frames) -> None:
        """Write the segment with these frames."""
        self.path.write_bytes(self.header + b"".join(frames))


def frames_of(directory: Path, *, shard: int = 0, segment: int = 0) -> Frames:
    """Take a segment apart."""
    path = segment_path(directory, shard, segment)
    content = path.read_bytes()
    with path.open("rb") as stream:
        stream.seek(HEADER_BYTES)
        frames = tuple(content[frame.begin : frame.end] for frame in read_frames(stream))
    return Frames(path, content[:HEADER_BYTES], frames)


def rewrite_chain(directory: Path, number: int, change, *, shard: int = 0) -> None:
    """Change a record of a one-segment shard, and every hash and head after it, as a forger without the key can."""
    parts = frames_of(directory, shard=shard)
    frames, previous = [], bytes(32)
    for place, frame in enumerate(parts.frames):
        record = decode_record(frame[40:])
        body = change(dict(record.body)) if place == number else record.body
        envelope = replace(record.envelope, previous=previous.hex())
        encoded = encode_record(envelope, make_entry("test", body).body)
        previous = leaf_hash(encoded)
        frames.append(encode_frame(encoded, previous))
    parts.lay(frames)
    head = decode_head(head_path(directory, shard).read_bytes())
    head_path(directory, shard).write_bytes(encode_head(Head(head.chain, head.count, previous)))


def rebuild_nodes(directory: Path) -> None:
    """Make the tree anew from the records as they are now, as a forger would."""
    leaves = {
        (shard, number): hash_of(frame)
        for shard, segments in list_segments(directory).items()
        for number, frame in enumerate(
            frame for segment in segments for frame in frames_of(directory, shard=shard, segment=segment).frames
        )
    }
    order = Order(directory, size_of(directory))
    try:
        grown = Frontier().extend(leaves[order.record_of(leaf)] for leaf in range(order.size))
    finally:
        order.close()
    nodes_path(directory).write_bytes(NODES_MAGIC + grown)


def hash_of(frame: bytes) -> bytes:
    """Return the leaf hash that a frame carries."""
    return frame[8:40]


def size_of(directory: Path) -> int:
    """Return how many records are signed."""
    return last_checkpoint(directory, read_key(directory).origin).size


def flip(path: Path, place: int, *, bit: int = 0) -> None:
    """Flip one bit of a file; a negative place counts from its end."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)


def flip_node(directory: Path, position: int) -> None:
    """Flip a bit of one of the tree's hashes."""
    flip(nodes_path(directory), MAGIC_BYTES + position * 32)
