"""One server process: builds the gRPC server, runs it, drains it.

grpc.aio on uvloop moves the bytes and EnginePool does the work. The synchronous server is quicker per reply where
nothing is behind it (PERFORMANCE.md); with the engine behind, its threads contend for the GIL and a chart costs a third
more CPU (README.md). It also spends a thread on every open stream, so a few idle CodeCharts streams would stop it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from engine.config import Config
from engine.errors import ConfigError
from engine.identity.gate import Gate
from engine.identity.levels import SharedLevels
from engine.live import open_vault
from engine.server import audit, claim, codesets, coding
from engine.server.answers import Desk, Engine
from engine.server.guard import Guard
from engine.server.health import Health
from engine.server.helper import HelperReader, OpenEngine
from engine.server.interceptors import Admission, Surrounding
from engine.server.large import Reader, ReaderHere
from engine.server.logs import get_log, on_loop_error
from engine.server.observe import Observers
from engine.server.pool import EnginePool
from engine.server.refusals import Refusals
from engine.server.reload import Reloader
from engine.server.tls import check_exposure, open_credentials

SERVICES = (coding.SERVICE, codesets.SERVICE, claim.SERVICE, audit.SERVICE)
MAX_METADATA_BYTES = 16 * 1024
# Calls open at once, as a multiple of the charts in flight: streams and answers that wait for slow readers count here.
CALLS_PER_CHART = 16
# The thread that codes gives way to the event loop after this long (Python's own: 5 ms). A step of a call waits so long
# for the GIL, and there are four in each; at 0.1 ms the threads take turns so often that it costs 5 % of the charts.
SWITCH_INTERVAL_S = 0.0005
# How often metrics are told of a worker's state.
STATE_EVERY_S = 1.0
# What refusals and last frames under way get, once the drain is over.
LAST_WORDS_S = 0.2


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int
    uds: Path | None

    @property
    def target(self) -> str:
        """The TCP address as gRPC writes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(slots=True)
class Server:
    """A started server and what belongs to it."""

    address: Address
    grpc_server: Any
    health: Any
    admission: Admission
    pool: EnginePool
    reloader: Reloader
    close_log: Callable[[], None]
    background: "list[asyncio.Task[None]]"
    observers: Observers
    refusals: Refusals

    async def drain(self, grace_s: float) -> None:
        """Report NOT_SERVING, take no new calls, let those in flight end, and stop; after `grace_s` cut them off."""
        await self.health.enter_graceful_shutdown()
        await self.admission.close(grace_s)
        await self.grpc_server.stop(LAST_WORDS_S)
        await asyncio.get_running_loop().run_in_executor(None, self.pool.close)
        for task in self.background:
            task.cancel()
        await asyncio.gather(*self.background, return_exceptions=True)
        await self.refusals.flush()
        await asyncio.get_running_loop().run_in_executor(None, self.observers.close)
        self.close_log()
        if self.address.uds:
            self.address.uds.unlink(missing_ok=True)


