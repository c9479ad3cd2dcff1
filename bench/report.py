"""Runs every bench and writes bench/results/<date>-<commit>.md and .json: python -m bench.report [pytest options].

Each row carries the machine and the commit, so that rows of several results can be laid side by side. A missed target
is written down like any other measurement, and makes the exit status 1. A run of everything (no options) also renews
benchmark.json, for `pytest bench --benchmark-only --benchmark-compare=FILE`, and the README's tables and plot.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.conftest import ROWS_VARIABLE
from bench.summary import amount, draw_results, replace_summary, summarise

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"
README = ROOT / "bench" / "README.md"


_SHOWN = ("min", "max", "engine", "case")


@dataclass(frozen=True)
class Row:
    """One measurement; `spread` is the interquartile range where there were rounds, `target` what it is held to."""

    name: str
    value: float
    unit: str
    spread: float | None
    target: float | None
    more: dict[str, Any]
    machine: str
    commit: str


def read_machine() -> str:
    """Say what this machine is: processor, cores, memory, Python."""
    model = platform.processor() or platform.machine()
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = next((int(line.split()[1]) for line in _lines(Path("/proc/meminfo")) if line.startswith("MemTotal")), 0)
    return f"{model}, {os.cpu_count()} cores, {memory / 1024**2:.0f} GiB, Python {platform.python_version()}"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def read_commit() -> str:
    """Return the commit of the working tree, with "+" if files differ from it; "none" outside git."""
    try:
        commit = _git("rev-parse", "--short=10", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "none"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def read_rows(benchmarks: dict[str, Any], measurements: Sequence[str], *, machine: str, commit: str) -> Iterator[Row]:
    """Yield the rows of a pytest-benchmark report and of the lines that the gates noted."""
    for line in measurements:
        noted = json.loads(line)
        yield Row(**noted, machine=machine, commit=commit)
    for bench in benchmarks.get("benchmarks", ()):
        stats = bench["stats"]
        more = {"rounds": stats["rounds"], "min": stats["min"], "max": stats["max"], **bench["extra_info"]}
        which = more.get("engine") or bench["param"] or bench["name"]
        name = f"{bench['group']}: {which}" if bench["group"] else bench["name"]
        yield Row(name, stats["median"], "s", stats["iqr"], None, more, machine, commit)


def format_table(rows: Sequence[Row], day: str) -> str:
    """Lay rows out for people."""
    lines = [
        f"# Benchmarks of {day}",
        "",
        "Medians; what peers do is in the same run. See ../README.md for what each row measures.",
        "",
        "| what | value | spread | target | more | machine | commit |",
        "|---|--:|--:|--:|---|---|---|",
    ]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    return "\n".join([*lines, ""])


def _cells(row: Row) -> Iterator[str]:
    yield row.name
    yield amount(row.value, row.unit)
    yield amount(row.spread, row.unit) if row.spread is not None else ""
    yield amount(row.target, row.unit) if row.target is not None else ""
    yield ", ".join(f"{key} {_plain(value)}" for key, value in row.more.items() if key not in _SHOWN)
    yield row.machine
    yield row.commit


def _plain(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def run_benches(options: Sequence[str]) -> tuple[int, dict[str, Any], list[str]]:
    """Run the suite; return pytest's exit status, its benchmark report and the noted lines."""
    with tempfile.TemporaryDirectory() as folder:
        report, noted = Path(folder) / "benchmarks.json", Path(folder) / "rows.jsonl"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "bench",
            f"--benchmark-json={report}",
            "--benchmark-columns=median,iqr",
        ]
        status = subprocess.run([*command, *options], cwd=ROOT, env=os.environ | {ROWS_VARIABLE: str(noted)}).returncode
        text = report.read_text(encoding="utf-8") if report.exists() else ""
        return status, json.loads(text or "{}"), _lines(noted)


def write_newest(benchmarks: dict[str, Any], rows: Sequence[Row], day: str) -> None:
    """Renew what is compared with and what the README shows."""
    for bench in benchmarks["benchmarks"]:
        bench["stats"].pop("data", None)  # Every round's time: too much to commit, and no comparison needs it.
    (RESULTS / "benchmark.json").write_text(json.dumps(benchmarks, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "newest.svg").write_text(draw_results(rows), encoding="utf-8")
    text = replace_summary(README.read_text(encoding="utf-8"), summarise(rows, day, "results/newest.svg"))
    README.write_text(text, encoding="utf-8")


def main() -> int:
    """Run, write the files, say where."""
    status, benchmarks, noted = run_benches(sys.argv[1:])
    machine, commit = read_machine(), read_commit()
    rows = list(read_rows(benchmarks, noted, machine=machine, commit=commit))
    if not rows:
        print("bench.report: no bench ran; nothing is written", file=sys.stderr)
        return status or 1
    day = datetime.now(UTC).date().isoformat()
    path = RESULTS / f"{day}-{commit.removesuffix('+')}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".md").write_text(format_table(rows, day), encoding="utf-8")
    path.with_suffix(".json").write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    if not sys.argv[1:]:
        write_newest(benchmarks, rows, day)
    print(f"{path.with_suffix('.md').relative_to(ROOT)} and .json: {len(rows)} rows")
    return status


if __name__ == "__main__":
    sys.exit(main())
