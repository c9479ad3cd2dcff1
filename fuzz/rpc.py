"""Sends every RPC random, mutated and broken requests; an INTERNAL status, or none at all, is a crash.

Most cases call the services' own handlers, which parse, check, code, record and answer as they do behind a socket; the
rest go through a real server. The engine is the tests' small stand-in; the log and the code sets are real. A crash is
written to build/fuzz/rpc-crash-*: `python fuzz/rpc.py METHOD FILE` repeats it. `make fuzz-rpc` runs 100,000.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import grpc

ROOT = Path(__file__).parents[1]
sys.path[:0] = [
    str(ROOT),
    str(ROOT / "fuzz"),
    str(ROOT / "tests" / "server"),
    str(ROOT / "tests"),
    str(ROOT / "clients/python"),
]

from fake_engine import FakeEngine, make_home  # noqa: E402
from google.rpc.code_pb2 import INTERNAL, UNKNOWN, Code  # noqa: E402
from google.rpc.status_pb2 import Status  # noqa: E402
from rpc_messages import Maker  # noqa: E402

from engine.audit.kinds import AccessAction, access  # noqa: E402
from engine.audit.record import Origin  # noqa: E402
from engine.config import Config  # noqa: E402
from engine.identity.principal import LOCAL  # noqa: E402
from engine.pb.chartcoder.v1 import audit_pb2, claim_pb2, codeset_pb2, coding_pb2  # noqa: E402
from engine.server import audit, claim, codesets, coding  # noqa: E402
from engine.server.answers import Desk  # noqa: E402
from engine.server.calls import CURRENT_CALL, Call  # noqa: E402
from engine.server.large import ReaderHere  # noqa: E402
from engine.server.logs import set_up_logs  # noqa: E402
from engine.server.pool import EnginePool  # noqa: E402
from engine.server.status import to_status  # noqa: E402

CASES = 100_000
# Of a hundred cases, so many go through a socket.
BY_SOCKET = 5
AT_ONCE = 64
_OUT = ROOT / "build" / "fuzz"
# A stream is sent so many requests at once.
PER_STREAM = 4
_LIMIT_S = 60.0

Handler = Callable[[list[bytes]], Awaitable[list[bytes]]]


@dataclass
class Tally:
    """What became of the cases of one RPC."""

    outcomes: Counter[str] = field(default_factory=Counter)
    crashes: list[list[bytes]] = field(default_factory=list)

    def note(self, requests: list[bytes], statuses: list[Status | None]) -> None:
        """Count the statuses of some requests; None is an answer."""
        for status in statuses:
            is_crash = status is not None and status.code in (INTERNAL, UNKNOWN)
            self.outcomes["answered" if status is None else Code.Name(status.code)] += 1
            if is_crash:
                self.crashes.append(requests)


@dataclass(frozen=True)
class Rpc:
    """One method, and how often it is called beside the others."""

    service: str
    name: str
    module: Any
    share: int = 1

    @property
    def request(self) -> Any:
        return getattr(self.module, f"{self.name}Request")

    @property
    def response(self) -> Any:
        return getattr(self.module, f"{self.name}Response")

    @property
    def is_stream(self) -> bool:
        return self.name in ("CodeCharts", "CheckClaims")


RPCS = (
    Rpc(coding.SERVICE, "CodeChart", coding_pb2, 2),
    Rpc(coding.SERVICE, "CodeCharts", coding_pb2, 2),
    Rpc(claim.SERVICE, "CheckClaim", claim_pb2, 2),
    Rpc(claim.SERVICE, "CheckClaims", claim_pb2, 2),
    *(
        Rpc(codesets.SERVICE, f"{name}", codeset_pb2)
        for name in ("LookupCode", "SearchCodes", "ValidateCodes", "TranslateCode", "ListCodeSets")
    ),
    *(Rpc(audit.SERVICE, name, audit_pb2) for name in ("GetRecord", "ProveRecord", "GetCheckpoint")),
)


class Context:
    """What a handler needs of grpc's."""

    def __init__(self, requests: list[bytes]) -> None:
        self._requests = requests
        self.written: list[bytes] = []

    async def read(self) -> bytes:
        return self._requests[0]

    async def write(self, data: bytes) -> None:
        self.written.append(data)


