"""Fits engine/procedures/priors.tsv on a CodiEsp split: python tools/fit_procedures.py FOLDER.

A prior says how much oftener than its origin leads to expect what is read as a beginning of a code (operation and body
part) was right; those read less than twice have none. The store (CHARTCODER_HOME) must hold a release of ICD-10-PCS.
"""

import math
import sys
from collections import Counter
from pathlib import Path

from engine.config import Config
from engine.evaluation.coded import rank_codes, surest_findings
from engine.evaluation.codiesp import procedure_as_annotated, read_gold
from engine.live import Live
from engine.pipeline import Pipeline
from engine.procedures.score import BY_ORIGIN, LENGTH, PRIORS
from engine.types import Candidate, Chart, Document

SMOOTHING = 3.0
AVERAGE = 0.45
LEAST = 2
FOR_BEGINNING = 0.5
HEADING = (
    "# beginning of a code, and its prior: 0.5 where what is read so is right as often as its origin leads to expect\n"
)


def main() -> int:
    folder = Path(sys.argv[1])
    texts = sorted((folder / "text_files_en").glob("*.txt"))
    gold = read_gold(folder, "P", {text.stem for text in texts}, str.lower)
    pipeline = Live.open(Config()).pipeline
    read: Counter[str] = Counter()
    right: dict[str, float] = {}
    expected: dict[str, float] = {}
    for text in (text for text in texts if text.stem in gold):
        for name, first in written_in(pipeline, text).items():
            beginning = first.code[:LENGTH]
            read[beginning] += 1
            right[beginning] = right.get(beginning, 0.0) + credit(name, gold[text.stem])
            expected[beginning] = expected.get(beginning, 0.0) + BY_ORIGIN[first.origin]
    priors = {code: prior(right[code], expected[code], read[code]) for code in sorted(read) if read[code] >= LEAST}
    PRIORS.write_text(HEADING + "".join(f"{code}\t{value:.3f}\n" for code, value in priors.items()), encoding="utf-8")
    print(f"{len(priors)} priors")
    return 0


def written_in(pipeline: Pipeline, text: Path) -> dict[str, Candidate]:
    """Return what is read in a document as the corpus writes it, each with its likeliest code."""
    document = Document(text.read_text(encoding="utf-8"), kind="case report")
    best = surest_findings(pipeline.code(Chart(text.stem, (document,), systems=("icd10pcs",))).findings)
    written: dict[str, Candidate] = {}
    for code in rank_codes(best):
        candidates = best[code][1].codes
        written.setdefault(procedure_as_annotated([one.code for one in candidates]), candidates[0])
    return written


def credit(name: str, gold: set[str]) -> float:
    """Return how right an answer is: wholly, or in its operation and body part alone."""
    if name in gold:
        return 1.0
    return FOR_BEGINNING if any(code[:LENGTH] == name[:LENGTH] for code in gold) else 0.0


def prior(right: float, expected: float, read: int) -> float:
    """Return the odds found over those expected, as a probability; both are smoothed towards the average."""
    return logistic(*(logit((count + SMOOTHING * AVERAGE) / (read + SMOOTHING)) for count in (right, expected)))


def logit(probability: float) -> float:
    """Return the log-odds of a probability."""
    return math.log(probability / (1 - probability))


def logistic(found: float, expected: float) -> float:
    """Return the probability at the difference of two log-odds."""
    return 1 / (1 + math.exp(expected - found))


if __name__ == "__main__":
    sys.exit(main())
