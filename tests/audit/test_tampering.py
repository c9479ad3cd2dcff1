"""Every kind of tampering is found and named: the fault, the file, the record. One row a kind."""

import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from made_logs import (
    copy,
    flip,
    flip_node,
    frames_of,
    rebuild_nodes,
    rewrite_chain,
    size_of,
    write,
)

from engine.audit.log import AuditLog
from engine.audit.merkle import Frontier, node_position
from engine.audit.note import parse_checkpoint
from engine.audit.order import runs_path
from engine.audit.record import make_entry
from engine.audit.segment import HEADER_BYTES, head_path, segment_path
from engine.audit.signing import make_signer
from engine.audit.tree import (
    CHECKPOINT_BYTES,
    MAGIC_BYTES,
    checkpoints_path,
    encode_checkpoint,
    key_path,
    last_checkpoint,
    nodes_path,
    open_checkpoints,
    read_checkpoint,
    read_key,
)
from engine.audit.verify import verify
from engine.audit.witness import drop_checkpoint, read_checkpoints
from engine.errors import AuditCorruptError, AuditError

COUNT = 12
SEGMENT = "log-000-000000.ccaudit"


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """Twelve records of one segment, signed after the fifth and at the end."""
    directory = tmp_path_factory.mktemp("whole") / "log"
    write(directory, 5)
    write(directory, COUNT - 5, first=5)
    return directory


@pytest.fixture(scope="module")
def witness(whole) -> Path:
    """What a witness saw of it."""
    folder = whole.parent / "witness"
    key = read_key(whole)
    with open_checkpoints(whole) as checkpoints:
        for number in range(checkpoints.count):
            drop_checkpoint(folder, read_checkpoint(checkpoints, number, key.origin))
    return folder


@pytest.fixture
def log(whole, tmp_path) -> Path:
    return copy(whole, tmp_path / "copy")


def test_the_log_is_whole_before_anything_is_done_to_it(whole, witness):
    found = verify(whole, key=read_key(whole), witnesses=read_checkpoints(witness))
    assert (found.problems, found.notices, found.records, found.signed) == ((), (), COUNT, COUNT)


# What is done, and what must be found: (fault, file, record), first of all.


def flip_record_bit(log: Path) -> None:
    parts = frames_of(log)
    flip(parts.path, HEADER_BYTES + sum(map(len, parts.frames[:3])) + 60)


def flip_length_bit(log: Path) -> None:
    parts = frames_of(log)
    flip(parts.path, HEADER_BYTES + sum(map(len, parts.frames[:3])) + 3)


def flip_header_bit(log: Path) -> None:
    flip(segment_path(log, 0, 0), 20)


def remove_record(log: Path) -> None:
    parts = frames_of(log)
    parts.lay([*parts.frames[:3], *parts.frames[4:]])


def remove_tail(log: Path) -> None:
    parts = frames_of(log)
    parts.lay(parts.frames[:-2])


def remove_tail_with_its_head(log: Path) -> None:
    old = copy(log, log.parent / "old")
    shutil.rmtree(old)
    parts = frames_of(log)
    parts.lay(parts.frames[:-2])
    write_head(log, 10, parts.frames[9])


def write_head(log: Path, count: int, last: bytes) -> None:
    from engine.audit.segment import Head, decode_head, encode_head

    head = decode_head(head_path(log, 0).read_bytes())
    head_path(log, 0).write_bytes(encode_head(Head(head.chain, count, last[8:40])))


def reorder(log: Path) -> None:
    parts = frames_of(log)
    frames = list(parts.frames)
    frames[3], frames[4] = frames[4], frames[3]
    parts.lay(frames)


def duplicate(log: Path) -> None:
    parts = frames_of(log)
    parts.lay([*parts.frames[:4], parts.frames[3], *parts.frames[4:]])


def insert_foreign_record(log: Path) -> None:
    other = log.parent / "other"
    write(other, 4)
    parts = frames_of(log)
    parts.lay([*parts.frames[:3], frames_of(other).frames[3], *parts.frames[4:]])


def rehash_the_chain(log: Path) -> None:
    rewrite_chain(log, 3, lambda body: {**body, "number": 99})


def rehash_the_chain_and_the_tree(log: Path) -> None:
    rehash_the_chain(log)
    rebuild_nodes(log)


def forge_signature(log: Path) -> None:
    entry = -CHECKPOINT_BYTES + 8 + 32 + 4
    flip(checkpoints_path(log), entry)
    restore_check(log)


