"""The server under load: 1, 8 and 64 clients, twice the load it can take, and large charts beside small ones.

Durable audit records included; the load generator (bench/load.py) has the same cores, and checks every answer.
"""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from chartcoder_client import ChartcoderClient

from bench.conftest import FOLDER, Note, quantile
from bench.load import Outcome, run_load
from bench.server_process import RunningServer, running_server
from bench.test_chart import STATED
from engine.live import Live
from engine.types import Chart, Document
from tests.made_identities import AUDIENCE, ISSUER, local_names, make_ca, make_signer, write_jwks

NOTE = FOLDER / "note.txt"
SECONDS = 3.0
TRIES = 3
WORKERS = max(2, os.cpu_count() or 2)
MIB = 1024 * 1024
Targets = dict[str, dict[str, float]]


def checked(outcome: Outcome) -> Outcome:
    """Assert that every answer was right, and that every call ended."""
    assert (outcome.wrong, outcome.unanswered) == (0, 0)
    assert set(outcome.statuses) <= {"0", "8"}, outcome.statuses
    return outcome


def pids(server: RunningServer) -> list[int]:
    return [worker.pid for worker in server.workers()]


@pytest.fixture(scope="module")
def server(bench_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a worker a core, warmed up."""
    with running_server(bench_home, tmp_path_factory.mktemp("audit"), workers=WORKERS) as running:
        checked(run_load(running.target, NOTE, clients=16, seconds=1.0))
        yield running


@pytest.mark.gate
def test_code_chart_over_loopback_is_within_its_target(
    server: RunningServer, chart: Chart, targets: Targets, record: Note
) -> None:
    want = targets["server"]["p95_s"]
    with ChartcoderClient(server.target, timeout_s=10) as client:
        coded = client.code_chart(chart)
    assert coded.audit_record
    assert {finding.codes[0].code for finding in coded.findings} >= STATED[chart.chart_id]
    for _ in range(TRIES):
        took_s = checked(run_load(server.target, NOTE, clients=1, seconds=SECONDS)).latencies_s
        if quantile(took_s, 0.95) <= want:
            break
    for name, part in (("median", 0.5), ("p95", 0.95), ("p99", 0.99)):
        record(f"CodeChart, TCP, 1 client, {name}", quantile(took_s, part), "s", want if name == "p95" else None)
    assert quantile(took_s, 0.95) <= want


def test_code_chart_over_a_unix_socket(bench_home: Path, tmp_path: Path, record: Note) -> None:
    path = tmp_path / "s"
    with running_server(bench_home, tmp_path / "audit", more=("--uds", str(path))) as server:
        for clients in (1, 8):
            for target, name in ((server.target, "TCP"), (f"unix:{path}", "unix socket")):
                outcome = checked(run_load(target, NOTE, clients=clients, seconds=SECONDS, watch=pids(server)))
                where = f"CodeChart, {name}, 1 worker, {clients} client{'s' * (clients > 1)}"
                record(f"{where}, median", quantile(outcome.latencies_s, 0.5), "s")
                record(f"{where}, CPU a chart", outcome.server_cpu_s / len(outcome.latencies_s), "s")


# At 64 clients the load takes the server's own cores, and what is left of them decides: no gate.
@pytest.mark.parametrize("clients", [pytest.param(8, marks=pytest.mark.gate), 64])
def test_many_clients(server: RunningServer, clients: int, targets: Targets, record: Note) -> None:
    want = targets["server"]["many_clients_p99_s"]
    for _ in range(TRIES):
        outcome = checked(run_load(server.target, NOTE, clients=clients, seconds=SECONDS))
        if quantile(outcome.latencies_s, 0.99) <= want:
            break
    where = f"CodeChart, {WORKERS} workers, {clients} clients"
    record(f"{where}, charts answered", outcome.rate, "1/s", targets["server"]["charts_per_s"])
    record(f"{where}, median", quantile(outcome.latencies_s, 0.5), "s")
    record(f"{where}, p99", quantile(outcome.latencies_s, 0.99), "s", want)
    record(f"{where}, refused", len(outcome.refusals_s) / sum(outcome.statuses.values()), "of all")
    assert quantile(outcome.latencies_s, 0.99) <= want


def test_twice_the_load_that_it_can_take(server: RunningServer, targets: Targets, record: Note) -> None:
    want = targets["server"]["overload_p99_s"]
    for _ in range(TRIES):
        capacity = checked(run_load(server.target, NOTE, clients=32, seconds=SECONDS)).rate
        before = sum(worker.memory_info().rss for worker in server.workers())
        outcome = checked(run_load(server.target, NOTE, clients=64, seconds=2 * SECONDS, rate=2 * capacity))
        grown = sum(worker.memory_info().rss for worker in server.workers()) - before
        if quantile(outcome.latencies_s, 0.99) <= want:
            break
    assert outcome.refusals_s
    record("overload, calls sent", 2 * capacity, "1/s")
    record("overload, charts answered", outcome.rate, "1/s")
    record("overload, answered, median", quantile(outcome.latencies_s, 0.5), "s")
    record("overload, answered, p99", quantile(outcome.latencies_s, 0.99), "s", want)
    record("overload, refused, p99", quantile(outcome.refusals_s, 0.99), "s")
    record("overload, memory grown", grown / MIB, "MiB")
    assert quantile(outcome.latencies_s, 0.99) <= want
    assert grown < 32 * MIB


def test_the_servers_own_cost_of_a_chart(
    server: RunningServer, live: Live, note_text: str, targets: Targets, record: Note
) -> None:
    chart = Chart("", (Document(note_text),))
    own_s, engine_s = [], []
    for _ in range(TRIES):  # in turn, so that a slower hour is slower for both
        outcome = checked(run_load(server.target, NOTE, clients=32, seconds=SECONDS, watch=pids(server)))
        engine_s.append(_engine_cpu_s(live, chart))
        own_s.append(outcome.server_cpu_s / len(outcome.latencies_s) - engine_s[-1])
    record("CPU of CodeChart less the engine's", quantile(own_s, 0.5), "s", targets["server"]["own_cpu_s"])
    record("CPU of the engine beside it", quantile(engine_s, 0.5), "s")


def _engine_cpu_s(live: Live, chart: Chart, runs: int = 200) -> float:
    for _ in range(20):
        live.pipeline.code(chart)
    begin = time.thread_time()
    for _ in range(runs):
        live.pipeline.code(chart)
    return (time.thread_time() - begin) / runs


def test_tls_tokens_and_audit_on_against_all_off(
    bench_home: Path, tmp_path: Path, targets: Targets, record: Note
) -> None:
    guarded, calls = _guarded(tmp_path)
    plain = running_server(bench_home, tmp_path / "unused", module="bench.unrecorded")
    safe = running_server(bench_home, tmp_path / "audit", more=guarded)
    rates: dict[str, list[float]] = {"on": [], "off": []}
    cpus_s: dict[str, list[float]] = {"on": [], "off": []}
    with plain as off, safe as on:
        for _ in range(2 * TRIES):  # in turn, so that a slower hour is slower for both
            for name, server, more in (("off", off, []), ("on", on, calls)):
                outcome = checked(
                    run_load(server.target, NOTE, clients=16, seconds=SECONDS, watch=pids(server), more=more)
                )
                rates[name].append(outcome.rate)
                cpus_s[name].append(outcome.server_cpu_s / len(outcome.latencies_s))
    shares = [on / off for on, off in zip(rates["on"], rates["off"], strict=True)]
    record("1 worker, 16 clients, TLS, tokens and audit on, charts answered", quantile(rates["on"], 0.5), "1/s")
    record("the same with all off", quantile(rates["off"], 0.5), "1/s")
    record("on against off, charts answered", quantile(shares, 0.5), "of all", targets["server"]["guarded_share"])
    costs_s = [on - off for on, off in zip(cpus_s["on"], cpus_s["off"], strict=True)]
    record("CPU of a chart that TLS, tokens and audit add", quantile(costs_s, 0.5), "s")


def _guarded(folder: Path) -> tuple[list[str], list[str]]:
    """Write a certificate, identities and a token; return the options of a server and of the load."""
    ca, signer = make_ca(), make_signer("RS256")
    server = ca.issue("server", *local_names())
    write_jwks(folder / "jwks.json", signer)
    token = signer.token(org="north", roles=["submitter"], exp=int(time.time()) + 3600)
    identities = f'[[issuers]]\nissuer = "{ISSUER}"\naudience = "{AUDIENCE}"\njwks = "jwks.json"\n'
    identities += 'tenant_claim = "org"\nroles_claim = "roles"\n'
    for name, content in (
        ("ca.pem", ca.chain_pem),
        ("chain.pem", server.chain_pem),
        ("key.pem", server.key_pem),
        ("identities.toml", identities.encode()),
        ("token", token.encode()),
    ):
        (folder / name).write_bytes(content)
    serve = ["--tls-cert", "chain.pem", "--tls-key", "key.pem", "--identities", "identities.toml"]
    options = [word if word.startswith("--") else str(folder / word) for word in serve]
    return options, ["--ca", str(folder / "ca.pem"), "--token", str(folder / "token")]


@pytest.mark.parametrize("pages", [300, 1200], ids=["300 pages", "the largest chart"])
def test_small_charts_beside_a_large_one(
    bench_home: Path, tmp_path: Path, note_text: str, pages: int, record: Note
) -> None:
    page = note_text[:3400]
    large = Chart("large", tuple(Document(page * 30) for _ in range(pages // 30)))
    rate, firsts_s, wholes_s = 60.0, [], []
    is_over = threading.Event()

    def read_large(target: str) -> None:
        with ChartcoderClient(target, timeout_s=60) as client:
            while not is_over.is_set():
                begin, first_s = time.perf_counter(), 0.0
                for frame in client.stream_chart(large):
                    first_s = first_s or (time.perf_counter() - begin if frame.findings else 0.0)
                firsts_s.append(first_s)
                wholes_s.append(time.perf_counter() - begin)

    with running_server(bench_home, tmp_path / "audit") as server:
        (worker,) = pids(server)
        alone = checked(run_load(server.target, NOTE, clients=4, seconds=SECONDS, rate=rate))
        reader = threading.Thread(target=read_large, args=(server.target,))
        reader.start()
        time.sleep(1.0)
        beside = checked(run_load(server.target, NOTE, clients=4, seconds=SECONDS, rate=rate))
        is_over.set()
        reader.join()
        helpers = psutil.Process(worker).children()
        record("process for large charts, memory of its own", sum(_own_mib(helper) for helper in helpers), "MiB")
    size = f"{sum(len(document.text) for document in large.documents) / 1e6:.1f} MB"
    record("small charts alone, p99", quantile(alone.latencies_s, 0.99), "s")
    record(f"small charts beside one of {size}, p99", quantile(beside.latencies_s, 0.99), "s")
    record(f"chart of {size}, first findings", quantile(firsts_s, 0.5), "s")
    record(f"chart of {size}, whole", quantile(wholes_s, 0.5), "s")


def test_the_memory_of_a_second_worker(server: RunningServer, targets: Targets, record: Note) -> None:
    checked(run_load(server.target, NOTE, clients=16, seconds=1.0))
    own = [_own_mib(worker) for worker in server.workers()]
    record("a further worker, memory of its own", max(own), "MiB", targets["server"]["second_worker_mib"])


def _own_mib(process: psutil.Process) -> float:
    return float(process.memory_full_info().uss) / MIB
