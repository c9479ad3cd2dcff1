"""`chartcoder serve`: the gRPC server."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import click

from engine.cli.progress import steps
from engine.cli.settings import read_systems, writing_to
from engine.config import LOG_LEVELS, Config
from engine.routing.read import read_policy

Command = TypeVar("Command", bound=Callable[..., Any])
_DEFAULTS = {item.name: item.default for item in fields(Config)}


def setting(name: str, kind: Any, about: str, *, metavar: str | None = None) -> Callable[[Command], Command]:
    """Return the option of a setting; unset, the config file's value or the default stays."""
    default = _DEFAULTS[name]
    shown = "none" if default is None else ",".join(default) if isinstance(default, tuple) else default
    shown = f"{shown:g}" if isinstance(shown, float) else shown
    return click.option(
        f"--{name.replace('_', '-')}", name, type=kind, metavar=metavar, help=f"{about} [default: {shown}]"
    )


@click.command()
@setting("host", str, "Name or address to listen on.", metavar="HOST")
@setting("port", int, "TCP port; 0 picks a free one.", metavar="PORT")
@setting("uds", click.Path(path_type=Path), "Unix domain socket to listen on as well.", metavar="PATH")
@setting("tls_cert", click.Path(path_type=Path), "Certificate chain of the TCP port (PEM); read again.", metavar="FILE")
@setting("tls_key", click.Path(path_type=Path), "Its key (PEM).", metavar="FILE")
@setting("tls_client_ca", click.Path(path_type=Path), "CA whose certificates clients must have.", metavar="FILE")
@setting("identities", click.Path(path_type=Path), "Who may call: principals, issuers of tokens.", metavar="FILE")
@click.option(
    "--api-keys",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="API keys that may call. [default: api-keys.json in --home, if it is there]",
)
@click.option(
    "--insecure/--no-insecure",
    default=None,
    help="Listen beyond loopback without TLS or identities. [default: off]",
)
@setting("workers", int, "Worker processes that share the port.", metavar="N")
@click.option(
    "--pin-workers/--no-pin-workers", default=None, help="Keep each of several workers on one core. [default: on]"
)
@click.option("--reflection/--no-reflection", default=None, help="Server reflection, for grpcurl. [default: on]")
@setting("systems", read_systems, "Code systems that are on.", metavar="NAME,...")
@setting("max_in_flight", int, "Charts a worker holds at once; more are refused.", metavar="N")
@setting("max_chart_bytes", int, "Largest chart, all its documents together.", metavar="N")
@setting("max_message_bytes", int, "Largest gRPC message.", metavar="N")
@setting("drain_s", float, "Seconds that a stopping server waits for calls in flight.", metavar="SECONDS")
@setting("log_level", click.Choice(LOG_LEVELS), "Least level that is logged.")
@setting("metrics_port", int, "Loopback port for Prometheus; 0: none.", metavar="PORT")
@click.option("--traces/--no-traces", default=None, help="Send OpenTelemetry traces. [default: off]")
@click.option(
    "--audit-dir", type=click.Path(path_type=Path), metavar="FOLDER", help="The audit log. [default: audit in --home]"
)
@click.option(
    "--audit-key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The key that signs the audit log. [default: signing.key in its folder]",
)
@click.option("--keep-charts/--no-keep-charts", default=None, help="Keep what is coded, encrypted. [default: off]")
@setting("vault_keys", str, "Where the keys of kept charts are: FILE, env or command:...", metavar="WHERE")
@setting("vault_dir", click.Path(path_type=Path), "Folder of kept charts.", metavar="FOLDER")
@setting("retention_days", int, "Days that charts are kept.", metavar="N")
@setting("audit_witness", click.Path(path_type=Path), "Folder that gets signed checkpoints.", metavar="FOLDER")
@click.option(
    "--ranker",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Files of a document ranker (`make train`). [default: the packaged one]",
)
@setting("shadow_charts", int, "Charts that a new ranker or policy codes beside the old one first.", metavar="N")
@click.option(
    "--routing-policy",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rules on who acts on a suggestion. [default: the packaged policy]",
)
@click.pass_obj
def serve(config: Config, /, **given: Any) -> None:
    """Serve CodingService, CodeSetService and AuditService over gRPC until SIGTERM or Ctrl-C, then drain.

    \b
    chartcoder serve                                  on 127.0.0.1:50551
    chartcoder serve --port 0                         on a free port: the "ready" line says which
    chartcoder serve --workers 4 --uds /run/chartcoder.sock
    chartcoder serve --host 0.0.0.0 --tls-cert chain.pem --tls-key key.pem --identities identities.toml
    chartcoder --config server.toml serve             settings from a file; options go before it
    chartcoder code note.txt --server localhost:50551 a chart to code there

    SIGHUP has --ranker and --routing-policy read again: what is sound takes over between two charts, what is not is
    refused with a log line while the old goes on.

    Logs are JSON lines on standard error, without chart text. A second Ctrl-C cuts the drain short. Beyond loopback the
    server listens with TLS and identities only, or with --insecure. docs/identities.md says how callers are named.
    """
    settings = config.changed(given)
    read_policy(settings.routing_policy)  # a faulty one stops the start, not each worker
    with steps() as progress, writing_to(settings.home):
        from engine.live import build

        build(settings.home, progress=progress)
    from engine.server.workers import serve as run_server  # grpc takes a while to import; nothing else needs it

    run_server(settings)
