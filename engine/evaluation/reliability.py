"""How well confidence is the probability of being right: calibration error, Brier score, reliability diagram.

Expected calibration error (Naeini 2015): over ten equal bins of confidence, the mean distance of mean confidence from
the share that is right, weighted by how many fall in the bin. Brier (1950): the mean squared distance from right (1)
or wrong (0).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from engine.evaluation.chapters import chapter_of

BINS = 10
_WIDTH, _HEIGHT, _MARGIN = 420, 420, 48
_BAR = 40


@dataclass(frozen=True, slots=True)
class Judgement:
    """One suggestion of a chart: how sure the engine was, and whether the code is right."""

    system: str
    setting: str
    code: str
    confidence: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """The suggestions of a range of confidence: how many, their mean confidence, the share that is right."""

    low: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """The bins that hold something, in order, with the errors over all of them."""

    count: int
    error: float
    brier: float
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, Any]:
        """Return ece, brier, count and the bins."""
        bins = [
            {"low": one.low, "count": one.count, "confidence": round(one.confidence, 4), "right": round(one.right, 4)}
            for one in self.bins
        ]
        return {"ece": round(self.error, 4), "brier": round(self.brier, 4), "count": self.count, "bins": bins}


def reliability(judgements: Iterable[Judgement]) -> Reliability:
    """Measure; of no suggestions the errors are 0."""
    kept = list(judgements)
    groups: dict[int, list[Judgement]] = {}
    for one in kept:
        groups.setdefault(min(int(one.confidence * BINS), BINS - 1), []).append(one)
    bins = tuple(_bin(number, groups[number]) for number in sorted(groups))
    count = max(1, len(kept))
    error = sum(one.count * abs(one.confidence - one.right) for one in bins) / count
    brier = sum((one.confidence - one.is_right) ** 2 for one in kept) / count
    return Reliability(len(kept), error, brier, bins)


def _bin(number: int, group: list[Judgement]) -> Bin:
    count = len(group)
    mean, right = sum(one.confidence for one in group) / count, sum(one.is_right for one in group) / count
    return Bin(number / BINS, count, mean, right)


def by_label(judgements: Iterable[Judgement], label: Callable[[Judgement], str]) -> dict[str, Reliability]:
    """Measure those apart that have different labels, in order of the labels."""
    groups: dict[str, list[Judgement]] = {}
    for one in judgements:
        groups.setdefault(label(one), []).append(one)
    return {name: reliability(groups[name]) for name in sorted(groups)}


def precision_at_coverage(judgements: Iterable[Judgement], share: float) -> float:
    """Return the precision of the surest suggestions that make up a share of all (at least one); 0 of none."""
    ordered = sorted(judgements, key=lambda one: (-one.confidence, one.code))
    surest = ordered[: max(1, round(share * len(ordered)))] if ordered else []
    return sum(one.is_right for one in surest) / len(surest) if surest else 0.0


def to_json(judgements: Iterable[Judgement]) -> dict[str, Any]:
    """Return the whole, and the same by system, setting and chapter of ICD-10-CM."""
    kept = list(judgements)
    diagnoses = [one for one in kept if one.system == "icd10cm"]
    parts = {
        "system": by_label(kept, lambda one: one.system),
        "setting": by_label(kept, lambda one: one.setting),
        "chapter": by_label(diagnoses, lambda one: chapter_of(one.code)),
    }
    short = {name: {label: _short(found) for label, found in part.items()} for name, part in parts.items()}
    half = {"precision_at_half": round(precision_at_coverage(kept, 0.5), 4)}
    return {**reliability(kept).to_json(), **half, **{f"by_{name}": part for name, part in short.items()}}


def _short(found: Reliability) -> dict[str, Any]:
    return {name: value for name, value in found.to_json().items() if name != "bins"}


def to_text(found: Reliability) -> str:
    """Draw the diagram in characters: a bar for what is right, a mark where the confidence is."""
    lines = [f"calibration error {found.error:.3f}, Brier {found.brier:.3f}, {found.count} suggestions"]
    for one in found.bins:
        bar = "=" * round(one.right * _BAR)
        mark = min(round(one.confidence * _BAR), _BAR)
        drawn = bar.ljust(_BAR + 1)
        lines.append(f"{one.low:.1f} |{drawn[:mark]}|{drawn[mark + 1 :]} {one.right:.2f} of {one.count}")
    return "\n".join(lines)


def to_svg(found: Reliability, title: str) -> str:
    """Draw the diagram as SVG: bars for what is right, dots for mean confidence, a line where they would agree."""
    inner = _WIDTH - 2 * _MARGIN

    def at(x: float, y: float) -> tuple[str, str]:
        return f"{_MARGIN + x * inner:.1f}", f"{_HEIGHT - _MARGIN - y * inner:.1f}"

    shapes: list[str] = []
    for one in found.bins:
        x, y = at(one.low, one.right)
        shapes.append(
            f'<rect x="{x}" y="{y}" width="{inner / BINS - 1:.1f}" height="{one.right * inner:.1f}" fill="#8ab"/>'
        )
        cx, cy = at(one.confidence, one.right)
        shapes.append(f'<circle cx="{cx}" cy="{cy}" r="3"><title>{one.right:.2f} of {one.count}</title></circle>')
    (left, bottom), (right, top) = at(0, 0), at(1, 1)
    axes = (
        f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="#000"/>'
        f'<path d="M{left} {bottom}L{right} {top}" stroke="#666" stroke-dasharray="4"/>'
    )
    words = (
        f'<text x="{_WIDTH / 2}" y="20" text-anchor="middle">{escape(title)}: error {found.error:.3f}, '
        f"Brier {found.brier:.3f}, n {found.count}</text>"
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 12}" text-anchor="middle">confidence (0 to 1)</text>'
        f'<text x="14" y="{_HEIGHT / 2}" transform="rotate(-90 14 {_HEIGHT / 2})" text-anchor="middle">right</text>'
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
    return f'{head}font-size="13">{"".join(shapes)}{axes}{words}</svg>\n'
