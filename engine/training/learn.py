"""Learns a ranker from coded charts: files for a folder that the setting `ranker` can name, with their card.

Every chart is also coded by a ranker that has not seen it (five folds), and what that suggests is what confidence is
fitted to and what the card reports. Deterministic by seed: the same charts give the same bytes on one machine.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from codesets.types import System
from engine.errors import ArtifactError, InputError
from engine.evaluation.coded import all_candidates, rank_codes, surest_findings
from engine.evaluation.reliability import Judgement
from engine.live import Live
from engine.rank.calibration import Calibration, Curve
from engine.rank.document_ranker import FOLDER, DocumentRanker
from engine.rank.document_rows import FEATURES, Title
from engine.rank.ranker_folder import (
    CALIBRATION,
    CARD,
    FILES,
    MANIFEST,
    MODEL,
    PRECEDENTS,
    RATES,
    REASONS,
    manifest_text,
    read_files,
)
from engine.training.calibrate import fit_curves
from engine.training.charts import LabelledChart
from engine.training.examples import FOLDS, Example, GoldReader, fold_of
from engine.training.fit import Recipe, crossed_rows, grow, learn_from
from engine.training.graph import probability_graph, read_trees, reasons_graph
from engine.types import Setting

_CM = System.ICD10CM.value
# With fewer charts trees would learn them by heart.
LEAST_CHARTS = 50
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Answered:
    """A chart as coded by a ranker that has not seen it: all codes that are read, best first, and what is suggested."""

    labelled: LabelledChart
    given: tuple[str, ...]
    offered: tuple[str, ...]
    judged: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned: the files, the charts it was learned from, and how unseen ones were answered."""

    files: dict[str, bytes]
    charts: Sequence[LabelledChart]
    answered: Sequence[Answered]
    curves: Sequence[Curve]
    recipe: Recipe
    rows: int


def learn(live: Live, charts: Sequence[LabelledChart], recipe: Recipe, tell: Tell) -> Learned:
    """Learn trees, rates, precedents and confidence; raises InputError on too few charts or none of them coded."""
    if len(charts) < LEAST_CHARTS:
        raise InputError(
            f"charts: got {len(charts)}, want {LEAST_CHARTS} or more; with fewer, fit confidence alone", field="charts"
        )
    with threadpool_limits(limits=1):
        examples = read_examples(live, charts)
        answered: list[Answered] = []
        for fold in range(FOLDS):
            tell(f"learning without part {fold + 1} of {FOLDS}")
            seen = [example for example in examples if example.fold != fold]
            left_out = [chart for chart in charts if fold_of(chart.chart.chart_id) == fold]
            if left_out:
                files, _ = fit_files(seen, live.pipeline.title, recipe)
                answered += answer(live, DocumentRanker(files), left_out)
        tell("learning from all")
        files, rows = fit_files(examples, live.pipeline.title, recipe)
    curves = _curves(charts, answered)
    files[CALIBRATION] = Calibration(curves).to_text().encode()
    return Learned(files, charts, answered, curves, recipe, rows)


def calibrate(live: Live, charts: Sequence[LabelledChart], folder: Path = FOLDER) -> Learned:
    """Fit confidence alone, and keep the trees, rates and precedents of a folder, which must not know the charts."""
    files = dict(read_files(folder, FEATURES))
    known = Calibration.of_text(files[CALIBRATION].decode())
    answered = answer(live, DocumentRanker({**files, CALIBRATION: b""}), charts)
    fitted = {(curve.system, curve.setting): curve for curve in _curves(charts, answered)}
    kept = {(curve.system, curve.setting): curve for curve in known.curves}
    fresh = {key: curve for key, curve in fitted.items() if curve.charts}
    curves = [{**kept, **fresh}[key] for key in sorted({**kept, **fresh})]
    files[CALIBRATION] = Calibration(curves).to_text().encode()
    return Learned(files, charts, answered, curves, Recipe(), 0)


def _curves(charts: Sequence[LabelledChart], answered: Sequence[Answered]) -> list[Curve]:
    settings = Counter(chart.chart.setting.value for chart in charts)
    sources = ", ".join(sorted({chart.source for chart in charts}))
    return fit_curves((one for of in answered for one in of.judged), dict(settings), sources)


def read_examples(live: Live, charts: Sequence[LabelledChart]) -> list[Example]:
    """Read the documents as the ranker will see them."""
    pipeline = live.pipeline
    readers: dict[Callable[[str], str], GoldReader] = {}
    examples: list[Example] = []
    for labelled in charts:
        reader = readers.setdefault(labelled.write, GoldReader(live.releases.release(System.ICD10CM), labelled.write))
        for document in labelled.chart.documents:
            mentions = tuple(pipeline.rank_mentions(document))
            candidates = {candidate.code for *_, ranked in mentions for candidate in ranked}
            right = reader.right_codes(candidates, labelled.diagnoses)
            examples.append(Example(mentions, right, fold_of(labelled.chart.chart_id)))
    return examples


def fit_files(examples: Sequence[Example], title: Title, recipe: Recipe) -> tuple[dict[str, bytes], int]:
    """Return the files of a ranker without calibration, and how many rows it was grown from."""
    rows, labels = crossed_rows(examples, title, recipe)
    if not labels.any() or labels.all():
        raise InputError("charts: got none whose codes are read in its text, want coded charts", field="charts")
    model = grow(rows, labels, recipe)
    trees, baseline = read_trees(model), float(model._baseline_prediction[0, 0])
    known = learn_from(examples, recipe)
    files = {
        MODEL: probability_graph(trees, baseline),
        REASONS: reasons_graph(trees, baseline),
        RATES: known.rates.to_text().encode(),
        PRECEDENTS: known.precedents.to_text().encode(),
        CALIBRATION: b"",
    }
    return files, len(labels)


def answer(live: Live, ranker: DocumentRanker, charts: Sequence[LabelledChart]) -> list[Answered]:
    """Code charts with a ranker and judge what it suggests."""
    pipeline = live.pipeline_with(ranker)
    systems = pipeline.loaded_systems()
    answered: list[Answered] = []
    for labelled in charts:
        is_unsaid = labelled.chart.setting is Setting.UNSPECIFIED and bool(labelled.procedures)
        coded = pipeline.code(replace(labelled.chart, systems=systems if is_unsaid else ()))
        setting = labelled.chart.setting.value
        judged = tuple(
            Judgement(one.system, setting, one.code, one.confidence, labelled.is_right(one.system, one.code))
            for one in coded.suggestions
            if one.system == _CM or labelled.procedures
        )
        found = [finding for finding in coded.findings if finding.codes[0].system == _CM]
        given = rank_codes(surest_findings(found))
        answered.append(Answered(labelled, tuple(given), tuple(all_candidates(found)), judged))
    return answered


def write_folder(folder: Path, files: dict[str, bytes], card: str) -> None:
    """Write a ranker's folder, the manifest last; raises ArtifactError if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        for name in FILES:
            (folder / name).write_bytes(files[name])
        (folder / CARD).write_text(card, encoding="utf-8")
        (folder / MANIFEST).write_text(manifest_text(files, FEATURES), encoding="utf-8")
    except OSError as error:
        raise ArtifactError(f"ranker {folder}: cannot be written: {error.strerror}") from None
