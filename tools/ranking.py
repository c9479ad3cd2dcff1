"""What the document ranker is worth: python -m tools.ranking [--data FOLDER].

On CodiEsp dev: against the linear score over the same mentions, and against each source of candidates alone, with 95 %
intervals over documents drawn anew (paired where two are compared); by chapter and by how often a code was seen in
training; how many wanted codes stand among the first k candidates; calibration; and on visits, beside the linear score.
Only figures are written: bench/results/ranking-<date>-<commit>.md.
"""

import argparse
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.report import RESULTS, read_commit
from codesets.types import System
from engine.config import Config, default_directory
from engine.evaluation import aci
from engine.evaluation.bootstrap import Estimate, Measure, difference, estimate, f1_of, mean_of
from engine.evaluation.chapters import CHAPTERS, chapter_of
from engine.evaluation.coded import all_candidates, rank_codes, surest_findings
from engine.evaluation.codiesp import as_annotated, read_gold
from engine.evaluation.metrics import average_precisions
from engine.evaluation.reliability import precision_at_coverage, reliability
from engine.evaluation.tally import Tally, judge, tally
from engine.live import Live
from engine.pipeline import Pipeline
from engine.rank.document_ranker import FOLDER, SIBLING
from engine.rank.ranker_folder import RATES
from engine.types import Chart, Document, Finding
from tools.accuracy.corpora import GOLD

# Sources of candidates alone, each by what is left out of the engine (engine/switches.py).
ROUTES = {
    "our lexicon alone": ("document", "tabular"),
    "titles and inclusion terms alone": ("document", "lexicon", "abbreviations"),
}
DEPTHS = (1, 2, 3, 5, 10)
_SEEN = (("never", 0), ("1 to 4 documents", 1), ("5 or more", 5))

Gold = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Run:
    """Codes of each document: those given, all that were offered, and the findings."""

    given: dict[str, list[str]]
    offered: dict[str, list[str]]
    findings: dict[str, list[Finding]]


def code_split(folder: Path, pipeline: Pipeline) -> dict[str, list[Finding]]:
    """Return the findings of each document of a CodiEsp split."""
    found: dict[str, list[Finding]] = {}
    for text in sorted((folder / "text_files_en").glob("*.txt")):
        document = Document(text.read_text(encoding="utf-8"), kind="case report")
        found[text.stem] = pipeline.code(Chart(text.stem, (document,))).findings
    return found


def run_of(findings: dict[str, list[Finding]]) -> Run:
    """Return the codes of findings, as the corpus writes them."""
    given = {name: [*map(as_annotated, rank_codes(surest_findings(one)))] for name, one in findings.items()}
    offered = {name: [*map(as_annotated, all_candidates(one))] for name, one in findings.items()}
    return Run(given, offered, findings)


def measures(gold: Gold, run: Run) -> tuple[Measure, Measure]:
    """Return F1 and MAP of a run."""
    return f1_of(tally(judge(gold, run.given))), mean_of(np.array(average_precisions(gold, run.offered)))


def compare(gold: Gold, whole: Run, others: Mapping[str, Run]) -> list[str]:
    """Lay out each run beside the whole, on the same draws."""
    count = len(gold)
    f1, mean = measures(gold, whole)
    lines = ["| candidates and score | F1 | MAP | ranker better in F1 by | in MAP by |", "|---|--:|--:|--:|--:|"]
    lines.append(f"| document ranker | {_shown(estimate(f1, count))} | {_shown(estimate(mean, count))} | | |")
    for name, run in others.items():
        own_f1, own_mean = measures(gold, run)
        figures = [estimate(own_f1, count), estimate(own_mean, count)]
        gains = [difference(f1, own_f1, count), difference(mean, own_mean, count)]
        lines.append(f"| {name} | {' | '.join(map(_shown, (*figures, *gains)))} |")
    return lines


def _shown(found: Estimate) -> str:
    return f"{found.value:.3f} [{found.low:.3f} {found.high:.3f}]"


def split_by(gold: Gold, runs: Sequence[Run], groups: Mapping[str, Collection[str]]) -> list[str]:
    """Lay out F1 of the codes of each group, for the ranker and the linear score."""
    lines = ["| | wanted | ranker F1 | linear F1 |", "|---|--:|--:|--:|"]
    for name, codes in groups.items():
        tallies = [_of_codes(gold, run, codes) for run in runs]
        wanted = int(tallies[0].wanted.sum())
        if wanted:
            lines.append(f"| {name} | {wanted} | " + " | ".join(f"{one.score().f1:.3f}" for one in tallies) + " |")
    return lines


def _of_codes(gold: Gold, run: Run, codes: Collection[str]) -> Tally:
    wanted = {name: [code for code in of_name if code in codes] for name, of_name in gold.items()}
    given = {name: [code for code in of_name if code in codes] for name, of_name in run.given.items()}
    return tally(judge(wanted, given))


