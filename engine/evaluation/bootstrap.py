"""How sure a figure is: documents drawn anew with replacement (Efron 1979), by percentiles, seeded.

Two runs over the same documents are compared on the same draws (paired), which takes out how hard the documents are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.tally import Tally

SAMPLES = 2000
SEED = 20261124
_LIMITS = (2.5, 97.5)

Values = NDArray[np.float64]
# From weights float64[samples, documents] to the figure of each sample.
Measure = Callable[[Values], Values]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % confidence interval and its standard error."""

    value: float
    low: float
    high: float
    error: float


@lru_cache(maxsize=8)
def draws(documents: int) -> Values:
    """Return how often each document is drawn in each sample: float64[SAMPLES, documents], the same at every call."""
    generator = np.random.default_rng(SEED)
    return generator.multinomial(documents, np.full(documents, 1 / documents), size=SAMPLES).astype(np.float64)


def precision_of(tally: Tally) -> Measure:
    """Return the measure that gives precision, pooled over the documents drawn."""
    return lambda weights: _ratio(weights @ tally.right, weights @ (tally.right + tally.wrong))


def recall_of(tally: Tally) -> Measure:
    """Return the measure that gives recall."""
    return lambda weights: _ratio(weights @ tally.right, weights @ tally.wanted)


def f1_of(tally: Tally) -> Measure:
    """Return the measure that gives F1."""
    both = 2 * tally.right + tally.wrong + tally.missed
    return lambda weights: _ratio(2 * (weights @ tally.right), weights @ both)


def mean_of(values: Values) -> Measure:
    """Return the measure that gives the mean over the documents: MAP from average precisions."""
    return lambda weights: _ratio(weights @ values, weights.sum(axis=1))


def estimate(measure: Measure, documents: int) -> Estimate:
    """Estimate a figure over a number of documents (at least one)."""
    whole = float(measure(np.ones((1, documents)))[0])
    return _estimate(whole, measure(draws(documents)))


def difference(now: Measure, before: Measure, documents: int) -> Estimate:
    """Estimate by how much a figure has grown, on the same draws of the same documents."""
    ones, weights = np.ones((1, documents)), draws(documents)
    return _estimate(float((now(ones) - before(ones))[0]), now(weights) - before(weights))


def _estimate(whole: float, samples: Values) -> Estimate:
    low, high = np.percentile(samples, _LIMITS)
    return Estimate(whole, float(low), float(high), float(samples.std(ddof=1)))


def _ratio(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole != 0)
