"""Accuracy does not fall: the headline figures on the development data, held to bench/accuracy_floor.toml.

`make accuracy` renews the floors (tools/accuracy/floor.py says what a fall is). The gold data are not of
the repository.
"""

import re
from pathlib import Path

import pytest

from engine.config import Config
from engine.evaluation.bootstrap import Estimate
from engine.live import Live
from engine.pipeline import Pipeline
from tools.accuracy.corpora import GOLD, HEADLINES, find_missing, measure
from tools.accuracy.floor import Floor, Floors, find_fallen, floors_of, raise_floors, read_floors, write_floors
from tools.accuracy.lines import Line, read_lines
from tools.accuracy.previous import read_result

NEEDS_GOLD = pytest.mark.skipif(
    bool(find_missing(GOLD, HEADLINES)),
    reason="needs the gold data in ../shared/data/gold, which is not in the repository",
)


def fallen(pipeline: Pipeline) -> list[str]:
    """Say what fell with an engine."""
    floors = read_floors()
    lines = read_lines(measure(GOLD, pipeline, HEADLINES), read_result(floors.result))
    return list(find_fallen(floors.figures, lines))


@NEEDS_GOLD
def test_no_headline_figure_fell_by_more_than_its_noise(pipeline: Pipeline) -> None:
    assert fallen(pipeline) == [], "mend it, or accept it with `make accuracy LOWER=1` and say why in the commit"


@NEEDS_GOLD
def test_an_engine_that_reads_worse_fails(home: Path) -> None:
    worse = Live.open(Config(home=home, without=("context", "priors"))).pipeline
    said = fallen(worse)
    assert any(what.startswith("negex dev, negation: got 0.0000") for what in said)
    assert any(what.startswith("codiesp dev, MAP") for what in said)


KEY = ("made up", "full")
FLOORS = {KEY: Floor(0.6, 0.01)}


def line(value: float, change: tuple[float, float, float] | None = None) -> Line:
    """Make the line of a figure, with its change since the last result and that one's interval."""
    changed = None if change is None else Estimate(*change, 0.0)
    return Line(*KEY, Estimate(value, value, value, 0.02), None, None, 100, None, None, changed)


@pytest.mark.parametrize(
    "found",
    [line(0.6), line(0.7), line(0.591), line(0.595, (-0.004, -0.006, -0.001)), line(0.6, (-0.02, -0.05, 0.01))],
    ids=["the same", "better", "within the noise", "a trifle, though beyond doubt", "a change in doubt"],
)
def test_what_is_within_the_noise_passes(found: Line) -> None:
    assert list(find_fallen(FLOORS, [found])) == []


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (line(0.589), r"made up, full: got 0\.5890, want at least 0\.5900 \(0\.6000 less its noise of 0\.0100\)"),
        (line(0.61, (-0.02, -0.03, -0.01)), r"want no loss on the same documents \(-0\.0200"),
    ],
    ids=["under the floor", "beyond doubt on the same documents"],
)
def test_a_lower_result_fails(found: Line, message: str) -> None:
    (said,) = find_fallen(FLOORS, [found])
    assert re.search(message, said)


def test_a_figure_that_is_not_taken_any_more_fails() -> None:
    assert list(find_fallen(FLOORS, [])) == ["made up, full: got nothing, want a figure"]


@pytest.mark.parametrize(("value", "may_lower", "kept"), [(0.55, False, 0.6), (0.55, True, 0.55), (0.65, False, 0.65)])
def test_a_floor_rises_by_itself_and_falls_only_when_told_to(value: float, may_lower: bool, kept: float) -> None:
    renewed = raise_floors(FLOORS, floors_of([line(value)]), may_lower=may_lower)
    assert renewed[KEY].value == kept


def test_floors_are_read_back_as_written(tmp_path: Path) -> None:
    figures = {
        KEY: Floor(0.6, 0.01),
        ("made up", "MAP"): Floor(0.5, 0.0125),
        ("other, note", "exact"): Floor(0.4, 0.02),
    }
    floors = Floors(figures, "accuracy-made-up.json")
    write_floors(floors, tmp_path / "floor.toml")
    assert read_floors(tmp_path / "floor.toml") == floors
    assert read_floors(tmp_path / "none.toml") == Floors()


def test_every_headline_has_a_floor_and_counts_to_be_paired_with() -> None:
    floors = read_floors()
    result = read_result(floors.result)
    for corpus in HEADLINES:
        assert any(name == corpus.name for name, _ in floors.figures)
        counted = result.counted(corpus.name)
        assert counted is not None
        assert {(corpus.name, name) for name in counted.measures} <= set(floors.figures)
