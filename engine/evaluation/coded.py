"""What every corpus of coded documents shares: gold, answers, the measures over them and the errors to read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.evaluation.metrics import mean_average_precision, score_sets
from engine.types import Assertion, Chart, CodedChart, Experiencer, Finding

Coder = Callable[[Chart], CodedChart]
NOT_STATED = (Assertion.ABSENT, Assertion.CONDITIONAL, Assertion.HYPOTHETICAL)
_REACH = 60


@dataclass(slots=True)
class Answers:
    """The codes given for each document of a corpus, best first, beside the gold."""

    gold: dict[str, set[str]]
    ranked: dict[str, list[str]] = field(default_factory=dict)
    contexts: dict[tuple[str, str], str] = field(default_factory=dict)

    def scores(self, category_length: int = 3) -> dict[str, Any]:
        """Return micro P/R/F1 on full codes and on categories, and MAP."""
        categories = {doc: {code[:category_length] for code in codes} for doc, codes in self.gold.items()}
        given = {doc: {code[:category_length] for code in codes} for doc, codes in self.ranked.items()}
        return {
            "full": score_sets(self.gold, self.ranked).to_json(),
            "category": score_sets(categories, given).to_json(),
            "map": round(mean_average_precision(self.gold, self.ranked), 4),
            "documents": len(self.gold),
        }

    def errors(self, limit: int) -> Iterator[str]:
        """Yield up to `limit` wrong codes with their text, then as many missed ones, spread over the documents."""
        wrong = [
            f"WRONG  {doc}  {code}  {self.contexts.get((doc, code), '')}"
            for doc, codes in sorted(self.ranked.items())
            for code in codes
            if code not in self.gold.get(doc, set())
        ]
        missed = [
            f"MISSED {doc}  {code}"
            for doc, codes in sorted(self.gold.items())
            for code in sorted(codes - set(self.ranked.get(doc, ())))
        ]
        for lines in (wrong, missed):
            step = max(1, len(lines) // limit) if limit else 1
            yield from lines[::step][:limit]


def present_findings(findings: Sequence[Finding]) -> dict[str, tuple[float, Finding]]:
    """Return the codes of what the patient has or had, each with its best score and the finding that gave it.

    An unresolved abbreviation answers nothing.
    """
    best: dict[str, tuple[float, Finding]] = {}
    for finding in findings:
        context = finding.mention.context
        is_patients = context.experiencer is Experiencer.PATIENT and context.assertion not in NOT_STATED
        if finding.is_unresolved or not is_patients:
            continue
        top = finding.codes[0]
        if top.code not in best or best[top.code][0] < top.score:
            best[top.code] = (top.score, finding)
    return best


def rank_codes(best: Mapping[str, tuple[float, Finding]]) -> list[str]:
    """Order codes by score, then by code."""
    return sorted(best, key=lambda code: (-best[code][0], code))


def in_context(text: str, finding: Finding) -> str:
    """Show a finding in its text, on one line; for a developer's eyes only."""
    begin, end = finding.mention.begin, finding.mention.end
    shown = f"{text[max(0, begin - _REACH) : begin]}[{text[begin:end]}]{text[end : end + _REACH]}"
    return " ".join(shown.split()) + f"  ({finding.codes[0].origin}, {finding.codes[0].score:.2f})"


def read_corpus_file(path: Path) -> str:
    """Return the text of a file of a corpus; raises InputError if it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"corpus path: {path}: {error.strerror}", field="path") from None
    except UnicodeDecodeError as error:
        raise InputError(f"corpus path: {path}: got bytes that are not UTF-8 at {error.start}", field="path") from None
