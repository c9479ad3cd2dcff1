"""Accuracy on the NegEx test kit: is a phrase of a sentence negated, historical, somebody else's.

Format: tab-separated with a header; line number, condition, sentence, negation (Negated, Affirmed, Possible),
temporality (Historical, Recent, Not particular), experiencer (Patient, Other, Family member); columns at the end
may be missing. The phrase stands in capitals in its sentence. Each row counts once on each axis it has a label
for: negated against the rest (possible is not negated), historical against the rest, other than the patient
against the patient.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from engine.evaluation.reliability import Judgement
from engine.evaluation.tally import Tally
from engine.types import Assertion, Axis, Context, Experiencer, Temporality

ReadContext = Callable[[str, list[tuple[int, int]]], list[Context]]
_AXIS_OF = {"negation": Axis.ASSERTION, "historical": Axis.TEMPORALITY, "experiencer": Axis.EXPERIENCER}
AXES = tuple(_AXIS_OF)


@dataclass(frozen=True, slots=True)
class NegexRow:
    """One row of the kit; a label is lower case, "" where missing."""

    line: str
    condition: str
    sentence: str
    negation: str = ""
    temporality: str = ""
    experiencer: str = ""


class _Error(NamedTuple):
    """A row that was read otherwise than labelled on an axis; `cause` is the cue that decided."""

    axis: str
    kind: str
    cause: str
    shown: str


@dataclass(slots=True)
class NegexResult:
    """What was right, wrong and missed on each axis, by sentence, and the rows read otherwise than labelled."""

    rows: int = 0
    unplaced: int = 0
    sentences: dict[str, int] = field(default_factory=dict)
    counts: dict[str, dict[int, list[int]]] = field(default_factory=lambda: {axis: {} for axis in AXES})
    wrong: list[_Error] = field(default_factory=list)

    def tallies(self) -> dict[str, Tally]:
        """Count each axis by sentence: rows of one sentence are not independent."""
        nothing = [0, 0, 0]
        return {
            axis: Tally.of_rows(found.get(number, nothing) for number in range(len(self.sentences)))
            for axis, found in self.counts.items()
        }

    def to_json(self) -> dict[str, Any]:
        """Report as API.md says; `unplaced` counts rows whose phrase is not in their sentence."""
        scores = {axis: of_axis.score().to_json() for axis, of_axis in self.tallies().items()}
        beside = {"rows": self.rows, "unplaced": self.unplaced, "causes": self.causes()}
        return {"corpus": "negex", **scores, **beside}

    def causes(self) -> dict[str, dict[str, int]]:
        """Count the rows missed and the false alarms by axis and cue."""
        counted = {"missed": Counter[str](), "wrong": Counter[str]()}
        for error in self.wrong:
            counted[error.kind.lower()][f"{error.axis}: {error.cause}"] += 1
        return {kind: dict(found.most_common()) for kind, found in counted.items()}

    def judgements(self) -> list[Judgement]:
        """Return none: what is read here has no confidence."""
        return []

    def errors(self, limit: int) -> list[str]:
        """List up to `limit` errors of each kind on each axis, with sentence and cue, spread over the file."""
        kinds: dict[tuple[str, str], list[str]] = {}
        for error in self.wrong:
            kinds.setdefault((error.axis, error.kind), []).append(error.shown)
        spread = (found[:: max(1, len(found) // limit)][:limit] for found in kinds.values()) if limit else ()
        return [shown for found in spread for shown in found]


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
    sentence = result.sentences.setdefault(row.sentence, len(result.sentences))
    checks = (
        ("negation", row.negation, row.negation == "negated", context.assertion is Assertion.ABSENT),
        ("historical", row.temporality, row.temporality == "historical", context.temporality is Temporality.HISTORICAL),
        ("experiencer", row.experiencer, row.experiencer != "patient", context.experiencer is not Experiencer.PATIENT),
    )
    for axis, label, expected, got in checks:
        if not label or not (expected or got):
            continue
        kind = 0 if expected and got else 1 if got else 2
        result.counts[axis].setdefault(sentence, [0, 0, 0])[kind] += 1
        if kind:
            result.wrong.append(_error(row, span, context, axis=axis, label=label, is_missed=expected))


def _error(
    row: NegexRow, span: tuple[int, int] | None, context: Context, *, axis: str, label: str, is_missed: bool
) -> _Error:
    begin, end = span or (0, 0)
    around = f"{row.sentence[max(0, begin - 90) : begin]}{{{row.sentence[begin:end]}}}{row.sentence[end : end + 60]}"
    cause = next((cue.rule for cue in context.cues if cue.axis is _AXIS_OF[axis]), "no cue" if span else "unplaced")
    cues = ", ".join(cue.rule for cue in context.cues) or "no cue"
    got = "the rest" if is_missed else axis
    shown = f"{axis}: want {label}, got {got} [{cues}] line {row.line}: {around}"
    return _Error(axis, "MISSED" if is_missed else "WRONG", cause, shown)
