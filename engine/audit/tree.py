"""The files of the Merkle tree over all records of a log, byte by byte: what the sealer and the verifier share.

    tree.nodes         hashes of complete subtrees, 32 bytes each, in the order of `merkle`
    tree-<shard>.runs  which records of a shard stand where in the tree (see `order`)
    tree.checkpoints   every checkpoint that was signed, oldest first
    tree.lock          held (flock) by whoever lets the tree grow
    log.vkey           the log's name and public key (see `note`)
    signing.key        the private key, unless it is kept elsewhere

Each of the first three opens with eight bytes that name its format. The last checkpoint says how far the tree is
committed: nodes and runs beyond it are of a round that was broken off.
"""

import os
import struct
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import TracebackType

from engine.audit.merkle import HASH_BYTES, node_count, node_position
from engine.audit.note import KEY_ID_BYTES, SIGNATURE_BYTES, Checkpoint, VerifierKey, parse_key
from engine.audit.segment import check_format
from engine.errors import AuditCorruptError

MAGIC_BYTES = 8
NODES_MAGIC = b"CCNODES1"
CHECKPOINTS_MAGIC = b"CCSIGNS1"

_CHECKPOINT = struct.Struct(f">Q32s{KEY_ID_BYTES}s{SIGNATURE_BYTES}sI")
CHECKPOINT_BYTES = _CHECKPOINT.size


def nodes_path(directory: Path) -> Path:
    """Name the file of the tree's hashes."""
    return directory / "tree.nodes"


def checkpoints_path(directory: Path) -> Path:
    """Name the file of all checkpoints."""
    return directory / "tree.checkpoints"


def tree_lock_path(directory: Path) -> Path:
    """Name the file that is locked while the tree grows."""
    return directory / "tree.lock"


def key_path(directory: Path) -> Path:
    """Name the file of the log's verifier key."""
    return directory / "log.vkey"


def read_key(directory: Path) -> VerifierKey | None:
    """Read the log's verifier key, None if it has none; raises AuditCorruptError."""
    path = key_path(directory)
    if not path.exists():
        return None
    try:
        return parse_key(path.read_text(encoding="utf-8", errors="replace"))
    except AuditCorruptError as error:
        raise AuditCorruptError(f"{path.name}: {error}") from None


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Return an entry of the file of checkpoints."""
    content = struct.pack(
        f">Q32s{KEY_ID_BYTES}s{SIGNATURE_BYTES}s",
        checkpoint.size,
        checkpoint.root,
        checkpoint.key_id,
        checkpoint.signature,
    )
    return content + struct.pack(">I", zlib.crc32(content))


class EntryFile:
    """A file of entries of one size behind its eight bytes, read in place; an absent file has none.

    A torn entry at the end does not count. Opening raises AuditCorruptError for another file, OSError.
    """

    def __init__(self, path: Path, magic: bytes, entry_bytes: int) -> None:
        self.name = path.name
        self._entry_bytes = entry_bytes
        self._fd = -1
        self.count = 0
        if not path.exists():
            return
        self._fd = os.open(path, os.O_RDONLY)
        try:
            found = os.pread(self._fd, MAGIC_BYTES, 0)
            check_format(found, magic, self.name)
            if found != magic:
                raise AuditCorruptError(f"{self.name}: not a file of this format")
            self.refresh()
        except BaseException:
            self.close()
            raise

    def refresh(self) -> None:
        """Look how many entries there are by now."""
        self.count = (os.fstat(self._fd).st_size - MAGIC_BYTES) // self._entry_bytes if self._fd >= 0 else 0

    def read(self, number: int, count: int = 1) -> bytes:
        """Read entries; raises AuditCorruptError where the file has fewer."""
        size = count * self._entry_bytes
        found = os.pread(self._fd, size, MAGIC_BYTES + number * self._entry_bytes) if self._fd >= 0 else b""
        if len(found) != size:
            raise AuditCorruptError(f"{self.name}: got {self.count} entries, want more than {number + count - 1}")
        return found

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def __enter__(self) -> "EntryFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def open_nodes(directory: Path) -> EntryFile:
    """Open the tree's hashes."""
    return EntryFile(nodes_path(directory), NODES_MAGIC, HASH_BYTES)


def node_reader(nodes: EntryFile) -> Callable[[int, int], bytes]:
    """Read single hashes, as `merkle` asks for them."""

    def read(level: int, index: int) -> bytes:
        return nodes.read(node_position(level, index))

    return read


def read_leaves(nodes: EntryFile, first: int, count: int) -> list[bytes]:
    """Read the hashes of consecutive leaves at once."""
    if count == 0:
        return []
    begin = node_count(first)
    block = nodes.read(begin, node_count(first + count - 1) + 1 - begin)
    places = ((node_count(leaf) - begin) * HASH_BYTES for leaf in range(first, first + count))
    return [block[place : place + HASH_BYTES] for place in places]


def open_checkpoints(directory: Path) -> EntryFile:
    """Open the checkpoints."""
    return EntryFile(checkpoints_path(directory), CHECKPOINTS_MAGIC, CHECKPOINT_BYTES)


def read_checkpoint(checkpoints: EntryFile, number: int, origin: str) -> Checkpoint:
    """Read one checkpoint; raises AuditCorruptError for one that is altered. The signature is not checked."""
    entry = checkpoints.read(number)
    size, root, key_id, signature, check = _CHECKPOINT.unpack(entry)
    if zlib.crc32(entry[:-4]) != check:
        raise AuditCorruptError(f"{checkpoints.name}, checkpoint {number}: altered")
    return Checkpoint(origin, size, root, key_id, signature)


def last_checkpoint(directory: Path, origin: str) -> Checkpoint | None:
    """Read the newest checkpoint, None if nothing was signed; raises AuditCorruptError, OSError."""
    with closing(open_checkpoints(directory)) as checkpoints:
        return read_checkpoint(checkpoints, checkpoints.count - 1, origin) if checkpoints.count else None
