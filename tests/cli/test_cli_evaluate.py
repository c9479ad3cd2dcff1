"""`evaluate` and `audit`, on made-up corpora and on what `code` wrote."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import Terminal

NEGEX = "line\tcondition\tsentence\tnegation\ttemporality\texperiencer\n" + "".join(
    f"{number}\t{row}\n"
    for number, row in enumerate(
        (
            "pneumonia\tThere is no PNEUMONIA.\tNegated\tRecent\tPatient",
            "frobnitis\tShe denies FROBNITIS.\tNegated\tRecent\tPatient",
            "gout\tGOUT is present.\tAffirmed\tRecent\tPatient",
        )
    )
)


@pytest.fixture
def corpora(terminal: Terminal) -> dict[str, Path]:
    """A made-up corpus of each format."""
    terminal.write("codiesp/text_files_en/one.txt", "Patient with essential hypertension.")
    terminal.write("codiesp/devD.tsv", "one\ti10\none\tm10.9\n")
    terminal.write("codiesp/devP.tsv", "one\t0dtj4zz\n")
    visit = {"encounter_id": "v1", "note": "ASSESSMENT: hypertension.", "dialogue": "Hi.", "icd10cm": ["I10"]}
    return {
        "codiesp": terminal.folder / "codiesp",
        "negex": terminal.write("negex.tsv", NEGEX),
        "aci": terminal.write("aci.jsonl", json.dumps(visit) + "\n"),
    }


MEASURES = {
    "codiesp": ("full", "category"),
    "negex": ("negation", "historical", "experiencer"),
    "aci": ("exact", "category"),
}


@pytest.mark.parametrize("corpus", MEASURES)
def test_json_is_one_object_with_the_keys_of_the_contract(
    corpus: str, terminal: Terminal, corpora: dict[str, Path]
) -> None:
    run = terminal.run("evaluate", corpus, corpora[corpus], "--json", "--errors", "3")
    assert (run.status, run.err) == (0, "")
    (scores,) = run.lines
    assert scores["corpus"] == corpus
    assert all(set(scores[measure]) == {"p", "r", "f1"} for measure in MEASURES[corpus])
    assert isinstance(scores["errors"], list)
    assert corpus != "codiesp" or 0 <= scores["map"] <= 1


def test_figures_are_those_worked_by_hand(terminal: Terminal, corpora: dict[str, Path]) -> None:
    (scores,) = terminal.run("evaluate", "codiesp", corpora["codiesp"], "--json").lines
    assert scores["full"] == {"p": 1.0, "r": 0.5, "f1": 0.6667}  # I10 found, M10.9 missed
    (scores,) = terminal.run("evaluate", "negex", corpora["negex"], "--json").lines
    assert scores["negation"] == {"p": 1.0, "r": 1.0, "f1": 1.0}  # whether or not the phrase is codable


def test_confidence_is_measured_and_drawn(terminal: Terminal, corpora: dict[str, Path]) -> None:
    drawing = terminal.folder / "diagram.svg"
    run = terminal.run("evaluate", "aci", corpora["aci"], "--json", "--diagram", drawing)
    (scores,) = run.lines
    found = scores["calibration"]
    # One suggestion, which is right: the error is what confidence lacks of 1, the Brier score its square.
    (only,) = found["bins"]
    assert (found["count"], only["right"]) == (1, 1.0)
    assert found["ece"] == pytest.approx(1 - only["confidence"], abs=1e-4)
    assert found["brier"] == pytest.approx((1 - only["confidence"]) ** 2, abs=1e-4)
    assert list(found["by_system"]) == ["icd10cm"]
    assert list(found["by_setting"]) == ["OUTPATIENT"]
    assert list(found["by_chapter"]) == ["9 Circulatory"]
    assert drawing.read_text(encoding="utf-8").startswith("<svg")
    assert "calibration error" in terminal.run("evaluate", "codiesp", corpora["codiesp"]).out


def test_a_diagram_that_cannot_be_drawn_says_why(terminal: Terminal, corpora: dict[str, Path]) -> None:
    for corpus, place in (("negex", "d.svg"), ("aci", "nowhere/d.svg")):
        run = terminal.run("evaluate", corpus, corpora[corpus], "--diagram", terminal.folder / place)
        assert run.status == 2
        assert "diagram" in run.err


def test_the_table_has_a_row_a_measure_and_errors_below(terminal: Terminal, corpora: dict[str, Path]) -> None:
    run = terminal.run("evaluate", "codiesp", corpora["codiesp"], "--errors", "1")
    assert run.status == 0
    assert "precision" in run.out
    assert "0.667" in run.out
    assert "never matched" in run.out
    assert "MISSED one  m10.9  (never matched) Gout, unspecified" in run.out


WRONG_CORPORA = {
    "a folder for negex": ("negex", "."),
    "text for negex": ("negex", "note.txt"),
    "bytes for negex": ("negex", "bytes.bin"),
    "text for aci": ("aci", "note.txt"),
    "bytes for aci": ("aci", "bytes.bin"),
    "a folder without texts": ("codiesp", "."),
    "a file for codiesp": ("codiesp", "note.txt"),
}


@pytest.mark.parametrize(("corpus", "name"), WRONG_CORPORA.values(), ids=WRONG_CORPORA)
def test_a_wrong_corpus_is_refused(corpus: str, name: str, terminal: Terminal) -> None:
    terminal.write("note.txt", "A patient with\nhypertension.\n")
    terminal.write("bytes.bin", b"\xff\xfe\0\x80")
    run = terminal.run("evaluate", corpus, terminal.folder / name)
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith("chartcoder: ")
    assert "Traceback" not in run.err


def test_a_record_can_be_shown_and_the_log_verified(terminal: Terminal) -> None:
    (line,) = terminal.run("code", "--format", "jsonl", stdin=b"Assessment: hypertension").lines
    verified = terminal.run("audit", "verify")
    first, second = verified.out.splitlines()
    assert (verified.status, first) == (0, "1 record in 1 shard: whole")
    assert second.startswith("1 record signed by chartcoder/audit/")
    shown = terminal.run("audit", "show", line["summary"]["audit_record"])
    assert shown.status == 0
    assert "I10" in shown.out
    assert "hypertension" not in shown.out.lower().replace("essential (primary) hypertension", "")


def test_an_altered_log_is_found_out(terminal: Terminal) -> None:
    terminal.run("code", stdin=b"Assessment: hypertension")
    (segment,) = (terminal.folder / "audit").glob("*.ccaudit")
    data = segment.read_bytes()
    segment.write_bytes(data[:-50] + bytes([data[-50] ^ 1]) + data[-49:])
    run = terminal.run("audit", "verify")
    assert run.status == 1
    assert "ALTERED" in run.out


def test_an_unknown_record_and_a_missing_log_say_so(terminal: Terminal) -> None:
    assert terminal.run("audit", "verify").status == 2
    terminal.run("code", stdin=b"Assessment: hypertension")
    run = terminal.run("audit", "show", "f" * 32)
    assert (run.status, run.out) == (1, "")
    assert "want the audit_record of an answer in this log" in run.err


def test_routing_says_what_needs_no_person(terminal: Terminal) -> None:
    note = "ASSESSMENT: Hypertension. Acute bronchitis."
    rows = [{"encounter_id": "v1", "note": note, "dialogue": "", "icd10cm": ["I10"]}]
    path = terminal.write("visits.jsonl", "\n".join(map(json.dumps, rows)))
    plot = terminal.folder / "curve.svg"
    run = terminal.run("evaluate", "aci", path, "--json", "--routing", "--plot", plot)
    assert run.status == 0
    routing = json.loads(run.out)["routing"]
    assert (routing["suggestions"]["codes"], routing["suggestions"]["charts"]) == (2, 1)
    assert routing["suggestions"]["at_coverage"]["1.00"]["precision"] == 0.5
    assert sum(counted["codes"] for counted in routing["policy"]["routes"].values()) == 2
    assert ElementTree.parse(plot).getroot().tag.endswith("svg")
    table = terminal.run("evaluate", "aci", path, "--routing").out
    assert "what needs no person: suggestions (2 codes, 1 charts)" in table


@pytest.mark.parametrize("words", [("negex", "--routing"), ("aci", "--plot", "x.svg")])
def test_routing_is_measured_on_documents_alone(terminal: Terminal, words: tuple[str, ...]) -> None:
    path = terminal.write("file.txt", "x")
    run = terminal.run("evaluate", words[0], path, *words[1:])
    assert run.status == 2
    assert "--routing is for codiesp and aci" in run.err
