import errno
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.audit.log import AuditLog, _Ticket, record_coded_chart
from engine.audit.record import decode_envelope, make_entry
from engine.audit.segment import HEADER_BYTES, head_path, read_frames, segment_path
from engine.audit.verify import find_record, verify
from engine.errors import AuditCorruptError, AuditError
from engine.types import Chart, CodedChart, Document, Header

ENTRY = make_entry("test", {"note": "an entry"})


def write(directory, count, **settings):
    with AuditLog(directory, **settings) as log:
        return [log.append(ENTRY) for _ in range(count)]


def first_segment(directory):
    return segment_path(directory, 0, 0)


def recorded_ids(directory):
    ids = []
    for path in sorted(directory.glob("*.ccaudit")):
        with path.open("rb") as stream:
            stream.seek(HEADER_BYTES)
            ids.extend(decode_envelope(frame.record).record_id for frame in read_frames(stream))
    return ids


def counts(directory):
    found = verify(directory)
    assert found.problems == ()
    return found.shards, found.records


def failing(code, *, times=1_000_000):
    remaining = [times]

    def call(*_):
        if remaining[0] > 0:
            remaining[0] -= 1
            raise OSError(code, os.strerror(code))

    return call


def python(script, *arguments, **settings):
    root = Path(__file__).parents[2]
    return subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)], cwd=root, text=True, **settings)


def test_records_follow_each_other_in_one_chain(tmp_path):
    receipts = write(tmp_path / "audit", 3)
    assert [receipt.sequence for receipt in receipts] == [0, 1, 2]
    assert len({receipt.record_id for receipt in receipts}) == 3
    records = [find_record(tmp_path / "audit", receipt.record_id) for receipt in receipts]
    assert [record.hash for record in records] == [receipt.hash for receipt in receipts]
    assert [record.envelope.previous for record in records] == ["0" * 64, receipts[0].hash, receipts[1].hash]


def test_a_chain_goes_on_where_the_last_process_left_it(tmp_path):
    write(tmp_path, 2)
    assert [receipt.sequence for receipt in write(tmp_path, 2)] == [2, 3]
    assert counts(tmp_path) == (1, 4)


def test_a_coded_chart_is_found_by_its_receipt(tmp_path):
    chart = Chart("CANARYID", (Document("CANARYTEXT"),))
    with AuditLog(tmp_path) as log:
        receipt = record_coded_chart(log, chart, CodedChart("CANARYID", Header("0.1.0", (), ()), [], [], []))
    assert find_record(tmp_path, receipt.record_id).body["engine_version"] == "0.1.0"
    assert not any(b"CANARY" in path.read_bytes() for path in tmp_path.iterdir())


def test_append_many_is_one_unbroken_run(tmp_path):
    with AuditLog(tmp_path) as log:
        receipts = log.append_many([ENTRY] * 5)
        assert log.append_many([]) == []
    assert [receipt.sequence for receipt in receipts] == [0, 1, 2, 3, 4]
    assert counts(tmp_path) == (1, 5)


def test_segments_follow_each_other(tmp_path):
    write(tmp_path, 10, segment_bytes=1000)
    write(tmp_path, 10, segment_bytes=1000)
    assert len(list(tmp_path.glob("*.ccaudit"))) == 5
    assert counts(tmp_path) == (1, 20)


def test_files_are_for_the_owner_alone(tmp_path):
    umask = os.umask(0)
    try:
        write(tmp_path / "new" / "audit", 3, segment_bytes=600)
    finally:
        os.umask(umask)
    directory = tmp_path / "new" / "audit"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_a_closed_log_refuses(tmp_path):
    log = AuditLog(tmp_path)
    log.close()
    log.close()
    with pytest.raises(AuditError, match="closed"):
        log.append(ENTRY)


def test_a_forked_process_is_refused(tmp_path, monkeypatch):
    with AuditLog(tmp_path) as log:
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: -1)
            with pytest.raises(AuditError, match="fork"):
                log.append(ENTRY)
        log.append(ENTRY)


def test_each_open_log_has_its_own_shard_and_frees_it(tmp_path):
    with AuditLog(tmp_path) as first, AuditLog(tmp_path) as second:
        first.append(ENTRY)
        second.append(ENTRY)
        assert (first.shard, second.shard) == (0, 1)
        assert first.salt == second.salt
    with AuditLog(tmp_path) as third:
        assert third.shard == 0
    assert counts(tmp_path) == (2, 2)


