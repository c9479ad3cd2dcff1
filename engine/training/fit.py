"""Fits the document ranker: boosted trees over rows whose rates and precedents come from other documents.

While the trees are fitted, what is known of codes and terms comes from the documents of the other folds, so that it is
not trusted more than it deserves. Deterministic; needs the extra `learn`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from engine.rank.document import CodeRates, count_rates
from engine.rank.document_rows import DocumentRows, Experience, Title, document_rows
from engine.rank.precedents import count_precedents
from engine.training.examples import FOLDS, Example

Rows = NDArray[np.float32]
Labels = NDArray[np.bool_]
Predict = Callable[[Rows], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How trees are grown; chosen by cross-validation on the CodiEsp train split."""

    rounds: int = 60
    rate: float = 0.1
    leaves: int = 24
    depth: int = 6
    smallest_leaf: int = 20
    ridge: float = 5.0
    features: float = 0.4
    least_seen: int = 1
    seed: int = 0


def learn_from(examples: Sequence[Example], recipe: Recipe) -> Experience:
    """Count rates and precedents; what fewer than `least_seen` documents had is left out."""
    counted = count_rates((_firsts(example), example.right) for example in examples)
    rates = {key: counts for key, counts in counted.items() if counts[1] >= recipe.least_seen}
    return Experience(CodeRates(rates), count_precedents((e.coded for e in examples), least=recipe.least_seen))


def _firsts(example: Example) -> set[str]:
    return {ranked[0].code for *_, ranked in example.mentions if ranked}


def labels_of(example: Example, made: DocumentRows) -> Labels:
    """Say which codes of a document's rows are right."""
    return np.array([code in example.right for code in made.codes], dtype=bool)


def crossed_rows(examples: Sequence[Example], title: Title, recipe: Recipe) -> tuple[Rows, Labels]:
    """Return the rows of all documents, each made with what the other folds teach, and which are right."""
    rows, labels = [], []
    for fold in range(FOLDS):
        here = [example for example in examples if example.fold == fold]
        others = [example for example in examples if example.fold != fold]
        if not here:
            continue
        experience = learn_from(others, recipe)
        for example in here:
            made = document_rows(example.mentions, experience, title)
            rows.append(made.rows)
            labels.append(labels_of(example, made))
    return np.vstack(rows), np.concatenate(labels)


def grow(rows: Rows, labels: Labels, recipe: Recipe) -> HistGradientBoostingClassifier:
    """Grow the trees."""
    model = HistGradientBoostingClassifier(
        max_iter=recipe.rounds, learning_rate=recipe.rate, max_leaf_nodes=recipe.leaves, max_depth=recipe.depth,
        min_samples_leaf=recipe.smallest_leaf, l2_regularization=recipe.ridge, max_features=recipe.features,
        early_stopping=False, random_state=recipe.seed,
    )  # fmt: skip
    return model.fit(rows, labels)
