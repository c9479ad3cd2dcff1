"""Draws the newest results as one SVG, by hand: three panels, no plotting library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log10

WIDTH, HEIGHT, GAP = 330, 250, 40
LEFT, BOTTOM, TOP = 50, 60, 30
COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#b7950b", "#7d3c98", "#566573")
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Scale:
    """A logarithmic scale from values to pixels."""

    low: float
    high: float
    begin: float
    end: float

    def place(self, value: float) -> float:
        part = (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return self.begin + part * (self.end - self.begin)

    def decades(self) -> list[float]:
        """The powers of ten on the scale."""
        return [10.0**power for power in range(-3, 10) if self.low <= 10.0**power <= self.high]


def lines_panel(title: str, x_label: str, lines: Mapping[str, Points]) -> str:
    """Draw one line for each engine; both axes logarithmic."""
    points = [point for line in lines.values() for point in line]
    if not points:
        return ""
    across = Scale(min(x for x, _ in points), max(x for x, _ in points), LEFT, WIDTH - 15)
    up = Scale(_floor(min(y for _, y in points)), _ceiling(max(y for _, y in points)), HEIGHT - BOTTOM, TOP)
    drawn = [_text(LEFT, 15, title, bold=True), *_axes(across, up, x_label)]
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{across.place(x):.1f},{up.place(y):.1f}" for x, y in line)
        drawn.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{3 if not number else 1.5}"/>'
        )
        row, column = divmod(number, 3)
        drawn.append(_text(LEFT - 30 + 105 * column, HEIGHT - 18 + 13 * row, f"— {name}", colour=colour))
    return "\n".join(drawn)


def bars_panel(title: str, bars: Mapping[str, float]) -> str:
    """Draw one bar for each engine, on a logarithmic scale."""
    if not bars:
        return ""
    across = Scale(_floor(min(bars.values())) / 2, _ceiling(max(bars.values())), LEFT - 40, WIDTH - 15)
    drawn = [_text(LEFT - 40, 15, title, bold=True)]
    for number, (name, value) in enumerate(bars.items()):
        y = TOP + 10 + 46 * number
        drawn.append(_text(LEFT - 40, y, f"{name}: {value:,.0f}"))
        width = across.place(value) - across.begin
        drawn.append(
            f'<rect x="{LEFT - 40}" y="{y + 5}" width="{width:.1f}" height="16" fill="{COLOURS[min(number // 2, 1)]}"/>'
        )
    return "\n".join(drawn)


def draw(panels: Sequence[str]) -> str:
    """Set panels side by side."""
    total = len(panels) * (WIDTH + GAP)
    placed = [
        f'<g transform="translate({number * (WIDTH + GAP)},5)">{panel}</g>' for number, panel in enumerate(panels)
    ]
    size = f'width="{total}" height="{HEIGHT + 20}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *placed, "</svg>", ""])


def _axes(across: Scale, up: Scale, x_label: str) -> list[str]:
    drawn = [_text((LEFT + WIDTH) / 2 - 40, HEIGHT - 34, x_label, colour="#555")]
    for value in across.decades():
        x = across.place(value)
        drawn.append(
            _line(x, TOP, x, HEIGHT - BOTTOM) + _text(x - 10, HEIGHT - BOTTOM + 13, _short(value), colour="#555")
        )
    for value in (tick * decade for decade in (1, 10, 100, 1000) for tick in (1, 2, 5)):
        if up.low <= value <= up.high:
            y = up.place(value)
            drawn.append(_line(LEFT, y, WIDTH - 15, y) + _text(LEFT - 30, y + 4, _short(value), colour="#555"))
    return drawn


def _floor(value: float) -> float:
    return 10.0 ** int(log10(value)) if value >= 1 else value / 2


def _ceiling(value: float) -> float:
    return value * 1.3


def _short(value: float) -> str:
    return f"{value / 1e6:g} M" if value >= 1e6 else f"{value / 1e3:g} k" if value >= 1e3 else f"{value:g}"


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


def _text(x: float, y: float, words: str, *, colour: str = "#222", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}"{weight}>{escape(words)}</text>'