def test_threads_share_syncs_and_lose_nothing(tmp_path, monkeypatch):
    syncs = []
    sync = os.fsync

    def slow_sync(fd):
        syncs.append(fd)
        time.sleep(0.002)
        sync(fd)

    with AuditLog(tmp_path) as log, ThreadPoolExecutor(16) as pool:
        monkeypatch.setattr(os, "fsync", slow_sync)
        receipts = list(pool.map(log.append, [ENTRY] * 320))
    assert sorted(receipt.sequence for receipt in receipts) == list(range(320))
    assert len(syncs) < 100
    assert counts(tmp_path) == (1, 320)
    by_sequence = {receipt.sequence: receipt.record_id for receipt in receipts}
    assert recorded_ids(tmp_path) == [by_sequence[number] for number in range(320)]


def test_a_lead_that_comes_before_its_thread_waits_leaves_nobody_waiting(tmp_path, monkeypatch):
    log = AuditLog(tmp_path)
    begun, go_on = threading.Event(), threading.Event()
    sync, join = os.fsync, log._join

    def hold_first(fd):
        begun.set()
        assert go_on.wait(10)
        sync(fd)

    def join_and_be_overtaken(ticket):
        is_first = join(ticket)
        if threading.current_thread().name == "overtaken":
            others.start()
            while len(log._waiting) < 2:
                time.sleep(0.001)
            go_on.set()
            while not ticket.is_lead:
                time.sleep(0.001)
        return is_first

    def start(name):
        return threading.Thread(target=lambda: receipts.append(log.append(ENTRY)), name=name, daemon=True)

    receipts = []
    first, overtaken, others = start("first"), start("overtaken"), start("other")
    monkeypatch.setattr(os, "fsync", hold_first)
    monkeypatch.setattr(log, "_join", join_and_be_overtaken)
    first.start()
    assert begun.wait(10)
    overtaken.start()
    for thread in (first, overtaken):
        thread.join(10)
    others.join(10)
    assert len(receipts) == 3


def test_close_waits_for_appends_in_flight(tmp_path, monkeypatch):
    log = AuditLog(tmp_path)
    is_syncing, may_go_on = threading.Event(), threading.Event()
    sync = os.fsync

    def held_sync(fd):
        is_syncing.set()
        may_go_on.wait(5)
        sync(fd)

    monkeypatch.setattr(os, "fsync", held_sync)
    with ThreadPoolExecutor(2) as pool:
        append = pool.submit(log.append, ENTRY)
        is_syncing.wait(5)
        close = pool.submit(log.close)
        assert not close.done()
        may_go_on.set()
        close.result(5)
        assert append.result(5).sequence == 0
    assert counts(tmp_path) == (1, 1)


class InterruptedByTestError(Exception):
    """Stands for whatever a signal handler raises."""


@pytest.fixture
def interrupting_signal():
    def interrupt(*_):
        raise InterruptedByTestError

    before = signal.signal(signal.SIGUSR1, interrupt)
    yield signal.SIGUSR1
    signal.signal(signal.SIGUSR1, before)


def test_an_interrupted_waiter_is_not_recorded(tmp_path, monkeypatch, interrupting_signal):
    is_syncing, may_go_on = threading.Event(), threading.Event()
    sync = os.fsync

    def held_sync(fd):
        is_syncing.set()
        may_go_on.wait(5)
        sync(fd)

    with AuditLog(tmp_path) as log, ThreadPoolExecutor(2) as pool:
        monkeypatch.setattr(os, "fsync", held_sync)
        first = pool.submit(log.append, ENTRY)
        is_syncing.wait(5)
        timer = threading.Timer(0.05, signal.pthread_kill, [threading.get_ident(), interrupting_signal])
        timer.start()
        with pytest.raises(InterruptedByTestError):
            log.append(ENTRY)
        may_go_on.set()
        assert first.result(5).sequence == 0
        assert pool.submit(log.append, ENTRY).result(5).sequence == 1


def test_a_waiter_interrupted_as_the_lead_comes_passes_it_on(tmp_path):
    with AuditLog(tmp_path) as log, ThreadPoolExecutor(1) as pool:
        leader, waiter = _Ticket([ENTRY]), _Ticket([ENTRY])
        log._join(leader)
        log._join(waiter)
        log._lead()
        log._leave(leader)
        log._leave(waiter)
        assert pool.submit(log.append, ENTRY).result(5).sequence == 2


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("call", ["write", "fsync", "pwrite"])
def test_a_failed_append_leaves_no_trace_and_the_log_usable(tmp_path, monkeypatch, call, code):
    with AuditLog(tmp_path) as log:
        log.append(ENTRY)
        before = first_segment(tmp_path).read_bytes(), head_path(tmp_path, 0).read_bytes()
        with monkeypatch.context() as patch:
            real = getattr(os, call)
            fail = failing(code, times=1)
            patch.setattr(os, call, lambda *arguments: fail() or real(*arguments))
            with pytest.raises(AuditError, match=os.strerror(code)):
                log.append(ENTRY)
        assert (first_segment(tmp_path).read_bytes(), head_path(tmp_path, 0).read_bytes()) == before
        assert log.append(ENTRY).sequence == 1
    assert counts(tmp_path) == (1, 2)