def by_chapter(codes: Collection[str]) -> dict[str, set[str]]:
    """Group codes by chapter."""
    return {chapter: {code for code in codes if chapter_of(code) == chapter} for chapter in CHAPTERS}


def by_frequency(codes: Collection[str], ranker: Path) -> dict[str, set[str]]:
    """Group codes by in how many training documents they were right."""
    right: dict[str, int] = {}
    for line in (ranker / RATES).read_text(encoding="utf-8").splitlines()[1:]:
        key, count, _ = line.split("\t")
        written = as_annotated(key) if len(key) > 1 else key
        right[written] = max(int(count), right.get(written, 0))
    groups: dict[str, set[str]] = {name: set() for name, _ in _SEEN}
    for code in codes:
        groups[next(name for name, least in reversed(_SEEN) if right.get(code, 0) >= least)].add(code)
    return groups


def recall_at(gold: Gold, run: Run, reachable: Gold) -> list[str]:
    """Lay out how many wanted codes stand among the first k candidates of some mention."""
    lines = ["| k | of all wanted | of those that are any mention's choice or sibling |", "|--:|--:|--:|"]
    wanted = sum(map(len, gold.values()))
    possible = sum(len(set(gold[name]) & set(reachable[name])) for name in gold)
    for depth in DEPTHS:
        found = 0
        for name, codes in gold.items():
            first = {as_annotated(one.code) for finding in run.findings[name] for one in finding.codes[:depth]}
            found += len(first & set(codes))
        lines.append(f"| {depth} | {found / wanted:.3f} | {found / possible:.3f} |")
    return lines


def reachable_codes(folder: Path, pipeline: Pipeline, run: Run) -> dict[str, set[str]]:
    """Return every choice of every mention before ranking, and the siblings that were offered."""
    found: dict[str, set[str]] = {}
    for name, findings in run.findings.items():
        document = Document((folder / "text_files_en" / f"{name}.txt").read_text(encoding="utf-8"), kind="case report")
        choices = {choice.code for one in pipeline.read_mentions(document) for choice in one.choices.options}
        siblings = {one.code for finding in findings for one in finding.codes if one.origin == SIBLING}
        found[name] = set(map(as_annotated, choices | siblings))
    return found


def visits(path: Path, pipelines: Mapping[str, Pipeline]) -> list[str]:
    """Lay out the suggestions for visits."""
    lines = ["| | exact F1 | category F1 | calibration error | Brier | precision of the surer half |"]
    lines.append("|---|--:|--:|--:|--:|--:|")
    for part in ("note", "dialogue"):
        for name, pipeline in pipelines.items():
            result = aci.evaluate(path, pipeline.code, part=part)
            found, judged = result.tallies(), result.judgements()
            count = len(found["exact"].right)
            figures = [_shown(estimate(f1_of(found[name]), count)) for name in ("exact", "category")]
            errors = reliability(judged)
            numbers = (errors.error, errors.brier, precision_at_coverage(judged, 0.5))
            lines.append(f"| {part}, {name} | {' | '.join([*figures, *(f'{number:.3f}' for number in numbers)])} |")
    return lines


def _open(home: Path, without: tuple[str, ...]) -> Pipeline:
    return Live.open(Config(home=home, systems=(System.ICD10CM.value,), without=without)).pipeline


def main() -> int:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.ranking", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=GOLD)
    parser.add_argument("--home", type=Path, default=default_directory())
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    folder = given.data / "codiesp" / "dev"
    whole, linear = _open(given.home, ()), _open(given.home, ("document",))
    texts = {text.stem for text in (folder / "text_files_en").glob("*.txt")}
    gold = read_gold(folder, "D", texts, as_annotated)
    run, plain = run_of(code_split(folder, whole)), run_of(code_split(folder, linear))
    routes = {name: run_of(code_split(folder, _open(given.home, without))) for name, without in ROUTES.items()}
    codes = {code for of_name in (*gold.values(), *run.given.values(), *plain.given.values()) for code in of_name}
    day, commit = datetime.now(UTC).date().isoformat(), read_commit()
    page = [
        *(f"# The document ranker, {day}, commit {commit}", "", "## CodiEsp dev, findings", ""),
        *compare(gold, run, {"linear score with priors": plain, **routes}),
        *("", "## First k candidates of a mention", "", *recall_at(gold, run, reachable_codes(folder, whole, run))),
        *("", "## By chapter", "", *split_by(gold, (run, plain), by_chapter(codes))),
        *("", "## By training documents where the code was right", ""),
        *split_by(gold, (run, plain), by_frequency(codes, FOLDER)),
        *("", "## Visits, suggestions", ""),
        *visits(given.data / "aci" / "dev.jsonl", {"ranker": whole, "linear": linear}),
        "",
    ]
    path = given.results / f"ranking-{day}-{commit.removesuffix('+')}.md"
    path.write_text("\n".join(page), encoding="utf-8")
    print(path.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
