"""Why a suggestion has its code and its confidence: when asked, the same each time, never in the chart's words."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.config import Config
from engine.explanation import Explanation
from engine.live import Live
from engine.pipeline import Pipeline
from engine.types import Chart, CodedChart, Document, Setting, Suggestion

NOTE = (
    "HPI: 60 y/o man with essential hypertension and type 2 diabetes mellitus, low back pain.\n"
    "ASSESSMENT:\n1. Essential hypertension. 2. Left knee osteoarthritis. 3. Chronic kidney disease stage 3.\n"
)
CHART = Chart("made", (Document(NOTE),), Setting.OUTPATIENT)


def explained(pipeline: Pipeline, chart: Chart = CHART) -> CodedChart:
    """Code a chart with explanations."""
    return pipeline.code(chart, explain=True)


def of(coded: CodedChart, code: str) -> tuple[Suggestion, Explanation]:
    """Return a suggestion with its explanation."""
    suggestion = next(s for s in coded.suggestions if s.code == code)
    assert suggestion.explanation is not None
    return suggestion, suggestion.explanation


def test_nothing_is_explained_unless_it_is_asked_for(pipeline: Pipeline) -> None:
    assert {suggestion.explanation for suggestion in pipeline.code(CHART).suggestions} == {None}


def test_an_explanation_changes_nothing_else(pipeline: Pipeline) -> None:
    plain, told = pipeline.code(CHART), explained(pipeline)
    assert [replace(suggestion, explanation=None) for suggestion in told.suggestions] == plain.suggestions
    assert (told.findings, told.alerts, told.header) == (plain.findings, plain.alerts, plain.header)
    assert all(suggestion.explanation is not None for suggestion in told.suggestions)


def test_the_score_is_the_findings_and_what_moved_it_is_in_words(pipeline: Pipeline) -> None:
    coded = explained(pipeline)
    suggestion, explanation = of(coded, "M17.12")
    finding = next(finding for finding in coded.findings if finding.codes[0].code == "M17.12")
    assert (explanation.code, explanation.score) == ("M17.12", finding.codes[0].score)
    assert 0 < suggestion.confidence < 1  # made from the score by setting (calibration.toml)
    told = {(influence.model, influence.feature): influence.words for influence in explanation.influences}
    assert told["mention", "section"] == "stated in ASSESSMENT"
    assert told["mention", "origin"] == "a plain term of our lexicon"
    assert {model for model, _ in told} == {"document", "mention"}


def test_where_a_rule_made_the_code_the_ranked_one_is_named(pipeline: Pipeline) -> None:
    # Guidelines I.C.9.a: hypertension with chronic kidney disease is I12.-; what was ranked is hypertension.
    _, explanation = of(explained(pipeline), "I12.9")
    assert explanation.code == "I10"
    told = [influence.words for influence in explanation.influences if influence.feature == "times"]
    assert told == ["named 2 times"]


def test_alternatives_are_told_what_set_them_back(pipeline: Pipeline) -> None:
    coded = explained(pipeline, Chart("made", (Document("He has urinary incontinence."),)))
    suggestion, explanation = of(coded, "R32")
    assert [contrast.code for contrast in explanation.contrasts] == [c.code for c in suggestion.alternatives]
    assert explanation.contrasts
    for contrast in explanation.contrasts:
        assert "of R32: " in contrast.words
        assert contrast.weight > 0
    # N39.492 is postural (urinary) incontinence.
    postural = next(contrast for contrast in explanation.contrasts if contrast.code == "N39.492")
    assert postural.words.endswith("; the chart does not say postural")
    said = explained(pipeline, Chart("made", (Document("He has urinary incontinence. Postural drainage was done."),)))
    _, explanation = of(said, "R32")
    postural = next(contrast for contrast in explanation.contrasts if contrast.code == "N39.492")
    assert "does not say" not in postural.words


def test_the_same_chart_is_explained_alike_whatever_came_before(pipeline: Pipeline, home: Path) -> None:
    first = explained(pipeline).suggestions
    pipeline.code(Chart("other", (Document("Gout. Asthma. Type 1 diabetes mellitus."),)), explain=True)
    assert explained(pipeline).suggestions == first
    assert explained(Live.open(Config(home=home)).pipeline).suggestions == first


def test_without_the_document_ranker_the_mention_tells(home: Path) -> None:
    live = Live.open(Config(home=home, without=("document",)))
    _, explanation = of(explained(live.pipeline), "M17.12")
    assert {influence.model for influence in explanation.influences} == {"mention"}


def test_a_procedure_is_told_by_its_source_and_its_beginning(pipeline: Pipeline) -> None:
    coded = explained(pipeline, Chart("made", (Document("Colonoscopy was done."),), Setting.INPATIENT))
    _, explanation = of(coded, "0DJD8ZZ")
    assert [influence.model for influence in explanation.influences] == ["procedure", "procedure"]
    assert "a whole term names it" in [influence.words for influence in explanation.influences]


@pytest.mark.parametrize("text", ["Xylophonehypertension Zebrastripe has Hypertension", "Zebrastripe: ASTHMA \x00 😀"])
def test_no_word_of_the_chart_is_in_an_explanation(pipeline: Pipeline, text: str) -> None:
    coded = explained(pipeline, Chart("Zebrastripe", (Document(text, "Zebrastripe", "Zebrastripe"),)))
    assert coded.suggestions
    assert all("zebra" not in f"{suggestion.explanation}".lower() for suggestion in coded.suggestions)


@pytest.mark.parametrize("text", ["\0", "nothing here", "😀", "\ufffd\ufffd"])
def test_a_chart_without_codes_has_nothing_to_explain(pipeline: Pipeline, text: str) -> None:
    assert explained(pipeline, Chart("made", (Document(text),))).suggestions == []


def test_each_document_is_explained_by_its_own_rows(pipeline: Pipeline) -> None:
    documents = (Document("ASSESSMENT: Gout."), Document("ASSESSMENT: Gout. Gout again. Asthma, mild intermittent."))
    coded = explained(pipeline, Chart("made", documents))
    suggestion, explanation = of(coded, "M10.9")
    assert len(suggestion.evidence) == 3
    best = max((f for f in coded.findings if f.codes[0].code == "M10.9"), key=lambda f: f.codes[0].score)
    assert (best.mention.document, explanation.score) == (1, best.codes[0].score)
    assert "named 2 times" in [influence.words for influence in explanation.influences]
