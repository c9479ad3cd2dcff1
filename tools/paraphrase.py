"""Description to code on paraphrased titles: python -m tools.paraphrase.

Titles of billable ICD-10-CM codes are put in other words by rule, and some by hand (paraphrases.tsv); the engine reads
each as a note of one line, and its likeliest finding is compared with the code. Codes are held out: their SHA-256 puts
half of them in the half that is reported, and the rules were written before either half was read. Verbatim titles stand
beside it: a dictionary of titles answers them by construction, so they prove nothing. GPT-4 by itself gave the
exact code for 33.9 % of ICD-10-CM titles (Soroush et al., NEJM AI 2024).
Only figures are written: bench/results/paraphrase-<date>-<commit>.md.
"""

import argparse
import hashlib
import random
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.report import RESULTS, read_commit
from codesets.snapshot import Snapshot
from codesets.types import System
from engine.config import Config, default_directory
from engine.evaluation.bootstrap import estimate, mean_of
from engine.live import Live
from engine.pipeline import Pipeline
from engine.types import Chart, Document

BY_HAND = Path(__file__).with_name("paraphrases.tsv")
SAMPLE, SEED = 1000, 20261125
# Said instead of the words of a title, in this order.
RULES = tuple(
    (re.compile(pattern, re.IGNORECASE), said)
    for pattern, said in (
        (r", unspecified\b|\bunspecified |, not elsewhere classified|, initial encounter", ""),
        (r"\bmalignant neoplasm of\b", "cancer of"),
        (r"\bsecondary cancer of\b", "metastasis to"),
        (r"\bbenign neoplasm of\b", "benign tumor of"),
        (r"\bdue to\b", "caused by"),
        (r"\bwithout\b", "with no"),
        (r"\bacquired absence of\b", "has lost"),
        (r"\bpersonal history of\b", "previously had"),
        (r"\bdisplaced (.*)fracture of\b", r"broken, displaced \1"),
        (r"\bfracture of\b", "broken"),
        (r"\blaceration (with|without|with no) foreign body of\b", r"cut \1 foreign body of"),
        (r"\bcontusion of\b", "bruise of"),
        (r"\b(right|left) (\w+(?: \w+)?)$", r"\2 on the \1"),
        (r"^(\w+) of (?:the )?([\w ]+)$", r"\2 \1"),
        (r"^(\w+) ([\w ]+), (\w+)$", r"\3 \1 \2"),
    )
)


def paraphrase(title: str) -> str:
    """Say a title in other words, as far as the rules go; the title itself where none holds."""
    said = title
    for pattern, other in RULES:
        said = pattern.sub(other, said)
    return " ".join(said.split())


def is_reported(code: str) -> bool:
    """Whether a code is in the half that is reported; the other is for work on rules."""
    return hashlib.sha256(code.encode()).digest()[0] % 2 == 1


def by_rule(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Return codes that are held out, drawn by chance, each with its paraphrase if that differs from the title."""
    codes = sorted(code for code in snapshot.codes() if snapshot.is_billable(code) and is_reported(code))
    said = ((code, paraphrase(snapshot.title(code))) for code in random.Random(SEED).sample(codes, SAMPLE))
    return [(code, words) for code, words in said if words.lower() != snapshot.title(code).lower()]


def by_hand() -> list[tuple[str, str]]:
    """Return the paraphrases written by hand."""
    lines = BY_HAND.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [(code, words) for code, words in pairs]


def first_code(pipeline: Pipeline, words: str) -> str:
    """Return the likeliest code of a line, "" if nothing is read; of equals that of the longest mention."""
    findings = pipeline.code(Chart("title", (Document(f"{words}."),))).findings
    best = max(findings, key=lambda one: (one.mention.end - one.mention.begin, one.codes[0].score), default=None)
    return best.codes[0].code if best else ""


def row(name: str, pairs: Sequence[tuple[str, str]], pipeline: Pipeline) -> str:
    """Measure pairs of code and words: exact, category, nothing read."""
    read = [(code, first_code(pipeline, words)) for code, words in pairs]
    exact = _share(code == found for code, found in read)
    category = _share(code[:3] == found[:3] for code, found in read)
    return f"| {name} | {len(read)} | {exact} | {category} | {_share(not found for _, found in read)} |"


def _share(held: Iterable[bool]) -> str:
    values = np.array(list(held), dtype=np.float64)
    found = estimate(mean_of(values), len(values))
    return f"{found.value:.3f} [{found.low:.3f} {found.high:.3f}]"


def main() -> int:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.paraphrase", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, default=default_directory())
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    live = Live.open(Config(home=given.home))
    snapshot = live.releases.release(System.ICD10CM)
    ruled = by_rule(snapshot)
    verbatim = [(code, snapshot.title(code)) for code, _ in ruled]
    day, commit = datetime.now(UTC).date().isoformat(), read_commit()
    page = [
        *(f"# Paraphrased titles, {day}, commit {commit}", "", (__doc__ or "").split("\n\n")[1], ""),
        *("| | titles | exact | category | nothing read |", "|---|--:|--:|--:|--:|"),
        row("by rule", ruled, live.pipeline),
        row("by hand", by_hand(), live.pipeline),
        row("the same titles verbatim (by construction)", verbatim, live.pipeline),
        "",
    ]
    path = given.results / f"paraphrase-{day}-{commit.removesuffix('+')}.md"
    path.write_text("\n".join(page), encoding="utf-8")
    print(path.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
