"""`chartcoder learn`: the same bytes each time, a folder that the engine takes, and confidence that is fitted."""

import json
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="learning needs the extra `learn`")
pytest.importorskip("onnx", reason="learning needs the extra `learn`")

import numpy as np
from made_charts import ALWAYS, made_charts, to_lines

from engine.config import Config
from engine.errors import InputError
from engine.evaluation.reliability import Judgement
from engine.live import Live
from engine.rank.calibration import Calibration
from engine.rank.document_ranker import FOLDER, DocumentRanker
from engine.rank.document_rows import FEATURES
from engine.rank.ranker_folder import CALIBRATION, CARD, FILES, MANIFEST, RATES
from engine.training.calibrate import VISIT_PRIORS, fit_curve, fit_curves
from engine.training.card import card_text
from engine.training.charts import LabelledChart, read_charts
from engine.training.fit import Recipe
from engine.training.graph import probability_graph, read_trees, reasons_graph
from engine.training.learn import Learned, calibrate, learn, write_folder
from engine.types import Chart, Document, Setting

RECIPE = Recipe(rounds=10, smallest_leaf=5, least_seen=2)


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledChart]:
    """Sixty coded visits."""
    path = tmp_path_factory.mktemp("charts") / "coded.jsonl"
    path.write_text(to_lines(made_charts(60)), encoding="utf-8")
    return read_charts(path)


@pytest.fixture(scope="module")
def learned(live: Live, charts: list[LabelledChart]) -> Learned:
    """What is learned from them."""
    return learn(live, charts, RECIPE, lambda _: None)


def test_the_same_charts_give_the_same_bytes(live: Live, charts: list[LabelledChart], learned: Learned) -> None:
    again = learn(live, charts, RECIPE, lambda _: None)
    assert again.files == learned.files
    assert card_text(again, "x") == card_text(learned, "x")


def test_what_is_always_coded_is_surer_than_what_never_is(live: Live, learned: Learned, tmp_path: Path) -> None:
    write_folder(tmp_path / "ranker", learned.files, card_text(learned, "made here"))
    ranker = DocumentRanker.open(tmp_path / "ranker")
    text = "HISTORY: The patient reports cough and nausea.\nASSESSMENT: gout. migraine.\n"
    coded = live.pipeline_with(ranker).code(Chart("new", (Document(text),), setting=Setting.OUTPATIENT))
    scores = {finding.mention.text.lower(): finding.codes[0].score for finding in coded.findings}
    assert min(scores["gout"], scores["migraine"]) > max(scores["cough"], scores["nausea"])


def test_the_config_names_the_folder(home: Path, learned: Learned, tmp_path: Path) -> None:
    write_folder(tmp_path / "ranker", learned.files, "")
    config = Config.load(None, {"home": home, "ranker": tmp_path / "ranker"})
    models = dict(Live.open(config).pipeline.header(Chart("x", (Document("x"),))).models)
    assert models["ranker:document"] == DocumentRanker(learned.files).content_hash
    assert sorted(path.name for path in (tmp_path / "ranker").iterdir()) == sorted([*FILES, CARD, MANIFEST])


def test_files_hold_counts_and_no_words_of_charts(learned: Learned) -> None:
    kept = learned.files[RATES] + learned.files["precedents.tsv"] + card_text(learned, "x").encode()
    assert [word for word in (*ALWAYS, "visit-1", "the patient", "reports") if word.encode() in kept.lower()] == []


def test_the_card_says_what_it_rests_on(learned: Learned) -> None:
    card = card_text(learned, "chartcoder learn X")
    for part in ("`chartcoder learn X`", "charts: 60", "OUTPATIENT: 60", "By chapter of ICD-10-CM", "SHA-256", "MAP"):
        assert part in card


def test_too_few_charts_are_refused_but_for_confidence(live: Live, charts: list[LabelledChart]) -> None:
    with pytest.raises(InputError, match="got 10, want 50 or more"):
        learn(live, charts[:10], RECIPE, lambda _: None)
    few = calibrate(live, charts[:40])
    assert {name for name in FILES if few.files[name] != (FOLDER / name).read_bytes()} == {CALIBRATION}
    curve = Calibration.of_text(few.files[CALIBRATION].decode()).curve("icd10cm", "OUTPATIENT")
    assert (curve.charts, curve.source) == (40, "charts")
    # Nearly all that these visits' assessments say is coded: surer than visits are without charts of theirs.
    assert curve.confidence(0.5) > VISIT_PRIORS[0].confidence(0.5)


def judged(setting: str, confidence: float, right: int, wrong: int) -> list[Judgement]:
    """Suggestions of one confidence."""
    flags = [True] * right + [False] * wrong
    return [Judgement("icd10cm", setting, "I10", confidence, is_right) for is_right in flags]


def test_a_curve_goes_where_the_charts_are() -> None:
    # Sure of nine in ten, right in half: with many charts the pull to what was before hardly matters.
    many = judged("INPATIENT", 0.9, 2000, 2000) + judged("INPATIENT", 0.5, 400, 1600)
    intercept, slope = fit_curve([one.confidence for one in many], [one.is_right for one in many])
    curve = next(c for c in fit_curves(many, {"INPATIENT": 9}, "x") if c.setting == "INPATIENT")
    assert (curve.intercept, curve.slope, curve.charts) == (intercept, slope, 9)
    assert curve.confidence(0.9) == pytest.approx(0.5, abs=0.01)
    assert curve.confidence(0.5) == pytest.approx(0.2, abs=0.01)


def test_few_charts_leave_the_curve_that_was_known() -> None:
    curves = fit_curves(judged("OUTPATIENT", 0.9, 1, 40), {"OUTPATIENT": 4}, "x")
    assert tuple(curve for curve in curves if curve.setting == "OUTPATIENT") == VISIT_PRIORS[:1]


def test_charts_of_no_setting_stand_for_every_other() -> None:
    curves = fit_curves(judged("UNSPECIFIED", 0.9, 50, 50), {"UNSPECIFIED": 7}, "x")
    assert [(curve.setting, curve.charts) for curve in curves] == [("", 7), ("EMERGENCY", 0), ("OUTPATIENT", 0)]


def test_a_graph_gives_what_the_trees_give() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    chance = np.random.default_rng(3)
    rows = chance.normal(size=(600, len(FEATURES))).astype(np.float32)
    labels = rows[:, 0] + rows[:, 1] * rows[:, 2] > 0.3
    model = HistGradientBoostingClassifier(max_iter=8, max_leaf_nodes=6, early_stopping=False).fit(rows, labels)
    trees, baseline = read_trees(model), float(model._baseline_prediction[0, 0])
    names = ("code_rates.tsv", "precedents.tsv", CALIBRATION)
    graphs = {
        "document_ranker.onnx": probability_graph(trees, baseline),
        "reasons.onnx": reasons_graph(trees, baseline),
    }
    ranker = DocumentRanker({**dict.fromkeys(names, b""), **graphs})
    np.testing.assert_allclose(ranker.probabilities(rows), model.predict_proba(rows)[:, 1], atol=1e-5)
    np.testing.assert_allclose(ranker.reasons(rows).sum(axis=1), model.decision_function(rows), atol=1e-4)
    added = np.abs(ranker.reasons(rows)[:, :-1]).sum(axis=0)
    assert set(np.argsort(added)[-3:].tolist()) == {0, 1, 2}


def test_made_charts_are_what_they_are_said_to_be() -> None:
    assert json.loads(to_lines(made_charts(1)))["chart_id"] == "visit-0"
