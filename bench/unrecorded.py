"""`chartcoder serve` without an audit log, for one comparison: python -m bench.unrecorded --home FOLDER serve --port 0.

Nothing outside bench/ can leave a chart unrecorded.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from engine.audit.chain import Receipt
from engine.audit.record import Entry
from engine.config import Config
from engine.live import Live
from engine.server.workers import serve as run_server


class NoLog:
    """Takes records and forgets them."""

    salt = bytes(32)
    append_problem = sealing_problem = ""
    busy_s = 0.0
    directory = Path(".")

    def append(self, entry: Entry) -> Receipt:
        """Forget one."""
        return Receipt("0" * 32, 0, "0" * 64)

    def append_many(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Forget several."""
        return [self.append(entry) for entry in entries]

    def close(self) -> None:
        """Do nothing."""


class Unrecorded(Live):
    """The engine with a log that forgets."""

    def audit_log(self) -> Any:
        """Open nothing."""
        return NoLog()


def open_unrecorded(config: Config) -> Live:
    """Open the engine of this installation."""
    live = Unrecorded.open(config)
    live.warm_up()
    return live


@click.group()
@click.option("--home", type=click.Path(path_type=Path), required=True)
@click.pass_context
def cli(context: click.Context, home: Path) -> None:
    """Take the options that the benches give."""
    context.obj = home


@cli.command()
@click.option("--port", type=int, default=0)
@click.option("--workers", type=int, default=1)
@click.option("--audit-dir", type=click.Path(path_type=Path))
@click.pass_obj
def serve(home: Path, port: int, workers: int, audit_dir: Path | None) -> None:
    """Serve, recording nothing."""
    run_server(Config(home=home, port=port, workers=workers), open_engine=open_unrecorded)


if __name__ == "__main__":
    sys.exit(cli())
