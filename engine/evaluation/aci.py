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
from engine.evaluation.coded import Answers, Coder
from engine.types import Chart, Document, Setting


@dataclass(slots=True)
class AciResult:
    """The suggestions beside the labels."""

    answers: Answers

    def to_json(self) -> dict[str, Any]:
        """Return exact and category micro scores."""
        scores = self.answers.scores()
        return {
            "corpus": "aci",
            "exact": scores["full"],
            "category": scores["category"],
            "map": scores["map"],
            "documents": scores["documents"],
        }

    def errors(self, limit: int) -> list[str]:
        """List wrong and missed codes."""
        return list(self.answers.errors(limit))


def evaluate(
    path: Path, code_chart: Coder, *, part: str = "note", tick: Callable[[int, int], None] = lambda done, total: None
) -> AciResult:
    """Code every visit of a file and compare; raises InputError on a file of another shape."""
    rows = [_read_row(line, number, part) for number, line in enumerate(_lines(path), 1)]
    answers = Answers({identifier: codes for identifier, _, codes in rows})
    for number, (identifier, text, _) in enumerate(rows):
        coded = code_chart(Chart(identifier, (Document(text),), setting=Setting.OUTPATIENT))
        kept = [s for s in coded.suggestions if s.system == "icd10cm"]
        answers.ranked[identifier] = [s.code for s in kept]
        for suggestion in kept:
            span = suggestion.evidence[0]
            shown = f"{text[max(0, span.begin - 50) : span.begin]}[{text[span.begin : span.end]}]{text[span.end : span.end + 50]}"
            answers.contexts[identifier, suggestion.code] = f"{suggestion.confidence:.2f} " + " ".join(shown.split())
        tick(number + 1, len(rows))
    return AciResult(answers)


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"corpus path: {path}: {error}", field="path") from None


def _read_row(line: str, number: int, part: str) -> tuple[str, str, set[str]]:
    try:
        row = json.loads(line)
        return str(row["encounter_id"]), str(row[part]), set(row["icd10cm"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"line {number}: got {type(error).__name__}, want encounter_id, {part} and icd10cm", field="path"
        ) from None
