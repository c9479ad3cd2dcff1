"""`chartcoder retention`: what charts are kept, how long, and their end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from engine.cli.streams import write_line
from engine.config import Config
from engine.errors import ConfigError

if TYPE_CHECKING:
    from engine.audit.log import AuditLog
    from engine.vault.store import Vault

tenant_option = click.option("--tenant", default="default", show_default=True, metavar="NAME", help="Whose chart.")


@click.group()
def retention() -> None:
    """Kept charts: show, apply, delete, prove, rotate.

    \b
    chartcoder retention show
    chartcoder retention apply        as a daily job

    Charts are kept only where the setting `keep_charts` says so, encrypted each under a key of its own. What is
    destroyed loses its key; the audit log, which holds no text, stays whole and says that it was done.
    """


@retention.command(short_help="Say what is kept, and how much of it is due.")
@click.pass_obj
def show(config: Config) -> None:
    """Say for each tenant how many charts are kept, since when, under which keys, and how many are due.

    \b
    chartcoder retention show
    """
    with _opened(config) as vault:
        for holding in vault.holdings():
            keys = ", ".join(f"{count} under {key}" for key, count in holding.by_key)
            write_line(f"{holding.tenant}: {holding.charts} charts, the oldest of {holding.oldest}; {keys}")
        due = len(vault.due(_policy(config)))
        write_line(f"kept for {config.retention_days} days; {due} due")


@retention.command(short_help="Destroy what is kept for longer than the policy says.")
@click.option("--dry-run", is_flag=True, help="Say what would be destroyed, and leave it.")
@click.pass_obj
def apply(config: Config, dry_run: bool) -> None:
    """Destroy the charts kept for longer than the setting `retention_days`; recorded in the audit log first.

    \b
    chartcoder retention apply --dry-run
    """
    from engine.audit.kinds import AdministrationAction, administration
    from engine.cli.operator import operator
    from engine.live import open_audit_log

    with _opened(config) as vault:
        due = vault.due(_policy(config))
        if dry_run or not due:
            write_line(f"{len(due)} charts due{', none destroyed' if due else ''}")
            return
        with open_audit_log(config) as log:
            action = AdministrationAction.RETENTION_APPLIED
            days = str(config.retention_days)
            receipt = log.append(administration(operator(), action, "retention", after=days, count=len(due)))
        for tenant, chart in due:
            vault.destroy(tenant, chart, reason="RETENTION", audit_record=receipt.record_id)
        write_line(f"{len(due)} charts destroyed; audit record {receipt.record_id}")


@retention.command(short_help="Destroy one chart by request.")
@click.argument("chart_id")
@tenant_option
@click.pass_obj
def delete(config: Config, chart_id: str, tenant: str) -> None:
    """Destroy the kept text of CHART_ID and its key; recorded in the audit log first.

    \b
    chartcoder retention delete visit-1 --tenant north
    """
    from engine.audit.kinds import AdministrationAction, administration
    from engine.cli.operator import operator
    from engine.live import open_audit_log

    with _opened(config) as vault, open_audit_log(config) as log:
        chart = _hash_of(log, chart_id, tenant)
        if vault.standing(tenant, chart).kept_at == "":
            raise click.ClickException("no such chart is kept")
        action = AdministrationAction.RETENTION_APPLIED
        receipt = log.append(administration(operator(), action, "request", after=chart, count=1))
        vault.destroy(tenant, chart, reason="REQUEST", audit_record=receipt.record_id)
        write_line(f"destroyed; audit record {receipt.record_id}")


@retention.command(short_help="Say whether a chart is kept, or when it was destroyed.")
@click.argument("chart_id")
@tenant_option
@click.pass_obj
def prove(config: Config, chart_id: str, tenant: str) -> None:
    """Say what is known of CHART_ID, as one line of JSON: HELD, DESTROYED or UNKNOWN.

    \b
    chartcoder retention prove visit-1

    Of a destroyed chart it names the audit record, which `chartcoder audit prove` shows to be in the signed log.
    """
    from engine.live import open_audit_log

    with _opened(config) as vault, open_audit_log(config) as log:
        chart = _hash_of(log, chart_id, tenant)
        standing = vault.standing(tenant, chart)
    told = {"chart_id_hash": chart, "fate": standing.fate.value, "kept_at": standing.kept_at}
    write_line(json.dumps(told | {"destroyed": asdict(standing.tombstone) if standing.tombstone else None}))


@retention.command(short_help="Wrap the keys of kept charts with their tenants' current keys.")
@click.pass_obj
def rotate(config: Config) -> None:
    """Wrap every chart's key with the current key of its tenant; a server may go on meanwhile.

    \b
    chartcoder retention rotate

    Afterwards the provider need not give the older keys any more.
    """
    from engine.audit.kinds import AdministrationAction, administration
    from engine.cli.operator import operator
    from engine.live import open_audit_log

    with _opened(config) as vault:
        changed = vault.rotate()
        with open_audit_log(config) as log:
            log.append(administration(operator(), AdministrationAction.POLICY_CHANGED, "vault keys", count=changed))
    write_line(f"{changed} charts wrapped anew")


@contextmanager
def _opened(config: Config) -> Iterator["Vault"]:
    from engine.live import open_vault

    vault = open_vault(config)
    if vault is None:
        raise ConfigError("setting vault_keys: got none, want where the keys of kept charts are", field="vault_keys")
    try:
        yield vault
    finally:
        vault.close()


def _policy(config: Config) -> timedelta:
    return timedelta(days=config.retention_days)


def _hash_of(log: "AuditLog", chart_id: str, tenant: str) -> str:
    """Hash a chart id as the records of a tenant do."""
    from engine.audit.record import hash_chart_id
    from engine.vault.store import DEFAULT_TENANT

    return hash_chart_id(log.salt, chart_id, "" if tenant == DEFAULT_TENANT else tenant)
