"""Starts a server on loopback, codes the sample notes through the Python client as one stream, prints the answers."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from chartcoder_client import ChartcoderClient
from rich.console import Console

from engine.cli.table import print_chart
from engine.types import Chart, Document, Setting

FOLDER = Path(__file__).parent
_SETTINGS = {
    "discharge_summary": Setting.INPATIENT,
    "ed_note": Setting.EMERGENCY,
    "operative_report": Setting.INPATIENT,
}
_START_S = 60.0


def sample_charts() -> list[Chart]:
    """Read the sample notes, each as a chart of its setting."""
    return [
        Chart(
            path.stem,
            (Document(path.read_text(encoding="utf-8"), kind=path.stem.replace("_", " ")),),
            setting=_SETTINGS.get(path.stem, Setting.OUTPATIENT),
            date_of_service=date(2026, 3, 31),
        )
        for path in sorted(FOLDER.glob("*.txt"))
    ]


@contextmanager
def running_server(audit: Path) -> Iterator[str]:
    """Run `chartcoder serve` on a free port and yield its address; stop it by SIGTERM."""
    config = audit / "demo.toml"
    config.write_text(f'audit_dir = "{audit / "log"}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "engine", "--config", str(config), "serve", "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ)
    try:
        yield _address(server)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)


def _address(server: "subprocess.Popen[str]") -> str:
    assert server.stderr is not None
    deadline = time.monotonic() + _START_S
    for line in server.stderr:
        if line.startswith("{") and json.loads(line).get("event") == "ready":
            ready = json.loads(line)
            return f"{ready['host']}:{ready['port']}"
        if time.monotonic() > deadline:
            break
    raise SystemExit("demo: the server did not start; run `chartcoder serve` to see why")


def main() -> None:
    """Run the demonstration."""
    console = Console(highlight=False)
    charts = sample_charts()
    by_id = {chart.chart_id: chart for chart in charts}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder)) as address,
        ChartcoderClient(address) as client,
    ):
        client.wait_ready(10)
        console.rule(f"chartcoder at {address}")
        started = time.perf_counter()
        answers = list(client.code_charts(charts))
        elapsed_ms = (time.perf_counter() - started) * 1000
        for answer in answers:
            if answer.coded is None:
                raise SystemExit(f"demo: {answer.chart_id}: {answer.error}")
            print_chart(by_id[answer.chart_id], answer.coded)
        codes = sum(len(answer.coded.suggestions) for answer in answers if answer.coded)
        figures = f"{len(answers)} charts, {codes} codes, streamed in {elapsed_ms:.0f} ms"
        console.rule(f"{figures}, each recorded before it was answered")
    console.print("Try: .venv/bin/chartcoder code samples/clinic_soap.txt     .venv/bin/chartcoder --help")


if __name__ == "__main__":
    main()
