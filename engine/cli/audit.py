"""`chartcoder audit`: is the log whole, what does a record say, and how is that shown to others."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.access import access, directory_option, record_look
from engine.cli.failures import SOME_FAILED
from engine.cli.progress import Bar
from engine.cli.streams import say, write_line
from engine.config import Config
from engine.errors import AuditCorruptError, AuditError

if TYPE_CHECKING:
    from engine.audit.note import Checkpoint, VerifierKey
    from engine.audit.verify import Verification

key_option = click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The log's verifier key (its log.vkey), from a place that its host cannot change. [default: the log's own]",
)
witness_option = click.option(
    "--witness",
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="Checkpoints that were exported before: a file, or a folder of them.",
)


@click.group()
def audit() -> None:
    """The audit log: verify, show, prove, export, access.

    Each coded chart is one record: hash of the input, versions, every suggestion with evidence and reasons, chained to
    the record before it. It never holds chart text. All records together are the leaves of a Merkle tree (RFC 9162),
    whose root is signed every second or so.
    """


@audit.command(short_help="Check every record of the log, or a proof.")
@directory_option
@key_option
@witness_option
@click.option(
    "--proof",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Check this output of `prove` instead; needs no log where --key is given.",
)
@click.pass_obj
def verify(
    config: Config, directory: Path | None, key_file: Path | None, witness: Path | None, proof: Path | None
) -> None:
    """Check every record of the log: bytes, order, completeness, hash chain, tree, signatures.

    \b
    chartcoder audit verify
    chartcoder audit verify --dir /backup/audit --key /safe/log.vkey --witness /mnt/witness
    chartcoder audit verify --proof record.tlog-proof --key /safe/log.vkey

    The log may be written meanwhile. A witness's checkpoints show that the log was not cut back or rewritten since; a
    proof that the log grew is checked against the one that it starts from. Exit status 1 if something is wrong.
    """
    from engine.audit.verify import verify as verify_log
    from engine.audit.witness import read_checkpoints

    key = _read_key_file(key_file)
    witnesses = read_checkpoints(witness) if witness else []
    if proof is not None:
        _verify_proof(proof, key or _own_key(directory or config.audit_directory), witnesses)
        return
    bar = Bar("checking the audit log", total=None)
    bar.arm()
    try:
        result = verify_log(
            directory or config.audit_directory, key=key, witnesses=witnesses, processes=os.cpu_count() or 1
        )
    finally:
        bar.close()
    _report(result)
    if not result.is_valid:
        raise click.exceptions.Exit(SOME_FAILED)


def _report(result: "Verification") -> None:
    for problem in (*result.problems, *result.notices):
        write_line(f"{problem.file} record {problem.record}: {problem.fault.value}: {problem.detail}")
    for name in result.set_aside:
        write_line(f"{name}: a tail that was never acknowledged, set aside after a crash")
    state = "whole" if result.is_valid else _count(len(result.problems), "problem")
    write_line(f"{_count(result.records, 'record')} in {_count(result.shards, 'shard')}: {state}")
    if result.key is not None and result.signed:
        write_line(f"{_count(result.signed, 'record')} signed by {result.key.origin}+{result.key.key_id.hex()}")


def _read_key_file(path: Path | None) -> "VerifierKey | None":
    from engine.audit.note import parse_key

    return parse_key(path.read_text(encoding="utf-8", errors="replace")) if path else None


def _own_key(directory: Path) -> "VerifierKey":
    from engine.audit.tree import read_key

    key = read_key(directory)
    if key is None:
        raise AuditError("key: want --key FILE, or a log that has one")
    return key


def _verify_proof(path: Path, key: "VerifierKey", witnesses: "list[tuple[str, Checkpoint]]") -> None:
    from engine.audit.proof import RecordProof, parse_proof

    with click.open_file(str(path), encoding="utf-8", errors="replace") as stream:
        proof = parse_proof(stream.read())
    try:
        if isinstance(proof, RecordProof):
            record = proof.check(key)
            says = f"record {record.envelope.record_id} of {record.envelope.time} is leaf {proof.leaf}"
        else:
            older = [checkpoint for _, checkpoint in witnesses if checkpoint.size == proof.old]
            if not older:
                raise AuditError(f"witness: want --witness with the checkpoint at size {proof.old}")
            for checkpoint in older:
                proof.check(key, checkpoint)
            says = f"the log of {proof.old} records was only added to"
    except AuditCorruptError as error:
        write_line(f"does not hold: {error}")
        raise click.exceptions.Exit(SOME_FAILED) from None
    write_line(f"proved: {says}; {_count(proof.checkpoint.size, 'record')} in {key.origin}+{key.key_id.hex()}")


def _say_no_such_record(record_id: str) -> None:
    say("record: got another id, want the audit_record of an answer in this log")


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

    RECORD_ID is the audit_record of an answer. Exit status 1 if the log has no such record. That it was looked at, and
    by whom, is recorded first.
    """
    from engine.audit.kinds import AccessAction
    from engine.audit.verify import find_record

    folder = directory or config.audit_directory
    record = find_record(folder, record_id)
    if record is None:
        _say_no_such_record(record_id)
        raise click.exceptions.Exit(SOME_FAILED)
    chart = str(record.body.get("chart_id_hash", ""))
    record_look(config, AccessAction.RECORD_READ, subject=record_id, chart_id_hash=chart)
    write_line(json.dumps(asdict(record), ensure_ascii=False, indent=2, default=str))


