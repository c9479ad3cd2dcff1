"""What the benches share: a built store of their own, the note, the targets, and where measurements are noted."""

import json
import math
import os
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import pytest

from engine.config import Config
from engine.live import Live, build
from engine.types import Chart, Document, Setting

FOLDER = Path(__file__).parent
# `python -m bench.report` names a file here; each measurement is one JSON line of it.
ROWS_VARIABLE = "CHARTCODER_BENCH_ROWS"


class Note(Protocol):
    """Notes a measurement: name, value, unit, the target it is held to, and what spread there was between rounds."""

    def __call__(
        self,
        name: str,
        value: float,
        unit: str,
        target: float | None = None,
        *,
        spread: float | None = None,
        **more: Any,
    ) -> None: ...


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker of pytest-benchmark in a run without that plugin, as the gates are run."""
    config.addinivalue_line("markers", "benchmark: options of pytest-benchmark")


@pytest.fixture(scope="session")
def bench_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with everything compiled, never the user's."""
    home = tmp_path_factory.mktemp("bench-home")
    build(home)
    return home


@pytest.fixture(scope="session")
def live(bench_home: Path) -> Live:
    """The engine over that store."""
    return Live.open(Config(home=bench_home))


@pytest.fixture(scope="session")
def targets() -> dict[str, dict[str, float]]:
    """The numbers of targets.toml, by table."""
    return tomllib.loads((FOLDER / "targets.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def note_text() -> str:
    """A history and physical of 5 kB, made up for these benches."""
    return (FOLDER / "note.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def chart(note_text: str) -> Chart:
    """That note as a chart."""
    documents = (Document(note_text, kind="history and physical"),)
    return Chart("bench", documents, setting=Setting.INPATIENT, date_of_service=date(2026, 3, 31))


@pytest.fixture(scope="session")
def dense_chart() -> Chart:
    """A note of the same length with twice the findings: what a summary of many illnesses costs."""
    text = (FOLDER / "dense_note.txt").read_text(encoding="utf-8")
    return Chart("dense", (Document(text, kind="history and physical"),))


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Note:
    """Note a measurement for bench.report, and print it."""

    def write(
        name: str, value: float, unit: str, target: float | None = None, *, spread: float | None = None, **more: Any
    ) -> None:
        row = {"name": name, "value": value, "unit": unit, "target": target, "spread": spread, "more": more}
        print(f"{name}: {value:.6g} {unit}" + (f" (target {target:g})" if target is not None else ""))
        if path := os.environ.get(ROWS_VARIABLE):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    return write


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value below which a part of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
