"""What can be left to the engine: codes and whole charts that need no person, at a precision or under a policy.

Codes are taken from the surest down (El-Yaniv and Wiener 2010: risk and coverage of a classifier that may abstain). A
chart needs no person if every code given for it is among those taken. A threshold that is read off a corpus fits that
corpus best: the interval of its precision, over documents drawn anew, says how much to trust it.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.evaluation.bootstrap import estimate, precision_of
from engine.evaluation.tally import Tally
from engine.types import CodedChart, Route

PRECISIONS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
COVERAGES = (0.25, 0.5, 0.75, 1.0)
_MOST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Given:
    """A code given for a document: how sure it was, whether it was right, and, of a suggestion, where it was sent."""

    document: str
    confidence: float
    is_right: bool
    route: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """What is taken from a confidence on: codes, of them right, charts of which all is taken, of them free of error."""

    threshold: float
    codes: int
    right: int
    charts: int
    charts_right: int

    @property
    def precision(self) -> float:
        """The share of the codes taken that is right."""
        return self.right / self.codes


class Recorder:
    """Stands between an evaluation and the engine, and keeps what was suggested and where it was sent."""

    def __init__(self, code_chart: Callable[..., CodedChart]) -> None:
        self._code_chart = code_chart
        self.coded: dict[str, CodedChart] = {}

    def __call__(self, *given: Any, **named: Any) -> CodedChart:
        """Code a chart."""
        coded = self._code_chart(*given, **named)
        self.coded[coded.chart_id] = coded
        return coded

    def given(self, gold: Mapping[str, Collection[str]], write: Callable[[str], str], *, system: str) -> list[Given]:
        """Return the suggestions of a system beside the gold; of codes written alike the surest stands."""
        found: list[Given] = []
        for document in sorted(gold):
            best: dict[str, Given] = {}
            for suggestion in self.coded[document].suggestions if document in self.coded else ():
                code, known = write(suggestion.code), best.get(write(suggestion.code))
                if suggestion.system != system or (known and known.confidence >= suggestion.confidence):
                    continue
                rule = suggestion.reasons[-1].rule if suggestion.reasons else ""
                right = code in gold[document]
                best[code] = Given(document, suggestion.confidence, right, suggestion.route.value, rule)
            found += best.values()
        return found


class RiskCoverage:
    """The codes given for a corpus of `documents`, from the surest down."""

    def __init__(self, given: Iterable[Given], documents: int) -> None:
        self.given = sorted(given, key=lambda each: (-each.confidence, each.document))
        self.documents = documents
        self.points = list(self._points())

    def _points(self) -> Iterable[Point]:
        """Yield a point for each confidence that was given, the highest first."""
        left = Counter(each.document for each in self.given)
        wrong: set[str] = set()
        right = charts = charts_right = 0
        for codes, each in enumerate(self.given, 1):
            right += each.is_right
            if not each.is_right:
                wrong.add(each.document)
            left[each.document] -= 1
            if not left[each.document]:
                charts += 1
                charts_right += each.document not in wrong
            if codes == len(self.given) or self.given[codes].confidence != each.confidence:
                yield Point(each.confidence, codes, right, charts, charts_right)

    def at_precision(self, precision: float) -> Point | None:
        """Return the furthest point that still has a precision, None if there is none."""
        return next((point for point in reversed(self.points) if point.precision >= precision), None)

    def at_coverage(self, coverage: float) -> Point | None:
        """Return the first point that takes a share of the codes."""
        return next((point for point in self.points if point.codes >= coverage * len(self.given)), None)

    def area(self) -> float:
        """Return the area under the curve of risk (the share of wrong codes) over coverage, in steps; 0 is best."""
        total, before = 0.0, 0
        for point in self.points:
            total += (1 - point.precision) * (point.codes - before)
            before = point.codes
        return total / before if before else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the whole, as values of JSON."""
        step = max(1, len(self.points) // _MOST_POINTS)
        kept = [point for number, point in enumerate(self.points) if number % step == 0 or point is self.points[-1]]
        return {
            "codes": len(self.given),
            "charts": self.documents,
            "area_under_risk": round(self.area(), 4),
            "at_precision": {f"{level:.2f}": self._shown(self.at_precision(level)) for level in PRECISIONS},
            "at_coverage": {f"{level:.2f}": self._shown(self.at_coverage(level)) for level in COVERAGES},
            "curve": [self._shown(point, has_interval=False) for point in kept],
        }

    def _shown(self, point: Point | None, *, has_interval: bool = True) -> dict[str, Any] | None:
        if point is None:
            return None
        shown = {
            "threshold": point.threshold,
            "precision": round(point.precision, 4),
            "codes": point.codes,
            "code_share": round(point.codes / len(self.given), 4),
            "charts": point.charts,
            "chart_share": round(point.charts / self.documents, 4),
            "charts_without_error": point.charts_right,
        }
        return shown | {"precision_95": list(self._interval(point.threshold))} if has_interval else shown

    def _interval(self, threshold: float) -> tuple[float, float]:
        taken = [each for each in self.given if each.confidence >= threshold]
        found = estimate(precision_of(_tally(taken)), len({each.document for each in taken}))
        return round(found.low, 4), round(found.high, 4)


def under_policy(given: Sequence[Given], documents: int) -> dict[str, Any]:
    """Return what a policy leaves to whom: codes and their precision by route and by rule, and charts of AUTO alone."""
    routes: dict[str, list[Given]] = {}
    for each in given:
        routes.setdefault(each.document, []).append(each)
    alone = [codes for codes in routes.values() if all(each.route == Route.AUTO.value for each in codes)]
    return {
        "routes": {
            route.value: _counted([each for each in given if each.route == route.value], len(given)) for route in Route
        },
        "rules": {
            rule.removeprefix("route:"): _counted([each for each in given if each.rule == rule], len(given))
            for rule in sorted({each.rule for each in given})
        },
        "charts": len(alone),
        "chart_share": round(len(alone) / documents, 4) if documents else 0.0,
        "charts_without_error": sum(all(each.is_right for each in codes) for codes in alone),
    }


def _counted(given: Sequence[Given], total: int) -> dict[str, Any]:
    right = sum(each.is_right for each in given)
    return {
        "codes": len(given),
        "code_share": round(len(given) / total, 4) if total else 0.0,
        "precision": round(right / len(given), 4) if given else None,
    }


def _tally(given: Iterable[Given]) -> Tally:
    rows: dict[str, list[int]] = {}
    for each in given:
        rows.setdefault(each.document, [0, 0, 0])[not each.is_right] += 1
    return Tally.of_rows(rows.values())
