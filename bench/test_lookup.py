"""How well the search ranks, and how fast codes are looked up, checked, carried over and searched.

What is measured in this process counts its own thread's seconds; what goes over loopback counts the clock's, with the
load generator in a process of its own on the same cores.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from chartcoder_client import ChartcoderClient

from bench.conftest import Note, quantile
from bench.lookup_load import EMPTY_CALL, read_queries
from bench.server_process import RunningServer, running_server
from codesets.search import search_codes
from codesets.search_open import open_search
from codesets.snapshot import Snapshot
from codesets.store import Releases, save_release
from codesets.translate import translate_codes
from codesets.types import ReleaseSource, System
from codesets.validate import CodeStatus, validate_codes

Targets = dict[str, dict[str, float]]

TRIES = 4
LOAD_S = 2.0
PAGE = 20
# Texts that nobody means well with; each is cut to what a query may be.
HOSTILE = {
    "10 kB of common words": "fracture unspecified " * 500,
    "NULs": "\0" * 10_000,
    "emoji": "😀🫀" * 5_000,
    "punctuation": ".,;!?-/\\\"'()" * 900,
    "one letter": "e",
    "a very common word": "unspecified",
    "common words": "initial encounter closed fracture unspecified left right other type disease",
    "every letter": " ".join("abcdefghijklmnopqrstuvwxyz"),
    "beginnings": "co di pr su un ot in de re an",
    "many misspellings": "hypertensian hypotensian hypertropic hypotropic hyperactiv hypoactiv hyperthermi hypoplasi",
    "no words": "qzxwvkj" * 28,
    "combining marks": "a\u0301" * 5_000,
    "other scripts": "糖尿病 гипертония ارتفاع ضغط الدم " * 50,
    "a lone surrogate": "\ud800 diabetes",
}


@pytest.fixture(scope="module")
def releases(bench_home: Path) -> Releases:
    """The packaged release, with its search index built."""
    found = Releases.open(bench_home)
    open_search(found.release(System.ICD10CM))
    return found


@pytest.fixture(scope="module")
def snapshot(releases: Releases) -> Snapshot:
    return releases.release(System.ICD10CM)


@pytest.fixture(scope="module")
def codes(snapshot: Snapshot) -> list[str]:
    """Two thousand billable codes, the same each time."""
    billable = [code for code in snapshot.codes() if snapshot.is_billable(code)]
    return random.Random(1).sample(billable, 2_000)


@pytest.fixture(scope="module")
def server(bench_home: Path, releases: Releases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(bench_home, tmp_path_factory.mktemp("audit")) as running:
        yield running


def thread_seconds(work: Callable[[], object]) -> float:
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


def load(server: RunningServer, method: str, codes: Sequence[str], *, clients: int) -> dict[str, float]:
    """Run the load generator and return its figures, and the server's own CPU seconds a call."""
    command = [sys.executable, "-m", "bench.lookup_load", server.target, method]
    command += ["--clients", str(clients), "--seconds", str(LOAD_S)]
    before = server_cpu_s(server)
    done = subprocess.run(command, input="\n".join(codes), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout)
    found["cpu_s"] = (server_cpu_s(server) - before) / found["calls"]
    return found


def server_cpu_s(server: RunningServer) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in server.workers())


def note_load(record: Note, name: str, found: dict[str, float], target: float | None = None) -> None:
    record(f"{name}, rate", found["rate"], "calls/s")
    record(f"{name}, server CPU a call", found["cpu_s"], "s")
    record(f"{name}, median", found["p50"], "s")
    record(f"{name}, p99", found["p99"], "s", target)


@pytest.mark.gate
def test_search_ranks_what_is_meant_first(releases: Releases, targets: Targets, record: Note) -> None:
    rows = read_queries()
    assert len(rows) >= 80
    ranks = []
    for query, wanted in rows:
        found = [hit.code for hit in search_codes(releases, query, limit=10)]
        ranks.append(next((rank for rank, code in enumerate(found, 1) if code in wanted), 11))
    for k in (1, 5, 10):
        part = sum(rank <= k for rank in ranks) / len(ranks)
        want = targets["lookup"][f"search_hit_at_{k}"]
        record(f"SearchCodes, hit@{k} of {len(ranks)} queries", part, "part", want)
        assert part >= want


@pytest.mark.gate
def test_search_is_within_its_target(releases: Releases, targets: Targets, record: Note) -> None:
    want = targets["lookup"]["search_p99_s"]
    for query, wanted in read_queries()[:5]:
        assert search_codes(releases, query, limit=PAGE + 1)[0].code in wanted
    best = [float("inf")] * len(read_queries())
    for _ in range(TRIES):
        for number, (query, _) in enumerate(read_queries()):
            took = thread_seconds(lambda query=query: search_codes(releases, query, limit=PAGE + 1))  # type: ignore[misc]
            best[number] = min(best[number], took)
    p50, p99 = quantile(best, 0.5), quantile(best, 0.99)
    record("search over the query table, in process, median", p50, "s")
    record("search over the query table, in process, p99", p99, "s", want)
    assert p99 <= want


