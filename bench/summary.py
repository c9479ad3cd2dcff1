"""What bench/README.md shows of a run: the comparisons as tables, everything else in a list, and the plot."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from bench.plot import bars_panel, draw, lines_panel

BEGIN, END = "<!-- newest results: written by bench.report -->", "<!-- end of the newest results -->"
OURS = "chartcoder"


class Row(Protocol):
    """A row of results (bench.report)."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> float: ...
    @property
    def unit(self) -> str: ...
    @property
    def spread(self) -> float | None: ...
    @property
    def target(self) -> float | None: ...
    @property
    def more(self) -> dict[str, Any]: ...
    @property
    def machine(self) -> str: ...
    @property
    def commit(self) -> str: ...


def amount(value: float, unit: str) -> str:
    """Write a value with its unit."""
    return f"{value * 1000:.3g} ms" if unit == "s" and value < 1 else f"{value:.4g} {unit}"


def summarise(rows: Sequence[Row], day: str, plot: str) -> str:
    """Lay out a run for the README."""
    parts = [
        BEGIN,
        f"Run of {day}, commit {rows[0].commit}, {rows[0].machine}.",
        f"![the newest results]({plot})",
        *_matcher_tables(rows),
        *_findings_table(rows),
        *_list(rows),
        END,
    ]
    return "\n\n".join(parts)


def replace_summary(readme: str, summary: str) -> str:
    """Put a summary in the place of the one that a README has."""
    head, _, rest = readme.partition(BEGIN)
    return head + summary + rest.partition(END)[2]


def _matcher_tables(rows: Sequence[Row]) -> Iterator[str]:
    found = [row for row in rows if "case" in row.more and "engine" in row.more]
    engines = list(dict.fromkeys(row.more["engine"] for row in found))
    for key, title in (
        (
            "mb_per_s",
            "**Matcher, MB/s** of the same folded text, same matches, one thread (fastest in bold; a dash: not run)",
        ),
        ("build_s", "**Seconds to build** from the phrases"),
    ):
        cases = {
            row.more["case"]: {r.more["engine"]: r.more[key] for r in found if r.more["case"] == row.more["case"]}
            for row in found
        }
        lines = [f"| dictionary | {' | '.join(engines)} |", f"|---|{'--:|' * len(engines)}"]
        for case, values in cases.items():
            best = (max if key == "mb_per_s" else min)(values.values())
            cells = [_cell(values.get(engine), best) for engine in engines]
            lines.append(f"| {case} | {' | '.join(cells)} |")
        if cases:
            yield title + "\n\n" + "\n".join(lines)


def _cell(value: float | None, best: float) -> str:
    if value is None:
        return "-"
    return f"**{value:g}**" if value == best else f"{value:g}"


def _findings_table(rows: Sequence[Row]) -> Iterator[str]:
    found = [row for row in rows if "notes_per_s" in row.more]
    lines = [
        "| text to findings, one core | 5 kB notes/s | mentions a note | we find too | same negation | load s | MiB |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    keys = ("engine", "notes_per_s", "mentions_a_note", "found_by_us_too", "same_negation", "load_s", "memory_mib")
    lines += [f"| {' | '.join(str(row.more[key]) for key in keys)} |" for row in found]
    if found:
        yield "\n".join(lines)


def _list(rows: Sequence[Row]) -> Iterator[str]:
    others = [row for row in rows if "engine" not in row.more]
    lines = ["| everything else | value | spread | target |", "|---|--:|--:|--:|"]
    for row in others:
        spread, target = (amount(x, row.unit) if x is not None else "" for x in (row.spread, row.target))
        lines.append(f"| {row.name} | {amount(row.value, row.unit)} | {spread} | {target} |")
    yield "\n".join(lines)


def draw_results(rows: Sequence[Row]) -> str:
    """Draw matcher rates by size of dictionary, notes a second, and rates by length of note."""
    sized = [
        row
        for row in rows
        if row.more.get("case", "").endswith(" phrases") or row.more.get("case") == "whole dictionary"
    ]
    engines = [name for name in dict.fromkeys(row.more["engine"] for row in sized) if "," not in name]
    lines = {
        engine: sorted((r.more["phrases"], r.more["mb_per_s"]) for r in sized if r.more["engine"] == engine)
        for engine in engines
    }
    notes = {row.more["engine"]: row.more["notes_per_s"] for row in rows if "notes_per_s" in row.more}
    lengths = sorted((row.more["length"], row.more["mb_per_s"]) for row in rows if "length" in row.more)
    return draw(
        [
            lines_panel("Matcher, MB/s on one thread", "phrases", lines),
            bars_panel("Text to findings, 5 kB notes a second (log scale)", notes),
            lines_panel("Note to suggestions, MB/s", "length of a note, bytes", {OURS: lengths} if lengths else {}),
        ]
    )
