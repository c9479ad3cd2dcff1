"""The card of a learned ranker: what it rests on, how it answered charts it had not seen, how to make it again."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from engine.evaluation.chapters import CHAPTERS, chapter_of
from engine.evaluation.metrics import Score, average_precisions
from engine.evaluation.reliability import Judgement, by_label, precision_at_coverage, reliability
from engine.rank.calibration import Calibration, Curve
from engine.rank.document_rows import FEATURES
from engine.rank.ranker_folder import FILES
from engine.training.graph import OPSETS
from engine.training.learn import Answered, Learned

# What a code was seen in the charts learned from: names and the least number of charts.
_FREQUENCIES = (("never", 0), ("1 to 4 charts", 1), ("5 to 19 charts", 5), ("20 charts or more", 20))
_OWN_CM = "icd10cm"


def card_text(learned: Learned, command: str) -> str:
    """Write the card; `command` is what makes the folder again."""
    parts = [
        "# Model card: document ranker",
        _facts(learned, command),
        _accuracy(learned.answered),
        _by("By chapter of ICD-10-CM", learned.answered, lambda _, code: chapter_of(code.upper()), CHAPTERS),
        _by_frequency(learned.answered),
        _calibration(learned.curves, learned.answered),
        _weaknesses(learned),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(learned: Learned, command: str) -> str:
    sources = Counter(chart.source for chart in learned.charts)
    settings = Counter(chart.chart.setting.value for chart in learned.charts)
    size = sum(map(len, learned.files.values()))
    opsets = ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in OPSETS)
    grown = (
        f"{learned.recipe.rounds} boosted trees of up to {learned.recipe.leaves} leaves on {learned.rows} rows of "
        f"{len(FEATURES)} features; seed {learned.recipe.seed}"
        if learned.rows
        else "as in the folder it was made from; confidence alone was fitted"
    )
    rows = [
        ("made by", f"`{command}`"),
        ("charts", ", ".join(f"{name}: {count}" for name, count in sorted(sources.items()))),
        ("settings", ", ".join(f"{name}: {count}" for name, count in sorted(settings.items()))),
        ("trees", grown),
        ("size, opsets", f"{size // 1024} KiB, {opsets}"),
        *((f"SHA-256 of {name}", hashlib.sha256(learned.files[name]).hexdigest()) for name in FILES),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _accuracy(answered: Sequence[Answered]) -> str:
    gold = {one.labelled.chart.chart_id: one.labelled.diagnoses for one in answered if one.labelled.diagnoses}
    offered = {one.labelled.chart.chart_id: [*map(one.labelled.write, one.offered)] for one in answered}
    found = average_precisions(gold, offered)
    read = _score((set(map(one.labelled.write, one.given)), one.labelled.diagnoses) for one in answered)
    claim = _score((_suggested(one), one.labelled.diagnoses) for one in answered)
    rows = [("all that is read", read), ("what is suggested", claim)]
    lines = [f"| {name} | {one.precision:.3f} | {one.recall:.3f} | {one.f1:.3f} |" for name, one in rows]
    mean = sum(found) / len(found) if found else 0.0
    return "\n".join(
        [
            "## Charts that the ranker had not seen",
            "",
            "Each chart coded by a ranker learned from the other four parts. Diagnoses, full codes.",
            "",
            "| | P | R | F1 |",
            "|---|--:|--:|--:|",
            *lines,
            "",
            f"MAP over all candidates: {mean:.3f}.",
        ]
    )


def _suggested(one: Answered) -> set[str]:
    return {one.labelled.write(judged.code) for judged in one.judged if judged.system == _OWN_CM}


def _score(pairs: Iterable[tuple[set[str], frozenset[str]]]) -> Score:
    right = wrong = missed = 0
    for given, wanted in pairs:
        right, wrong, missed = right + len(given & wanted), wrong + len(given - wanted), missed + len(wanted - given)
    return Score(right, wrong, missed)


def _by(title: str, answered: Sequence[Answered], label: Callable[[Answered, str], str], order: Sequence[str]) -> str:
    counts: dict[str, list[int]] = {}
    for one in answered:
        given, wanted = set(map(one.labelled.write, one.given)), one.labelled.diagnoses
        for kind, codes in enumerate((given & wanted, given - wanted, wanted - given)):
            for code in codes:
                counts.setdefault(label(one, code), [0, 0, 0])[kind] += 1
    lines = [f"## {title}", "", "| | right | wrong | missed | P | R | F1 |", "|---|--:|--:|--:|--:|--:|--:|"]
    for name in (name for name in order if name in counts):
        score = Score(*counts[name])
        figures = f"{score.precision:.2f} | {score.recall:.2f} | {score.f1:.2f}"
        lines.append(f"| {name} | {score.right} | {score.wrong} | {score.missed} | {figures} |")
    return "\n".join(lines)


def _by_frequency(answered: Sequence[Answered]) -> str:
    # Of the charts of other folds: near enough to count all others.
    often = Counter(code for one in answered for code in one.labelled.diagnoses)

    def label(one: Answered, code: str) -> str:
        seen = often[code] - (code in one.labelled.diagnoses)
        return next(name for name, least in reversed(_FREQUENCIES) if seen >= least)

    names = [name for name, _ in _FREQUENCIES]
    return _by("By how many other charts have the code", answered, label, names)


def _calibration(curves: Sequence[Curve], answered: Sequence[Answered]) -> str:
    judged = [one for of in answered for one in of.judged]
    known = Calibration(curves)
    after = [replace(one, confidence=_confidence(known, one)) for one in judged]
    lines = [
        "## Confidence",
        "",
        "Suggestions for charts that the ranker had not seen; the curves were fitted to these same scores.",
        "",
        "| system, setting | suggestions | error | Brier | error before | precision of the surer half |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    labels = by_label(after, _group)
    before = by_label(judged, _group)
    for name, found in labels.items():
        half = precision_at_coverage([one for one in after if _group(one) == name], 0.5)
        errors = f"{found.error:.3f} | {found.brier:.3f} | {before[name].error:.3f}"
        lines.append(f"| {name} | {found.count} | {errors} | {half:.2f} |")
    whole = reliability(after)
    lines += [
        f"| all | {whole.count} | {whole.error:.3f} | {whole.brier:.3f} | {reliability(judged).error:.3f} | |",
        "",
    ]
    lines += ["| curve | intercept | slope | most | charts | rests on |", "|---|--:|--:|--:|--:|---|"]
    for curve in curves:
        numbers = f"{curve.intercept:.2f} | {curve.slope:.2f} | {curve.most:.2f} | {curve.charts}"
        lines.append(f"| {curve.system}, {curve.setting or 'any other setting'} | {numbers} | {curve.source} |")
    return "\n".join(lines)


def _confidence(known: Calibration, one: Judgement) -> float:
    return known.curve(one.system, one.setting).confidence(one.confidence)


def _group(one: Judgement) -> str:
    return f"{one.system}, {one.setting}"


def _weaknesses(learned: Learned) -> str:
    settings = ", ".join(sorted({chart.chart.setting.value for chart in learned.charts}))
    return (
        "## Known weaknesses\n\n"
        f"It knows charts of the settings {settings}; elsewhere confidence rests on what the table says. "
        "Conventions of those who coded the charts are in its rates. Codes that few charts have lean on their category "
        "and chapter. Sections and positions are not looked at. Siblings that no term named are offered as "
        "alternatives; one comes first only where it says less than what was read (engine/rank/siblings.py)."
    )