@pytest.mark.gate
def test_the_first_search_opens_the_index_at_once(releases: Releases, targets: Targets, record: Note) -> None:
    want = targets["lookup"]["first_search_s"]
    best = float("inf")
    for _ in range(TRIES):
        open_search.cache_clear()
        best = min(best, thread_seconds(lambda: search_codes(releases, "kidney stone")))
    record("first search: index checked, opened, searched", best, "s", want)
    assert best <= want


@pytest.mark.gate
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_queries_are_bounded(releases: Releases, targets: Targets, record: Note, name: str) -> None:
    want = targets["lookup"]["hostile_s"]
    took = min(thread_seconds(lambda: search_codes(releases, HOSTILE[name], limit=PAGE + 1)) for _ in range(TRIES))
    record(f"hostile query: {name}", took, "s", want)
    assert took <= want


@pytest.mark.gate
@pytest.mark.parametrize("what", ["look up", "validate", "translate"])
def test_time_for_a_code_does_not_grow_with_the_release(
    snapshot: Snapshot, targets: Targets, record: Note, tmp_path: Path, what: str
) -> None:
    few = [replace(node, parent="") for node in snapshot.nodes() if node.billable][::75]
    release = snapshot.release
    source = ReleaseSource(System.ICD10CM, "few", release.effective_from, None, "a part, for the bench", tuple(few))
    save_release(tmp_path, source)
    small = Releases.open(tmp_path)
    large = Releases([snapshot])
    asked = [node.code for node in few]

    def work(of: Releases) -> None:
        here = of.release(System.ICD10CM)
        if what == "look up":
            assert all(here.find(code).billable for code in asked)
        elif what == "validate":
            checks = validate_codes(of, System.ICD10CM, asked)
            assert all(check.status is CodeStatus.VALID for check in checks)
        else:
            assert len(translate_codes(here, here, asked)) == len(asked)

    times = [(thread_seconds(lambda: work(small)), thread_seconds(lambda: work(large))) for _ in range(TRIES)]
    ratio = min(on_large for _, on_large in times) / min(on_small for on_small, _ in times)
    per_code = min(on_large for _, on_large in times) / len(asked)
    record(f"{what}: one code, in process", per_code, "s")
    record(
        f"{what}: a release of {len(snapshot)} nodes beside one of {len(few)}",
        ratio,
        "times",
        targets["lookup"]["growth"],
    )
    assert ratio <= targets["lookup"]["growth"]


@pytest.mark.parametrize(
    ("clients", "target"),
    [
        pytest.param(1, "lookup_1_client_p99_s", marks=pytest.mark.gate),
        # No gate: the load takes the server's own cores, and what is left of them decides.
        (50, "lookup_50_clients_p99_s"),
    ],
)
def test_look_ups_over_loopback_are_within_their_target(
    server: RunningServer, codes: list[str], targets: Targets, record: Note, clients: int, target: str
) -> None:
    with ChartcoderClient(server.target, timeout_s=10) as client:
        some = codes[:1000]
        assert [found.code for found in client.lookup(some)] == some
    want = targets["lookup"][target]
    for _ in range(TRIES):
        empty = load(server, EMPTY_CALL, codes, clients=clients)
        found = load(server, "LookupCode", codes, clients=clients)
        ratio = found["p99"] / empty["p99"]
        if found["p99"] <= want:
            break
    note_load(record, f"LookupCode, {clients} client(s), one worker, load on the same cores", found, want)
    most = targets["lookup"]["lookup_over_empty_call"]
    record(f"LookupCode, {clients} client(s), p99 over that of an empty call in the same run", ratio, "times", most)
    # Where others hold the cores, an empty call misses the target too: then a look-up may take little more than that.
    assert found["p99"] <= want or (empty["p99"] > want / most and ratio <= most)


@pytest.mark.parametrize("method", ["ValidateCodes", "TranslateCode", "SearchCodes"])
@pytest.mark.parametrize("clients", [1, 50])
def test_the_other_look_ups_over_loopback(
    server: RunningServer, codes: list[str], record: Note, method: str, clients: int
) -> None:
    found = load(server, method, codes, clients=clients)
    note_load(record, f"{method}, {clients} client(s), one worker, load on the same cores", found)


def test_a_batch_of_a_thousand_codes(server: RunningServer, codes: list[str], record: Note) -> None:
    with ChartcoderClient(server.target, timeout_s=10) as client:
        for name, call in (("LookupCode", client.lookup), ("ValidateCodes", client.validate)):
            call(codes[:1000])
            begin = time.perf_counter()
            assert len(call(codes[:1000])) == 1000
            record(f"{name}, 1,000 codes in one call, Python client", time.perf_counter() - begin, "s")
