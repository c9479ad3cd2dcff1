"""Accuracy on the NegEx test kit: is a phrase of a sentence negated, historical, somebody else's.

Format: tab-separated with a header; line number, condition, sentence, negation (Negated, Affirmed, Possible),
temporality (Historical, Recent, Not particular), experiencer (Patient, Other, Family member); columns at the end
may be missing. The phrase stands in capitals in its sentence. Each row counts once on each axis it has a label
for: negated against the rest (possible is not negated), historical against the rest, other than the patient
against the patient.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.types import Assertion, Context, Experiencer, Temporality

ReadContext = Callable[[str, list[tuple[int, int]]], list[Context]]
AXES = ("negation", "historical", "experiencer")


@dataclass(frozen=True, slots=True)
class NegexRow:
    """One row of the kit; a label is lower case, "" where missing."""

    line: str
    condition: str
    sentence: str
    negation: str = ""
    temporality: str = ""
    experiencer: str = ""


@dataclass(slots=True)
class Score:
    """Counts of one axis, and the measures that follow from them (0 where undefined)."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0

    def add(self, *, expected: bool, got: bool) -> None:
        """Count one row."""
        self.true_positives += expected and got
        self.false_positives += got and not expected
        self.false_negatives += expected and not got

    @property
    def precision(self) -> float:
        """Right among those given."""
        given = self.true_positives + self.false_positives
        return self.true_positives / given if given else 0.0

    @property
    def recall(self) -> float:
        """Given among those expected."""
        expected = self.true_positives + self.false_negatives
        return self.true_positives / expected if expected else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = 2 * self.true_positives + self.false_positives + self.false_negatives
        return 2 * self.true_positives / both if both else 0.0

    def to_json(self) -> dict[str, float]:
        """Round the measures for a report."""
        return {"p": round(self.precision, 4), "r": round(self.recall, 4), "f1": round(self.f1, 4)}


@dataclass(slots=True)
class NegexResult:
    """The scores on each axis, and the rows that were read otherwise than labelled."""

    rows: int = 0
    unplaced: int = 0
    negation: Score = field(default_factory=Score)
    historical: Score = field(default_factory=Score)
    experiencer: Score = field(default_factory=Score)
    wrong: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Report as API.md says; `unplaced` counts rows whose phrase is not in their sentence."""
        scores = {axis: getattr(self, axis).to_json() for axis in AXES}
        return {"corpus": "negex", **scores, "rows": self.rows, "unplaced": self.unplaced}

    def errors(self, limit: int) -> list[str]:
        """List up to `limit` errors, each with its sentence and the cue that decided."""
        return self.wrong[:limit]


def evaluate(path: Path, read_context: ReadContext) -> NegexResult:
    """Read a file of the kit and score a reader of context on it; raises OSError or ValueError on a wrong file."""
    with path.open(encoding="utf-8") as file:
        return score_rows(read_rows(file), read_context)


def read_rows(lines: Iterable[str]) -> Iterator[NegexRow]:
    """Parse the lines of a file; raises ValueError on a row without a sentence."""
    for number, line in enumerate(lines):
        cells = [_unquote(cell) for cell in line.rstrip("\r\n").split("\t")]
        if number == 0 and cells[0].lower().startswith(("line", "report")):
            continue
        if not any(cells):
            continue
        if len(cells) < 3:
            raise ValueError(f"line {number + 1}: got {len(cells)} columns, want at least 3")
        yield NegexRow(*cells[:3], *(cell.lower() for cell in cells[3:6]))


def _unquote(cell: str) -> str:
    cell = cell.strip()
    return cell[1:-1].replace('""', '"').strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def find_target(row: NegexRow) -> tuple[int, int] | None:
    """Return the span of the phrase: where it stands in capitals, else its first place in any case."""
    words = row.condition.split()
    if not words:
        return None
    pattern = r"\s+".join(re.escape(word) for word in words)
    places = [match.span() for match in re.finditer(pattern, row.sentence, re.IGNORECASE)]
    capitals = [span for span in places if row.sentence[span[0] : span[1]].isupper()]
    # A phrase that is written in capitals anyway tells nothing: the last place is the one after the headings.
    return capitals[-1] if capitals else (places[0] if places else None)


def score_rows(rows: Iterable[NegexRow], read_context: ReadContext) -> NegexResult:
    """Score a reader of context on rows."""
    result = NegexResult()
    for row in rows:
        result.rows += 1
        span = find_target(row)
        result.unplaced += span is None
        context = read_context(row.sentence, [span])[0] if span else Context()
        _score(result, row, span, context)
    return result


def _score(result: NegexResult, row: NegexRow, span: tuple[int, int] | None, context: Context) -> None:
    checks = (
        ("negation", row.negation, row.negation == "negated", context.assertion is Assertion.ABSENT),
        ("historical", row.temporality, row.temporality == "historical", context.temporality is Temporality.HISTORICAL),
        ("experiencer", row.experiencer, row.experiencer != "patient", context.experiencer is not Experiencer.PATIENT),
    )
    for axis, label, expected, got in checks:
        if not label:
            continue
        getattr(result, axis).add(expected=expected, got=got)
        if expected != got:
            result.wrong.append(_error(row, span, context, axis, label))


def _error(row: NegexRow, span: tuple[int, int] | None, context: Context, axis: str, label: str) -> str:
    begin, end = span or (0, 0)
    around = f"{row.sentence[max(0, begin - 90) : begin]}{{{row.sentence[begin:end]}}}{row.sentence[end : end + 60]}"
    cues = ", ".join(cue.rule for cue in context.cues) or "no cue"
    got = "the rest" if _is_rest(axis, context) else axis
    return f"{axis}: want {label}, got {got} [{cues}] line {row.line}: {around}"


def _is_rest(axis: str, context: Context) -> bool:
    return {
        "negation": context.assertion is not Assertion.ABSENT,
        "historical": context.temporality is not Temporality.HISTORICAL,
        "experiencer": context.experiencer is Experiencer.PATIENT,
    }[axis]
