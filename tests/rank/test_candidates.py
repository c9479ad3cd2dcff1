"""From senses to codes: sides, axes, defaults and seventh characters together."""

import pytest

from codesets.snapshot import Snapshot
from engine.rank.candidates import CandidateMaker
from engine.rank.encounter import Encounter
from engine.types import Origin, Side


@pytest.fixture(scope="module")
def maker(snapshot: Snapshot) -> CandidateMaker:
    """Make candidates over the packaged release."""
    return CandidateMaker(snapshot)


def sense(snapshot: Snapshot, code: str, side: Side = Side.NONE, origin: Origin = Origin.LEXICON) -> tuple[int, int]:
    """Pack a sense as the dictionary does."""
    return snapshot.index_of(code), int(origin) + 16 * int(side)


@pytest.mark.parametrize(
    ("code", "wanted", "encounter", "expected"),
    [
        ("J45", {}, Encounter(), "J45.909"),
        ("J96", {"acuity": "acute"}, Encounter(), "J96.00"),
        ("M25.56", {"side": "left"}, Encounter(), "M25.562"),
        ("S82.5", {"side": "right", "displacement": "nondisplaced"}, Encounter("subsequent"), "S82.54XD"),
        ("S52.5", {"side": "left"}, Encounter("subsequent", "nonunion"), "S52.502K"),
        ("O14.9", {"trimester": "third"}, Encounter(), "O14.93"),
        ("H40.11", {"side": "bilateral"}, Encounter(stage="mild"), "H40.1131"),
        # A seventh character that says nothing was said gives way to what is said here.
        ("H40.1190", {"side": "right"}, Encounter(stage="severe"), "H40.1113"),
        ("S93.409A", {"side": "right"}, Encounter("subsequent"), "S93.401D"),
        # One that says something stays.
        ("S93.409S", {}, Encounter(), "S93.409S"),
        ("C50.9", {"sex": "male", "side": "right"}, Encounter(), "C50.921"),
    ],
)
def test_the_words_near_choose_the_child(
    maker: CandidateMaker, snapshot: Snapshot, code: str, wanted: dict[str, str], encounter: Encounter, expected: str
) -> None:
    choices = maker.choices((sense(snapshot, code),), wanted, encounter=encounter).options
    assert [choice.code for choice in choices] == [expected]


@pytest.mark.parametrize(
    ("code", "wanted", "expected"),
    [
        ("H33.20", {"eye": "right"}, "H33.21"),
        # A side that is said of the mention itself goes before that of the sentence.
        ("H33.20", {"eye": "right", "side": "left"}, "H33.22"),
        # Nothing but an eye has its side from there.
        ("M25.569", {"eye": "right"}, "M25.569"),
        ("M48.00", {"region": "lumbar"}, "M48.061"),
        # What the term names stays.
        ("M48.02", {"region": "lumbar"}, "M48.02"),
        ("S92.919A", {"digit": "lesser", "side": "left"}, "S92.502A"),
    ],
)
def test_eye_region_and_digit_choose_the_child(
    maker: CandidateMaker, snapshot: Snapshot, code: str, wanted: dict[str, str], expected: str
) -> None:
    choices = maker.choices((sense(snapshot, code),), wanted, encounter=Encounter()).options
    assert [choice.code for choice in choices] == [expected]


def test_a_sense_of_the_other_side_is_no_candidate(maker: CandidateMaker, snapshot: Snapshot) -> None:
    senses = (
        sense(snapshot, "M25.561", Side.RIGHT),
        sense(snapshot, "M25.562", Side.LEFT),
    )
    choices = maker.choices(senses, {"side": "left"}, encounter=Encounter()).options
    assert [(choice.code, choice.side_agrees) for choice in choices] == [("M25.562", True)]


def test_two_senses_of_one_code_are_one_choice_from_the_better_source(
    maker: CandidateMaker, snapshot: Snapshot
) -> None:
    senses = (
        sense(snapshot, "J45", origin=Origin.TITLE),
        sense(snapshot, "J45.909", origin=Origin.LEXICON),
    )
    choices = maker.choices(senses, {}, encounter=Encounter()).options
    assert [(choice.code, choice.origin) for choice in choices] == [("J45.909", Origin.LEXICON)]


def test_choices_come_best_source_first(maker: CandidateMaker, snapshot: Snapshot) -> None:
    senses = (
        sense(snapshot, "I10", origin=Origin.TITLE_VARIANT),
        sense(snapshot, "E11.9", origin=Origin.LEXICON),
    )
    assert [choice.code for choice in maker.choices(senses, {}, encounter=Encounter()).options] == ["E11.9", "I10"]
