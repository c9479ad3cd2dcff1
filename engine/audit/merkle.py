"""The hash mathematics of RFC 9162 section 2.1, shared by the writer of the tree and its verifiers.

A tree is known by its complete subtrees: `(level, index)` is the subtree over the leaves from `index << level` on,
`1 << level` of them. Each is hashed once and never changes, so they are kept in the order in which they become
complete (post-order): a tree that grows is a file that grows, and any root or proof is read from O(log n) places.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree (level, index)."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def node_count(leaves: int) -> int:
    """Count the complete subtrees of a tree, single leaves among them."""
    return 2 * leaves - leaves.bit_count()


def node_position(level: int, index: int) -> int:
    """Place a complete subtree among all, in the order in which they become complete."""
    return node_count(((index + 1) << level) - 1) + level


@dataclass(slots=True)
class Frontier:
    """The complete subtrees at the right edge of a tree, largest first: all that is needed to grow it."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def extend(self, leaves: Iterable[bytes]) -> bytes:
        """Add leaves; returns the hashes of the subtrees that became complete, in order, as one run of bytes."""
        grown = bytearray()
        peaks, size = self.peaks, self.size
        for leaf in leaves:
            digest = leaf
            grown += digest
            carry = size
            while carry & 1:
                digest = hashlib.sha256(b"\x01" + peaks.pop() + digest).digest()
                grown += digest
                carry >>= 1
            peaks.append(digest)
            size += 1
        self.size = size
        return bytes(grown)

    def root(self) -> bytes:
        """Hash the whole tree."""
        return _fold(self.peaks) if self.peaks else EMPTY_ROOT


def read_frontier(node: NodeReader, size: int) -> Frontier:
    """Read the right edge of a tree of the given size."""
    return Frontier(size, [node(level, index) for level, index in _subtrees(0, size)])


def tree_root(node: NodeReader, size: int) -> bytes:
    """Hash the tree over the first `size` leaves."""
    return read_frontier(node, size).root()


def inclusion_path(node: NodeReader, index: int, size: int) -> list[bytes]:
    """Prove that a leaf is in the tree of the given size (section 2.1.3.1), from the leaf up."""
    if not 0 <= index < size:
        raise ValueError("index")
    begin, end, path = 0, size, []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_range_hash(node, middle, end))
            end = middle
        else:
            path.append(_range_hash(node, begin, middle))
            begin = middle
    return path[::-1]


def consistency_path(node: NodeReader, old: int, new: int) -> list[bytes]:
    """Prove that the tree of size `new` continues that of size `old` (section 2.1.4.1)."""
    if not 0 <= old <= new:
        raise ValueError("size")
    if old in (0, new):
        return []
    begin, end, path = 0, new, []
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(_range_hash(node, middle, end))
            end = middle
        else:
            path.append(_range_hash(node, begin, middle))
            begin = middle
    if begin:  # else it is the old tree itself, whose root is known
        path.append(_range_hash(node, begin, end))
    return path[::-1]


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Compute the root that an inclusion proof implies (section 2.1.3.2); None if the proof has the wrong length."""
    if not 0 <= index < size:
        return None
    at, last, digest = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            digest = node_hash(sibling, digest)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        at, last = at >> 1, last >> 1
    return digest if last == 0 else None


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a proof shows that the newer tree only added leaves to the older one (section 2.1.4.2)."""
    if old == new or old == 0:
        return not path and 0 <= old <= new and (old_root == new_root if old == new else old_root == EMPTY_ROOT)
    if not 0 < old < new:
        return False
    hashes = [old_root, *path] if old.bit_count() == 1 else list(path)
    if not hashes:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_digest = new_digest = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_digest, new_digest = node_hash(sibling, old_digest), node_hash(sibling, new_digest)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new_digest = node_hash(new_digest, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old_digest == old_root and new_digest == new_root


def _split(width: int) -> int:
    """Return the largest power of two that is less than a width."""
    return 1 << (width - 1).bit_length() - 1


def _subtrees(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a range of the tree's own (one that recursion comes to) into complete subtrees, from the left."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def _range_hash(node: NodeReader, begin: int, end: int) -> bytes:
    return _fold([node(level, index) for level, index in _subtrees(begin, end)])


def _fold(peaks: Sequence[bytes]) -> bytes:
    digest = peaks[-1]
    for peak in peaks[-2::-1]:
        digest = node_hash(peak, digest)
    return digest
