"""`chartcoder audit`: is the log whole, and what does a record say."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from engine.cli.failures import SOME_FAILED
from engine.cli.progress import Bar
from engine.cli.streams import say, write_line
from engine.config import Config

directory_option = click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The audit log. [default: audit in --home, or the setting audit_dir]",
)


@click.group()
def audit() -> None:
    """The audit log: verify, show.

    Each coded chart is one record: hash of the input, versions, every suggestion with evidence and reasons, chained to
    the record before it. It never holds chart text.
    """


@audit.command(short_help="Check every record of the log.")
@directory_option
@click.pass_obj
def verify(config: Config, directory: Path | None) -> None:
    """Check every record of the log: bytes, order, completeness, hash chain.

    \b
    chartcoder audit verify
    chartcoder audit verify --dir /backup/audit

    The log may be written meanwhile. Exit status 1 if something is wrong.
    """
    from engine.audit.verify import verify as verify_log

    bar = Bar("checking the audit log", total=None)
    bar.arm()
    try:
        result = verify_log(directory or config.audit_directory)
    finally:
        bar.close()
    for problem in result.problems:
        write_line(f"{problem.file} record {problem.record}: {problem.fault.value}: {problem.detail}")
    for name in result.set_aside:
        write_line(f"{name}: a tail that was never acknowledged, set aside after a crash")
    state = "whole" if result.is_valid else _count(len(result.problems), "problem")
    write_line(f"{_count(result.records, 'record')} in {_count(result.shards, 'shard')}: {state}")
    if not result.is_valid:
        raise click.exceptions.Exit(SOME_FAILED)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@audit.command(short_help="Print a record as JSON.")
@click.argument("record_id")
@directory_option
@click.pass_obj
def show(config: Config, record_id: str, directory: Path | None) -> None:
    """Print a record as JSON: versions, suggestions with evidence and reasons, never chart text.

    \b
    chartcoder audit show 7b5e9b4f22c449b9332212c74193c961

    RECORD_ID is the audit_record of an answer. Exit status 1 if the log has no such record.
    """
    from engine.audit.verify import find_record

    record = find_record(directory or config.audit_directory, record_id)
    if record is None:
        say(f"record: got {record_id[:64]!r}, want the audit_record of an answer in this log")
        raise click.exceptions.Exit(SOME_FAILED)
    write_line(json.dumps(asdict(record), ensure_ascii=False, indent=2, default=str))
