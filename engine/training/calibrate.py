"""Fits the curves of confidence (engine/rank/calibration.py) to judged suggestions, one for each system and setting.

A curve is drawn towards what is known without charts of its setting: scores as they are, or for visits what coders of
visits agree on. Few charts move it little.
"""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.reliability import Judgement
from engine.rank.calibration import Curve
from engine.types import Setting

Weights = NDArray[np.float64]
# Fewer suggestions of a group than this do not move its curve.
LEAST_JUDGED = 50
# How much the intercept and the slope are drawn to what they were before.
_RIDGE = (4.0, 16.0)
_LEAST_SLOPE = 0.05
_CM = "icd10cm"
# Visits, without charts of theirs: careful coders and the best published engine agree exactly at an F1 of about 0.6
# (MedCodER 2024; pairs of humans at 0.39 to 0.51), so that is the confidence of a suggestion of the usual score. The
# usual log-odds are the mean over suggestions for 134 texts of visits, taken without their labels. Conventions of case
# reports count for less on a claim: half of a score's distance from the usual is believed. That half is a choice.
_AGREED, _USUAL_ODDS, _BELIEVED = 0.6, 1.47, 0.5
_VISIT_INTERCEPT = round(math.log(_AGREED / (1 - _AGREED)) - _BELIEVED * _USUAL_ODDS, 4)
_VISITS = (Setting.OUTPATIENT.value, Setting.EMERGENCY.value)
VISIT_PRIORS = tuple(
    Curve(_CM, setting, _VISIT_INTERCEPT, _BELIEVED, source="published agreement of coders; no charts of this setting")
    for setting in _VISITS
)


def fit_curves(judgements: Iterable[Judgement], charts: dict[str, int], source: str) -> list[Curve]:
    """Return the curve of each group, by system and setting; `charts` counts the charts of each setting.

    The charts of a setting that is not said stand for every setting without a curve of its own.
    """
    groups: dict[tuple[str, str], list[Judgement]] = {}
    for one in judgements:
        setting = "" if one.setting == Setting.UNSPECIFIED.value else one.setting
        groups.setdefault((one.system, setting), []).append(one)
    curves = {(curve.system, curve.setting): curve for curve in VISIT_PRIORS}
    for (system, setting), group in sorted(groups.items()):
        if len(group) >= LEAST_JUDGED:
            intercept, slope = fit_curve([one.confidence for one in group], [one.is_right for one in group])
            counted = charts.get(setting or Setting.UNSPECIFIED.value, 0)
            curves[system, setting] = Curve(system, setting, intercept, slope, charts=counted, source=source)
    return [curves[key] for key in sorted(curves)]


def fit_curve(scores: list[float], right: list[bool]) -> tuple[float, float]:
    """Return intercept and slope of a logistic curve over the scores' log-odds (Platt 1999), drawn to 0 and 1."""
    p = np.clip(np.array(scores), 1e-4, 1 - 1e-4)
    rows = np.stack([np.ones(len(p)), np.log(p / (1 - p))], axis=1)
    labels = np.array(right, dtype=float)
    before, ridge = np.array([0.0, 1.0]), np.array(_RIDGE)

    def loss(weights: Weights) -> float:
        odds = rows @ weights
        return float(np.sum(np.logaddexp(0.0, odds) - labels * odds) + ridge @ (weights - before) ** 2 / 2)

    weights = before.copy()
    for _ in range(50):
        q = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (q - labels) + ridge * (weights - before)
        hessian = (rows * (q * (1 - q))[:, None]).T @ rows + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        # A whole step of Newton's may go too far where the scores are far off.
        while loss(weights - step) > loss(weights) and float(np.abs(step).max()) > 1e-9:
            step = step / 2
        weights = weights - step
        if float(np.abs(step).max()) < 1e-9:
            break
    intercept, slope = (round(float(value), 4) for value in weights)
    return intercept, max(slope, _LEAST_SLOPE)