def test_a_write_cut_short_by_a_full_disk_is_undone(tmp_path, monkeypatch):
    with AuditLog(tmp_path) as log:
        log.append(ENTRY)
        real = os.write
        outcomes = [lambda fd, content: real(fd, content[:40]), failing(errno.ENOSPC)]
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", lambda fd, content: outcomes.pop(0)(fd, content))
            with pytest.raises(AuditError, match="No space left"):
                log.append(ENTRY)
        assert counts(tmp_path) == (1, 1)
        log.append(ENTRY)
    assert counts(tmp_path) == (1, 2)


def test_a_failure_that_cannot_be_undone_poisons_the_log(tmp_path, monkeypatch):
    with AuditLog(tmp_path) as log:
        log.append(ENTRY)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing(errno.EIO))
            patch.setattr(os, "ftruncate", failing(errno.EIO))
            with pytest.raises(AuditError, match="Input/output"):
                log.append(ENTRY)
        with pytest.raises(AuditError, match="could not be undone"):
            log.append(ENTRY)
    assert write(tmp_path, 1)[0].sequence == 2  # the record before is whole, though never acknowledged: it stays
    assert counts(tmp_path) == (1, 3)


def test_every_waiter_of_a_failed_batch_is_refused(tmp_path, monkeypatch):
    with AuditLog(tmp_path) as log, ThreadPoolExecutor(8) as pool:
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", failing(errno.ENOSPC))
            outcomes = [pool.submit(log.append, ENTRY) for _ in range(40)]
            assert all(isinstance(outcome.exception(5), AuditError) for outcome in outcomes)
        assert log.append(ENTRY).sequence == 0
    assert counts(tmp_path) == (1, 1)


@pytest.mark.parametrize("call", ["write", "rename"])
def test_a_segment_that_cannot_be_started_is_started_later(tmp_path, monkeypatch, call):
    with AuditLog(tmp_path, segment_bytes=100) as log:
        log.append(ENTRY)
        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing(errno.ENOSPC))
            with pytest.raises(AuditError):
                log.append(ENTRY)
        assert log.append(ENTRY).sequence == 1
    assert counts(tmp_path) == (1, 2)


def test_a_segment_whose_name_is_not_durable_is_taken_back(tmp_path, monkeypatch):
    with AuditLog(tmp_path, segment_bytes=100) as log:
        log.append(ENTRY)
        real, fail = os.fsync, failing(errno.EIO, times=1)

        def sync(fd):
            if stat.S_ISDIR(os.fstat(fd).st_mode):
                fail()
            real(fd)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", sync)
            with pytest.raises(AuditError):
                log.append(ENTRY)
        assert not segment_path(tmp_path, 0, 1).exists()
        assert log.append(ENTRY).sequence == 1
    assert counts(tmp_path) == (1, 2)


def test_a_directory_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(AuditError, match="cannot open"):
        AuditLog(tmp_path / "file" / "audit")
    monkeypatch.setattr(os, "open", failing(errno.EROFS))
    with pytest.raises(AuditError, match="Read-only"):
        AuditLog(tmp_path)


