"""Confidence intervals: what they must be by theory, the same at every call, narrower when two runs are paired."""

import numpy as np
import pytest

from engine.evaluation.bootstrap import difference, draws, estimate, f1_of, mean_of, precision_of, recall_of
from engine.evaluation.tally import Tally


def coin(right: int, wrong: int) -> Tally:
    """Make a corpus of one answer a document."""
    return Tally.of_rows([(1, 0, 0)] * right + [(0, 1, 0)] * wrong)


def test_the_standard_error_of_a_share_is_the_binomial_one() -> None:
    found = estimate(precision_of(coin(300, 100)), 400)
    assert found.value == 0.75
    error = (0.75 * 0.25 / 400) ** 0.5
    assert found.error == pytest.approx(error, rel=0.06)
    assert found.low == pytest.approx(0.75 - 1.96 * error, abs=0.005)
    assert found.high == pytest.approx(0.75 + 1.96 * error, abs=0.005)


def test_figures_of_the_whole_are_those_of_the_pooled_counts() -> None:
    counted = Tally.of_rows([(3, 1, 0), (0, 1, 4), (2, 0, 0)])
    score = counted.score()
    figures = [estimate(measure(counted), 3).value for measure in (precision_of, recall_of, f1_of)]
    assert figures == pytest.approx([score.precision, score.recall, score.f1])
    assert estimate(mean_of(np.array([1.0, 0.5, 0.0])), 3).value == pytest.approx(0.5)


def test_draws_are_the_same_at_every_call_and_as_many_as_the_documents() -> None:
    first = draws(7).copy()
    draws.cache_clear()
    assert (draws(7) == first).all()
    assert set(first.sum(axis=1)) == {7.0}


def test_documents_that_are_all_alike_leave_no_doubt() -> None:
    found = estimate(f1_of(Tally.of_rows([(2, 1, 1)] * 30)), 30)
    assert (found.low, found.high, found.error) == pytest.approx((found.value, found.value, 0))


def test_a_difference_is_paired() -> None:
    # One more right of 20 documents that differ much: drowned in the noise of either run, seen in the difference.
    hard = [(number % 5, 0, 5 - number % 5) for number in range(100)]
    better = [
        (min(5, right + (number % 2)), 0, 5 - min(5, right + (number % 2))) for number, (right, _, _) in enumerate(hard)
    ]
    before, now = recall_of(Tally.of_rows(hard)), recall_of(Tally.of_rows(better))
    change = difference(now, before, 100)
    assert change.value == pytest.approx(0.1)
    assert change.low > 0
    assert estimate(now, 100).low < estimate(before, 100).high
    assert change.error < estimate(before, 100).error


def test_nothing_given_or_wanted_is_zero_not_a_warning() -> None:
    nothing = Tally.of_rows([(0, 0, 0)] * 4)
    assert [estimate(m(nothing), 4).value for m in (precision_of, recall_of, f1_of)] == [0, 0, 0]
