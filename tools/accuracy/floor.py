"""The figures that may not drop: bench/accuracy_floor.toml; tests/test_accuracy_floor.py holds the engine to it.

A figure has fallen in either of two ways. It is under the best that was committed by more than the standard error
over documents drawn anew; or it is worse than in the last result that passed on the very same documents, beyond doubt
(the 95 % interval of the paired change lies below nought) and by more than a trifle. `make accuracy` raises floors by
itself; it lowers them only when told to (LOWER=1), so that many small losses, each within the noise, do not add up
unseen.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.report import ROOT
from tools.accuracy.lines import Line

FLOOR = ROOT / "bench" / "accuracy_floor.toml"
# What is lost beyond doubt, but hardly matters.
TRIFLE = 0.005
_HEAD = """# Headline figures of accuracy on development data; noise: the standard error over documents drawn anew.
# Written by `make accuracy`, which raises a figure by itself and lowers it only with LOWER=1.
# A figure that falls under value - noise fails tests/test_accuracy_floor.py.
"""

# Corpus and measure.
Key = tuple[str, str]


@dataclass(frozen=True)
class Floor:
    """A figure that was reached, and by how much it may seem to vary."""

    value: float
    noise: float

    @property
    def least(self) -> float:
        """The least that passes."""
        return self.value - self.noise


@dataclass(frozen=True)
class Floors:
    """The floors by corpus and measure, and the file of the result that later ones are paired with."""

    figures: Mapping[Key, Floor] = field(default_factory=dict)
    result: str = ""


def read_floors(path: Path = FLOOR) -> Floors:
    """Read the floors, none if there is no file."""
    if not path.exists():
        return Floors()
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    result = data.pop("result", "")
    rows = {(corpus, name): row for corpus, of_corpus in data.items() for name, row in of_corpus.items()}
    return Floors({key: Floor(row["value"], row["noise"]) for key, row in rows.items()}, result)


def write_floors(floors: Floors, path: Path = FLOOR) -> None:
    """Write the floors, by corpus."""
    lines = [_HEAD, f'result = "{floors.result}"', ""]
    for corpus in dict.fromkeys(corpus for corpus, _ in floors.figures):
        lines.append(f'["{corpus}"]')
        figures = ((name, floor) for (other, name), floor in floors.figures.items() if other == corpus)
        lines += [f"{name} = {{ value = {floor.value:.4f}, noise = {floor.noise:.4f} }}" for name, floor in figures]
        lines.append("")
    path.write_text("\n".join(lines), encoding="utf-8")


def raise_floors(floors: Mapping[Key, Floor], now: Mapping[Key, Floor], *, may_lower: bool) -> dict[Key, Floor]:
    """Return the floors after a run: the better of old and new, or the new where they may be lowered."""
    return {
        key: found if may_lower or key not in floors or found.value >= floors[key].value else floors[key]
        for key, found in now.items()
    }


def floors_of(lines: Iterable[Line]) -> dict[Key, Floor]:
    """Return the floors that figures would make."""
    return {(line.corpus, line.measure): Floor(line.figure.value, line.figure.error) for line in lines}


def find_fallen(floors: Mapping[Key, Floor], lines: Iterable[Line]) -> Iterator[str]:
    """Say of each figure that fell, or is not there any more, what it is and what is wanted."""
    found = {(line.corpus, line.measure): line for line in lines}
    for key in {**floors, **found}:
        floor, line = floors.get(key), found.get(key)
        name = ", ".join(key)
        if line is None:
            yield f"{name}: got nothing, want a figure"
        elif floor is not None and line.figure.value < floor.least:
            why = f"{floor.value:.4f} less its noise of {floor.noise:.4f}"
            yield f"{name}: got {line.figure.value:.4f}, want at least {floor.least:.4f} ({why})"
        elif line.change is not None and line.change.high < 0 and line.change.value < -TRIFLE:
            change = f"{line.change.value:+.4f}, 95 % interval {line.change.low:+.4f} to {line.change.high:+.4f}"
            yield f"{name}: got {line.figure.value:.4f}, want no loss on the same documents ({change})"