def test_a_failed_opening_gives_the_shard_back(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", failing(errno.ENOSPC))
        with pytest.raises(AuditError, match="No space left"):
            AuditLog(tmp_path)
    with AuditLog(tmp_path) as log:
        assert log.shard == 0


_FULL_DISK = """
import resource, sys
from pathlib import Path
from engine.audit.log import AuditLog
from engine.audit.record import make_entry
from engine.errors import AuditError

log = AuditLog(Path(sys.argv[1]))
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
recorded = 0
try:
    while True:
        log.append(make_entry("test", {"note": "x" * 300}))
        recorded += 1
except AuditError:
    pass
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
log.append(make_entry("test", {"note": "x" * 300}))
log.close()
print(recorded + 1)
"""


def test_a_file_that_may_not_grow_refuses_until_it_may(tmp_path):
    process = python(_FULL_DISK, tmp_path, stdout=subprocess.PIPE)
    recorded = int(process.communicate(timeout=20)[0])
    assert recorded > 3
    assert counts(tmp_path) == (1, recorded)


def test_an_unfinished_tail_is_set_aside(tmp_path):
    write(tmp_path, 2)
    path = first_segment(tmp_path)
    whole = path.read_bytes()
    with path.open("rb") as stream:
        stream.seek(HEADER_BYTES)
        frame = next(read_frames(stream))
    tail = whole[frame.begin : frame.end]
    for length in [*range(1, 60), len(tail) - 1]:
        path.write_bytes(whole + tail[:length])
        assert [problem.fault for problem in verify(tmp_path).problems] == ["TRUNCATED"]
        with AuditLog(tmp_path) as log:
            assert log.set_aside.read_bytes() == tail[:length]
            log.set_aside.rename(tmp_path / "seen")
        assert path.read_bytes() == whole
    assert [receipt.sequence for receipt in write(tmp_path, 1)] == [2]


def test_set_aside_tails_are_all_kept_and_named_by_verify(tmp_path):
    write(tmp_path, 1)
    whole = first_segment(tmp_path).read_bytes()
    for tail in (b"one", b"two", bytes(5000)):
        first_segment(tmp_path).write_bytes(whole + tail)
        AuditLog(tmp_path).close()
    found = verify(tmp_path)
    assert found.is_valid
    assert [(tmp_path / name).read_bytes() for name in found.set_aside] == [b"one", b"two", bytes(5000)]


def test_a_whole_record_that_was_never_acknowledged_stays(tmp_path):
    write(tmp_path, 2)
    head = head_path(tmp_path, 0).read_bytes()
    write(tmp_path, 1)
    head_path(tmp_path, 0).write_bytes(head)
    assert [receipt.sequence for receipt in write(tmp_path, 1)] == [3]
    assert counts(tmp_path) == (1, 4)


def test_an_altered_record_among_whole_ones_is_corrupt_even_past_the_head(tmp_path):
    AuditLog(tmp_path).close()
    head = head_path(tmp_path, 0).read_bytes()
    write(tmp_path, 2)
    head_path(tmp_path, 0).write_bytes(head)
    path = first_segment(tmp_path)
    content = bytearray(path.read_bytes())
    content[HEADER_BYTES + 60] ^= 1
    path.write_bytes(content)
    with pytest.raises(AuditCorruptError, match="record 0: altered"):
        AuditLog(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("log-000.head", "log-000.head: missing"),
        ("log-000-000000.ccaudit", "its segments are gone"),
        ("salt", "salt: missing"),
    ],
)
def test_a_log_that_lost_a_file_is_not_opened(tmp_path, name, message):
    write(tmp_path, 2)
    (tmp_path / name).unlink()
    with pytest.raises(AuditCorruptError, match=message):
        AuditLog(tmp_path)


def test_a_corrupt_shard_is_given_back(tmp_path):
    write(tmp_path, 2)
    content = head_path(tmp_path, 0).read_bytes()
    head_path(tmp_path, 0).write_bytes(content[:-1])
    with pytest.raises(AuditCorruptError, match="head: got 67 bytes"):
        AuditLog(tmp_path)
    head_path(tmp_path, 0).write_bytes(content)
    assert write(tmp_path, 1)[0].sequence == 2


def test_a_start_cut_short_by_a_crash_is_finished(tmp_path):
    AuditLog(tmp_path).close()
    head_path(tmp_path, 0).unlink()
    (tmp_path / "log-000.head.new").write_bytes(b"half")
    assert write(tmp_path, 1)[0].sequence == 0
    assert counts(tmp_path) == (1, 1)


_WRITER = """
import os, sys, threading
from pathlib import Path
from engine.audit.log import AuditLog
from engine.audit.record import make_entry

def write(log, count):
    for number in range(count):
        receipt = log.append(make_entry("test", {"number": number}))
        os.write(1, f"{receipt.record_id}\\n".encode())

log = AuditLog(Path(sys.argv[1]), segment_bytes=20_000)
threads = [threading.Thread(target=write, args=(log, int(sys.argv[2]))) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
log.close()
"""


def test_processes_write_side_by_side(tmp_path):
    writers = [python(_WRITER, tmp_path, 30, stdout=subprocess.PIPE) for _ in range(3)]
    acknowledged = [line for writer in writers for line in writer.communicate(timeout=30)[0].split()]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert len(acknowledged) == 360
    assert sorted(recorded_ids(tmp_path)) == sorted(acknowledged)
    assert counts(tmp_path)[1] == 360


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(tmp_path):
    seed = random.Random(7)
    acknowledged = []
    for _ in range(6):
        writer = python(_WRITER, tmp_path, 1_000_000, stdout=subprocess.PIPE)
        acknowledged.append(writer.stdout.readline().strip())  # it is at work
        time.sleep(seed.uniform(0, 0.15))
        writer.kill()
        acknowledged.extend(line for line in writer.communicate(timeout=20)[0].split("\n") if len(line) == 32)
        AuditLog(tmp_path).close()
        assert counts(tmp_path)[0] == 1
    assert set(acknowledged) <= set(recorded_ids(tmp_path))
