"""`serve`: one process, or several that share the port and the mapped snapshots.

Workers are spawned, not forked: gRPC does not survive a fork. Each opens its own engine and audit log and listens on
the same port (SO_REUSEPORT); a unix socket cannot be shared so, and is served by the first worker.
"""

import asyncio
import gc
import multiprocessing
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from codesets.errors import CodeSetError
from engine.config import Config
from engine.dumps import forbid_core_files
from engine.errors import ChartcoderError, ConfigError
from engine.identity.gate import Gate
from engine.identity.levels import SharedLevels
from engine.pinned import pin
from engine.server.answers import Engine
from engine.server.app import Address, port_error, run
from engine.server.cores import keep_on_one_core
from engine.server.helper import OpenEngine
from engine.server.logs import get_log, set_up_logs
from engine.server.metrics import forget_worker, listening
from engine.server.reload import Reloader, pin_anew
from engine.server.tls import check_exposure

OnReady = Callable[[Address], None]
# A worker that dies is replaced; this many deaths before they were ready, and the server gives up.
MAX_FAILED_STARTS = 3
_STOP, _RELOAD = b"s", b"r"


def open_live(config: Config) -> Engine:
    """Open the engine of this installation."""
    from engine.live import Live  # not needed by the process that only watches workers

    live = Live.open(config)
    live.warm_up()
    return live


def serve(config: Config, *, open_engine: OpenEngine = open_live, on_ready: OnReady = lambda _: None) -> None:
    """Serve until SIGTERM or SIGINT; `on_ready` is told where, once every worker answers.

    Raises ConfigError for an address that cannot be had, and what opening the engine and the audit log raises.
    `open_engine` must be importable by name where there are several workers.
    """
    set_up_logs(config.log_level)
    forbid_core_files()
    check_exposure(config, Gate.of(config))
    _check_socket_free(config.uds)
    named, config = config, pin(config)  # what serves rests on copies: files may change while it does
    with listening(config.metrics_port):
        with closing(_reserve(config)) as reserved:
            port = reserved.getsockname()[1]
            if config.workers > 1:
                return _Supervisor(named, config, port, open_engine, on_ready).run()
            engine = open_engine(config)
        _run_loop(config, engine, open_engine, port=port, share_port=False, on_ready=on_ready, named=named)


