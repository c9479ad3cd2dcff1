"""The audit log: durable appends, what the tree adds to them, proofs from ten million records, full verification.

Times are the clock's: what counts is the disk, and how threads and processes share the cores. Only verification, which
takes every core there is, is held to its CPU seconds: by the clock it is as fast as others on the machine let it be.
"""

import os
import random
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.conftest import Note, quantile
from engine.audit.log import AuditLog
from engine.audit.merkle import Frontier
from engine.audit.note import VerifierKey
from engine.audit.order import RUNS_MAGIC, Run, encode_run, runs_path
from engine.audit.prove import prove_frame
from engine.audit.record import Entry, Envelope, chart_coded, encode_record, leaf_hash
from engine.audit.signing import create_private_key, make_signer
from engine.audit.tree import CHECKPOINTS_MAGIC, NODES_MAGIC, checkpoints_path, encode_checkpoint, key_path, nodes_path
from engine.audit.verify import verify
from engine.live import Live
from engine.types import Chart, Document

Targets = dict[str, dict[str, float]]

TRIES = 3
WRITERS = 64
LOAD_S = 3.0
LEAVES = 10_000_000
PROOFS = 2000
VERIFIED = 120_000
NEVER_S = 1e9


@pytest.fixture(scope="module")
def entry(live: Live) -> Entry:
    """What is recorded for the note of this folder (5 kB)."""
    chart = Chart("bench", (Document((Path(__file__).parent / "note.txt").read_text(encoding="utf-8")),))
    return chart_coded(chart, live.pipeline.code(chart), salt=bytes(32))


def load(log: AuditLog, entry: Entry, *, writers: int, load_s: float) -> tuple[float, list[float]]:
    """Append from so many threads; returns appends a second and what each took, in seconds."""
    times: list[list[float]] = [[] for _ in range(writers)]
    end = time.perf_counter() + load_s

    def work(mine: list[float]) -> None:
        begin = time.perf_counter()
        while begin < end:
            log.append(entry)
            now = time.perf_counter()
            mine.append(now - begin)
            begin = now

    threads = [threading.Thread(target=work, args=(mine,)) for mine in times]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [each for mine in times for each in mine]
    return len(taken) / (time.perf_counter() - began), sorted(taken)


def best_of(measure: Callable[[], float], is_met: Callable[[float], bool]) -> float:
    """Measure until the target is met, a few times at most: others work on the machine too. Returns the best."""
    found: list[float] = []
    while len(found) < TRIES and not (found and is_met(found[-1])):
        found.append(measure())
    return max(found)


@pytest.mark.gate
def test_durable_appends(tmp_path: Path, entry: Entry, record: Note, targets: Targets) -> None:
    wanted = targets["audit"]["appends_per_s"]

    def measure() -> float:
        folder = tmp_path / str(time.perf_counter_ns())
        with AuditLog(folder) as log:
            rate, taken = load(log, entry, writers=WRITERS, load_s=LOAD_S)
        found = verify(folder)
        assert (found.problems, found.records, found.signed) == ((), len(taken), len(taken))
        record("append, 64 writers, p50", quantile(taken, 0.5) * 1e3, "ms")
        record("append, 64 writers, p99", quantile(taken, 0.99) * 1e3, "ms")
        return rate

    rate = best_of(measure, lambda rate: rate >= wanted)
    record("appends, durable, 64 writers", rate, "1/s", wanted, record_bytes=len(entry.body))
    assert rate >= wanted


@pytest.mark.gate
def test_the_tree_costs_an_append_nothing_to_speak_of(
    tmp_path: Path, entry: Entry, record: Note, targets: Targets
) -> None:
    """One writer at a time, as the server's coder is; rounds with and without signing take turns."""
    allowed = targets["audit"]["append_with_tree"]

    def measure() -> float:
        medians: dict[bool, list[float]] = {True: [], False: []}
        tails: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(8):
            is_signing = turn % 2 == 0
            with AuditLog(tmp_path / str(time.perf_counter_ns()), seal_every_s=1.0 if is_signing else NEVER_S) as log:
                _, taken = load(log, entry, writers=1, load_s=1.5)
            medians[is_signing].append(quantile(taken, 0.5))
            tails[is_signing].append(quantile(taken, 0.99))
        for name, values in (("p50", medians), ("p99", tails)):
            for is_signing, each in values.items():
                what = "signing every second" if is_signing else "not signing"
                record(f"append, one writer, {what}, {name}", statistics.median(each) * 1e3, "ms")
        return -statistics.median(medians[True]) / statistics.median(medians[False])

    ratio = -best_of(measure, lambda ratio: -ratio <= allowed)
    record("append with the tree beside without", ratio, "times", allowed)
    assert ratio <= allowed


