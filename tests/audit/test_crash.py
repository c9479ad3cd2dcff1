"""Crashes and disks that fail, with real processes and real files: nothing acknowledged is lost."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from crash import run_rounds
from made_logs import write

from engine.audit.log import AuditLog
from engine.audit.record import make_entry
from engine.audit.verify import find_record, verify
from engine.errors import AuditError

ROOT = Path(__file__).parents[2]
ROUNDS = 20  # `make crash` runs 200


def test_kills_under_load_lose_nothing_that_was_acknowledged(tmp_path):
    tally = run_rounds(tmp_path / "log", ROUNDS)
    assert (tally.rounds, tally.lost, tally.problems) == (ROUNDS, 0, 0)
    assert tally.acknowledged > ROUNDS


_APPEND_UNTIL_REFUSED = """
import resource, sys
from pathlib import Path
from engine.audit.log import AuditLog
from engine.audit.record import make_entry
from engine.errors import AuditError

limit = int(sys.argv[2])
log = AuditLog(Path(sys.argv[1]), seal_every_s=0.001)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    while True:
        print(log.append(make_entry("test", {"note": "x" * 300})).record_id, flush=True)
except AuditError as error:
    print(error)
log.close()
"""


def append_until_refused(directory: Path, limit: int = 0) -> tuple[list[str], str]:
    """Return the ids that were acknowledged and why no more were."""
    command = [sys.executable, "-c", _APPEND_UNTIL_REFUSED, str(directory), str(limit)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    *ids, reason = run.stdout.splitlines()
    return ids, reason


@pytest.mark.parametrize("limit", [3000, 20_000])
def test_a_file_that_may_not_grow_is_refused_with_its_reason(tmp_path, limit):
    """RLIMIT_FSIZE holds for the tree's files too: signing fails as appends do, and both are made up for."""
    ids, reason = append_until_refused(tmp_path, limit)
    assert reason == "audit log: cannot write: File too large"
    assert all(find_record(tmp_path, record_id) for record_id in ids)
    assert verify(tmp_path).records == len(ids)
    write(tmp_path, 1)
    found = verify(tmp_path)
    assert (found.problems, found.records, found.signed) == ((), len(ids) + 1, len(ids) + 1)


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 256 KiB; only where we may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_refused_and_used_again_when_there_is_room(tiny_disk):
    log = tiny_disk / "log"
    ids, reason = append_until_refused(log)
    assert reason == "audit log: cannot write: No space left on device"
    assert len(ids) > 50
    found = verify(log)
    assert (found.problems, found.records) == ((), len(ids))
    assert all(find_record(log, record_id) for record_id in ids[-3:])
    subprocess.run(["mount", "-o", "remount,size=2m", str(tiny_disk)], check=True)
    write(log, 1)
    found = verify(log)
    assert (found.problems, found.records, found.signed) == ((), len(ids) + 1, len(ids) + 1)


def test_a_disk_that_turns_read_only_is_refused(tiny_disk):
    log = tiny_disk / "log"
    write(log, 2)
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    with pytest.raises(AuditError, match=os.strerror(errno.EROFS)):
        AuditLog(log)
    assert verify(log).is_valid  # which needs to write nothing
    subprocess.run(["mount", "-o", "remount,rw", str(tiny_disk)], check=True)
    write(log, 1)
    assert verify(log).records == 3


def test_a_slow_disk_makes_appends_wait_not_fail(tmp_path, monkeypatch):
    import time

    real = os.fsync

    def slow(fd):
        time.sleep(0.2)
        real(fd)

    with AuditLog(tmp_path) as log:
        monkeypatch.setattr(os, "fsync", slow)
        assert log.append(make_entry("test", {})).sequence == 0
    assert verify(tmp_path).signed == 1