def _run_loop(
    config: Config,
    engine: Engine,
    open_engine: OpenEngine,
    *,
    port: int,
    share_port: bool,
    on_ready: OnReady,
    levels: SharedLevels | None = None,
    stop: "_Stop | None" = None,
    named: Config | None = None,
) -> None:
    """Serve; SIGHUP reads again what the settings as they were `named` say, or the supervisor tells through `stop`."""
    # What is open now stays: the collector need not walk it again (a pause of 20 ms, every few hundred charts).
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        event = asyncio.Event()
        if stop:
            stop.tell(runner.get_loop(), event)
        serving = run(
            config,
            engine,
            port=port,
            share_port=share_port,
            open_engine=open_engine,
            levels=levels,
            on_ready=on_ready,
            stop=event,
            named=named,
            on_reloader=stop.reload_with if stop else None,
        )
        runner.run(serving)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # Windows
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _reserve(config: Config) -> socket.socket:
    """Bind the port, so that nobody else takes it and workers may share it; raises ConfigError.

    First without SO_REUSEPORT, since with it two servers would silently share the port and its callers.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise ConfigError(f"host: got {config.host}, want a name or address of this machine", field="host") from None
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
            address = probe.getsockname()
        reserved = socket.socket(family, socket.SOCK_STREAM)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(address)
    except OSError:
        raise port_error(config.host, config.port) from None
    return reserved


def _check_socket_free(path: Path | None) -> None:
    """Raise ConfigError if somebody answers on the unix socket; a socket that a dead server left is replaced."""
    if path is None or not path.exists():
        return
    if not path.is_socket():
        raise ConfigError(f"uds: got {path}, which is no socket, want a path that is free", field="uds")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return
    raise ConfigError(f"uds: got {path}, where a server answers, want a path that is free", field="uds")


@dataclass(slots=True)
class _Stop:
    """Stops a worker's loop when its supervisor closes the pipe or is gone; what it says is what to serve with."""

    pipe: Connection
    reloader: Reloader | None = None

    def reload_with(self, reloader: Reloader) -> None:
        """Have what the supervisor says given to this; said before, it is lost, and the worker has started with it."""
        self.reloader = reloader

    def tell(self, loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
        """Set the event when the supervisor's end of the pipe closes."""

        def watch() -> None:
            try:
                while True:
                    pinned = self.pipe.recv()
                    if self.reloader is not None:
                        self.reloader.take(pinned)
            except (EOFError, OSError):
                pass
            finally:
                loop.call_soon_threadsafe(event.set)

        threading.Thread(target=watch, daemon=True, name="supervisor").start()


def _work(
    worker: int, config: Config, port: int, open_engine: OpenEngine, pipe: Connection, levels: SharedLevels
) -> None:
    """Run one worker; it tells the pipe that it is ready, or why it cannot be."""
    set_up_logs(config.log_level)
    if config.pin_workers:
        keep_on_one_core(worker)
    # A terminal's Ctrl-C and hang-up reach the whole group: the supervisor alone decides when workers stop or reload.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        engine = open_engine(config)
        stop = _Stop(pipe)
        _run_loop(config, engine, open_engine, port=port, share_port=True, on_ready=pipe.send, levels=levels, stop=stop)
    except (ChartcoderError, CodeSetError) as error:
        pipe.send(error)


class _Supervisor:
    """Starts the workers, replaces those that die, stops them all."""

    def __init__(self, named: Config, config: Config, port: int, open_engine: OpenEngine, on_ready: OnReady) -> None:
        """`named` are the settings with the operator's files, `config` those with the copies that are served."""
        self._named = named
        self._config = config
        self._port = port
        self._open_engine = open_engine
        self._on_ready = on_ready
        self._spawn = multiprocessing.get_context("spawn")
        self._levels = SharedLevels(self._spawn)
        self._pipes: dict[int, Connection] = {}
        self._processes: dict[int, BaseProcess] = {}
        self._is_stopping = False
        self._failed_starts = 0

    def run(self) -> None:
        """Watch over the workers until a signal comes; raises what kept the first ones from starting."""
        wake, signalled = multiprocessing.Pipe(duplex=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: signalled.send_bytes(_STOP))
        signal.signal(signal.SIGHUP, lambda *_: signalled.send_bytes(_RELOAD))
        try:
            for worker in range(self._config.workers):
                self._start(worker)
            address = self._await_all_ready()
            self._on_ready(address)
            get_log().info("ready", workers=self._config.workers, port=address.port)
            self._watch(wake)
        finally:
            self._stop()

    def _start(self, worker: int) -> None:
        ours, theirs = self._spawn.Pipe()
        config = self._config if worker == 0 else replace(self._config, uds=None)
        process = self._spawn.Process(
            target=_work,
            args=(worker, config, self._port, self._open_engine, theirs, self._levels),
            name=f"worker-{worker}",
        )
        # A worker is born with SIGINT blocked: a terminal's Ctrl-C would else end it while it is still being loaded.
        resource_tracker.ensure_running()  # which would unblock it
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        theirs.close()
        self._pipes[worker] = ours
        self._processes[worker] = process

    def _await_all_ready(self) -> Address:
        addresses = [self._await_ready(worker) for worker in range(self._config.workers)]
        return addresses[0]

    def _await_ready(self, worker: int) -> Address:
        try:
            said = self._pipes[worker].recv()
        except EOFError:
            raise ChartcoderError(f"worker {worker}: died while starting; its log line says where") from None
        if isinstance(said, Exception):
            raise said
        address: Address = said
        return address

    def _watch(self, wake: Connection) -> None:
        while True:
            ended = {process.sentinel: worker for worker, process in self._processes.items()}
            ready = wait([wake, *ended])
            if wake in ready:
                if wake.recv_bytes() == _STOP:
                    return
                self._reload()
                ready.remove(wake)
            for sentinel in ready:
                self._replace(ended[sentinel])  # type: ignore[index]  # only sentinels are left

    def _reload(self) -> None:
        """Have every worker serve with what the operator's files say now, and those that start later."""
        pinned = pin_anew(self._named)
        if pinned is None:
            return
        self._config = pinned
        for pipe in self._pipes.values():
            with suppress(OSError):  # it is dying: its successor starts with these
                pipe.send(pinned)

    def _replace(self, worker: int) -> None:
        get_log().error("worker died", worker=worker, exit_code=self._processes[worker].exitcode)
        forget_worker(self._processes[worker].pid or 0)
        self._pipes[worker].close()
        while True:
            self._start(worker)
            try:
                self._await_ready(worker)
            except ChartcoderError:
                self._failed_starts += 1
                if self._failed_starts >= MAX_FAILED_STARTS:
                    raise
                continue
            self._failed_starts = 0
            return

    def _stop(self) -> None:
        for pipe in self._pipes.values():
            pipe.close()  # workers drain when it closes
        for process in self._processes.values():
            process.join(self._config.drain_s + 5)
            if process.is_alive():
                process.kill()
                process.join()
