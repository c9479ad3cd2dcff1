"""Lets the Merkle tree of a log grow behind its appends, and signs each size that it reaches.

The tree is over the records of all shards, in the order in which rounds find them. A round takes the directory's tree
lock, reads the leaf hashes that the heads acknowledge and the tree lacks, adds them, and signs: O(log n) hashes a
record, off the path of appends. Whichever process comes first does it for all. Since heads never count what is not
durable, the tree never holds a record that a crash could take back.

The last checkpoint commits a round: nodes, runs and checkpoint are durable, in this order, before anyone is shown it.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from engine.audit.durable import create_file, sync_directory, write_all
from engine.audit.leaves import LeafReader
from engine.audit.merkle import HASH_BYTES, Frontier, node_count, read_frontier
from engine.audit.note import Checkpoint, SignatureState
from engine.audit.order import RUN_BYTES, RUNS_MAGIC, Order, Run, encode_run, list_runs, runs_path
from engine.audit.segment import list_segments, read_head
from engine.audit.signing import Signer, create_private_key, make_signer, read_private_key
from engine.audit.tree import (
    CHECKPOINT_BYTES,
    CHECKPOINTS_MAGIC,
    MAGIC_BYTES,
    NODES_MAGIC,
    checkpoints_path,
    encode_checkpoint,
    key_path,
    last_checkpoint,
    node_reader,
    nodes_path,
    open_checkpoints,
    open_nodes,
    read_key,
    tree_lock_path,
)
from engine.audit.witness import drop_checkpoint, drop_key
from engine.errors import AuditCorruptError, AuditError

# Leaves of one round at most, so that one over millions of records (an old log's first) needs little memory.
_LEAVES_PER_ROUND = 50_000


@dataclass(slots=True)
class _Grown:
    """What the tree is now: its right edge, and how many records of each shard it holds."""

    checkpoint: Checkpoint | None
    frontier: Frontier
    ends: dict[int, int]
    last_shard: int


class Sealer:
    """The tree of one log directory, seen from one process; not for several threads at once.

    Opening makes the key at the first start and checks the end of the tree. Raises AuditError if the key is missing,
    another one or readable by others, AuditCorruptError if what was signed is not there, OSError.
    """

    def __init__(self, directory: Path, *, key_file: Path, witness: Path | None = None) -> None:
        self._directory = directory
        self._witness = witness
        self._readers: dict[int, LeafReader] = {}
        self._grown: _Grown | None = None
        with self._lock():
            self._signer = _open_signer(directory, key_file)
            self._check_signed_records_are_there()

    def seal(self) -> Checkpoint | None:
        """Add what was acknowledged since to the tree and sign it; returns the newest checkpoint, None without records.

        Raises AuditCorruptError where files do not bear out what was signed, OSError where they cannot be written. The
        next call begins anew from the last checkpoint.
        """
        with self._lock():
            try:
                grown = self._current()
                while added := self._add_acknowledged(grown):
                    grown.checkpoint = self._commit(grown, added)
            except BaseException:
                self._grown = None
                raise
        return grown.checkpoint

    def show_witness(self) -> None:
        """Leave the newest checkpoint with the witness, if there is one.

        Raises AuditCorruptError if the witness saw another log under this name, OSError.
        """
        grown = self._grown
        if self._witness is not None and grown is not None and grown.checkpoint is not None:
            drop_key(self._witness, self._signer.key)
            drop_checkpoint(self._witness, grown.checkpoint)

    def close(self) -> None:
        """Let go of the files."""
        for reader in self._readers.values():
            reader.close()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        fd = os.open(tree_lock_path(self._directory), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _check_signed_records_are_there(self) -> None:
        checkpoint = self._last_checkpoint()
        if checkpoint is None:
            return
        order = Order(self._directory, checkpoint.size)
        try:
            for shard in order.shards:
                head = read_head(self._directory, shard)
                held = 0 if head is None else head.count
                if held < order.end_sequence(shard):
                    raise AuditCorruptError(
                        f"log-{shard:03}: holds {held} records, but {order.end_sequence(shard)} were signed; "
                        "`chartcoder audit verify` says more"
                    )
        finally:
            order.close()

    def _last_checkpoint(self) -> Checkpoint | None:
        checkpoint = last_checkpoint(self._directory, self._signer.key.origin)
        if checkpoint and self._signer.key.check(checkpoint) is not SignatureState.GOOD:
            raise AuditCorruptError("tree.checkpoints: the last checkpoint is not signed by the log's key")
        return checkpoint

    def _current(self) -> _Grown:
        """Return the tree as the last checkpoint has it; another process may have moved it on."""
        checkpoint = self._last_checkpoint()
        grown = self._grown
        if grown is None or grown.checkpoint != checkpoint or not self._has_nodes(grown.frontier.size):
            grown = self._grown = self._read(checkpoint)
        return grown

    def _has_nodes(self, size: int) -> bool:
        path = nodes_path(self._directory)
        return path.exists() and path.stat().st_size == MAGIC_BYTES + node_count(size) * HASH_BYTES

    def _read(self, checkpoint: Checkpoint | None) -> _Grown:
        size = checkpoint.size if checkpoint else 0
        self._drop_uncommitted(size)
        order = Order(self._directory, size)
        try:
            ends = {shard: order.end_sequence(shard) for shard in order.shards}
            frontier = self._read_frontier(order, checkpoint)
            return _Grown(checkpoint, frontier, ends, order.run_at(size - 1).shard if size else -1)
        finally:
            order.close()

    def _drop_uncommitted(self, size: int) -> None:
        """Cut off what a round that was broken off has left."""
        with open_checkpoints(self._directory) as checkpoints:
            count = checkpoints.count
        _cut(checkpoints_path(self._directory), MAGIC_BYTES + count * CHECKPOINT_BYTES)
        _cut(nodes_path(self._directory), MAGIC_BYTES + node_count(size) * HASH_BYTES)
        order = Order(self._directory, size)
        try:
            committed = {shard: order.committed_runs(shard) for shard in list_runs(self._directory)}
        finally:
            order.close()
        for shard, count in committed.items():
            _cut(runs_path(self._directory, shard), MAGIC_BYTES + count * RUN_BYTES)

    def _read_frontier(self, order: Order, checkpoint: Checkpoint | None) -> Frontier:
        if checkpoint is None:
            return Frontier()
        with open_nodes(self._directory) as nodes, suppress(AuditCorruptError):
            frontier = read_frontier(node_reader(nodes), checkpoint.size)
            if frontier.root() == checkpoint.root:
                return frontier
        return self._rebuild(order, checkpoint)

    def _rebuild(self, order: Order, checkpoint: Checkpoint) -> Frontier:
        """Make the nodes anew from the records, after a power cut or where the file was lost."""
        frontier = Frontier()
        nodes_path(self._directory).unlink(missing_ok=True)
        for run, count in order.runs():
            for first in range(run.first_sequence, run.first_sequence + count, _LEAVES_PER_ROUND):
                end = min(first + _LEAVES_PER_ROUND, run.first_sequence + count)
                leaves = self._reader(run.shard).read(first, end)
                _append(nodes_path(self._directory), NODES_MAGIC, frontier.extend(leaves))
        if frontier.root() != checkpoint.root:
            raise AuditCorruptError("tree: the records are not those that were signed; run `chartcoder audit verify`")
        return frontier

    def _add_acknowledged(self, grown: _Grown) -> list[tuple[Run, list[bytes]]]:
        """Read what each shard has beyond the tree; returns it with its place."""
        added: list[tuple[Run, list[bytes]]] = []
        leaf = grown.frontier.size
        for shard in list_segments(self._directory):
            head = read_head(self._directory, shard)
            begin = grown.ends.get(shard, 0)
            if head is None or head.count <= begin:
                continue
            leaves = self._reader(shard).read(begin, min(head.count, begin + _LEAVES_PER_ROUND))
            added.append((Run(leaf, shard, begin), leaves))
            leaf += len(leaves)
        return added

    def _commit(self, grown: _Grown, added: Sequence[tuple[Run, list[bytes]]]) -> Checkpoint:
        nodes = b"".join([grown.frontier.extend(leaves) for _, leaves in added])
        # First of all: by their number another process sees that a round was broken off.
        _append(nodes_path(self._directory), NODES_MAGIC, nodes)
        for run, leaves in added:
            if run.shard != grown.last_shard:
                _append(runs_path(self._directory, run.shard), RUNS_MAGIC, encode_run(run))
            grown.last_shard = run.shard
            grown.ends[run.shard] = run.first_sequence + len(leaves)
        checkpoint = self._signer.sign(grown.frontier.size, grown.frontier.root())
        _append(checkpoints_path(self._directory), CHECKPOINTS_MAGIC, encode_checkpoint(checkpoint))
        return checkpoint

    def _reader(self, shard: int) -> LeafReader:
        if shard not in self._readers:
            self._readers[shard] = LeafReader(self._directory, shard)
        return self._readers[shard]


def _open_signer(directory: Path, key_file: Path) -> Signer:
    known = read_key(directory)
    if known is None:
        with open_checkpoints(directory) as checkpoints:
            if checkpoints.count:
                raise AuditCorruptError(f"{key_path(directory).name}: missing, though checkpoints were signed")
        private = read_private_key(key_file) if key_file.exists() else create_private_key(key_file)
        signer = make_signer(private, f"chartcoder/audit/{os.urandom(16).hex()}")
        create_file(checkpoints_path(directory), CHECKPOINTS_MAGIC)
        create_file(key_path(directory), signer.key.text().encode() + b"\n")
        return signer
    if not checkpoints_path(directory).exists():
        raise AuditCorruptError(f"{checkpoints_path(directory).name}: missing, though the log has a key")
    if not key_file.exists():
        raise AuditError("signing key: missing, though the log is signed; restore it, or begin another audit_dir")
    signer = make_signer(read_private_key(key_file), known.origin)
    if signer.key != known:
        raise AuditError("signing key: got another key than log.vkey names; restore the log's own")
    return signer


def _append(path: Path, magic: bytes, content: bytes) -> None:
    """Append to a file, made with its magic where it is not there, and make it durable."""
    is_new = not path.exists()
    if is_new:
        create_file(path, magic)
    fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        write_all(fd, content)
        os.fdatasync(fd)
    finally:
        os.close(fd)


def _cut(path: Path, size: int) -> None:
    if path.exists() and path.stat().st_size > size:
        os.truncate(path, size)
        sync_directory(path.parent)
