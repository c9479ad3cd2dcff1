"""`status`, of an installation and of a server; `audit access`."""

import json
import shutil
from pathlib import Path

import pytest
from command_line import Terminal

from engine.errors import AuditError


def test_an_installation_is_well_before_its_first_chart_and_after(terminal: Terminal) -> None:
    run = terminal.run("status")
    assert run.status == 0, run.out
    assert "ok   audit log: none yet" in run.out
    terminal.run("code", stdin=b"Assessment: hypertension")
    run = terminal.run("status", "--json")
    assert run.status == 0
    found = {line["name"]: line for line in run.lines}
    assert found["audit log"]["found"].endswith("takes records")
    assert found["audit signature"]["found"].startswith("1 records signed by chartcoder/audit/")
    assert found["icd10cm 2026"]["is_well"]


def test_an_installation_without_code_sets_is_not_well(terminal: Terminal) -> None:
    terminal.config.write_text(f'home = "{terminal.folder / "empty"}"\n', encoding="utf-8")
    run = terminal.run("status")
    assert run.status == 1
    assert "BAD  code sets: none; `chartcoder codesets build` compiles the packaged ones" in run.out


def test_a_disk_without_room_is_not_well(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.run("code", stdin=b"Assessment: hypertension")
    monkeypatch.setattr("engine.audit.disk.LEAST_FREE_BYTES", 2**62)
    run = terminal.run("status")
    assert run.status == 1
    assert "BAD  audit log: audit directory: got " in run.out


@pytest.mark.parametrize("server", ["localhost", "localhost:0", ":1"])
def test_a_server_that_is_none_is_said_to_be_so(terminal: Terminal, server: str) -> None:
    run = terminal.run("status", "--server", server)
    assert run.status == 2
    assert "want HOST:PORT (or unix:PATH)" in run.err


def test_a_server_that_is_not_there_is_said_to_be_so(terminal: Terminal) -> None:
    run = terminal.run("status", "--server", f"unix:{terminal.folder / 'none'}")
    assert run.status == 2
    assert "is it running" in run.err


def test_who_saw_a_chart_is_reported_and_the_report_recorded(terminal: Terminal) -> None:
    note = terminal.write("visit-1.txt", "Assessment: hypertension")
    (line,) = terminal.run("code", note, "--format", "jsonl").lines
    record_id = line["summary"]["audit_record"]
    terminal.run("code", terminal.write("visit-2.txt", "Assessment: asthma"))
    terminal.run("audit", "show", record_id)
    terminal.run("audit", "prove", record_id)
    terminal.run("audit", "export", "--records")
    run = terminal.run("audit", "access", "visit-1")
    assert run.status == 0
    seen = [text.split("  ")[1].strip() for text in run.out.splitlines()]
    assert seen == ["chart_coded", "RECORD_READ", "PROOF_READ", "RECORDS_EXPORTED"]
    assert all("(operator) from command line" in text for text in run.out.splitlines())
    again = terminal.run("audit", "access", "visit-1", "--json").lines
    assert [sight["what"] for sight in again] == [*seen, "REPORT_READ"]
    assert again[1]["subject"] == record_id
    # The other chart was exported too, and nothing else.
    other = terminal.run("audit", "access", "visit-2", "--json").lines
    assert [sight["what"] for sight in other] == ["chart_coded", "RECORDS_EXPORTED"]
    assert terminal.run("audit", "verify").status == 0
    exported = terminal.run("audit", "export", "--records").out
    assert "visit-1" not in exported, "chart ids are in the log as hashes only"


@pytest.mark.parametrize("words", [["visit-9"], ["visit-1", "--tenant", "north"], [""]])
def test_a_chart_that_the_log_does_not_know_is_status_1(terminal: Terminal, words: list[str]) -> None:
    terminal.run("code", terminal.write("visit-1.txt", "Assessment: hypertension"))
    run = terminal.run("audit", "access", *words)
    assert (run.status, run.out) == (1, "")
    assert "visit-9" not in run.err


def test_a_look_that_cannot_be_recorded_is_not_had(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    note = terminal.write("visit-1.txt", "Assessment: hypertension")
    (line,) = terminal.run("code", note, "--format", "jsonl").lines
    monkeypatch.setattr("engine.audit.chain.Chain.extend", _refuse)
    for words in (["show", line["summary"]["audit_record"]], ["export", "--records"], ["access", "visit-1"]):
        run = terminal.run("audit", *words)
        assert (run.status, run.out) == (2, ""), words
        assert "No space left" in run.err


def _refuse(*_: object) -> None:
    raise AuditError("audit log: cannot write: No space left on device")


def test_a_copy_of_a_log_is_left_as_it_is(terminal: Terminal) -> None:
    note = terminal.write("visit-1.txt", "Assessment: hypertension")
    (line,) = terminal.run("code", note, "--format", "jsonl").lines
    copy = Path(shutil.copytree(terminal.folder / "audit", terminal.folder / "copy"))
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    shown = terminal.run("audit", "show", line["summary"]["audit_record"], "--dir", copy)
    assert shown.status == 0
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
    looks = terminal.run("audit", "access", "visit-1", "--json").lines
    assert [look["what"] for look in looks] == ["chart_coded", "RECORD_READ"]
    assert json.loads(shown.out)["envelope"]["record_id"] == looks[1]["subject"]