async def _each(requests: list[bytes]) -> AsyncIterator[bytes]:
    for data in requests:
        yield data


def handlers(engine: FakeEngine, log: Any, pool: EnginePool) -> dict[str, Handler]:
    """Return the services' own methods by their names."""
    charts, claims = coding.CodingService(pool), claim.ClaimService(engine.claim_checker(), log, pool)
    sets, records = codesets.CodeSetService(engine.releases, pool), audit.AuditService(log, pool)

    async def one(method: Any, requests: list[bytes]) -> list[bytes]:
        context = Context(requests)
        return [*context.written, await method(requests[0], context)]

    async def stream(method: Any, requests: list[bytes]) -> list[bytes]:
        context = Context(requests)
        await method(_each(requests), context)
        return context.written

    unary: dict[str, Any] = {
        "CodeChart": charts.code_chart,
        "CheckClaim": claims.check_claim,
        "LookupCode": sets.lookup_code,
        "SearchCodes": sets.search_codes,
        "ValidateCodes": sets.validate_codes,
        "TranslateCode": sets.translate_code,
        "ListCodeSets": sets.list_code_sets,
        "GetRecord": records.get_record,
        "ProveRecord": records.prove_record,
        "GetCheckpoint": records.get_checkpoint,
    }
    streams: dict[str, Any] = {"CodeCharts": charts.code_charts, "CheckClaims": claims.check_claims}
    return {name: partial(one, method) for name, method in unary.items()} | {
        name: partial(stream, method) for name, method in streams.items()
    }


def statuses_of(rpc: Rpc, replies: list[bytes], count: int) -> list[Status | None]:
    """Return what each request was told: of a stream, one for each reply that ends one."""
    parsed = [rpc.response.FromString(reply) for reply in replies]
    if not rpc.is_stream:
        return [None]
    told: dict[int, Status | None] = {}
    for reply in parsed:
        told[reply.index] = reply.error if reply.HasField("error") else None
    missing = Status(code=UNKNOWN, message="no reply")
    return [told.get(index, missing) for index in range(count)]


async def take(rpc: Rpc, handler: Handler, requests: list[bytes], tally: Tally) -> None:
    """Run one case by the service's own method."""
    CURRENT_CALL.set(Call(f"/{rpc.service}/{rpc.name}", "fuzz", Origin("fuzz"), principal=LOCAL))
    try:
        replies = await asyncio.wait_for(handler(requests), _LIMIT_S)
        tally.note(requests, statuses_of(rpc, replies, len(requests)))
    except Exception as error:
        tally.note(requests, [to_status(error)])