def restore_check(log: Path) -> None:
    """Give the last checkpoint the check that goes with its bytes, as a forger would."""
    import zlib

    content = bytearray(checkpoints_path(log).read_bytes())
    content[-4:] = struct.pack(">I", zlib.crc32(bytes(content[-CHECKPOINT_BYTES:-4])))
    checkpoints_path(log).write_bytes(content)


def sign_forged_tree_with_another_key(log: Path) -> None:
    rehash_the_chain_and_the_tree(log)
    frontier = Frontier()
    frontier.extend(frame[8:40] for frame in frames_of(log).frames)
    signer = make_signer(Ed25519PrivateKey.generate(), read_key(log).origin)
    content = checkpoints_path(log).read_bytes()
    forged = encode_checkpoint(signer.sign(COUNT, frontier.root()))
    checkpoints_path(log).write_bytes(content[:-CHECKPOINT_BYTES] + forged)


def alter_checkpoint_root(log: Path) -> None:
    flip(checkpoints_path(log), -CHECKPOINT_BYTES + 8)
    restore_check(log)


def alter_checkpoint_bytes(log: Path) -> None:
    flip(checkpoints_path(log), -CHECKPOINT_BYTES + 8)


def edit_inner_hash(log: Path) -> None:
    flip_node(log, node_position(2, 1))


def edit_leaf_hash(log: Path) -> None:
    flip_node(log, node_position(0, 6))


def edit_lone_leaf_at_the_frontier(log: Path) -> None:
    write(log, 1, first=COUNT)
    flip_node(log, node_position(0, COUNT))


def cut_nodes(log: Path) -> None:
    os.truncate(nodes_path(log), MAGIC_BYTES + 32 * 10)


def edit_run(log: Path) -> None:
    flip(runs_path(log, 0), MAGIC_BYTES + 9)


def truncate_segment(log: Path) -> None:
    path = segment_path(log, 0, 0)
    os.truncate(path, path.stat().st_size - 30)


def lose_checkpoints(log: Path) -> None:
    checkpoints_path(log).unlink()


def lose_key(log: Path) -> None:
    key_path(log).unlink()


def lose_nodes(log: Path) -> None:
    nodes_path(log).unlink()


def lose_shard(log: Path) -> None:
    for path in log.glob("log-000*"):
        path.unlink()


@dataclass(frozen=True)
class Case:
    """One kind of tampering and the faults that name it."""

    do: Callable[[Path], None]
    faults: tuple[tuple[str, str, int], ...]


CASES = (
    Case(flip_record_bit, (("ALTERED", SEGMENT, 3),)),
    Case(flip_length_bit, (("ALTERED", SEGMENT, 3), ("REMOVED", SEGMENT, 3))),
    Case(flip_header_bit, (("ALTERED", SEGMENT, 0),)),
    Case(remove_record, (("REMOVED", SEGMENT, 3),)),
    Case(remove_tail, (("REMOVED", SEGMENT, 10),)),
    Case(remove_tail_with_its_head, (("REMOVED", SEGMENT, 10),)),
    Case(reorder, (("REORDERED", SEGMENT, 3),)),
    Case(duplicate, (("DUPLICATE", SEGMENT, 3),)),
    Case(insert_foreign_record, (("FOREIGN", SEGMENT, 3), ("REMOVED", SEGMENT, 3))),
    Case(rehash_the_chain, tuple(("NOT_SIGNED", SEGMENT, number) for number in range(3, COUNT))),
    Case(rehash_the_chain_and_the_tree, (("NOT_SIGNED", "tree.checkpoints", 0),)),
    Case(forge_signature, (("FORGED", "tree.checkpoints", 1),)),
    Case(
        sign_forged_tree_with_another_key,
        (("OTHER_KEY", "tree.checkpoints", 1), ("NOT_SIGNED", "tree.checkpoints", 0)),
    ),
    Case(alter_checkpoint_root, (("FORGED", "tree.checkpoints", 1),)),
    Case(alter_checkpoint_bytes, (("ALTERED", "tree.checkpoints", 1),)),
    Case(edit_inner_hash, (("TREE_ALTERED", "tree.nodes", 4), ("TREE_ALTERED", "tree.nodes", 0))),
    Case(edit_leaf_hash, (("TREE_ALTERED", "tree.nodes", 6),)),
    Case(
        edit_lone_leaf_at_the_frontier,
        (("NOT_SIGNED", "tree.checkpoints", 2), ("NOT_SIGNED", SEGMENT, COUNT)),
    ),
    Case(cut_nodes, (("TREE_ALTERED", "tree.nodes", COUNT),)),
    Case(edit_run, (("TREE_ALTERED", "tree-000.runs", 0),)),
    Case(truncate_segment, (("TRUNCATED", SEGMENT, 11), ("REMOVED", SEGMENT, 11))),
    Case(lose_checkpoints, (("MISSING_FILE", "tree.checkpoints", 0),)),
    Case(lose_key, (("MISSING_FILE", "log.vkey", 0),)),
    Case(lose_nodes, (("MISSING_FILE", "tree.nodes", COUNT),)),
    Case(lose_shard, (("MISSING_FILE", "log-000", 0),)),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.do.__name__)
