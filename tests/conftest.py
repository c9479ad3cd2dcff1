"""One built store for the whole session: the packaged release and its dictionary, in a temporary folder."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesets.snapshot import Snapshot
from codesets.types import System
from engine.config import Config
from engine.live import Live, build
from engine.pipeline import Pipeline

# A job in the background of a shell ignores Ctrl-C, and so would every process that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with everything compiled; tests read it and leave it as it is."""
    folder = tmp_path_factory.mktemp("home")
    build(folder)
    return folder


@pytest.fixture(scope="session")
def live(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """The engine open over the session's store."""
    return Live.open(Config(home=home, audit_dir=tmp_path_factory.mktemp("audit")))


@pytest.fixture(scope="session")
def snapshot(live: Live) -> Snapshot:
    """The packaged ICD-10-CM release, April 2026."""
    return live.releases.release(System.ICD10CM)


@pytest.fixture(scope="session")
def pipeline(live: Live) -> Pipeline:
    """The pipeline over the session's store."""
    return live.pipeline


@pytest.fixture(autouse=True)
def quiet_collector(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep the collector, which walks the whole session's heap, out of tests that measure how time grows."""
    if "linear" not in request.node.name and "grows" not in request.node.name:
        yield
        return
    gc.collect()
    gc.disable()
    yield
    gc.enable()
