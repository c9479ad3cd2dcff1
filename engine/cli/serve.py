"""`chartcoder serve`: the gRPC server."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from engine.cli.settings import steps
from engine.config import Config
from engine.live import build


@click.command()
@click.option("--host", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="TCP port; 0 picks a free one. [default: 50551]")
@click.option("--uds", type=click.Path(path_type=Path), help="Unix domain socket to listen on as well.")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes that share the port. [default: 1]")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="[default: info]")
@click.option("--reflection/--no-reflection", default=None, help="Server reflection. [default: on]")
@click.option(
    "--max-in-flight",
    type=click.IntRange(1, 65536),
    help="Charts a worker holds at once; more are refused. [default: 64]",
)
@click.pass_obj
def serve(config: Config, **given: Any) -> None:
    """Serve CodingService and CodeSetService over gRPC until SIGTERM or Ctrl-C, then drain.

    Logs are JSON lines on standard error, without chart text. TLS and identities come with a later release: listen on
    loopback or a unix socket, or behind a proxy that has them.
    """
    from engine.server.workers import (
        serve as run_server,  # grpc takes a while to import; other commands need none of it
    )

    settings = replace(config, **{name: value for name, value in given.items() if value is not None})
    with steps() as progress:
        build(settings.home, progress=progress)
    run_server(settings)
