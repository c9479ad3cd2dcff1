"""Measures, and counts by document, on cases worked by hand."""

import pytest

from engine.evaluation.metrics import Score, average_precisions
from engine.evaluation.tally import Tally, judge, tally, tally_by


def test_precision_recall_and_f1_of_counts() -> None:
    # 3 right of 4 given, 3 found of 6 wanted: 0.75, 0.5 and 2 * 0.375 / 1.25.
    assert Score(right=3, wrong=1, missed=3).to_json() == {"p": 0.75, "r": 0.5, "f1": 0.6}


@pytest.mark.parametrize(
    ("score", "figures"),
    [
        (Score(0, 0, 0), (0.0, 0.0, 0.0)),
        (Score(0, 4, 0), (0.0, 0.0, 0.0)),
        (Score(0, 0, 4), (0.0, 0.0, 0.0)),
        (Score(5, 0, 0), (1.0, 1.0, 1.0)),
    ],
)
def test_nothing_given_or_wanted_is_no_division_by_zero(score: Score, figures: tuple[float, float, float]) -> None:
    assert (score.precision, score.recall, score.f1) == figures


GOLD = {"a": {"x1", "y1"}, "b": {"z1"}, "c": set()}
GIVEN = {"a": ["x1", "w1"], "c": ["v1"], "unknown": ["u1"]}


def test_codes_are_counted_by_document_and_pooled() -> None:
    counted = tally(judge(GOLD, GIVEN))
    # Right: x1. Wrong: w1, v1; what is given for a document outside the gold is not counted. Missed: y1, z1.
    assert [counted.right.tolist(), counted.wrong.tolist(), counted.missed.tolist()] == [
        [1, 0, 0],
        [1, 0, 1],
        [1, 1, 0],
    ]
    assert counted.score() == Score(right=1, wrong=2, missed=2)


def test_codes_that_are_written_alike_count_once() -> None:
    counted = tally(judge({"a": {"x1", "x2"}}, {"a": ["x3", "y1", "y2"]}, lambda code: code[:1]))
    assert counted.score() == Score(right=1, wrong=1, missed=0)


def test_labels_are_counted_apart_over_all_documents() -> None:
    by_letter = tally_by(judge(GOLD, GIVEN), lambda _, code: code[0])
    assert set(by_letter) == {"x", "y", "z", "w", "v"}
    assert by_letter["x"].right.tolist() == [1, 0, 0]
    assert by_letter["v"].wrong.tolist() == [0, 0, 1]


def test_counts_are_read_back_as_written() -> None:
    counted = tally(judge(GOLD, GIVEN))
    written = counted.to_json()
    assert written == {"right": "1 0 0", "wrong": "1 0 1", "missed": "1 1 0"}
    assert Tally.from_json(written).to_json() == written


def test_average_precision_is_taken_at_each_right_answer() -> None:
    # a: right at places 1 and 3: (1/1 + 2/3) / 2. b: right at place 2 of two wanted: (1/2) / 2.
    gold = {"b": {"x", "z"}, "a": {"x", "y"}}
    ranked = {"a": ["x", "w", "y"], "b": ["w", "x"]}
    assert average_precisions(gold, ranked) == pytest.approx([(1 + 2 / 3) / 2, 1 / 4])


def test_a_repeated_code_keeps_its_first_place() -> None:
    # Without the repeat y stands second: (1 + 2/2) / 2.
    assert average_precisions({"a": {"x", "y"}}, {"a": ["x", "x", "y"]}) == pytest.approx([1.0])


def test_documents_without_answers_or_gold_count_as_nothing() -> None:
    assert average_precisions({"a": {"x"}, "b": set()}, {"b": ["x"]}) == [0.0, 0.0]
    assert average_precisions({}, {}) == []