@pytest.mark.gate
def test_a_proof_from_ten_million_records(tmp_path: Path, record: Note, targets: Targets) -> None:
    wanted = targets["audit"]["inclusion_proof_s"]
    records, key = make_large_tree(tmp_path)
    chance = random.Random(1)
    leaves = [chance.randrange(LEAVES) for _ in range(PROOFS)]
    taken = []
    for leaf in leaves:
        encoded = records(leaf)
        begin = time.perf_counter()
        proof = prove_frame(tmp_path, 0, encoded)
        taken.append(time.perf_counter() - begin)
        if leaf % 10 == 0:
            assert proof.leaf == leaf
            proof.check(key)
    taken.sort()
    record("inclusion proof, 10 million records, p50", quantile(taken, 0.5) * 1e3, "ms", wanted * 1e3)
    record("inclusion proof, 10 million records, p99", quantile(taken, 0.99) * 1e3, "ms")
    assert quantile(taken, 0.5) <= wanted


def make_large_tree(directory: Path) -> tuple[Callable[[int], bytes], VerifierKey]:
    """Make the tree of a log of ten million short records, without the log; returns its records and key."""
    chain = "ab" * 16
    begin, _, end = (
        encode_record(Envelope(chain, "cd" * 16, "test", "0" * 64, 0, "2026-04-01T12:00:00.000000Z"), b"{}")
    ).partition(b'"sequence":0')

    def made(number: int) -> bytes:
        return b'%b"sequence":%d%b' % (begin, number, end)

    frontier = Frontier()
    began = time.perf_counter()
    with nodes_path(directory).open("wb") as nodes:
        nodes.write(NODES_MAGIC)
        for first in range(0, LEAVES, 100_000):
            nodes.write(frontier.extend(leaf_hash(made(number)) for number in range(first, first + 100_000)))
    print(f"tree of {LEAVES} leaves grown in {time.perf_counter() - began:.0f} s")
    signer = make_signer(create_private_key(directory / "signing.key"), "chartcoder/audit/bench")
    runs_path(directory, 0).write_bytes(RUNS_MAGIC + encode_run(Run(0, 0, 0)))
    checkpoint = signer.sign(LEAVES, frontier.root())
    checkpoints_path(directory).write_bytes(CHECKPOINTS_MAGIC + encode_checkpoint(checkpoint))
    key_path(directory).write_text(signer.key.text() + "\n")
    return made, signer.key


@pytest.mark.gate
def test_full_verification(tmp_path: Path, entry: Entry, record: Note, targets: Targets) -> None:
    """Hashes, links, canonical bytes, tree, signatures: of records of coded charts, by as many processes as cores."""
    wanted = targets["audit"]["verified_per_s"]
    with AuditLog(tmp_path) as log:
        for _ in range(VERIFIED // 1000):
            log.append_many([entry] * 1000)

    processes = os.cpu_count() or 1

    def measure() -> float:
        begin, cpu = time.perf_counter(), cpu_s()
        found = verify(tmp_path, processes=processes)
        taken, used = time.perf_counter() - begin, cpu_s() - cpu
        assert (found.problems, found.records, found.signed) == ((), VERIFIED, VERIFIED)
        record("full verification, by the clock", VERIFIED / taken, "records/s", record_bytes=len(entry.body))
        record("full verification, CPU a record", used / VERIFIED * 1e6, "us", record_bytes=len(entry.body))
        return VERIFIED * processes / used

    rate = best_of(measure, lambda rate: rate >= wanted)
    record("full verification, all cores its own", rate, "records/s", wanted, processes=processes)
    assert rate >= wanted


def cpu_s() -> float:
    """Return the CPU seconds of this process and its children that ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
