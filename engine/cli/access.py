"""`chartcoder audit access`: who saw a chart. And what the audit commands share: each look of theirs is recorded."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.failures import SOME_FAILED
from engine.cli.operator import operator
from engine.cli.settings import json_option
from engine.cli.streams import say, write_line
from engine.config import Config
from engine.errors import AuditError

if TYPE_CHECKING:
    from engine.audit.kinds import AccessAction
    from engine.audit.sights import Sight

directory_option = click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The audit log. [default: audit in --home, or the setting audit_dir]",
)


def record_look(
    config: Config, action: "AccessAction", *, subject: str = "", chart_id_hash: str = "", count: int = 1
) -> None:
    """Record that the user of this process looks at records; raises AuditError if it cannot be.

    It is recorded in this installation's log, whichever was looked at: a copy named by --dir stays as it is.
    """
    from engine.audit.kinds import access as accessed
    from engine.audit.log import AuditLog

    with AuditLog(config.audit_directory, key_file=config.audit_key, witness=config.audit_witness) as log:
        log.append(accessed(operator(), action, subject=subject, chart_id_hash=chart_id_hash, count=count))


@click.command(short_help="Say who saw a chart.")
@click.argument("chart_id")
@click.option("--tenant", default="", metavar="NAME", help="Whose chart it is. [default: the operator's own]")
@json_option
@directory_option
@click.pass_obj
def access(config: Config, chart_id: str, tenant: str, as_json: bool, directory: Path | None) -> None:
    """Say who saw a chart: who had it coded, who decided on it, who looked at its records or exported them.

    \b
    chartcoder audit access visit-1
    chartcoder audit access visit-1 --tenant north --json

    CHART_ID is the chart's own, which the log holds only as a hash. Oldest first, with the time in UTC, the caller,
    what it acted as, and from where. That this report was read is recorded as well. Exit status 1 if the log has
    nothing of this chart.
    """
    from engine.audit.kinds import AccessAction
    from engine.audit.log import read_salt
    from engine.audit.record import hash_chart_id
    from engine.audit.sights import find_sights

    folder = directory or config.audit_directory
    try:
        wanted = hash_chart_id(read_salt(folder), chart_id, tenant)
    except OSError as error:
        raise AuditError(f"audit directory: cannot read: {error.strerror or 'unknown reason'}") from None
    sights = find_sights(folder, wanted)
    if not sights:
        say("chart: the log has no record of it; want the chart id as it was sent, and --tenant if one sent it")
        raise click.exceptions.Exit(SOME_FAILED)
    record_look(config, AccessAction.REPORT_READ, chart_id_hash=wanted, count=len(sights))
    for sight in sights:
        write_line(json.dumps(asdict(sight), ensure_ascii=False) if as_json else _line(sight))


def _line(sight: "Sight") -> str:
    acted = ", ".join(part for part in (sight.role, sight.tenant) if part)
    who = f"{sight.principal or 'unknown'}{f' ({acted})' if acted else ''}"
    where = f" from {sight.address}" if sight.address else ""
    return f"{sight.time}  {sight.what:<16}  {who}{where}  record {sight.record_id}"
