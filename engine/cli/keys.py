"""`chartcoder keys`: the API keys of a server, made, listed, revoked."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from engine.cli.operator import operator
from engine.cli.settings import json_option
from engine.cli.streams import say, write_line
from engine.config import Config
from engine.errors import AuditError
from engine.identity.gate import keys_path
from engine.identity.keys import ApiKey, add_key, read_keys, revoke_key
from engine.identity.principal import PLATFORM, Role

if TYPE_CHECKING:
    from engine.audit.kinds import AdministrationAction

_ROLES = tuple(role.value for role in Role)
_DAYS = re.compile(r"([1-9][0-9]{0,4})d")

file_option = click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file of keys. [default: api-keys.json in --home, or the setting api_keys]",
)


@click.group()
def keys() -> None:
    """API keys that may call a server: add, list, revoke.

    \b
    chartcoder keys add emr --tenant north --role submitter

    The file holds hashes: a key is shown once, when it is made. A server that runs takes a change within seconds; one
    that was started before there were any keys has to be started again.
    """


@keys.command(short_help="Make a key, and show it once.")
@click.argument("name")
@click.option(
    "--role", "roles", type=click.Choice(_ROLES), multiple=True, required=True, help="What it may do; may be repeated."
)
@click.option("--tenant", metavar="NAME", help="Whose charts and records it works with.")
@click.option(
    "--platform", is_flag=True, help="The operator's own key, of no tenant; an administrator's sees all records."
)
@click.option("--expires", metavar="WHEN", help="A date (UTC) as 2026-12-31, or days as 90d. [default: never]")
@file_option
@click.pass_obj
def add(
    config: Config,
    name: str,
    roles: tuple[str, ...],
    tenant: str | None,
    platform: bool,
    expires: str | None,
    path: Path | None,
) -> None:
    """Make a key for the caller NAME. The key is printed, and kept nowhere.

    \b
    chartcoder keys add emr --tenant north --role submitter
    chartcoder keys add ops --platform --role administrator --role auditor --expires 90d

    A client sends it as the metadata x-api-key. Roles: submitter and coder have charts coded; auditor and administrator
    read records; reader looks codes up, as all do. Who made and who revoked a key is in the audit log.
    """
    if platform == (tenant is not None):
        raise click.UsageError("want --tenant NAME, or --platform")
    wanted = tuple(Role(role) for role in dict.fromkeys(roles))
    end = _read_end(expires) if expires else None
    from engine.audit.kinds import AdministrationAction

    file = path or keys_path(config)
    with _recording(config) as record:
        key, shown = add_key(file, name, tenant=tenant or PLATFORM, roles=wanted, expires=end)
        try:
            record(AdministrationAction.KEY_ADDED, key, after=f"{key.tenant or 'platform'} {','.join(key.roles)}")
        except AuditError:
            revoke_key(file, key.key_id)
            raise
    write_line(shown)
    say(f"key {key.key_id} of {name}: keep it now, it is not shown again")


@keys.command(name="list", short_help="List the keys, without the keys themselves.")
@json_option
@file_option
@click.pass_obj
def list_(config: Config, as_json: bool, path: Path | None) -> None:
    """List the keys: id, caller, tenant, roles, when made, whether still valid.

    \b
    chartcoder keys list
    chartcoder keys list --json | jq -r 'select(.state == "valid").key_id'
    """
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for key in read_keys(path or keys_path(config)).values():
        write_line(json.dumps(_facts(key, now)) if as_json else _line(key, now))


@keys.command(short_help="Make a key useless from now on.")
@click.argument("key_id")
@file_option
@click.pass_obj
def revoke(config: Config, key_id: str, path: Path | None) -> None:
    """Make the key KEY_ID useless; `chartcoder keys list` shows ids.

    \b
    chartcoder keys revoke 1f0c55aa9b21
    """
    from engine.audit.kinds import AdministrationAction

    with _recording(config) as record:
        key = revoke_key(path or keys_path(config), key_id)
        record(AdministrationAction.KEY_REVOKED, key, after="revoked")
    write_line(f"{key.key_id}: revoked {key.revoked}")


class _Record(Protocol):
    def __call__(self, action: "AdministrationAction", key: ApiKey, *, after: str) -> None: ...


@contextmanager
def _recording(config: Config) -> Iterator[_Record]:
    """Give what records a change of a key, by whom; the log is opened before anything is changed."""
    from engine.audit.kinds import administration
    from engine.audit.log import AuditLog

    def record(action: "AdministrationAction", key: ApiKey, *, after: str) -> None:
        log.append(administration(operator(), action, f"API key {key.key_id} of {key.name}", after=after))

    with AuditLog(config.audit_directory, key_file=config.audit_key, witness=config.audit_witness) as log:
        yield record


def _read_end(value: str) -> datetime:
    days = _DAYS.fullmatch(value)
    try:
        end = datetime.now(UTC) + timedelta(days=int(days[1])) if days else datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        raise click.BadParameter("want a date as 2026-12-31, or days as 90d", param_hint="--expires") from None
    end = end if end.tzinfo else end.replace(tzinfo=UTC)
    if end <= datetime.now(UTC):
        raise click.BadParameter("want a time to come", param_hint="--expires")
    return end


def _state(key: ApiKey, now: str) -> str:
    return "revoked" if key.revoked else "valid" if key.is_valid(now) else "expired"


def _facts(key: ApiKey, now: str) -> dict[str, object]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "tenant": key.tenant,
        "roles": [role.value for role in key.roles],
        "created": key.created,
        "expires": key.expires,
        "revoked": key.revoked,
        "state": _state(key, now),
    }


def _line(key: ApiKey, now: str) -> str:
    end = f" expires {key.expires}" if key.expires else ""
    whose = key.tenant or "platform"
    return f"{key.key_id}  {_state(key, now):<7}  {key.name}  {whose}  {','.join(key.roles)}  made {key.created}{end}"
