"""The score of a candidate: a documented linear model, behind the interface the ONNX ranker will take.

A ranker maps a feature matrix to probabilities. The weights of the linear one are data (weights.toml, priors.tsv),
fitted by logistic regression on the CodiEsp train split; weights.toml says how.
"""

import hashlib
import math
import tomllib
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import ArtifactError
from engine.rank.features import FEATURES

_FOLDER = Path(__file__).parent


class Ranker(Protocol):
    """Scores candidates; the same row gets the same score whatever rows stand beside it."""

    name: str
    content_hash: str
    priors: dict[str, float]

    def scores(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return float32[n] probabilities for float32[n, len(FEATURES)] rows."""


class LinearRanker:
    """A logistic score with weights from a file; priors, if it has them, are log-odds by code or category."""

    name = "linear"

    def __init__(self, folder: Path = _FOLDER, *, has_priors: bool = True) -> None:
        weights, priors = folder / "weights.toml", folder / "priors.tsv"
        try:
            table = _read_weights(weights)
            self.priors = _read_priors(priors) if has_priors else {}
            self.content_hash = hashlib.sha256(weights.read_bytes() + priors.read_bytes()).hexdigest()
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"ranker weights in {folder.name}: {error}") from None
        if set(table) != set(FEATURES):
            odd = sorted(set(table) ^ set(FEATURES))
            raise ArtifactError(f"ranker weights: got other columns than the engine has ({', '.join(odd)})")
        self._weights = np.array([table[name] for name in FEATURES], dtype=np.float32)

    def scores(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the logistic of the weighted sum of each row."""
        # einsum, not BLAS: a row's sum must not depend on how many rows are beside it.
        sums = np.einsum("ij,j->i", rows, self._weights, optimize=False)
        scores: NDArray[np.float32] = (1.0 / (1.0 + np.exp(-sums))).astype(np.float32)
        return scores

    def parts(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what each feature of a row adds to its log-odds: float32[len(FEATURES)]."""
        parts: NDArray[np.float32] = row * self._weights
        return parts


def _read_weights(path: Path) -> dict[str, float]:
    table = tomllib.loads(path.read_text(encoding="utf-8"))["weights"]
    if not isinstance(table, dict):
        raise ValueError("weights: want a table of numbers by feature")
    return {name: _finite(name, value) for name, value in table.items()}


def _read_priors(path: Path) -> dict[str, float]:
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {code: _finite(code, float(value)) for code, value in rows}


def _finite(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name}: got {value!r}, want a finite number")
    return float(value)