async def run_here(folder: Path, home: Path, count: int, seed: int, tallies: dict[str, Tally]) -> None:
    """Run cases by the services' own methods."""
    engine = FakeEngine(Config(home=home, audit_dir=folder / "audit"))
    log = engine.audit_log()
    desk = Desk(engine, log.salt)
    pool = EnginePool(desk, log, ReaderHere(desk), max_in_flight=AT_ONCE * PER_STREAM)
    table = handlers(engine, log, pool)
    whole = sum(rpc.share for rpc in RPCS)
    ids = [log.append(access(Origin("fuzz"), AccessAction.RECORD_READ, subject="x")).record_id for _ in range(4)]
    for rpc in RPCS:
        maker, left = Maker(rpc.request, seed, record_ids=ids), round(count * rpc.share / whole)
        size = PER_STREAM if rpc.is_stream else 1
        while left > 0:
            batch = [[maker.make() for _ in range(size)] for _ in range(max(1, min(AT_ONCE, left) // size))]
            await asyncio.gather(*(take(rpc, table[rpc.name], requests, tallies[rpc.name]) for requests in batch))
            left -= size * len(batch)
    pool.close()
    log.close()


def run_by_socket(folder: Path, home: Path, count: int, seed: int, tallies: dict[str, Tally]) -> None:
    """Run cases through a real server."""
    from conftest import serve_in_thread

    config = Config(home=home, audit_dir=folder / "audit-of-server", port=0, drain_s=5.0, log_level="error")
    whole = sum(rpc.share for rpc in RPCS)
    with serve_in_thread(config, FakeEngine(config)) as server, server.channel() as channel:
        for rpc in RPCS:
            maker, left = Maker(rpc.request, seed + 1), round(count * rpc.share / whole)
            size = PER_STREAM if rpc.is_stream else 1
            call = channel.stream_stream(f"/{rpc.service}/{rpc.name}")
            for _ in range(max(1, left // size)):
                requests = [maker.make() for _ in range(size)]
                try:
                    replies = list(call(iter(requests), timeout=_LIMIT_S))
                    tallies[rpc.name].note(requests, statuses_of(rpc, replies, size))
                except grpc.RpcError as error:
                    tallies[rpc.name].note(requests, [Status(code=error.code().value[0])])


def run(cases: int, seed: int, *, folder: Path) -> dict[str, Tally]:
    """Run cases over all RPCs; returns what became of them."""
    set_up_logs("error")
    make_home(folder / "home")
    tallies = {rpc.name: Tally() for rpc in RPCS}
    by_socket = cases * BY_SOCKET // 100
    # Rounding leaves out a case here and there: rather too many than too few.
    asyncio.run(run_here(folder, folder / "home", cases - by_socket + 2 * len(RPCS) * PER_STREAM, seed, tallies))
    run_by_socket(folder, folder / "home", by_socket, seed, tallies)
    return tallies


def _run_alone(cases: int, seed: int) -> dict[str, Tally]:
    with tempfile.TemporaryDirectory() as folder:
        return run(cases, seed, folder=Path(folder))


def run_beside(cases: int, seed: int) -> dict[str, Tally]:
    """Run cases in two processes, each with seeds of its own."""
    tallies = {rpc.name: Tally() for rpc in RPCS}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for part in pool.map(_run_alone, (cases // 2, cases - cases // 2), (2 * seed, 2 * seed + 1)):
            for name, tally in part.items():
                tallies[name].outcomes += tally.outcomes
                tallies[name].crashes += tally.crashes
    return tallies


def main() -> int:
    """Run what the command line says; exit status 1 for a crash."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repeat", nargs="*", metavar="METHOD FILE", help="repeat a crash")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began_s = time.perf_counter()
    if given.repeat:
        with tempfile.TemporaryDirectory() as folder:
            return repeat(Path(folder), *given.repeat)
    tallies = run_beside(given.cases, given.seed)
    for name, tally in tallies.items():
        print(f"{name:14} {dict(sorted(tally.outcomes.items()))}")
        for number, requests in enumerate(tally.crashes[:5]):
            _OUT.mkdir(parents=True, exist_ok=True)
            (_OUT / f"rpc-crash-{name}-{number}").write_bytes(b"".join(requests))
    total = sum(tally.outcomes.total() for tally in tallies.values())
    crashes = sum(len(tally.crashes) for tally in tallies.values())
    print(f"{total} cases, seed {given.seed}: {crashes} crashes, {time.perf_counter() - began_s:.0f} s")
    return 1 if crashes or total < given.cases else 0


def repeat(folder: Path, name: str, file: str) -> int:
    """Run one request once more, with the server's log."""
    set_up_logs("debug")
    make_home(folder / "home")
    rpc = next(rpc for rpc in RPCS if rpc.name == name)
    tally = Tally()

    async def once() -> None:
        engine = FakeEngine(Config(home=folder / "home", audit_dir=folder / "audit"))
        log = engine.audit_log()
        desk = Desk(engine, log.salt)
        pool = EnginePool(desk, log, ReaderHere(desk), max_in_flight=8)
        CURRENT_CALL.set(Call(rpc.name, "fuzz", Origin("fuzz"), principal=LOCAL))
        replies = await handlers(engine, log, pool)[name]([Path(file).read_bytes()])
        tally.note([], statuses_of(rpc, replies, 1))

    asyncio.run(once())
    print(tally.outcomes)
    return int(bool(tally.crashes))


if __name__ == "__main__":
    sys.exit(main())