def test_tampering_is_found_and_named(log, case):
    case.do(log)
    found = verify(log).problems
    assert tuple((problem.fault, problem.file, problem.record) for problem in found) == case.faults


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.do.__name__)
def test_a_log_that_was_tampered_with_is_never_signed_again_as_if_it_were_whole(log, case):
    """It does not open, or what was found before is found still."""
    case.do(log)
    try:
        write(log, 1, first=50)
    except AuditError:
        return
    found = verify(log)
    assert found.problems or case.do in HEALED


# The tree is made anew from records that bear out the last signature; the altered copy was nobody's word.
HEALED = (lose_nodes, cut_nodes, edit_lone_leaf_at_the_frontier)


def test_swapped_segments_are_named(tmp_path):
    write(tmp_path, COUNT, segment_bytes=1000)
    one, two = segment_path(tmp_path, 0, 1), segment_path(tmp_path, 0, 2)
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    found = verify(tmp_path).problems
    assert ("REORDERED", one.name) in {(problem.fault, problem.file) for problem in found}


def test_a_log_cut_back_with_its_tree_is_found_by_a_witness(log, witness, tmp_path):
    old = tmp_path / "old"
    write(old, 3)  # not the same log: its key is another
    shutil.rmtree(log)
    base = tmp_path / "rolled"
    write(base, 5)
    kept = copy(base, tmp_path / "kept")
    write(base, 4, first=5)
    folder = tmp_path / "seen"
    drop_checkpoint(folder, last_checkpoint(base, read_key(base).origin))
    assert verify(kept).is_valid  # by itself nothing is wrong with it
    (problem,) = verify(kept, witnesses=read_checkpoints(folder)).problems
    assert (problem.fault, problem.record) == ("ROLLED_BACK", 9)
    assert "has 5 signed records, the witness saw 9" in problem.detail


def test_a_log_rewritten_with_its_own_key_is_found_by_a_witness(log, witness):
    """Whoever holds the key can sign another history, but not take back what a witness saw."""
    origin = read_key(log).origin
    rehash_the_chain_and_the_tree(log)
    from engine.audit.signing import read_private_key

    signer = make_signer(read_private_key(log / "signing.key"), origin)
    frontier = Frontier()
    entries = b""
    for frame in frames_of(log).frames:
        frontier.extend([frame[8:40]])
    entries = encode_checkpoint(signer.sign(COUNT, frontier.root()))
    path = checkpoints_path(log)
    path.write_bytes(path.read_bytes()[:MAGIC_BYTES] + entries)
    assert verify(log).is_valid
    found = verify(log, witnesses=read_checkpoints(witness)).problems
    assert [(problem.fault, problem.record) for problem in found] == [("NOT_SIGNED", 5), ("NOT_SIGNED", COUNT)]


def test_the_witness_of_another_log_is_named(log, tmp_path):
    other = tmp_path / "other"
    write(other, 2)
    drop_checkpoint(tmp_path / "seen", last_checkpoint(other, read_key(other).origin))
    (problem,) = verify(log, witnesses=read_checkpoints(tmp_path / "seen")).problems
    assert problem.fault == "OTHER_KEY"


def test_a_forged_checkpoint_of_a_witness_is_named(log, witness):
    name, checkpoint = read_checkpoints(witness)[0]
    forged = parse_checkpoint(checkpoint.text().replace("\n5\n", "\n6\n"))
    (problem,) = verify(log, witnesses=[(name, forged)]).problems
    assert (problem.fault, problem.file) == ("FORGED", name)


