"""The hash mathematics against RFC 9162's own definitions, written here as the RFC writes them, and known roots."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    inclusion_path,
    is_consistent,
    node_count,
    node_hash,
    node_position,
    read_frontier,
    root_by_inclusion,
    tree_root,
)
from engine.audit.record import leaf_hash

# The leaves and roots that the tests of Certificate Transparency's own implementations share.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 70
HASHES = [leaf_hash(b"%d" % number) for number in range(LARGEST)]


def split(count: int) -> int:
    return max(power for power in (1 << exponent for exponent in range(count)) if power < count)


def mth(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 9162 section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], is_known: bool) -> list[bytes]:
    """RFC 9162 section 2.1.4.1."""
    if m == len(leaves):
        return [] if is_known else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], is_known), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def reader(leaves: list[bytes]):
    nodes = Frontier().extend(leaves)

    def read(level: int, index: int) -> bytes:
        place = node_position(level, index) * 32
        return nodes[place : place + 32]

    return read


READ = reader(HASHES)
sizes = st.integers(1, LARGEST)


def test_known_roots():
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]
    assert [tree_root(reader(leaves), size).hex() for size in range(1, 9)] == ROOTS
    assert Frontier().root() == EMPTY_ROOT == hashlib.sha256(b"").digest()


@given(size=sizes, first=st.integers(0, LARGEST))
def test_a_tree_grown_in_two_steps_has_the_root_of_the_definition(size, first):
    frontier = Frontier()
    grown = frontier.extend(HASHES[: min(first, size)])
    assert read_frontier(reader(HASHES[:size]), min(first, size)).peaks == frontier.peaks
    grown += frontier.extend(HASHES[min(first, size) : size])
    assert len(grown) == 32 * node_count(size)
    assert frontier.root() == tree_root(READ, size) == mth(HASHES[:size])


@given(size=sizes, data=st.data())
def test_inclusion_proofs_are_those_of_the_definition_and_prove(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_path(READ, index, size)
    assert proof == path(index, HASHES[:size])
    assert root_by_inclusion(HASHES[index], index, size, proof) == tree_root(READ, size)


@given(size=sizes, data=st.data())
def test_no_other_inclusion_proof_proves(size, data):
    index = data.draw(st.integers(0, size - 1))
    root, proof = tree_root(READ, size), inclusion_path(READ, index, size)
    assert root_by_inclusion(HASHES[index - 1], index, size, proof) != root or size == 1
    assert root_by_inclusion(HASHES[index], index, size, [*proof, root]) is None
    assert root_by_inclusion(HASHES[index], size, size, proof) is None
    if proof:
        assert root_by_inclusion(HASHES[index], index, size, proof[:-1]) is None
        assert root_by_inclusion(HASHES[index], index ^ 1, size, proof) != root
        position = data.draw(st.integers(0, len(proof) - 1))
        altered = [*proof[:position], bytes(32), *proof[position + 1 :]]
        assert root_by_inclusion(HASHES[index], index, size, altered) != root


@given(new=sizes, data=st.data())
def test_consistency_proofs_are_those_of_the_definition_and_prove(new, data):
    old = data.draw(st.integers(1, new))
    proof = consistency_path(READ, old, new)
    assert proof == (subproof(old, HASHES[:new], True))
    assert is_consistent(old, tree_root(READ, old), new, tree_root(READ, new), proof)
    assert is_consistent(0, EMPTY_ROOT, new, tree_root(READ, new), [])


@given(new=sizes, data=st.data())
def test_no_other_consistency_proof_proves(new, data):
    old = data.draw(st.integers(1, new))
    proof = consistency_path(READ, old, new)
    old_root, new_root = tree_root(READ, old), tree_root(READ, new)
    assert not is_consistent(old, bytes(32), new, new_root, proof)
    assert not is_consistent(old, old_root, new, bytes(32), proof)
    assert not is_consistent(old, old_root, new, new_root, [*proof, new_root])
    assert not is_consistent(new + 1, old_root, new, new_root, proof)
    if proof:
        assert not is_consistent(old, old_root, new, new_root, proof[:-1])
        assert not is_consistent(old, old_root, new, new_root, [])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_proof(index, size):
    with pytest.raises(ValueError):
        inclusion_path(READ, index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_a_tree_that_shrinks_has_no_proof(old, new):
    with pytest.raises(ValueError):
        consistency_path(READ, old, new)
