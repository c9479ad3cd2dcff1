"""`audit verify|show|prove|export` on what `code` wrote."""

import json
import shutil
from pathlib import Path

import pytest
from command_line import Terminal


@pytest.fixture
def record_id(terminal: Terminal) -> str:
    """Code a chart and return its record."""
    (line,) = terminal.run("code", "--format", "jsonl", stdin=b"Assessment: hypertension").lines
    record: str = line["summary"]["audit_record"]
    return record


def test_a_record_is_proven_and_the_proof_checked_without_the_log(terminal: Terminal, record_id: str) -> None:
    proof = terminal.run("audit", "prove", record_id)
    assert proof.status == 0
    terminal.write("proof", proof.out)
    key = shutil.copy(terminal.folder / "audit" / "log.vkey", terminal.folder / "trusted.vkey")
    shutil.rmtree(terminal.folder / "audit")
    run = terminal.run("audit", "verify", "--proof", terminal.folder / "proof", "--key", key)
    assert (run.status, run.out.split(" of ")[0]) == (0, f"proved: record {record_id}")


def test_a_proof_that_does_not_hold_is_status_1(terminal: Terminal, record_id: str) -> None:
    proof = terminal.run("audit", "prove", record_id).out
    terminal.write("proof", proof.replace("index 0", "index 1"))
    run = terminal.run("audit", "verify", "--proof", terminal.folder / "proof")
    assert (run.status, run.out) == (
        1,
        "does not hold: proof: the record is not in the log that the checkpoint signs\n",
    )


def test_growth_is_proven_against_a_witness(terminal: Terminal, record_id: str) -> None:
    exported = terminal.run("audit", "export", "--to", terminal.folder / "witness")
    assert exported.status == 0
    assert Path(exported.out.strip()).exists()
    assert terminal.run("audit", "export").out.split("\n")[1] == "1"
    terminal.run("code", stdin=b"Assessment: asthma")
    terminal.write("growth", terminal.run("audit", "prove", "--since", "1").out)
    run = terminal.run(
        "audit", "verify", "--proof", terminal.folder / "growth", "--witness", terminal.folder / "witness"
    )
    assert (run.status, run.out.split(";")[0]) == (0, "proved: the log of 1 records was only added to")
    run = terminal.run("audit", "verify", "--witness", terminal.folder / "witness")
    assert (run.status, run.out.splitlines()[0]) == (0, "2 records in 1 shard: whole")


def test_a_log_cut_back_is_found_by_its_witness(terminal: Terminal, record_id: str) -> None:
    kept = shutil.copytree(terminal.folder / "audit", terminal.folder / "kept")
    terminal.run("code", stdin=b"Assessment: asthma")
    terminal.run("audit", "export", "--to", terminal.folder / "witness")
    shutil.rmtree(terminal.folder / "audit")
    shutil.move(kept, terminal.folder / "audit")
    run = terminal.run("audit", "verify", "--witness", terminal.folder / "witness")
    assert run.status == 1
    assert "ROLLED_BACK: the log has 1 signed records, the witness saw 2" in run.out


def test_records_are_exported_as_they_are(terminal: Terminal, record_id: str) -> None:
    line, look = terminal.run("audit", "export", "--records").out.splitlines()
    assert json.loads(look)["body"]["action"] == "RECORDS_EXPORTED"
    record = json.loads(line)
    assert record["id"] == record_id
    assert record["body"]["origin"]["address"] == "command line"
    assert record["body"]["origin"]["role"] == "operator"


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["prove"], 2, "want RECORD_ID, or --since SIZE"),
        (["prove", "f" * 32], 1, "want the audit_record of an answer in this log"),
        (["prove", "--since", "7"], 2, "size: got 7, want 0 to 1, which is signed"),
        (["verify", "--witness", "empty"], 2, "want the checkpoints that were exported"),
        (["verify", "--proof", "junk"], 2, "checkpoint: not the text of a signed checkpoint"),
        (["verify", "--key", "junk"], 2, "verifier key: not a line"),
    ],
)
def test_what_cannot_be_done_is_said(
    terminal: Terminal, record_id: str, words: list[str], status: int, says: str
) -> None:
    (terminal.folder / "empty").mkdir()
    terminal.write("junk", "junk")
    run = terminal.run("audit", *(terminal.folder / word if word in ("junk", "empty") else word for word in words))
    assert run.status == status
    assert says in " ".join(run.err.split())
    assert "Traceback" not in run.err
