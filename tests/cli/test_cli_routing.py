"""`chartcoder routing`: is a policy sound, and what does it say; and a policy of one's own that decides."""

import json
from pathlib import Path

import pytest
from command_line import Terminal

from engine.routing.read import PACKAGED, read_policy

OWN = """[policy]
name = "ours"
version = "2026-01"
[[threshold]]
name = "general"
auto = 0.5
hold = 0.1
[[escalation]]
name = "pressure"
when = "codes"
route = "HOLD"
systems = ["icd10cm"]
codes = ["I10-I16", "Q9Z"]
why = "we ask first"
"""
NOTE = b"ASSESSMENT: Hypertension. Acute bronchitis."


def test_the_packaged_policy_is_printed_as_it_is(terminal: Terminal) -> None:
    run = terminal.run("routing", "default")
    assert (run.status, run.out) == (0, PACKAGED.read_text(encoding="utf-8"))


def test_a_sound_policy_is_explained(terminal: Terminal) -> None:
    file = terminal.write("ours.toml", OWN)
    run = terminal.run("routing", "check", file)
    assert run.status == 0
    assert run.out.splitlines()[0] == f"ours 2026-01 (SHA-256 {read_policy(file).content_hash})"
    assert "HOLD: nothing is reported before a question is answered of icd10cm I10-I16, Q9Z" in run.out
    assert run.err.splitlines() == ["chartcoder: pressure: Q9Z is no code of the newest icd10cm release"]
    as_json = json.loads(terminal.run("routing", "check", file, "--json").out)
    assert [part["name"] for part in as_json["parts"]] == ["general", "pressure"]
    assert as_json["families_without_codes"] == [{"rule": "pressure", "system": "icd10cm", "family": "Q9Z"}]


def test_without_a_file_the_policy_in_force_is_explained(terminal: Terminal) -> None:
    run = terminal.run("routing", "check")
    assert (run.status, run.err) == (0, "")
    packaged = read_policy()
    assert len(run.out.splitlines()) == 1 + len(packaged.thresholds) + len(packaged.escalations) + len(packaged.caps)


def test_every_fault_is_printed_with_its_line(terminal: Terminal) -> None:
    file = terminal.write("bad.toml", OWN.replace("0.5", "5").replace("HOLD", "STOP"))
    run = terminal.run("routing", "check", file)
    assert run.status == 1
    assert run.out.splitlines() == [
        "line 6: threshold[1] general.auto: got 5, want a number from 0 to 1",
        "line 11: escalation[1] pressure.route: got 'STOP', want one of REVIEW, HOLD",
    ]
    faults = json.loads(terminal.run("routing", "check", file, "--json").out)["faults"]
    assert [fault["line"] for fault in faults] == [6, 11]


def test_a_policy_of_ones_own_decides_and_is_named(terminal: Terminal) -> None:
    file = terminal.write("ours.toml", OWN)
    run = terminal.run("code", "-", "--format", "jsonl", "--routing-policy", file, stdin=NOTE)
    (line,) = run.lines
    policy = read_policy(file)
    assert {"name": "routing:ours", "hash": policy.content_hash} in line["header"]["models"]
    routes = {s["code"]: (s["route"], s["reasons"][-1]["rule"]) for s in line["suggestions"]}
    assert routes["I10"] == ("HOLD", "route:pressure")
    assert routes["J20.9"] == ("AUTO", "route:auto")
    assert {s["reasons"][-1]["source"] for s in line["suggestions"]} == {policy.source}


@pytest.mark.parametrize("command", ["code", "serve"])
def test_a_faulty_policy_stops_the_start_with_one_sentence(terminal: Terminal, command: str) -> None:
    file = terminal.write("bad.toml", OWN.replace("0.5", "5"))
    words = [command, *(["-"] if command == "code" else ["--port", "0"]), "--routing-policy", file]
    run = terminal.run(*words, stdin=NOTE)
    assert (run.status, run.out) == (2, "")
    assert "routing policy bad.toml: line 6: threshold[1] general.auto: got 5" in run.err
    assert run.err.count("\n") == 1


def test_a_policy_cannot_be_given_to_anothers_server(terminal: Terminal) -> None:
    run = terminal.run("code", "-", "--server", "localhost:1", "--routing-policy", Path("x.toml"), stdin=NOTE)
    assert run.status == 2
    assert "want the server's own" in run.err
