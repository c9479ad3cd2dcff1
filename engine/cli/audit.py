"""`chartcoder audit`: is the log whole, and what does a record say."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from engine.audit.verify import find_record
from engine.audit.verify import verify as verify_log
from engine.config import Config

FAULTS_FOUND = 1
directory_option = click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Audit directory. [default: the settings']",
)


@click.group()
def audit() -> None:
    """The audit log: verify, show."""


@audit.command()
@directory_option
@click.pass_obj
def verify(config: Config, directory: Path | None) -> None:
    """Check every record of the log: bytes, order, completeness, hash chain. Exit status 1 if something is wrong."""
    result = verify_log(directory or config.audit_directory)
    for problem in result.problems:
        click.echo(f"{problem.file} record {problem.record}: {problem.fault.value}: {problem.detail}")
    for name in result.set_aside:
        click.echo(f"{name}: a tail that was never acknowledged, set aside after a crash")
    state = "whole" if result.is_valid else f"{len(result.problems)} problems"
    click.echo(f"{result.records} records in {result.shards} shards: {state}")
    if not result.is_valid:
        raise click.exceptions.Exit(FAULTS_FOUND)


@audit.command()
@click.argument("record_id")
@directory_option
@click.pass_obj
def show(config: Config, record_id: str, directory: Path | None) -> None:
    """Print a record as JSON: versions, suggestions with evidence and reasons, never chart text."""
    record = find_record(directory or config.audit_directory, record_id)
    if record is None:
        raise click.UsageError(f"no record {record_id[:64]!r} in the log")
    click.echo(json.dumps(asdict(record), ensure_ascii=False, indent=2, default=str))
