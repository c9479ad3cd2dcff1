"""ACI-Bench visits with ICD-10-CM labels: what belongs on the claim of a visit.

Format: JSON lines with `encounter_id`, `note`, `dialogue` and `icd10cm` (a list of codes). What is compared is the
suggestions for an outpatient visit, on the note (or the dialogue), in full and by three-character category.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.evaluation import reliability
from engine.evaluation.causes import Probe, place_of_evidence
from engine.evaluation.coded import Answers, Coder, read_corpus_file
from engine.evaluation.reliability import Judgement
from engine.evaluation.tally import Tally
from engine.types import Chart, Document, Setting


@dataclass(slots=True)
class AciResult:
    """The suggestions beside the labels."""

    answers: Answers
    probe: Probe | None = None

    def to_json(self) -> dict[str, Any]:
        """Return exact and category micro scores."""
        scores = self.answers.scores()
        return {
            "corpus": "aci",
            "exact": scores["full"],
            "category": scores["category"],
            "map": scores["map"],
            "documents": scores["documents"],
            "causes": self.answers.causes(),
            "calibration": reliability.to_json(self.judgements()),
        }

    def judgements(self) -> list[Judgement]:
        """Return how sure each suggestion was, and whether it is right."""
        return self.answers.judged_suggestions

    def tallies(self) -> dict[str, Tally]:
        """Count by visit, on exact codes and on categories."""
        found = self.answers.tallies()
        return {"exact": found["full"], "category": found["category"]}

    def errors(self, limit: int) -> list[str]:
        """List wrong and missed codes, up to `limit` of each cause."""
        return list(self.answers.errors(limit, self.probe))


def evaluate(
    path: Path,
    code_chart: Coder,
    *,
    part: str = "note",
    probe: Probe | None = None,
    tick: Callable[[int, int], None] = lambda done, total: None,
) -> AciResult:
    """Code every visit of a file and compare; raises InputError on a file of another shape.

    `probe` is asked why codes were missed.
    """
    rows = _read_rows(path, part)
    answers = Answers({identifier: codes for identifier, _, codes in rows})
    for number, (identifier, text, codes) in enumerate(rows):
        chart = Chart(identifier, (Document(text),), setting=Setting.OUTPATIENT)
        coded = code_chart(chart)
        kept = [s for s in coded.suggestions if s.system == "icd10cm"]
        answers.add(identifier, text, {s.code: place_of_evidence(coded, s.evidence[0], s.confidence) for s in kept})
        answers.judge_suggestions(chart, coded, codes.__contains__, "icd10cm")
        answers.explain(chart, coded, probe, is_claim=True)
        tick(number + 1, len(rows))
    return AciResult(answers, probe)


def _read_rows(path: Path, part: str) -> list[tuple[str, str, set[str]]]:
    rows: dict[str, tuple[str, str, set[str]]] = {}
    # Not splitlines: a note may hold other line separators than the one between records.
    for number, line in enumerate(read_corpus_file(path).split("\n"), 1):
        if not line.strip():
            continue
        row = _read_row(line, number, part)
        if row[0] in rows:
            raise InputError(f"line {number}: got an encounter_id that stands there already", field="path")
        rows[row[0]] = row
    if not rows:
        raise InputError(f"corpus path: got {path} without a record, want JSON lines", field="path")
    return list(rows.values())


def _read_row(line: str, number: int, part: str) -> tuple[str, str, set[str]]:
    try:
        row = json.loads(line)
        identifier, text, codes = row["encounter_id"], row[part], row["icd10cm"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"line {number}: got {type(error).__name__}, want encounter_id, {part} and icd10cm", field="path"
        ) from None
    are_codes = isinstance(codes, list) and all(isinstance(code, str) for code in codes)
    if not isinstance(text, str) or not are_codes:
        raise InputError(f"line {number}: want {part} to be text and icd10cm a list of codes", field="path")
    return str(identifier), text, set(codes)