async def start(
    config: Config,
    engine: Engine,
    *,
    port: int | None = None,
    share_port: bool = False,
    open_engine: OpenEngine | None = None,
    levels: SharedLevels | None = None,
) -> Server:
    """Start serving.

    `share_port` lets several processes listen on one port. `open_engine` opens the engine once more, in the process
    that reads large charts; without it they are read in a thread of this one. `levels` are those of callers' limits,
    where workers share them. Raises ConfigError if an address cannot
    be had, AuditError if the audit log cannot record.
    """
    gate, observers = Gate.of(config), Observers.of(config)
    check_exposure(config, gate)
    credentials = open_credentials(config)
    checker = engine.claim_checker()
    log = engine.audit_log()
    vault = open_vault(config) if config.keep_charts else None
    desk = Desk(engine, log.salt, vault)
    reader: Reader = HelperReader(config, open_engine, log.salt) if open_engine else ReaderHere(desk)
    pool = EnginePool(desk, log, reader, max_in_flight=config.max_in_flight)
    admission = Admission()
    guard = Guard(gate, log, has_certificates=config.tls_client_ca is not None, levels=levels)
    server = grpc.aio.server(
        interceptors=(Surrounding(admission, guard, observers),),
        options=_options(config, share_port=share_port),
        maximum_concurrent_rpcs=config.max_in_flight * CALLS_PER_CHART,
    )
    sets, records = codesets.CodeSetService(engine.releases, pool), audit.AuditService(log, pool)
    _add_services(server, coding.CodingService(pool), sets, records)
    _add_claims(server, claim.ClaimService(checker, log, pool))
    state = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(state, server)
    if config.reflection:
        names = (*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
    try:
        address = _listen(server, config, config.port if port is None else port, credentials)
    except ConfigError:
        log.close()
        raise
    recording, looking_up = (coding.SERVICE, claim.SERVICE, audit.SERVICE), (codesets.SERVICE,)
    wellness = Health(state, log, engine.problem, recording=recording, looking_up=looking_up)
    await wellness.begin()
    await server.start()
    tasks = [
        asyncio.create_task(each)
        for each in (
            guard.keep_fresh(),
            wellness.watch(),
            guard.refusals.keep(),
            _tell_state(observers, wellness, pool),
        )
    ]
    reloader = Reloader(engine, reader, log)
    return Server(address, server, state, admission, pool, reloader, log.close, tasks, observers, guard.refusals)


async def run(
    config: Config,
    engine: Engine,
    *,
    port: int | None = None,
    share_port: bool = False,
    open_engine: OpenEngine | None = None,
    levels: SharedLevels | None = None,
    on_ready: Callable[[Address], None] = lambda _: None,
    stop: asyncio.Event | None = None,
    named: Config | None = None,
    on_reloader: Callable[[Reloader], None] | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or `stop`, then drain; a second signal cuts the drain short.

    SIGHUP has the ranker and the routing policy read again that the settings as they were `named` say, unless
    `on_reloader` takes that over.
    """
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(on_loop_error)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    stop = stop or asyncio.Event()
    server = await start(config, engine, port=port, share_port=share_port, open_engine=open_engine, levels=levels)
    _stop_on_signals(loop, stop)
    if on_reloader is not None:
        on_reloader(server.reloader)
    else:
        _reload_on_signal(loop, partial(server.reloader.reload, named or config))
    log = get_log()
    log.info("ready", pid=os.getpid(), **_place(server.address))
    on_ready(server.address)
    await stop.wait()
    log.info("draining", pid=os.getpid(), grace_s=config.drain_s)
    await server.drain(config.drain_s)
    log.info("stopped", pid=os.getpid())


async def _tell_state(observers: Observers, health: Health, pool: EnginePool) -> None:
    while observers.metrics is not None:
        observers.note_state(is_serving=not health.problem, in_flight=pool.in_flight)
        await asyncio.sleep(STATE_EVERY_S)


def _place(address: Address) -> dict[str, Any]:
    return {"host": address.host, "port": address.port} | ({"uds": str(address.uds)} if address.uds else {})


def _stop_on_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    def on_signal(number: int) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, partial(on_signal, number))
        except (ValueError, RuntimeError):  # not in the main thread: whoever runs us there stops us
            return


def _reload_on_signal(loop: asyncio.AbstractEventLoop, reload: Callable[[], None]) -> None:
    """Have SIGHUP read models and policy again, apart from the event loop: that takes a tenth of a second."""
    with suppress(ValueError, RuntimeError):  # not in the main thread
        loop.add_signal_handler(signal.SIGHUP, lambda: loop.run_in_executor(None, reload))


def _options(config: Config, *, share_port: bool) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", int(share_port)),
        ("grpc.max_receive_message_length", config.max_message_bytes),
        ("grpc.max_send_message_length", config.max_message_bytes),
        ("grpc.max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
        # A peer that is gone without a word is noticed, and its work freed, within 40 s.
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
    ]


def _add_services(
    server: Any, charts: coding.CodingService, sets: codesets.CodeSetService, records: audit.AuditService
) -> None:
    """Register the handlers; they take and give bytes.

    CodeChart has one request and a stream of replies. On the wire any method is a stream either way, and grpc.aio is
    told the reverse: it then reads no request before the handler asks for it, so that a refusal costs less, and sends
    the last reply together with the status.
    """
    streams = {
        "CodeChart": grpc.stream_unary_rpc_method_handler(charts.code_chart),
        "CodeCharts": grpc.stream_stream_rpc_method_handler(charts.code_charts),
    }
    unary = {
        "LookupCode": sets.lookup_code,
        "SearchCodes": sets.search_codes,
        "ValidateCodes": sets.validate_codes,
        "TranslateCode": sets.translate_code,
        "ListCodeSets": sets.list_code_sets,
    }
    proofs = {
        "GetRecord": records.get_record,
        "ProveRecord": records.prove_record,
        "GetCheckpoint": records.get_checkpoint,
    }
    handlers = ((coding.SERVICE, streams), (codesets.SERVICE, _unary(unary)), (audit.SERVICE, _unary(proofs)))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(name, table) for name, table in handlers])


def _add_claims(server: Any, claims: claim.ClaimService) -> None:
    table = {
        "CheckClaim": grpc.unary_unary_rpc_method_handler(claims.check_claim),
        "CheckClaims": grpc.stream_stream_rpc_method_handler(claims.check_claims),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(claim.SERVICE, table)])


def _unary(handlers: dict[str, Any]) -> dict[str, Any]:
    return {name: grpc.unary_unary_rpc_method_handler(handler) for name, handler in handlers.items()}


def _listen(server: Any, config: Config, port: int, credentials: Any) -> Address:
    wanted = Address(config.host, port, config.uds)
    try:
        if credentials is None:
            bound = server.add_insecure_port(wanted.target)
        else:
            bound = server.add_secure_port(wanted.target, credentials)
    except RuntimeError:
        raise port_error(config.host, port) from None
    if config.uds:
        _listen_on_socket(server, config.uds)
    return Address(config.host, bound, config.uds)


def port_error(host: str, port: int) -> ConfigError:
    """Return the error for an address that cannot be bound."""
    return ConfigError(
        f"port: got {host}:{port}, which is in use or not ours to bind, want a free one (0 picks one)", field="port"
    )


def _listen_on_socket(server: Any, path: Path) -> None:
    mask = os.umask(0o177)  # the socket is its owner's alone
    try:
        server.add_insecure_port(f"unix:{path}")
    except RuntimeError:
        raise ConfigError(
            f"uds: got {path}, which cannot be bound, want a path in a folder of ours", field="uds"
        ) from None
    finally:
        os.umask(mask)
