"""The tree grows behind the appends, is signed, and comes back after whatever happened."""

import errno
import os
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from made_logs import copy, frames_of, size_of, write

from engine.audit.log import AuditLog
from engine.audit.merkle import is_consistent
from engine.audit.note import SignatureState, parse_checkpoint, parse_key
from engine.audit.order import Order, runs_path
from engine.audit.prove import newest_checkpoint, prove_growth
from engine.audit.record import make_entry
from engine.audit.sealing import Sealing
from engine.audit.segment import segment_path
from engine.audit.tree import MAGIC_BYTES, checkpoints_path, key_path, last_checkpoint, nodes_path, read_key
from engine.audit.verify import verify
from engine.audit.witness import read_checkpoints
from engine.errors import AuditCorruptError, AuditError, AuditFormatError

ENTRY = make_entry("test", {"note": "an entry"})


def is_whole(directory, records):
    found = verify(directory)
    return (found.problems, found.records, found.signed) == ((), records, records)


def test_a_closed_log_is_signed_to_its_end(tmp_path):
    write(tmp_path, 7)
    checkpoint = newest_checkpoint(tmp_path)
    key = read_key(tmp_path)
    assert checkpoint.size == 7
    assert key.check(checkpoint) is SignatureState.GOOD
    assert parse_checkpoint(checkpoint.text()) == checkpoint
    assert parse_key(key.text()) == key
    assert is_whole(tmp_path, 7)


def test_a_log_that_was_only_opened_signs_nothing(tmp_path):
    with AuditLog(tmp_path) as log:
        assert log.seal() is None
    assert verify(tmp_path).problems == ()
    with pytest.raises(AuditError, match="nothing is signed"):
        newest_checkpoint(tmp_path)


def test_the_thread_signs_by_itself(tmp_path):
    with AuditLog(tmp_path, seal_every_s=0.01) as log:
        log.append(ENTRY)
        until = time.monotonic() + 10
        while time.monotonic() < until and last_checkpoint(tmp_path, read_key(tmp_path).origin) is None:
            time.sleep(0.01)
        assert newest_checkpoint(tmp_path).size == 1
        assert log.sealing_problem == ""


def test_every_process_signs_for_all(tmp_path):
    with AuditLog(tmp_path) as first, AuditLog(tmp_path) as second:
        for number in range(20):
            (first if number % 3 else second).append(ENTRY)
            if number % 4 == 0:
                assert (second if number % 8 else first).seal().size == number + 1
        assert first.seal() == second.seal()
    assert is_whole(tmp_path, 20)
    order = Order(tmp_path, 20)
    placed = [order.record_of(leaf) for leaf in range(20)]
    assert sorted(placed) == [(0, number) for number in range(13)] + [(1, number) for number in range(7)]
    assert [order.leaf_of(*place) for place in placed] == list(range(20))
    assert sum(count for _, count in order.runs()) == 20
    order.close()


def test_one_shard_alone_has_one_run(tmp_path):
    for _ in range(5):
        write(tmp_path, 2)
    assert runs_path(tmp_path, 0).stat().st_size == MAGIC_BYTES + 20


def test_every_checkpoint_continues_the_ones_before(tmp_path):
    checkpoints = []
    with AuditLog(tmp_path, segment_bytes=2000) as log:
        for count in (1, 2, 5, 1, 9, 16):
            log.append_many([ENTRY] * count)
            checkpoints.append(log.seal())
    newest = checkpoints[-1]
    for older in checkpoints:
        proof = prove_growth(tmp_path, older.size)
        assert is_consistent(older.size, older.root, newest.size, newest.root, proof.path)
        proof.check(read_key(tmp_path), older)


def test_signing_goes_on_while_threads_append(tmp_path):
    with AuditLog(tmp_path, seal_every_s=0.001) as log, ThreadPoolExecutor(8) as pool:
        list(pool.map(log.append, [ENTRY] * 400))
    assert is_whole(tmp_path, 400)


