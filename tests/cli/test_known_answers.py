"""`evaluate` and `make accuracy` on small corpora of our own whose figures are worked by hand (made_corpora.py)."""

import json
import sys
from pathlib import Path

import made_corpora as made
import pytest
from command_line import Terminal

from tools.accuracy import __main__ as tool
from tools.accuracy.corpora import CORPORA, Counted
from tools.accuracy.previous import Previous


def test_codiesp_figures_and_causes(terminal: Terminal) -> None:
    folder = made.write_codiesp(terminal.folder / "made")
    (scores,) = terminal.run("evaluate", "codiesp", folder, "--json").lines
    assert (scores["full"], scores["category"]) == (made.CASES_FULL, made.CASES_CATEGORY)
    assert (scores["map"], scores["documents"]) == (made.CASES_MAP, 5)
    assert scores["causes"] == made.CASES_CAUSES


def test_codiesp_errors_show_cause_score_section_and_sentence(terminal: Terminal) -> None:
    folder = made.write_codiesp(terminal.folder / "made")
    (scores,) = terminal.run("evaluate", "codiesp", folder, "--json", "--errors", "9").lines
    lines = {" ".join(line.split()[:3]): line for line in scores["errors"]}
    assert set(lines) == {
        "WRONG one r50.9", "WRONG four r05", "WRONG five e10.9", "MISSED two s82.101", "MISSED four k29.70",
        "MISSED five e10.65",
    }  # fmt: skip
    assert lines["WRONG one r50.9"].endswith("No [fever].")
    assert "E10.9 given: 0." in lines["MISSED five e10.65"]
    assert "(never matched) Gastritis, unspecified, without bleeding" in lines["MISSED four k29.70"]


def test_negex_figures(terminal: Terminal) -> None:
    path = made.write_negex(terminal.folder / "made.tsv")
    (scores,) = terminal.run("evaluate", "negex", path, "--json").lines
    assert scores["negation"] == made.PHRASES_NEGATION
    assert scores["historical"] == scores["experiencer"] == {"p": 1.0, "r": 1.0, "f1": 1.0}
    assert scores["causes"] == {"missed": {"negation: no cue": 1}, "wrong": {}}


def test_aci_figures_and_causes(terminal: Terminal) -> None:
    path = made.write_aci(terminal.folder / "made.jsonl")
    (scores,) = terminal.run("evaluate", "aci", path, "--json").lines
    assert scores["exact"] == made.VISITS_EXACT
    missed = scores["causes"]["missed"]
    assert missed.pop("context: possible") == 1
    (rule,) = missed
    assert rule.startswith("rule: ")


def test_a_part_left_out_changes_the_figures(terminal: Terminal) -> None:
    path = made.write_negex(terminal.folder / "made.tsv")
    (scores,) = terminal.run("--without", "context", "evaluate", "negex", path, "--json").lines
    assert scores["negation"] == {"p": 0.0, "r": 0.0, "f1": 0.0}
    wrong = terminal.run("--without", "brakes", "evaluate", "negex", path)
    assert wrong.status == 2
    assert "setting without: got brakes, want names among lexicon" in wrong.err


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """A gold folder with all corpora."""
    folder = tmp_path / "gold"
    for corpus in CORPORA:
        if corpus.place.startswith("codiesp"):
            made.write_codiesp(folder / corpus.place)
    made.write_negex(folder / "negex" / "dev.tsv")
    made.write_aci(folder / "aci" / "dev.jsonl")
    return folder


def run_tool(monkeypatch: pytest.MonkeyPatch, folder: Path, home: Path, *more: str, before: Previous) -> int:
    """Run `python -m tools.accuracy` on the gold folder, compared with an earlier result."""
    places = ("--data", folder / "gold", "--home", home, "--results", folder / "results", "--floor", folder / "f.toml")
    monkeypatch.setattr(sys, "argv", ["accuracy", *map(str, places), "--no-ablation", *more])
    monkeypatch.setattr(tool, "read_previous", lambda _: before)
    return tool.main()


def test_the_tool_keeps_figures_and_counts_but_no_names_or_text(
    gold: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_tool(monkeypatch, gold.parent, home, before=Previous()) == 0
    page, data = sorted((gold.parent / "results").iterdir(), key=lambda path: path.suffix, reverse=True)
    kept = json.loads(data.read_text(encoding="utf-8"))
    assert kept["scores"]["codiesp dev"]["full"] == made.CASES_FULL
    # In order of name: five, four, one, three, two.
    assert kept["counts"]["codiesp dev"]["full"] == {
        "right": "0 0 2 1 2",
        "wrong": "1 1 1 0 0",
        "missed": "1 1 0 0 1",
    }
    assert kept["parts"]["chapters"]["codiesp dev"]["4 Endocrine, metabolic"] == [1, 1, 1]
    for text in (page.read_text(encoding="utf-8"), data.read_text(encoding="utf-8"), capsys.readouterr().out):
        assert "0.625" in text
        assert not any(word in text for word in ("multiple sclerosis", "frobnitis", "FROBNITIS", '"two"', '"v1"'))


def test_the_tool_compares_with_the_last_result_and_fails_on_a_fall(
    gold: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_tool(monkeypatch, gold.parent, home, before=Previous())
    results, floor = gold.parent / "results", gold.parent / "f.toml"
    (data,) = results.glob("*.json")
    kept = json.loads(data.read_text(encoding="utf-8"))
    before = Previous(kept["about"], kept["scores"], kept["counts"], kept["parts"])
    # The same again: no change. A floor that is higher than what is reached: a fall, and the floor stays.
    assert run_tool(monkeypatch, gold.parent, home, before=before) == 0
    (line, *_) = json.loads(data.read_text(encoding="utf-8"))["lines"]
    assert (line["before"], line["change"]["value"]) == (0.625, 0.0)
    floor.write_text('result = "r.json"\n["codiesp dev"]\nfull = { value = 0.9, noise = 0.01 }\n', encoding="utf-8")
    assert run_tool(monkeypatch, gold.parent, home, before=before) == 1
    assert "value = 0.9," in floor.read_text(encoding="utf-8")
    assert run_tool(monkeypatch, gold.parent, home, "--lower", before=before) == 0
    assert "full = { value = 0.6250," in floor.read_text(encoding="utf-8")


def test_counts_of_other_gold_are_not_paired() -> None:
    kept = {"full": {"right": "1 0", "wrong": "0 0", "missed": "0 1"}, "MAP": "1.0 0.0"}
    other = {**kept, "full": {"right": "1 1", "wrong": "0 0", "missed": "0 1"}}
    counted = Counted.from_json(kept)
    assert Counted.from_json(counted.to_json()).is_of_same_gold(counted)
    assert not Counted.from_json(other).is_of_same_gold(counted)