@audit.command(short_help="Prove that the log holds a record, or only grew.")
@click.argument("record_id", required=False)
@click.option("--since", type=int, metavar="SIZE", help="Prove that the log continues that of its first SIZE records.")
@directory_option
@click.pass_obj
def prove(config: Config, record_id: str | None, since: int | None, directory: Path | None) -> None:
    """Prove that the log holds a record, or that it only grew since it had SIZE records.

    \b
    chartcoder audit prove 7b5e9b4f22c449b9332212c74193c961 > record.tlog-proof
    chartcoder audit prove --since 5000 > growth.txt
    chartcoder audit verify --proof record.tlog-proof --key log.vkey

    A proof of a record is a C2SP tlog-proof that carries the record and the signed checkpoint. It is checked with the
    log's key alone. Exit status 1 if the log has no such record.
    """
    from engine.audit.kinds import AccessAction
    from engine.audit.proof import RecordProof
    from engine.audit.prove import prove_growth, prove_record
    from engine.audit.record import decode_record

    folder = directory or config.audit_directory
    if (record_id is None) == (since is None):
        raise click.UsageError("want RECORD_ID, or --since SIZE")
    proof = prove_growth(folder, since) if since is not None else prove_record(folder, record_id or "")
    if proof is None:
        _say_no_such_record(record_id or "")
        raise click.exceptions.Exit(SOME_FAILED)
    if isinstance(proof, RecordProof):
        chart = str(decode_record(proof.record).body.get("chart_id_hash", ""))
        record_look(config, AccessAction.PROOF_READ, subject=record_id or "", chart_id_hash=chart)
    click.echo(proof.text().encode(), nl=False)


@audit.command(short_help="Hand out checkpoints for a witness, or all records.")
@click.option(
    "--to", type=click.Path(path_type=Path), metavar="FOLDER", help="Leave the checkpoint and the key in this folder."
)
@click.option("--records", is_flag=True, help="Write every record, one line of JSON each, instead of the checkpoint.")
@directory_option
@click.pass_obj
def export(config: Config, to: Path | None, records: bool, directory: Path | None) -> None:
    """Hand out the newest signed checkpoint for a witness, or all records.

    \b
    chartcoder audit export                                 the checkpoint, a C2SP signed note
    chartcoder audit export --to /mnt/witness               into another server's folder
    chartcoder audit export --records > records.jsonl

    A server does the same by itself where the setting audit_witness names a folder. Checkpoints of different times stay
    beside each other; `verify --witness` holds the log against them. Records are their canonical bytes: the SHA-256 of
    a zero byte and the line, without its end, is the leaf hash. That records were exported, and by whom, is recorded
    first.
    """
    from engine.audit.export import read_records
    from engine.audit.kinds import AccessAction
    from engine.audit.prove import newest_checkpoint
    from engine.audit.witness import drop_checkpoint, drop_key

    folder = directory or config.audit_directory
    if records:
        record_look(config, AccessAction.RECORDS_EXPORTED, count=sum(1 for _ in read_records(folder)))
        for record in read_records(folder):
            click.echo(record)
        return
    checkpoint = newest_checkpoint(folder)
    if to is None:
        click.echo(checkpoint.text().encode(), nl=False)
        return
    try:
        drop_key(to, _own_key(folder))
        path = drop_checkpoint(to, checkpoint)
    except OSError as error:
        raise AuditError(f"witness: cannot write: {error.strerror or 'unknown reason'}") from None
    write_line(str(path))


audit.add_command(access)
