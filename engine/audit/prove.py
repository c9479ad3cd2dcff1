"""Proofs from a log: that it holds a record, that it continues what it was. Reads O(log n) hashes."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engine.audit.merkle import consistency_path, inclusion_path
from engine.audit.note import Checkpoint
from engine.audit.order import Order
from engine.audit.proof import GrowthProof, RecordProof
from engine.audit.record import decode_envelope
from engine.audit.tree import EntryFile, last_checkpoint, node_reader, open_nodes, read_key
from engine.audit.verify import find_frame
from engine.errors import AuditError, AuditUnsignedError


def newest_checkpoint(directory: Path) -> Checkpoint:
    """Read the newest checkpoint; raises AuditUnsignedError if there is none."""
    try:
        key = read_key(directory)
        checkpoint = last_checkpoint(directory, key.origin) if key else None
    except OSError as error:
        raise AuditError(f"audit directory: cannot read: {error.strerror or 'unknown reason'}") from None
    if checkpoint is None:
        raise AuditUnsignedError("audit log: nothing is signed yet; want a log that this version has written to")
    return checkpoint


def prove_record(directory: Path, record_id: str) -> RecordProof | None:
    """Prove that the log holds a record, None if it does not; raises AuditUnsignedError if it is not signed yet."""
    found = find_frame(directory, record_id)
    if found is None:
        return None
    shard, frame = found
    return prove_frame(directory, shard, frame.record)


def prove_frame(directory: Path, shard: int, record: bytes) -> RecordProof:
    """Prove a record whose shard is known; raises AuditError if it is not signed yet."""
    with _signed(directory) as (checkpoint, nodes), closing(Order(directory, checkpoint.size)) as order:
        leaf = order.leaf_of(shard, decode_envelope(record).sequence)
        if leaf is None:
            raise AuditUnsignedError(
                "record: not signed yet; a running server signs within seconds, else the next start"
            )
        return RecordProof(record, leaf, tuple(inclusion_path(node_reader(nodes), leaf, checkpoint.size)), checkpoint)


def prove_growth(directory: Path, old: int) -> GrowthProof:
    """Prove that the log continues the one of its first `old` records; raises AuditError if it has fewer."""
    with _signed(directory) as (checkpoint, nodes):
        if not 0 <= old <= checkpoint.size:
            raise AuditError(f"size: got {old}, want 0 to {checkpoint.size}, which is signed")
        return GrowthProof(old, tuple(consistency_path(node_reader(nodes), old, checkpoint.size)), checkpoint)


@contextmanager
def _signed(directory: Path) -> Iterator[tuple[Checkpoint, EntryFile]]:
    checkpoint = newest_checkpoint(directory)
    try:
        with open_nodes(directory) as nodes:
            yield checkpoint, nodes
    except OSError as error:
        raise AuditError(f"audit directory: cannot read: {error.strerror or 'unknown reason'}") from None
