"""Runs `chartcoder` as its user does, in this process or in one of its own."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from engine.cli import main


@dataclass(frozen=True)
class Run:
    """How a run ended and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class Terminal:
    """Runs commands on one store with an audit log of its own, from a folder of its own."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "chartcoder.toml"
        self.config.write_text(f'home = "{home}"\naudit_dir = "{folder / "audit"}"\n', encoding="utf-8")

    def run(self, *words: str | Path, stdin: bytes = b"") -> Run:
        """Run a command in this process."""
        return run_here("--config", self.config, *words, stdin=stdin)

    def start(self, *words: str | Path, **options: Any) -> "subprocess.Popen[str]":
        """Start a command in a process of its own; its streams are pipes unless said otherwise."""
        return start(["--config", self.config, *words], self.folder, **options)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


def run_here(*words: str | Path, stdin: bytes = b"") -> Run:
    """Run a command in this process, with streams that are files."""
    streams = {
        "stdin": io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"),
        "stdout": io.TextIOWrapper(io.BytesIO(), encoding="utf-8"),
        "stderr": io.TextIOWrapper(io.BytesIO(), encoding="utf-8"),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["chartcoder", *map(str, words)])
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        try:
            main()
        except SystemExit as stop:
            status = int(stop.code or 0)
        finally:
            structlog.reset_defaults()
    return Run(status, _written(streams["stdout"]), _written(streams["stderr"]))


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8")


def start(words: Sequence[str | Path], folder: Path, **options: Any) -> "subprocess.Popen[str]":
    """Start a command in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHARTCODER")}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [sys.executable, "-m", "engine", *map(str, words)],
        cwd=folder,
        encoding="utf-8",
        **{"env": environment, **pipes, **options},
    )


def finish(process: "subprocess.Popen[str]") -> Run:
    """Wait for the end of a process."""
    out, err = process.communicate(timeout=60)
    return Run(process.returncode, out or "", err or "")
