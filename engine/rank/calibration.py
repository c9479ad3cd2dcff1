"""Confidence as the probability that a code is right at chart level, by code system and setting.

A ranker says how well the documents support a code. Whether coders put it on the claim depends on the setting as well:
case reports have every mention coded, visits what was assessed. Each group turns a score p into
`most` / (1 + exp(-(intercept + slope * logit(p)))); the numbers are data (calibration.toml), fitted on coded charts of
the setting where there are some (`chartcoder learn`).
"""

import math
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.types import Setting, Suggestion

_LEAST, _MOST = 0.0001, 0.9999


@dataclass(frozen=True, slots=True)
class Curve:
    """How confidence is taken from a score for a system and a setting ("" where none of its own is known).

    `source` says what it rests on, `charts` on how many.
    """

    system: str
    setting: str
    intercept: float = 0.0
    slope: float = 1.0
    most: float = 1.0
    charts: int = 0
    source: str = ""

    def confidence(self, score: float) -> float:
        """Return the probability for a score, rounded to four places."""
        p = min(max(score, _LEAST), _MOST)
        odds = self.intercept + self.slope * math.log(p / (1 - p))
        return round(self.most / (1 + math.exp(-odds)), 4)


_SAME = Curve("", "")


class Calibration:
    """The curves; a setting without one has that of its system, a system without one keeps its scores."""

    def __init__(self, curves: Iterable[Curve] = ()) -> None:
        self.curves = tuple(curves)
        self._by_group = {(curve.system, curve.setting): curve for curve in self.curves}

    def curve(self, system: str, setting: str) -> Curve:
        """Return the curve that holds for a system in a setting."""
        return self._by_group.get((system, setting)) or self._by_group.get((system, "")) or _SAME

    def apply(self, suggestions: Sequence[Suggestion], setting: Setting) -> None:
        """Turn the scores of suggestions into confidences."""
        for suggestion in suggestions:
            curve = self.curve(suggestion.system, setting.value)
            if curve is not _SAME:
                suggestion.confidence = curve.confidence(suggestion.confidence)

    @classmethod
    def of_text(cls, text: str) -> "Calibration":
        """Read a table of [[curve]]; raises ValueError on another text."""
        rows = tomllib.loads(text).get("curve", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("curve: want a list of tables")
        return cls(_read_curve(row) for row in rows)

    def to_text(self) -> str:
        """Write what `of_text` reads."""
        return "\n".join(
            f'[[curve]]\nsystem = "{curve.system}"\nsetting = "{curve.setting}"\nintercept = {curve.intercept:.4f}\n'
            f'slope = {curve.slope:.4f}\nmost = {curve.most:.4f}\ncharts = {curve.charts}\nsource = "{curve.source}"\n'
            for curve in self.curves
        )


def _read_curve(row: dict[str, object]) -> Curve:
    names = {"system": str, "setting": str, "intercept": float, "slope": float, "most": float, "charts": int}
    for name, kind in names.items():
        if type(row.get(name)) is not kind:
            raise ValueError(f"curve {name}: got {row.get(name)!r:.32}, want {kind.__name__}")
    numbers = [float(str(row[name])) for name in ("intercept", "slope", "most")]
    intercept, slope, most = numbers
    if not all(map(math.isfinite, numbers)) or slope <= 0 or not 0 < most <= 1:
        raise ValueError(f"curve: got slope {slope}, most {most}, want finite numbers, a slope over 0, most up to 1")
    if row["setting"] and row["setting"] not in Setting.__members__:
        raise ValueError(f"curve setting: got {row['setting']!r:.32}, want one of {', '.join(Setting)}")
    return Curve(
        str(row["system"]),
        str(row["setting"]),
        intercept,
        slope,
        most,
        int(str(row["charts"])),
        str(row.get("source", "")),
    )
