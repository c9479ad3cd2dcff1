"""Set and ranking measures on cases worked by hand."""

import pytest

from engine.evaluation.metrics import Score, mean_average_precision, score_sets


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


def test_counts_are_pooled_over_documents() -> None:
    gold = {"a": {"x", "y"}, "b": {"z"}, "c": set()}
    given = {"a": ["x", "w"], "c": ["v"], "unknown": ["u"]}
    # Right: x. Wrong: w, v; what is given for a document outside the gold is not counted. Missed: y, z.
    assert score_sets(gold, given) == Score(right=1, wrong=2, missed=2)


def test_repeats_count_once() -> None:
    assert score_sets({"a": ["x", "x"]}, {"a": ["x", "x", "y", "y"]}) == Score(1, 1, 0)


def test_average_precision_is_taken_at_each_right_answer() -> None:
    # a: right at places 1 and 3: (1/1 + 2/3) / 2. b: right at place 2 of two wanted: (1/2) / 2. Mean of both.
    gold = {"a": {"x", "y"}, "b": {"x", "z"}}
    ranked = {"a": ["x", "w", "y"], "b": ["w", "x"]}
    assert mean_average_precision(gold, ranked) == pytest.approx(((1 + 2 / 3) / 2 + 1 / 4) / 2)


def test_a_repeated_code_keeps_its_first_place() -> None:
    # Without the repeat y stands second: (1 + 2/2) / 2.
    assert mean_average_precision({"a": {"x", "y"}}, {"a": ["x", "x", "y"]}) == pytest.approx(1.0)


def test_documents_without_answers_or_gold_count_as_nothing() -> None:
    assert mean_average_precision({"a": {"x"}, "b": set()}, {"b": ["x"]}) == 0.0
    assert mean_average_precision({}, {}) == 0.0
