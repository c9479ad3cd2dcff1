"""What a log's checkpoints vouch for: the tree they signed, checked in itself, and which leaf each record must have.

Read before the records: a writer at work may add to both meanwhile, but what was signed by then is there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from engine.audit.faults import Fault, Problem
from engine.audit.merkle import HASH_BYTES, Frontier, node_count, node_hash, tree_root
from engine.audit.note import Checkpoint, SignatureState, VerifierKey
from engine.audit.order import Order
from engine.audit.tree import (
    EntryFile,
    checkpoints_path,
    key_path,
    node_reader,
    nodes_path,
    open_checkpoints,
    open_nodes,
    read_checkpoint,
    read_key,
    read_leaves,
)
from engine.errors import AuditCorruptError, AuditFormatError

# Older ones are held by their root alone: a signature takes as long to check as ten records.
_SIGNATURES_CHECKED = 5000
# So many checkpoints at the end may be bad before none is believed.
_MAX_BAD = 10
_LEAVES_PER_READ = 16384


@dataclass(slots=True)
class SignedTree:
    """The tree as far as it was signed; `size` is 0 for a log that never was. Closed by `with`."""

    directory: Path
    key: VerifierKey | None = None
    size: int = 0
    problems: list[Problem] = field(default_factory=list)
    _order: Order | None = None
    _nodes: EntryFile | None = None
    _untrusted: set[int] = field(default_factory=set)
    _bad: set[int] = field(default_factory=set)

    @classmethod
    def open(cls, directory: Path, *, key: VerifierKey | None = None) -> "SignedTree":
        """Read how far a log was signed; `key` is one that the caller trusts, else the log's own is taken."""
        tree = cls(directory, key)
        try:
            tree._find_key()
            with open_checkpoints(directory) as checkpoints:
                tree._find_size(checkpoints)
            tree._nodes = open_nodes(directory)
        except AuditCorruptError as error:
            tree._report_unreadable(error)
            tree.size = 0
        try:
            tree._order = Order(directory, tree.size, is_loaded=True)
        except AuditCorruptError as error:  # no record has its place then, but the tree may be whole
            tree._report_unreadable(error)
        return tree

    def end_sequence(self, shard: int) -> int:
        """Count the records of a shard that were signed."""
        try:
            return self._order.end_sequence(shard) if self._order and self.size else 0
        except AuditCorruptError:
            return 0  # reported by `check`

    def shards(self) -> list[int]:
        """List the shards that have signed records."""
        try:
            return self._order.shards if self._order and self.size else []
        except AuditCorruptError:
            return []

    def differs(self, shard: int, sequence: int, digest: bytes) -> bool:
        """Whether a record is not the one that was signed in its place; False where nothing was."""
        if not self.size or self._order is None or self._nodes is None:
            return False
        try:
            leaf = self._order.leaf_of(shard, sequence)
            return leaf is not None and leaf not in self._untrusted and read_leaves(self._nodes, leaf, 1) != [digest]
        except AuditCorruptError:
            return False

    def leaves(self, shard: int, begin: int, end: int) -> Iterator[bytes]:
        """Yield the leaf hashes that were signed for records `begin` to `end` of a shard, as far as any were."""
        if not self.size or self._order is None or self._nodes is None:
            return
        sequence = begin
        while sequence < end and (leaf := self._order.leaf_of(shard, sequence)) is not None:
            run = self._order.run_at(leaf)
            last = min(end, sequence + self._order.run_end(run) - leaf, sequence + _LEAVES_PER_READ)
            yield from read_leaves(self._nodes, leaf, last - sequence)
            sequence = last

    def root(self, size: int) -> bytes:
        """Hash the tree over the first `size` records; raises AuditCorruptError."""
        if self._nodes is None:
            raise AuditCorruptError("tree.nodes: missing")
        return tree_root(node_reader(self._nodes), size)

    def check(self, witnesses: Sequence[tuple[str, Checkpoint]] = ()) -> list[Problem]:
        """Check the tree in itself, each checkpoint and those of witnesses; returns what is wrong."""
        if self.size:
            try:
                if self._order is not None:
                    self._check_runs(self._order)
                if self._has_all_nodes():
                    self._check_nodes()
                    self._check_roots()
            except AuditCorruptError as error:
                self._report(tree_file(error), self.size, Fault.TREE_ALTERED, str(error))
        for name, checkpoint in witnesses:
            self._check_witness(name, checkpoint)
        return self.problems

    def close(self) -> None:
        """Let go of the files."""
        for file in (self._order, self._nodes):
            if file is not None:
                file.close()

    def __enter__(self) -> "SignedTree":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _report(self, file: str, record: int, fault: Fault, detail: str) -> None:
        self.problems.append(Problem(file, record, fault, detail))

    def _report_unreadable(self, error: AuditCorruptError) -> None:
        fault = Fault.NEWER_FORMAT if isinstance(error, AuditFormatError) else Fault.TREE_ALTERED
        self._report(tree_file(error), 0, fault, str(error))

    def _report_checkpoint(self, number: int, fault: Fault, detail: str) -> None:
        if number not in self._bad:
            self._bad.add(number)
            self._report(checkpoints_path(self.directory).name, number, fault, detail)

    def _find_key(self) -> None:
        own = read_key(self.directory)
        name = key_path(self.directory).name
        with open_checkpoints(self.directory) as checkpoints:
            has_tree = checkpoints.count > 0 or nodes_path(self.directory).exists()
        if own is None and has_tree:
            own = read_key(self.directory)  # perhaps made just now, before the tree
        if own is None and (has_tree or self.key is not None):
            self._report(name, 0, Fault.MISSING_FILE, "the log's key is missing")
        elif self.key is not None and own != self.key:
            self._report(name, 0, Fault.OTHER_KEY, "not the key that was given to verify with")
        self.key = self.key or own

    def _find_size(self, checkpoints: EntryFile) -> None:
        name = checkpoints.name
        if self.key is None:
            return
        if not checkpoints_path(self.directory).exists():
            self._report(name, 0, Fault.MISSING_FILE, "missing, though the log has a key")
        for number in range(checkpoints.count - 1, max(-1, checkpoints.count - 1 - _MAX_BAD), -1):
            checkpoint = self._read(checkpoints, number)
            if checkpoint is not None and self._is_signed(number, checkpoint):
                self.size = checkpoint.size
                return

    def _read(self, checkpoints: EntryFile, number: int) -> Checkpoint | None:
        try:
            return read_checkpoint(checkpoints, number, self.key.origin if self.key else "")
        except AuditCorruptError as error:
            self._report_checkpoint(number, Fault.ALTERED, str(error))
            return None

    def _is_signed(self, number: int, checkpoint: Checkpoint) -> bool:
        state = self.key.check(checkpoint) if self.key else SignatureState.OTHER_KEY
        if state is SignatureState.FORGED:
            self._report_checkpoint(number, Fault.FORGED, f"at size {checkpoint.size}: the key did not sign it")
        elif state is SignatureState.OTHER_KEY:
            self._report_checkpoint(number, Fault.OTHER_KEY, f"at size {checkpoint.size}: signed by another key")
        return state is SignatureState.GOOD

    def _has_all_nodes(self) -> bool:
        assert self._nodes is not None
        held, wanted = self._nodes.count, node_count(self.size)
        if held >= wanted:
            return True
        fault = Fault.TREE_ALTERED if held else Fault.MISSING_FILE
        self._report(self._nodes.name, self.size, fault, f"holds {held} hashes, {wanted} were signed")
        return False

    def _check_nodes(self) -> None:
        """Check each inner hash against the two below it; leaves are held against the records."""
        nodes = self._nodes
        assert nodes is not None
        stack: list[bytes] = []
        for first in range(0, self.size, _LEAVES_PER_READ):
            count = min(_LEAVES_PER_READ, self.size - first)
            begin = node_count(first)
            self._check_block(nodes.read(begin, node_count(first + count) - begin), first, count, stack)

    def _check_block(self, block: bytes, first: int, count: int, stack: list[bytes]) -> None:
        at = 0
        for leaf in range(first, first + count):
            digest = block[at : at + HASH_BYTES]
            at += HASH_BYTES
            carry, level = leaf, 0
            while carry & 1:
                level += 1
                left, stored = stack.pop(), block[at : at + HASH_BYTES]
                at += HASH_BYTES
                if node_hash(left, digest) != stored:
                    self._distrust(leaf, level)
                digest = stored
                carry >>= 1
            stack.append(digest)

    def _distrust(self, leaf: int, level: int) -> None:
        first = leaf + 1 - (1 << level)
        self._report(
            nodes_path(self.directory).name,
            first,
            Fault.TREE_ALTERED,
            f"the hash over leaves {first} to {leaf} (level {level}) is not that of the two below it",
        )
        if level == 1:
            self._untrusted.update((first, leaf))

    def _check_runs(self, order: Order) -> None:
        ends: dict[int, int] = {}
        for run, count in order.runs():
            if run.first_sequence != ends.get(run.shard, 0):
                self._report(
                    f"tree-{run.shard:03}.runs",
                    run.first_sequence,
                    Fault.TREE_ALTERED,
                    f"leaf {run.first_leaf}: got record {run.first_sequence}, want {ends.get(run.shard, 0)}",
                )
            ends[run.shard] = run.first_sequence + count

    def _check_roots(self) -> None:
        """Check every checkpoint: signature and root; each must continue the one before."""
        with open_checkpoints(self.directory) as checkpoints:
            name, agreed, is_rewritten = checkpoints.name, 0, False
            for number in range(checkpoints.count):
                checkpoint = self._read(checkpoints, number)
                if checkpoint is None or checkpoint.size > self.size:
                    continue
                is_recent = number >= checkpoints.count - _SIGNATURES_CHECKED
                if is_recent and not self._is_signed(number, checkpoint):
                    continue
                if self.root(checkpoint.size) == checkpoint.root:
                    agreed = checkpoint.size
                elif not is_rewritten:
                    is_rewritten = True
                    self._report(
                        name,
                        number,
                        Fault.NOT_SIGNED,
                        f"leaves {agreed} to {checkpoint.size - 1} of the tree hold others than were signed",
                    )

    def _check_witness(self, name: str, checkpoint: Checkpoint) -> None:
        state = self.key.check(checkpoint) if self.key else SignatureState.OTHER_KEY
        if state is SignatureState.OTHER_KEY:
            self._report(name, checkpoint.size, Fault.OTHER_KEY, "the witness's checkpoint is of another key or log")
        elif state is SignatureState.FORGED:
            self._report(name, checkpoint.size, Fault.FORGED, "the key did not sign the witness's checkpoint")
        elif checkpoint.size > self.size:
            held = f"the log has {self.size} signed records, the witness saw {checkpoint.size}"
            self._report(name, checkpoint.size, Fault.ROLLED_BACK, held)
        elif self._root_or_none(checkpoint.size) != checkpoint.root:
            self._report(name, checkpoint.size, Fault.NOT_SIGNED, "the log is not the one that the witness saw")

    def _root_or_none(self, size: int) -> bytes | None:
        try:
            return self.root(size) if size else Frontier().root()
        except AuditCorruptError:
            return None


def tree_file(error: AuditCorruptError) -> str:
    """Name the file that an error speaks of: its message begins with it."""
    return str(error).partition(":")[0].partition(",")[0]