# Keys


def test_the_key_is_made_once_for_its_owner_alone(tmp_path):
    key_file = tmp_path / "keys" / "audit.pem"
    write(tmp_path / "log", 1, key_file=key_file)
    made = key_file.read_bytes()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert made.startswith(b"-----BEGIN PRIVATE KEY-----")
    write(tmp_path / "log", 1, key_file=key_file)
    assert key_file.read_bytes() == made
    assert not (tmp_path / "log" / "signing.key").exists()
    assert [path.name for path in key_file.parent.iterdir()] == ["audit.pem"]


def test_one_key_may_sign_two_logs_and_neither_passes_for_the_other(tmp_path):
    key_file = tmp_path / "audit.pem"
    for name in ("one", "two"):
        write(tmp_path / name, 2, key_file=key_file)
    one, two = read_key(tmp_path / "one"), read_key(tmp_path / "two")
    assert one.public == two.public
    assert two.check(newest_checkpoint(tmp_path / "one")) is SignatureState.OTHER_KEY


def test_processes_that_start_together_agree_on_the_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        logs = list(pool.map(lambda _: AuditLog(tmp_path), range(8)))
    for log in logs:
        log.append(ENTRY)
        log.close()
    assert is_whole(tmp_path, 8)


def test_a_key_that_others_may_read_is_refused(tmp_path):
    write(tmp_path, 1)
    (tmp_path / "signing.key").chmod(0o640)
    with pytest.raises(AuditError, match="got mode 0640, want 0600"):
        AuditLog(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_key_file_without_a_key_is_refused(tmp_path, content):
    key_file = tmp_path / "key"
    key_file.write_bytes(content)
    key_file.chmod(0o600)
    with pytest.raises(AuditError, match="want an Ed25519 private key"):
        AuditLog(tmp_path / "log", key_file=key_file)


def test_another_key_than_the_logs_is_refused(tmp_path):
    write(tmp_path / "log", 1)
    write(tmp_path / "other", 1)
    with pytest.raises(AuditError, match=r"another key than log\.vkey names"):
        AuditLog(tmp_path / "log", key_file=tmp_path / "other" / "signing.key")


def test_a_lost_key_is_not_made_anew(tmp_path):
    write(tmp_path, 1)
    (tmp_path / "signing.key").unlink()
    with pytest.raises(AuditError, match="signing key: missing, though the log is signed"):
        AuditLog(tmp_path)
    assert not (tmp_path / "signing.key").exists()
    assert verify(tmp_path).is_valid  # nobody needs it to verify


def test_a_refused_opening_gives_the_shard_back(tmp_path):
    write(tmp_path, 1)
    kept = (tmp_path / "signing.key").rename(tmp_path / "kept")
    for _ in range(2):
        with pytest.raises(AuditError):
            AuditLog(tmp_path)
    kept.rename(tmp_path / "signing.key")
    with AuditLog(tmp_path) as log:
        assert log.shard == 0


# Old logs and newer ones


def test_a_log_of_the_version_before_is_signed_by_the_next_opening(tmp_path):
    write(tmp_path, 30, segment_bytes=2000)
    for path in (*tmp_path.glob("tree*"), key_path(tmp_path), tmp_path / "signing.key"):
        path.unlink()
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.ccaudit")}
    old = verify(tmp_path)
    assert (old.problems, old.records, [notice.fault for notice in old.notices]) == ((), 30, ["UNSIGNED"])
    write(tmp_path, 1)
    assert is_whole(tmp_path, 31)
    assert all((tmp_path / name).read_bytes()[: len(content)] == content for name, content in before.items())


@pytest.mark.parametrize("name", ["segment", "head", "tree.nodes", "tree-000.runs", "tree.checkpoints"])
def test_a_newer_format_is_refused_and_named(tmp_path, name):
    write(tmp_path, 3)
    path = {"segment": segment_path(tmp_path, 0, 0), "head": tmp_path / "log-000.head"}.get(name, tmp_path / name)
    content = bytearray(path.read_bytes())
    content[7:8] = b"2"
    path.write_bytes(content)
    assert "NEWER_FORMAT" in {problem.fault for problem in verify(tmp_path).problems}

    def go_on():
        with AuditLog(tmp_path) as log:
            log.append(ENTRY)
            log.seal()

    with pytest.raises(AuditFormatError, match="got format 2, want at most 1: written by a newer version"):
        go_on()


def test_a_record_of_a_newer_format_is_named(tmp_path):
    from made_logs import frames_of

    from engine.audit.record import leaf_hash
    from engine.audit.segment import encode_frame

    write(tmp_path, 2)
    parts = frames_of(tmp_path)
    newer = parts.frames[1][40:].replace(b'"format":1', b'"format":2')
    parts.lay([parts.frames[0], encode_frame(newer, leaf_hash(newer))])
    assert "NEWER_FORMAT" in {problem.fault for problem in verify(tmp_path).problems}
    with pytest.raises(AuditCorruptError):
        AuditLog(tmp_path)


# Rounds that are broken off


class DiedHereError(BaseException):
    """Stands for the end of the process."""


STEPS = ("nodes", "runs", "checkpoints")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kept_bytes", [0, 5, 10_000])
@pytest.mark.parametrize("is_same_process", [True, False])
def test_a_round_that_is_broken_off_leaves_nothing_behind(tmp_path, monkeypatch, step, kept_bytes, is_same_process):
    """The process dies while it writes one of the three files; another, or a later one, goes on."""
    import engine.audit.sealer

    append = engine.audit.sealer._append

    def die(path, magic, content):
        if {"nodes": path.suffix == ".nodes", "runs": path.suffix == ".runs"}.get(step, path.suffix == ".checkpoints"):
            append(path, magic, content[:kept_bytes])
            raise DiedHereError
        append(path, magic, content)

    with AuditLog(tmp_path) as other:
        other.append_many([ENTRY] * 3)
        other.seal()
        dying = AuditLog(tmp_path)
        dying.append_many([ENTRY] * 4)
        with monkeypatch.context() as patch:
            patch.setattr(engine.audit.sealer, "_append", die)
            with pytest.raises(DiedHereError):
                dying.seal()
        assert verify(tmp_path).problems == ()
        survivor = other if is_same_process else dying
        other.append_many([ENTRY] * 2)
        assert survivor.seal().size == 9
        dying.close()
    assert is_whole(tmp_path, 9)


def test_nodes_that_a_power_cut_took_are_made_anew(tmp_path):
    with AuditLog(tmp_path, segment_bytes=1500) as one, AuditLog(tmp_path, segment_bytes=1500) as two:
        for _ in range(15):
            one.append(ENTRY)
            two.append(ENTRY)
            one.seal()
    whole = nodes_path(tmp_path).read_bytes()
    for damaged in (whole[:-70], whole[: len(whole) // 2], whole[:-32] + bytes(32), b""):
        nodes_path(tmp_path).write_bytes(damaged) if damaged else nodes_path(tmp_path).unlink()
        with AuditLog(tmp_path) as log:
            assert log.seal().size == 30
        assert nodes_path(tmp_path).read_bytes() == whole


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_round_that_cannot_write_is_made_up_for_and_stops_no_append(tmp_path, monkeypatch, code):
    with AuditLog(tmp_path, seal_every_s=1000) as log:
        log.append(ENTRY)

        def fail(*_):
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", fail)
            with pytest.raises(AuditError, match=os.strerror(code)):
                log.seal()
            assert os.strerror(code) in log.sealing_problem
            log.append(ENTRY)
        assert log.seal().size == 2
        assert log.sealing_problem == ""
    assert is_whole(tmp_path, 2)


def test_what_could_not_be_signed_at_the_end_is_signed_by_the_next_opening(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("engine.audit.sealer._append", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        write(tmp_path, 3)
    assert verify(tmp_path).signed == 0
    with AuditLog(tmp_path) as log:
        assert log.seal().size == 3


def test_a_restart_reads_few_hashes(tmp_path, monkeypatch):
    write(tmp_path, 300)
    reads = []
    real = os.pread
    with AuditLog(tmp_path) as log:
        monkeypatch.setattr(os, "pread", lambda *arguments: reads.append(arguments) or real(*arguments))
        log.seal()
    assert len(reads) < 60


# Witnesses


def test_a_witness_gets_checkpoints_and_the_key(tmp_path):
    with AuditLog(tmp_path / "log", witness=tmp_path / "seen") as log:
        log.append(ENTRY)
        first = log.seal()
        log.append(ENTRY)
    found = read_checkpoints(tmp_path / "seen")
    assert [checkpoint.size for _, checkpoint in found] == [1, 2]
    assert found[0][1] == first
    (key,) = (tmp_path / "seen").rglob("log.vkey")
    assert parse_key(key.read_text()) == read_key(tmp_path / "log")
    assert verify(tmp_path / "log", witnesses=found).is_valid


def test_a_witness_that_saw_another_log_stops_the_signing_not_the_appends(tmp_path):
    log = tmp_path / "log"
    write(log, 1)
    early = copy(log, tmp_path / "early")
    write(log, 1, first=1, witness=tmp_path / "seen")
    with AuditLog(early, witness=tmp_path / "seen") as other:
        other.append(make_entry("test", {"number": 99}))
        with pytest.raises(AuditCorruptError, match="witness: saw another root at size 2"):
            other.seal()
        assert "another root" in other.sealing_problem
        other.append(ENTRY)


def test_a_witness_out_of_reach_is_a_problem_and_stops_nothing(tmp_path):
    (tmp_path / "file").touch()
    with AuditLog(tmp_path / "log", witness=tmp_path / "file") as log:
        log.append(ENTRY)
        with pytest.raises(AuditError, match="cannot sign"):
            log.seal()
        assert size_of(tmp_path / "log") == 1  # it is signed all the same


def test_no_folder_without_checkpoints_passes_for_a_witness(tmp_path):
    with pytest.raises(AuditError, match=r"got no file \*.checkpoint"):
        read_checkpoints(tmp_path)
    (tmp_path / "a.checkpoint").write_text("nonsense")
    with pytest.raises(AuditCorruptError, match="not the text of a signed checkpoint"):
        read_checkpoints(tmp_path)


def test_a_log_is_verified_while_others_write_and_sign_it(tmp_path):
    is_done = threading.Event()

    def work():
        with AuditLog(tmp_path, segment_bytes=4000, seal_every_s=0.001) as log:
            while not is_done.is_set():
                log.append_many([ENTRY] * 3)

    writers = [threading.Thread(target=work) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        until = time.monotonic() + 3
        found = [verify(tmp_path)]
        while time.monotonic() < until and found[-1].signed < 300:
            found.append(verify(tmp_path))
    finally:
        is_done.set()
        for writer in writers:
            writer.join()
    assert [problem for each in found for problem in each.problems] == []
    assert found[-1].signed >= 100
    assert checkpoints_path(tmp_path).exists()
    assert len(frames_of(tmp_path).frames) > 1


class _NothingToSeal:
    def seal(self):
        return None

    def show_witness(self):
        pass

    def close(self):
        pass


def test_closing_just_before_the_thread_clears_its_call_does_not_wait_for_ever():
    sealing = Sealing(_NothingToSeal(), every_s=0.001)
    closer = threading.Thread(target=sealing.close, daemon=True)

    class ClosedBeforeCleared(threading.Event):
        def clear(self):
            closer.start()
            while not (sealing._is_closing.is_set() and self.is_set()):
                time.sleep(0.001)
            super().clear()

    sealing._is_due = ClosedBeforeCleared()
    sealing.wake()
    while closer.ident is None:
        time.sleep(0.001)
    closer.join(10)
    assert not closer.is_alive()
