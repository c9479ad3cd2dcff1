"""`chartcoder code`: what goes in, and the lines that API.md fixes."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Terminal

NOTE = "Assessment:\n1. Essential hypertension.\n2. DM2 with CKD stage 3.\nNo chest pain. Mother had breast cancer.\n"
SAMPLES = Path(__file__).parents[2] / "samples"


def without_times(line: dict[str, Any]) -> dict[str, Any]:
    """Leave out what may differ from run to run."""
    return {name: value for name, value in line.items() if name != "summary"}


def test_a_line_has_the_fields_of_the_contract(terminal: Terminal) -> None:
    path = terminal.write("visit.txt", NOTE)
    run = terminal.run("code", path, "--format", "jsonl")
    assert (run.status, run.err) == (0, "")
    (line,) = run.lines
    assert set(line) >= {"chart_id", "header", "findings", "suggestions", "alerts", "summary"}
    assert line["chart_id"] == "visit"
    assert set(line["summary"]) >= {"elapsed_ms", "audit_record"}
    assert line["summary"]["audit_record"]
    finding_fields = {"begin", "end", "text", "section", "assertion", "temporality", "experiencer", "cues", "codes"}
    assert all(set(finding) >= finding_fields for finding in line["findings"])
    assert all(set(c) >= {"system", "code", "display", "score"} for f in line["findings"] for c in f["codes"])
    suggestion_fields = {"system", "code", "display", "role", "confidence", "route", "evidence", "reasons"}
    assert all(set(suggestion) >= suggestion_fields for suggestion in line["suggestions"])
    assert all(set(reason) >= {"rule", "source"} for s in line["suggestions"] for reason in s["reasons"])
    assert "I10" in {candidate["code"] for finding in line["findings"] for candidate in finding["codes"]}


def test_every_span_cuts_its_text_from_the_note(terminal: Terminal) -> None:
    text = f"\N{GRINNING FACE} {NOTE}\u2028e\u0301 \u202ehypertension\u202c\0 diabetes"
    run = terminal.run("code", "--format", "jsonl", stdin=text.encode())
    (line,) = run.lines
    assert line["findings"]
    assert all(text[f["begin"] : f["end"]] == f["text"] for f in line["findings"])
    assert all(cue["begin"] < cue["end"] <= len(text) for f in line["findings"] for cue in f["cues"])
    assert all(0 <= e["begin"] < e["end"] <= len(text) for s in line["suggestions"] for e in s["evidence"])


def test_a_byte_order_mark_is_no_part_of_the_text(terminal: Terminal) -> None:
    (line,) = terminal.run("code", "--format", "jsonl", stdin=b"\xef\xbb\xbfHypertension").lines
    assert (line["findings"][0]["begin"], line["findings"][0]["text"]) == (0, "Hypertension")


def test_a_chart_is_one_line_to_every_reader_of_lines(terminal: Terminal) -> None:
    note = "Chronic kidney\u2028disease. Chronic kidney\u0085disease. Chronic kidney\rdisease"
    run = terminal.run("code", "--format", "jsonl", stdin=note.encode())
    assert len(run.out.splitlines()) == 1


def test_lines_are_the_same_on_every_run(terminal: Terminal) -> None:
    files = sorted(SAMPLES.glob("*.txt"))
    first, second = (terminal.run("code", *order, "--format", "jsonl").lines for order in (files, files[::-1]))
    assert [json.dumps(without_times(line)) for line in first] == [
        json.dumps(without_times(line)) for line in second[::-1]
    ]


BAD_FILES: dict[str, tuple[bytes, str, str]] = {
    "not UTF-8": (b"HTN \xff", "CHART_INVALID", "not UTF-8 at 4"),
    "binary": (bytes(range(256)), "CHART_INVALID", "not UTF-8"),
    "UTF-16": ("HTN".encode("utf-16"), "CHART_INVALID", "not UTF-8 at 0"),
    "empty": (b"", "CHART_INVALID", "blank"),
    "blank": (b" \n\t\n", "CHART_INVALID", "blank"),
    "too large": (b"x" * 5_000_000, "CHART_TOO_LARGE", "want at most"),
}


@pytest.mark.parametrize(("content", "reason", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_fails_alone(content: bytes, reason: str, said: str, terminal: Terminal) -> None:
    files = [terminal.write("bad.txt", content), terminal.write("good.txt", NOTE)]
    run = terminal.run("code", *files, "--format", "jsonl")
    assert run.status == 1
    assert run.lines[0]["error"]["reason"] == reason
    assert said in run.lines[0]["error"]["message"]
    assert run.lines[1]["suggestions"]
    assert "chartcoder: chart 1: " in run.err
    assert "1 of 2 charts could not be coded" in run.err


def test_failures_of_paths_name_the_file_on_standard_output_alone(terminal: Terminal) -> None:
    folder = terminal.folder / "notes"
    folder.mkdir()
    run = terminal.run("code", terminal.folder / "missing.txt", folder, "--format", "jsonl")
    assert run.status == 1
    messages = [line["error"]["message"] for line in run.lines]
    assert messages[0] == "file: No such file or directory"
    assert messages[1] == "file: is a folder, want a file; for all notes in it name them: FOLDER/*.txt"
    assert [line["chart_id"] for line in run.lines] == ["missing", "notes"]
    assert "missing" not in run.err
    assert "notes" not in run.err.replace("all notes", "")


@pytest.mark.parametrize("text", [NOTE, "Patient has diabetes. " * 40, "\x1b[31mred"])
def test_text_given_as_a_file_name_is_not_repeated(text: str, terminal: Terminal) -> None:
    run = terminal.run("code", text, "--format", "jsonl")
    assert run.status == 1
    assert run.lines[0]["chart_id"] == "argument-1"
    for word in ("hypertension", "diabetes", "red"):
        assert word not in (run.out + run.err).lower().replace("reading", "")


def test_a_file_name_that_is_not_utf8_is_shown_with_a_replacement(terminal: Terminal) -> None:
    path = terminal.folder / "caf\udce9.txt"
    path.write_text(NOTE)
    run = terminal.run("code", path, "--format", "jsonl")
    assert (run.status, run.lines[0]["chart_id"]) == (0, "caf\ufffd")


def test_charts_of_the_same_name_are_told_apart_by_their_file(terminal: Terminal) -> None:
    files = [terminal.write("a/note.txt", "HTN"), terminal.write("b/note.txt", "GERD")]
    lines = terminal.run("code", *files, "--format", "jsonl").lines
    assert [line["chart_id"] for line in lines] == ["note", "note"]
    assert [line["file"] for line in lines] == [str(path) for path in files]


def test_standard_input_is_read_for_a_dash_and_for_nothing(terminal: Terminal) -> None:
    for words in ((), ("-",)):
        run = terminal.run("code", *words, "--format", "jsonl", stdin=NOTE.encode())
        assert (run.status, run.lines[0]["chart_id"]) == (0, "stdin")


def test_a_day_outside_every_release_fails_the_chart(terminal: Terminal) -> None:
    run = terminal.run("code", "--date", "1999-01-01", "--format", "jsonl", stdin=b"HTN")
    assert run.status == 1
    assert run.lines[0]["error"]["reason"] == "NO_RELEASE_FOR_DATE"
    assert run.lines[0]["error"]["field"] == "date_of_service"


def test_facts_of_the_encounter_reach_the_chart(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    from engine.pipeline import Pipeline

    original = Pipeline.code

    def remember(self: Pipeline, chart: Any, **named: Any) -> Any:
        seen.append(chart)
        return original(self, chart, **named)

    monkeypatch.setattr(Pipeline, "code", remember)
    facts = ["--setting", "Inpatient", "--date", "2026-03-31", "--age", "61", "--sex", "female", "--systems", "icd10cm"]
    facts += ["--discharge-date", "2026-04-02"]
    assert terminal.run("code", *facts, stdin=b"HTN").status == 0
    (chart,) = seen
    assert chart.discharge_date.isoformat() == "2026-04-02"
    assert (chart.setting, chart.date_of_service.isoformat(), chart.age_years, chart.sex, chart.systems) == (
        "INPATIENT",
        "2026-03-31",
        61,
        "FEMALE",
        ("icd10cm",),
    )


def test_nothing_is_answered_that_cannot_be_recorded(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.errors import AuditError

    def refuse(*_: object) -> None:
        raise AuditError("audit log: no space left on device")

    monkeypatch.setattr("engine.audit.log.AuditLog.append", refuse)
    run = terminal.run("code", "--format", "jsonl", stdin=b"HTN")
    assert run.status == 1
    assert run.lines[0]["error"]["reason"] == "AUDIT_UNAVAILABLE"
    assert "suggestions" not in run.lines[0]


def test_an_audit_log_that_cannot_be_opened_stops_the_run(terminal: Terminal) -> None:
    terminal.write("audit", "in the way")
    run = terminal.run("code", stdin=b"HTN")
    assert (run.status, run.out) == (2, "")
    assert "audit directory: cannot open" in run.err


def test_the_table_shows_codes_and_evidence(terminal: Terminal) -> None:
    run = terminal.run("code", SAMPLES / "clinic_soap.txt")
    assert run.status == 0
    assert "Essential (primary) hypertension" in run.out
    assert "audit record" in run.out
    assert max(map(len, run.out.splitlines())) <= 110


def test_the_table_lets_no_control_character_through(terminal: Terminal) -> None:
    run = terminal.run("code", stdin=b"\x1b]0;title\x07 Assessment: hypertension \x1b[31mred\x1b[0m \xc2\x9b31m")
    assert "I10" in run.out
    assert not set(run.out) & {"\x1b", "\x07", "\x9b"}


def test_explanations_are_given_if_they_are_asked_for(terminal: Terminal) -> None:
    note = b"ASSESSMENT: Hypertension."
    (plain,) = terminal.run("code", "-", "--format", "jsonl", stdin=note).lines
    (told,) = terminal.run("code", "-", "--format", "jsonl", "--explain", stdin=note).lines
    (suggestion,) = told["suggestions"]
    explanation = suggestion.pop("explanation")
    assert [suggestion] == plain["suggestions"]
    assert explanation["code"] == "I10"
    assert "stated in ASSESSMENT" in [influence["words"] for influence in explanation["influences"]]
    assert set(explanation) == {"code", "score", "influences", "contrasts"}
    for form in ("table", "html"):
        assert "stated in ASSESSMENT" in terminal.run("code", "-", "--format", form, "--explain", stdin=note).out
        assert "(mention)" not in terminal.run("code", "-", "--format", form, stdin=note).out
