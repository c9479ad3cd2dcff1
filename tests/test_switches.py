"""Every part that can be left out is left out, and an answer says so."""

import shutil
from pathlib import Path

import pytest

from engine.config import Config
from engine.live import Live, build
from engine.switches import SWITCHES
from engine.types import Chart, Document

# A text that each part reads otherwise than the engine without it.
TEXTS = {
    "lexicon": "Assessment: high blood pressure.",
    "abbreviations": "Assessment: MS.",
    "tabular": "Assessment: Cortical blindness, right side of brain.",
    "sections": "FAMILY HISTORY:\nGout.",
    "context": "There is no pneumonia.",
    "axes": "Pain in the left knee.",
    "encounter": "Open fracture of the left wrist.",
    "document": "He has asthma. The asthma is worse.",
    "priors": "Assessment: hypertension.",
    "queries": "Assessment: heart failure.",
    "rules": "Assessment: appendicitis with abdominal pain.",
}
# Sources of terms that the packaged store has nothing of.
NOT_PACKAGED = {"indexes"}


@pytest.fixture(scope="module")
def store(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the session's store, for dictionaries of other make."""
    return Path(shutil.copytree(home, tmp_path_factory.mktemp("switches") / "home"))


def answer(live: Live, text: str) -> object:
    """Code a note and return all that is said of it."""
    coded = live.pipeline.code(Chart("c", (Document(text),)))
    return coded.findings, [(s.code, s.confidence) for s in coded.suggestions], [a.message for a in coded.alerts]


def test_every_switch_has_a_text_here() -> None:
    assert set(TEXTS) | NOT_PACKAGED == set(SWITCHES)


@pytest.mark.parametrize("name", TEXTS)
def test_a_part_that_is_left_out_is_not_heard(name: str, live: Live, store: Path) -> None:
    without = Live.open(Config(home=store, without=(name,)))
    assert answer(without, TEXTS[name]) != answer(live, TEXTS[name])


def test_the_header_of_an_answer_names_what_was_left_out(live: Live, home: Path) -> None:
    chart = Chart("c", (Document("Gout."),))
    without = Live.open(Config(home=home, without=("rules", "context")))
    named = {name for name, _ in without.pipeline.header(chart).models}
    assert named - {name for name, _ in live.pipeline.header(chart).models} == {"without:context+rules"}


def test_a_dictionary_without_a_source_takes_no_other_ones_place(store: Path) -> None:
    whole = build(store).dictionaries
    left_out = build(store, without=("lexicon", "rules")).dictionaries
    assert whole["2026"].exists()
    assert left_out["2026"] == store / "dictionaries" / "without-lexicon" / whole["2026"].name
