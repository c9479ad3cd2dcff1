"""`chartcoder status`: is this installation, or a server, well."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click

from engine.cli.failures import SOME_FAILED
from engine.cli.settings import json_option
from engine.cli.streams import write_line
from engine.config import Config
from engine.errors import AuditError, AuditUnsignedError, ConfigError

_ANSWER_S = 10.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: whether it is well, and what was found."""

    name: str
    is_well: bool
    found: str


@click.command(short_help="Say whether the installation, or a server, is well.")
@click.option("--server", metavar="HOST:PORT", help="Ask a server (or unix:PATH) instead of looking here.")
@json_option
@click.pass_obj
def status(config: Config, server: str | None, as_json: bool) -> None:
    """Say whether this installation is well, or a server: code sets, dictionaries, the audit log and its disk.

    \b
    chartcoder status
    chartcoder status --server localhost:50551

    A server's services report SERVING while the audit log takes records and what codes charts is there. Credentials
    come from the environment (docs/configuration.md). Exit status 1 if something is not well.
    """
    checks = list(_of_server(server) if server else _of_installation(config))
    for check in checks:
        mark = "ok " if check.is_well else "BAD"
        write_line(json.dumps(asdict(check)) if as_json else f"{mark}  {check.name}: {check.found}")
    if not all(check.is_well for check in checks):
        raise click.exceptions.Exit(SOME_FAILED)


def _of_server(server: str) -> Iterator[Check]:
    from chartcoder_client import CallError

    from engine.cli.connection import connect

    with connect(server, timeout_s=_ANSWER_S) as client:
        try:
            for name, state in client.health().items():
                yield Check(name or "server", state == "SERVING", state)
        except CallError as error:
            raise ConfigError(f"server {server}: {error.message}; is it running, and on that port?") from None
        try:
            for release in client.list_code_sets():
                yield Check(f"{release.system.value} {release.version}", True, f"sha256 {release.content_hash[:12]}")
        except CallError as error:
            yield Check("code sets", False, str(error))


def _of_installation(config: Config) -> Iterator[Check]:
    yield from _code_sets(config)
    yield from _audit_log(config)


def _code_sets(config: Config) -> Iterator[Check]:
    from codesets.errors import CodeSetError
    from codesets.store import Releases

    try:
        releases = Releases.open(config.home).list()
    except CodeSetError as error:
        yield Check("code sets", False, str(error))
        return
    if not releases:
        yield Check("code sets", False, "none; `chartcoder codesets build` compiles the packaged ones")
    for release in releases:
        yield Check(f"{release.system.value} {release.version}", True, f"sha256 {release.content_hash[:12]}")
    compiled = sorted((config.home / "dictionaries").glob("*.ccdict"))
    found = f"{len(compiled)} compiled" if compiled else "none; `chartcoder codesets build` compiles them"
    yield Check("dictionaries", bool(compiled), found)


def _audit_log(config: Config) -> Iterator[Check]:
    from engine.audit.disk import disk_problem
    from engine.audit.prove import newest_checkpoint

    folder = config.audit_directory
    if not folder.exists():
        yield Check("audit log", True, f"none yet; will be in {folder}")
        return
    problem = disk_problem(folder)
    yield Check("audit log", not problem, problem or f"{folder} takes records")
    try:
        checkpoint = newest_checkpoint(folder)
        yield Check("audit signature", True, f"{checkpoint.size} records signed by {checkpoint.origin}")
    except AuditUnsignedError:
        yield Check("audit signature", True, "nothing signed yet")
    except AuditError as error:
        yield Check("audit signature", False, str(error))
