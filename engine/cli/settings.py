"""What the commands share: dates and systems from the command line, and the open engine."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codesets.types import System
from engine.cli.progress import steps
from engine.config import Config
from engine.errors import ConfigError

if TYPE_CHECKING:
    from codesets.store import Releases
    from engine.live import Live

SYSTEMS = tuple(system.value for system in System)
_SHOWN = 32


def read_day(value: str) -> date:
    """Read a date of the command line."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"got {value[:_SHOWN]!r}, want a date as 2026-03-31") from None


def read_systems(value: str) -> tuple[str, ...]:
    """Read names of code systems, separated by commas."""
    names = tuple(dict.fromkeys(name.strip().lower() for name in value.split(",") if name.strip()))
    for name in names or ("",):
        if name not in SYSTEMS:
            raise click.BadParameter(f"got {name[:_SHOWN]!r}, want names among {', '.join(SYSTEMS)}")
    return names


system_option = click.option(
    "--system",
    type=click.Choice(SYSTEMS),
    default=System.ICD10CM.value,
    show_default=True,
    help="Code system.",
)
date_option = click.option(
    "--date",
    "day",
    type=read_day,
    metavar="YYYY-MM-DD",
    help="Date of service; picks the release in force. [default: the newest]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")


@contextmanager
def writing_to(home: Path) -> Iterator[None]:
    """Have a disk that does not take what is compiled reported as a matter of the home folder."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(
            f"home {home}: cannot be written: {reason}; name another with --home or $CHARTCODER_HOME", field="home"
        ) from None


def open_engine(config: Config) -> "Live":
    """Open the engine, compiling what was never compiled, with a word about it on standard error."""
    with _without_collector():
        from engine.live import Live

        _log_to_stderr()
        with steps() as progress, writing_to(config.home):
            return Live.open(config, progress=progress)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Spare the start the garbage collector, which walks the growing engine again and again: a tenth of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def open_releases(config: Config) -> "Releases":
    """Open the code sets, compiling the packaged release if nothing is there."""
    from codesets.store import Releases, build_packaged

    releases = Releases.open(config.home)
    if releases:
        return releases
    with steps() as progress, writing_to(config.home):
        progress("reading the ICD-10-CM tabular list")
        build_packaged(config.home)
    return Releases.open(config.home)


def _log_to_stderr() -> None:
    """Keep the engine's log lines out of standard output, where structlog writes unless told otherwise."""
    structlog = sys.modules.get("structlog")
    if structlog is not None:
        structlog.configure(
            processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )
