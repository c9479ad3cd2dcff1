"""Golden charts: whole claims, each written by hand with its reasoning, and how many come out exactly.

Format: TOML files with a list `chart`: `id`, `setting` (a name of Setting), `text`, `claim` (ICD-10-CM codes in
order) and `why`; optional `age`, `sex`, `date`. A claim is exact if its codes and their order are; micro scores pool
single codes.
"""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.evaluation.coded import Coder, read_corpus_file
from engine.evaluation.metrics import Score
from engine.evaluation.reliability import Judgement
from engine.types import Chart, Document, Setting, Sex

_WANTED = ("id", "setting", "text", "claim", "why")
_KNOWN = frozenset((*_WANTED, "age", "sex", "date"))


@dataclass(frozen=True, slots=True)
class GoldenChart:
    """One chart with the claim that a certified coder would file, in order, and why."""

    chart: Chart
    claim: tuple[str, ...]
    why: str


@dataclass(slots=True)
class GoldenResult:
    """The claims given beside those wanted."""

    given: list[tuple[GoldenChart, tuple[str, ...]]] = field(default_factory=list)

    def is_exact(self, name: str) -> bool:
        """Whether the claim of a chart came out exactly, in order."""
        return any(claim == golden.claim for golden, claim in self.given if golden.chart.chart_id == name)

    def score(self) -> Score:
        """Pool the single codes of all charts."""
        pairs = [(set(golden.claim), set(claim)) for golden, claim in self.given]
        right = sum(len(wanted & given) for wanted, given in pairs)
        return Score(right, sum(len(given - wanted) for wanted, given in pairs), sum(len(w - g) for w, g in pairs))

    def exact(self) -> float:
        """Return the share of claims that are exact, in codes and in order."""
        return sum(claim == golden.claim for golden, claim in self.given) / len(self.given)

    def to_json(self) -> dict[str, Any]:
        """Return the share of exact claims, with and without their order, and the micro scores of codes."""
        same = sum(set(claim) == set(golden.claim) for golden, claim in self.given)
        first = sum(claim[:1] == golden.claim[:1] for golden, claim in self.given)
        score = self.score()
        return {
            "corpus": "golden",
            "exact_claims": round(self.exact(), 4),
            "same_codes": round(same / len(self.given), 4),
            "first_code": round(first / len(self.given), 4),
            "code": score.to_json(),
            "documents": len(self.given),
            "causes": {"missed": {"missed": score.missed}, "wrong": {"wrong": score.wrong}},
        }

    def judgements(self) -> list[Judgement]:
        """Return none: what is measured here are claims, not confidence."""
        return []

    def errors(self, limit: int) -> list[str]:
        """List up to `limit` charts whose claims are not exact, with what is given and wanted."""
        lines = [
            f"{golden.chart.chart_id}: got {', '.join(claim) or 'nothing'}; want {', '.join(golden.claim)}"
            for golden, claim in self.given
            if claim != golden.claim
        ]
        return lines[:limit]


def evaluate(
    path: Path, code_chart: Coder, *, tick: Callable[[int, int], None] = lambda done, total: None
) -> GoldenResult:
    """Code every chart of a file or folder and compare the claims; raises InputError on files of another shape."""
    charts = list(read_charts(path))
    result = GoldenResult()
    for number, golden in enumerate(charts):
        coded = code_chart(golden.chart)
        result.given.append((golden, tuple(s.code for s in coded.suggestions if s.system == "icd10cm")))
        tick(number + 1, len(charts))
    return result


def read_charts(path: Path) -> list[GoldenChart]:
    """Read the charts of a file or of all TOML files of a folder; raises InputError that names chart and field."""
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    charts = [golden for file in files for golden in _read_file(file)]
    if not charts:
        raise InputError(f"corpus path: got {path} without a chart, want TOML files with [[chart]]", field="path")
    names = [golden.chart.chart_id for golden in charts]
    if len(names) != len(set(names)):
        twice = sorted(name for name in set(names) if names.count(name) > 1)[0]
        raise InputError(f"chart {twice}: stands there twice, want ids of their own", field="path")
    return charts


def _read_file(path: Path) -> Iterator[GoldenChart]:
    try:
        rows = tomllib.loads(read_corpus_file(path)).get("chart", [])
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"corpus path: {path}: not TOML: {error}", field="path") from None
    if not isinstance(rows, list):
        raise InputError(f"{path.name}: want chart to be a list of tables", field="path")
    for number, row in enumerate(rows):
        yield _read_row(row, f"{path.name}: chart {number}")


def _read_row(row: Any, where: str) -> GoldenChart:
    if not isinstance(row, dict) or any(name not in row for name in _WANTED):
        raise InputError(f"{where}: want {', '.join(_WANTED)}", field="path")
    if unknown := sorted(set(row) - _KNOWN):
        raise InputError(f"{where}: got {unknown[0]}, want fields among {', '.join(sorted(_KNOWN))}", field="path")
    day, age, claim = row.get("date", date(2026, 2, 10)), row.get("age"), row["claim"]
    is_text = all(isinstance(row[name], str) for name in ("id", "setting", "text", "why"))
    is_claim = isinstance(claim, list) and bool(claim) and all(isinstance(code, str) for code in claim)
    if not is_text or not is_claim or not isinstance(day, date) or not (age is None or type(age) is int):
        raise InputError(f"{where}: want texts, a claim of codes, a date and an age in whole years", field="path")
    try:
        setting, sex = Setting(row["setting"]), Sex(row.get("sex", "UNSPECIFIED"))
    except ValueError:
        raise InputError(f"{where}: want setting and sex by their names in types.py", field="path") from None
    chart = Chart(row["id"], (Document(row["text"]),), setting, day, sex, age_years=age, systems=("icd10cm",))
    return GoldenChart(chart, tuple(claim), row["why"])
