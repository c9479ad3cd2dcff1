"""`chartcoder evaluate --routing`: what can be left to the engine, as a table, as JSON and as a picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

    from engine.evaluation.coded import Answers
    from engine.evaluation.risk import Recorder

_ICD10CM = "icd10cm"
_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 420, 64, 40
_LOWEST = 0.4  # of the axis of precision


def measure_routing(corpus: str, answers: "Answers", recorder: "Recorder") -> dict[str, Any]:
    """Return risk and coverage of the suggestions beside the gold, and what the policy in force makes of them.

    CodiEsp codes every mention, so its findings, the surest of each code, are measured as well.
    """
    from engine.evaluation.codiesp import as_annotated
    from engine.evaluation.risk import Given, RiskCoverage, under_policy

    given = recorder.given(answers.gold, as_annotated if corpus == "codiesp" else str, system=_ICD10CM)
    documents = len(answers.gold)
    measured = {"suggestions": RiskCoverage(given, documents).to_json(), "policy": under_policy(given, documents)}
    if corpus == "codiesp":
        places = answers.places.items()
        found = [
            Given(d, place.score or 0.0, code in answers.gold[d]) for (d, code), place in places if d in answers.gold
        ]
        measured["findings"] = RiskCoverage(found, documents).to_json()
    return measured


def routing_tables(measured: Mapping[str, Any]) -> list["Table"]:
    """Lay the figures out for people."""
    curves = [(name, measured[name]) for name in ("suggestions", "findings") if name in measured]
    return [*(_curve_table(name, curve) for name, curve in curves), _policy_table(measured["policy"])]


def _curve_table(name: str, curve: Mapping[str, Any]) -> "Table":
    table = _table(
        f"what needs no person: {name} ({curve['codes']} codes, {curve['charts']} charts)",
        ("at", "confidence", "precision (95 %)", "codes", "whole charts", "of them without error"),
    )
    for kind in ("precision", "coverage"):
        for level, point in curve[f"at_{kind}"].items():
            table.add_row(f"{kind} {level}", *(_cells(point) if point else ("never",)))
    return table


def _cells(point: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = point["precision_95"]
    return (
        f"{point['threshold']:.3f}",
        f"{point['precision']:.3f} ({low:.2f}-{high:.2f})",
        f"{point['codes']} ({point['code_share']:.0%})",
        f"{point['charts']} ({point['chart_share']:.0%})",
        str(point["charts_without_error"]),
    )


def _policy_table(policy: Mapping[str, Any]) -> "Table":
    charts = f"{policy['charts']} ({policy['chart_share']:.0%}), {policy['charts_without_error']} without error"
    table = _table(f"the policy in force; charts of AUTO alone: {charts}", ("route or rule", "codes", "precision"))
    for kind in ("routes", "rules"):
        for name, counted in policy[kind].items():
            precision = "" if counted["precision"] is None else f"{counted['precision']:.3f}"
            table.add_row(name, f"{counted['codes']} ({counted['code_share']:.0%})", precision)
        table.add_section()
    return table


def _table(title: str, columns: tuple[str, ...]) -> "Table":
    from rich.table import Table

    table = Table(title=title)
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    return table


def write_plot(path: Path, corpus: str, measured: Mapping[str, Any]) -> None:
    """Draw precision over coverage as SVG: codes, and whole charts without error; raises ConfigError on a bad path."""
    curve = measured["suggestions"]["curve"]
    codes = [(point["code_share"], point["precision"]) for point in curve]
    charts = [(p["chart_share"], p["charts_without_error"] / p["charts"]) for p in curve if p["charts"]]
    try:
        path.write_text(_svg(corpus, codes, charts), encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can be there"
        raise ConfigError(f"plot {path.name}: {reason}, want a path that can be written") from None


def _svg(corpus: str, codes: list[tuple[float, float]], charts: list[tuple[float, float]]) -> str:
    ticks = "".join(_tick(number / 10) for number in range(0, 11, 2))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 24} {_TOP + _HEIGHT + 56}"'
        ' font-family="sans-serif" font-size="13">\n<rect width="100%" height="100%" fill="white"/>\n'
        f'<text x="{_LEFT}" y="24">{corpus}: what needs no person (suggestions)</text>\n'
        f'<path d="M{_LEFT},{_TOP}V{_TOP + _HEIGHT}H{_LEFT + _WIDTH}" fill="none" stroke="black"/>\n{ticks}'
        f"{_line(codes, '#1f5fa8')}{_line(charts, '#b5541c')}"
        f'<text x="{_LEFT + 12}" y="{_TOP + _HEIGHT - 34}" fill="#1f5fa8">codes: precision over share of codes</text>\n'
        f'<text x="{_LEFT + 12}" y="{_TOP + _HEIGHT - 14}" fill="#b5541c">'
        "charts: share without error over share of charts</text>\n"
        f'<text x="{_LEFT + _WIDTH / 2:g}" y="{_TOP + _HEIGHT + 44}" text-anchor="middle">coverage</text>\n</svg>\n'
    )


def _tick(value: float) -> str:
    x, y = _place(value, value)
    height = "" if value < _LOWEST else f'<text x="{_LEFT - 8}" y="{y + 4:g}" text-anchor="end">{value:.1f}</text>'
    return f'<text x="{x:g}" y="{_TOP + _HEIGHT + 20}" text-anchor="middle">{value:.1f}</text>{height}\n'


def _line(points: list[tuple[float, float]], colour: str) -> str:
    places = " ".join(f"{x:g},{y:g}" for x, y in (_place(*point) for point in points))
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>\n'


def _place(coverage: float, precision: float) -> tuple[float, float]:
    height = max(0.0, precision - _LOWEST) / (1 - _LOWEST)
    return round(_LEFT + coverage * _WIDTH, 1), round(_TOP + (1 - height) * _HEIGHT, 1)
