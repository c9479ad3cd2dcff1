"""A live server in a thread, and another in a process of its own for what signals do."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import pytest
import uvloop
from chartcoder_client import ChartcoderClient
from fake_engine import FakeEngine, make_home

from engine.config import Config
from engine.pb.chartcoder.v1 import codeset_pb2_grpc, coding_pb2_grpc
from engine.server.app import Address, run
from engine.server.logs import set_up_logs

FOLDER = Path(__file__).parent


@dataclass
class LiveServer:
    """A running server; `engine` is the object it serves from."""

    address: Address
    engine: Any

    @property
    def target(self) -> str:
        return self.address.target

    @contextmanager
    def channel(self, **options: Any) -> Iterator[grpc.Channel]:
        settings = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), *options.items()]
        with grpc.insecure_channel(self.target, options=settings) as channel:
            yield channel


@contextmanager
def serve_in_thread(config: Config, engine: Any, open_engine: Any = None) -> Iterator[LiveServer]:
    """Run a server in a thread of this process until the block ends.

    With `open_engine` its large charts are read in a process of their own.
    """
    ready = threading.Event()
    found: dict[str, Any] = {}

    def on_ready(address: Address) -> None:
        found["address"] = address
        ready.set()

    async def main() -> None:
        stop = found["stop"] = asyncio.Event()
        found["loop"] = asyncio.get_running_loop()
        try:
            await run(config, engine, open_engine=open_engine, on_ready=on_ready, stop=stop)
        except BaseException as error:
            found["error"] = error
        finally:
            ready.set()

    def work() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(20)
    if "error" in found:
        raise found["error"]
    try:
        yield LiveServer(found["address"], engine)
    finally:
        found["loop"].call_soon_threadsafe(found["stop"].set)
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="session", autouse=True)
def _quiet_logs() -> None:
    set_up_logs("error")


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two small releases, 2025 and 2026."""
    home = tmp_path_factory.mktemp("small-home")
    make_home(home)
    return home


@pytest.fixture
def config(small_home: Path, tmp_path: Path) -> Config:
    """Settings of a server on a free port with an audit log of its own."""
    return Config(home=small_home, audit_dir=tmp_path / "audit", port=0, drain_s=5.0, log_level="error")


@pytest.fixture
def make_engine(config: Config) -> Callable[[], FakeEngine]:
    """Open further stand-ins."""
    return lambda: FakeEngine(config)


@pytest.fixture
def start(config: Config) -> Iterator[Callable[..., LiveServer]]:
    """Start servers that stop with the test; settings by keyword, `engine` to replace the stand-in.

    `open_engine` lets large charts have their own process.
    """
    open_servers: list[Any] = []

    def begin(engine: Any = None, open_engine: Any = None, **settings: Any) -> LiveServer:
        mine = replace(config, **settings)
        block = serve_in_thread(mine, engine or FakeEngine(mine), open_engine)
        server = block.__enter__()
        open_servers.append(block)
        return server

    yield begin
    for block in reversed(open_servers):
        block.__exit__(None, None, None)


@pytest.fixture(scope="module")
def server(small_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for the tests of a module that change nothing."""
    mine = Config(home=small_home, audit_dir=tmp_path_factory.mktemp("audit"), port=0, drain_s=5.0, log_level="error")
    with serve_in_thread(mine, FakeEngine(mine)) as live:
        yield live


@pytest.fixture
def client(server: LiveServer) -> Iterator[ChartcoderClient]:
    """The Python client of the module's server."""
    with ChartcoderClient(server.target, timeout_s=20) as client:
        yield client


@pytest.fixture
def coding(server: LiveServer) -> Iterator[Any]:
    """A bare stub of CodingService."""
    with server.channel() as channel:
        yield coding_pb2_grpc.CodingServiceStub(channel)  # type: ignore[no-untyped-call]


@pytest.fixture
def codesets(server: LiveServer) -> Iterator[Any]:
    """A bare stub of CodeSetService."""
    with server.channel() as channel:
        yield codeset_pb2_grpc.CodeSetServiceStub(channel)  # type: ignore[no-untyped-call]


class ServerProcess:
    """A server in its own process; its log lines are read as they come."""

    def __init__(self, config: Config) -> None:
        names = ("port", "workers", "pin_workers", "drain_s", "log_level", "max_in_flight", "metrics_port")
        settings = {name: getattr(config, name) for name in names}
        paths = {"home": str(config.home), "audit_dir": str(config.audit_directory)}
        for name in ("uds", "routing_policy", "api_keys", "identities"):
            if path := getattr(config, name):
                paths[name] = str(path)
        program = (
            "import json, sys\n"
            "from engine.config import Config\n"
            "from engine.errors import ChartcoderError\n"
            "from engine.server.workers import serve\n"
            "from fake_engine import open_fake\n"
            "if __name__ == '__main__':\n"
            "    try:\n"
            "        serve(Config.load(None, json.loads(sys.argv[1])), open_engine=open_fake,\n"
            "              on_ready=lambda address: print(json.dumps({'port': address.port}), flush=True))\n"
            "    except ChartcoderError as error:\n"
            "        print(error, file=sys.stderr)\n"
            "        sys.exit(2)\n"
        )
        script = config.audit_directory.parent / f"serve-{id(self)}.py"
        script.write_text(
            f"import sys\nsys.path[:0] = {[str(FOLDER), str(FOLDER.parent)]!r}\n{program}", encoding="utf-8"
        )
        self.process = subprocess.Popen(
            [sys.executable, str(script), json.dumps(settings | paths)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.port = json.loads(line)["port"] if line else 0
        self.target = f"127.0.0.1:{self.port}"

    def finish(self, timeout_s: float = 20) -> tuple[int, str]:
        """Wait for the end; return exit status and what it wrote to stderr."""
        _, errors = self.process.communicate(timeout=timeout_s)
        return self.process.returncode, errors


@pytest.fixture
def start_process(config: Config) -> Iterator[Callable[..., ServerProcess]]:
    """Start server processes that end with the test."""
    processes: list[ServerProcess] = []

    def begin(**settings: Any) -> ServerProcess:
        processes.append(ServerProcess(replace(config, **settings)))
        return processes[-1]

    yield begin
    for server in processes:
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate()
