"""What the commands share: configuration, dates and systems from the command line, the open engine with progress."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from codesets.types import System
from engine.config import Config
from engine.live import Live


def load_config(path: Path | None, overrides: Mapping[str, Any]) -> Config:
    """Read the settings of a run; raises ConfigError."""
    return Config.load(path, overrides)


class Day(click.ParamType):
    """A date as YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a date, or fail with what was wanted."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"got {value!r}, want a date as 2026-03-31", param, ctx)


system_option = click.option(
    "--system",
    type=click.Choice([system.value for system in System]),
    default=System.ICD10CM.value,
    show_default=True,
    help="Code system.",
)
date_option = click.option(
    "--date", "day", type=Day(), help="Date of service; picks the release. [default: the newest]"
)


@contextmanager
def steps() -> Iterator[Any]:
    """Yield a function that shows a step that takes seconds: a spinner on a terminal, a line elsewhere."""
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield lambda step: click.echo(f"chartcoder: {step} ...", err=True)
        return
    with console.status("") as status:
        yield lambda step: status.update(f"{step} ...")


def open_engine(config: Config) -> Live:
    """Open the engine, compiling what was never compiled, with a word about it on standard error."""
    with steps() as progress:
        return Live.open(config, progress=progress)
