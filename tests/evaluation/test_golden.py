"""Golden charts: the files are whole, every code is of the release, and the floor that was reached is held."""

from pathlib import Path

import pytest

from codesets.snapshot import Snapshot
from engine.errors import InputError
from engine.evaluation.golden import evaluate, read_charts
from engine.pipeline import Pipeline
from engine.types import Chart, CodedChart, Setting

CHARTS = Path(__file__).parents[1] / "golden"
# What was reached on all charts (golden/README.md); raise it with every gain.
FLOOR_EXACT, FLOOR_F1 = 0.82, 0.945
CHART = '[[chart]]\nid = "a"\nsetting = "OUTPATIENT"\ntext = "x"\nclaim = ["I10"]\nwhy = "y"\n'


def test_there_are_charts_of_every_setting_and_their_codes_are_billable(snapshot: Snapshot) -> None:
    charts = read_charts(CHARTS)
    assert len(charts) >= 60
    assert {golden.chart.setting for golden in charts} >= {Setting.INPATIENT, Setting.OUTPATIENT, Setting.EMERGENCY}
    for golden in charts:
        assert all(snapshot.is_billable(code) for code in golden.claim), golden.chart.chart_id
        assert len(golden.claim) == len(set(golden.claim))
        assert golden.why


def test_the_engine_holds_what_it_reached_on_golden_charts(pipeline: Pipeline) -> None:
    result = evaluate(CHARTS, pipeline.code)
    assert result.exact() >= FLOOR_EXACT, result.errors(100)
    assert result.score().f1 >= FLOOR_F1, result.errors(100)


def test_a_claim_in_another_order_is_not_exact(pipeline: Pipeline, tmp_path: Path) -> None:
    text = CHART.replace('"x"', '"Assessment: hypertension, gout."').replace('["I10"]', '["M10.9", "I10"]')
    (tmp_path / "one.toml").write_text(text)
    result = evaluate(tmp_path, pipeline.code).to_json()
    assert (result["exact_claims"], result["same_codes"], result["code"]["f1"]) == (0.0, 1.0, 1.0)
    assert evaluate(tmp_path, pipeline.code).errors(9) == ["a: got I10, M10.9; want M10.9, I10"]


def never(_: Chart) -> CodedChart:
    """Fail, since a file that is refused is not coded."""
    raise AssertionError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "without a chart"),
        ("chart = 3", "list of tables"),
        ("[[chart]", "not TOML"),
        (CHART.replace("why", "because"), "want id"),
        (CHART.replace("OUTPATIENT", "WARD"), "setting"),
        (CHART.replace('["I10"]', "[]"), "claim of codes"),
        (CHART + "age = 3.5\n", "whole years"),
        (CHART + "mood = 1\n", "mood"),
        (CHART + CHART, "twice"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "one.toml").write_text(text)
    with pytest.raises(InputError, match=words):
        evaluate(tmp_path, never)