def test_a_log_signed_anew_by_another_key_is_found_by_the_trusted_key(whole, tmp_path):
    """The whole log made again by someone with a key of their own: only the key kept elsewhere tells."""
    write(tmp_path / "forged", COUNT)
    assert verify(tmp_path / "forged").is_valid
    found = verify(tmp_path / "forged", key=read_key(whole)).problems
    assert {problem.fault for problem in found} == {"OTHER_KEY"}
    assert found[0].file == "log.vkey"


def test_a_log_stripped_of_its_tree_and_key_is_no_old_log_to_whoever_has_the_key(whole, log, witness):
    for path in (*log.glob("tree*"), key_path(log)):
        path.unlink()
    assert [notice.fault for notice in verify(log).notices] == ["UNSIGNED"]
    assert verify(log, key=read_key(whole)).problems[0].fault == "MISSING_FILE"
    assert "ROLLED_BACK" in {
        problem.fault for problem in verify(log, key=read_key(whole), witnesses=read_checkpoints(witness)).problems
    }


@pytest.mark.parametrize("segment_bytes", [1, 1 << 20])
def test_a_clock_set_back_is_reported_and_is_no_fault(tmp_path, monkeypatch, segment_bytes):
    from datetime import UTC, datetime

    import engine.audit.chain

    class Clock(datetime):
        hours = iter([12, 13, 11, 12])

        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 4, 1, next(cls.hours), tzinfo=UTC)

    monkeypatch.setattr(engine.audit.chain, "datetime", Clock)
    write(tmp_path, 4, segment_bytes=segment_bytes)
    found = verify(tmp_path)
    assert found.is_valid
    (notice,) = found.notices
    assert (notice.fault, notice.record) == ("CLOCK_BACK", 2)
    assert "recorded at 2026-04-01T11:00:00.000000Z, the record before it at 2026-04-01T13" in notice.detail


def test_the_writer_refuses_to_go_on_from_a_shard_that_lost_signed_records(log):
    remove_tail_with_its_head(log)
    with pytest.raises(AuditCorruptError, match="holds 10 records, but 12 were signed"):
        AuditLog(log)


@pytest.mark.parametrize("processes", [1, 2])
def test_several_processes_find_the_same(tmp_path, processes):
    write(tmp_path, 40, segment_bytes=1500)
    assert verify(tmp_path, processes=processes).records == 40
    flip(segment_path(tmp_path, 0, 3), -20)
    (problem, *_) = verify(tmp_path, processes=processes).problems
    assert (problem.fault, problem.file) == ("ALTERED", "log-000-000003.ccaudit")


def test_openssl_confirms_the_signature(whole, tmp_path):
    """By other people's code: the public key from the PEM, the note's first lines, the signature's 64 bytes."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    checkpoint = last_checkpoint(whole, read_key(whole).origin)
    (tmp_path / "body").write_bytes(checkpoint.body())
    (tmp_path / "signature").write_bytes(checkpoint.signature)
    public = tmp_path / "public.pem"
    subprocess.run(["openssl", "pkey", "-in", whole / "signing.key", "-pubout", "-out", public], check=True)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", tmp_path / "body"]
    run = subprocess.run([*command, "-sigfile", tmp_path / "signature"], capture_output=True, text=True)
    assert "Verified Successfully" in run.stdout
    assert size_of(whole) == COUNT


def test_records_past_the_last_checkpoint_are_counted_as_unsigned(log):
    with AuditLog(log, seal_every_s=1000) as open_log:
        open_log.append(make_entry("test", {}))
        found = verify(log)
    assert (found.records, found.signed, found.problems) == (COUNT + 1, COUNT, ())


@pytest.mark.parametrize(
    "name", ["tree.nodes", "tree-000.runs", "tree-001.runs", "tree.checkpoints", "log.vkey"], ids=lambda name: name
)
def test_every_altered_byte_of_the_trees_files_is_found(tmp_path, name):
    with AuditLog(tmp_path) as one, AuditLog(tmp_path) as two:
        for log in (one, two, one, one, two):
            log.append(make_entry("test", {}))
            one.seal()
    assert verify(tmp_path).is_valid
    whole = (tmp_path / name).read_bytes()
    for place in range(len(whole)):
        flip(tmp_path / name, place, bit=place % 8)
        is_missed = verify(tmp_path).is_valid
        (tmp_path / name).write_bytes(whole)
        assert not is_missed or (name, whole[place:]) == ("log.vkey", b"\n"), f"byte {place}"
