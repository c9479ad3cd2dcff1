"""Lays the results out: sheets of rows, as Markdown for the results folder and as tables for the terminal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE
from rich.table import Table

from engine.evaluation.bootstrap import Estimate, Measure, estimate, f1_of, precision_of, recall_of
from engine.evaluation.chapters import CHAPTERS
from engine.evaluation.tally import Tally
from tools.accuracy.ablation import SHOWN, Worth
from tools.accuracy.corpora import Measured
from tools.accuracy.lines import Line
from tools.accuracy.previous import Previous

_FEW = 5
_RARE = 0.01


@dataclass(frozen=True)
class Sheet:
    """A table with a word of explanation; the first `labels` columns are text, the rest numbers."""

    title: str
    about: str
    labels: int
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    marked: frozenset[int] = frozenset()

    def to_markdown(self) -> str:
        """Write the sheet as a section of a page."""
        ruler = ["---"] * self.labels + ["--:"] * (len(self.headings) - self.labels)
        lines = (f"| {' | '.join(cells)} |" for cells in (self.headings, ruler, *self.rows))
        return "\n".join([f"## {self.title}", "", self.about, "", *lines, ""])

    def to_table(self) -> Table:
        """Write the sheet for a terminal; marked rows are red."""
        table = Table(title=self.title, box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
        for number, heading in enumerate(self.headings):
            table.add_column(heading, justify="left" if number < self.labels else "right", no_wrap=True)
        for number, row in enumerate(self.rows):
            table.add_row(*row, style="red" if number in self.marked else None)
        return table


def headline_sheet(lines: Sequence[Line], previous: str) -> Sheet:
    """Lay out the figures with intervals, targets and the previous ones."""
    rows = [
        (
            line.corpus,
            line.measure,
            _ranged(line.precision),
            _ranged(line.recall),
            _ranged(line.figure),
            _number(line.before),
            _change(line.change),
            _number(line.target),
            str(line.documents),
        )
        for line in lines
    ]
    about = (
        "Figure: F1, or MAP; in brackets 95 % confidence intervals over documents (negex: sentences) drawn anew. "
        f"Before: {previous}; the change is paired, and has a star where its interval leaves out nought."
    )
    headings = ("corpus", "measure", "P", "R", "figure", "before", "change", "want", "n")
    missed = frozenset(number for number, line in enumerate(lines) if line.is_missed)
    return Sheet("Accuracy", about, 2, headings, rows, missed)


def cause_sheet(measured: Mapping[str, Measured]) -> Sheet:
    """Lay out what answers were lost to; causes that count for little are added up."""
    rows: list[tuple[str, ...]] = []
    for corpus, found in measured.items():
        for kind, causes in found.scores["causes"].items():
            total = sum(causes.values())
            many = {cause: count for cause, count in causes.items() if count >= _RARE * total}
            if total > sum(many.values()):
                many[f"{len(causes) - len(many)} rarer"] = total - sum(many.values())
            rows += [(corpus, kind, cause, str(count), f"{count / total:.1%}") for cause, count in many.items()]
    about = "Each missed code by the last stage that had it, each wrong one by whether its category is wanted."
    return Sheet("What was lost, and to what", about, 3, ("corpus", "error", "cause", "count", "part"), rows)


def chapter_sheet(measured: Mapping[str, Measured], previous: Previous) -> Sheet:
    """Lay out full codes by chapter."""
    rows: list[tuple[str, ...]] = []
    for corpus, found in measured.items():
        for chapter in (chapter for chapter in CHAPTERS if chapter in found.chapters):
            of_chapter = found.chapters[chapter]
            before = previous.score("chapters", corpus, chapter)
            figures = (_figure(of_chapter, figure) for figure in (precision_of, recall_of, f1_of))
            rows.append((corpus, chapter, *_counts(of_chapter), *figures, _number(before.f1 if before else None)))
    headings = ("corpus", "chapter", "right", "wrong", "missed", "P", "R", "F1", "F1 before")
    return Sheet("By chapter of ICD-10-CM", "Full codes.", 2, headings, rows)


def section_sheet(measured: Mapping[str, Measured], previous: Previous) -> Sheet:
    """Lay out full codes by section; most of what was missed was never located, so there is no recall."""
    rows: list[tuple[str, ...]] = []
    for corpus, found in measured.items():
        for section, of_section in sorted(found.sections.items(), key=lambda item: (-_size(item[1]), item[0])):
            if _size(of_section) < _FEW:
                continue
            before = previous.score("sections", corpus, section)
            earlier = _number(before.precision) if before and before.right + before.wrong else ""
            rows.append((corpus, section, *_counts(of_section), _figure(of_section, precision_of), earlier))
    about = f"Where a code was read, or a missed one last seen; sections with {_FEW} codes or more."
    headings = ("corpus", "section", "right", "wrong", "missed", "P", "P before")
    return Sheet("By section of the evidence", about, 2, headings, rows)


def ablation_sheet(worths: Sequence[Worth], parts: Mapping[str, str], lines: Sequence[Line]) -> Sheet:
    """Lay out what each part is worth."""
    whole = {(line.corpus, line.measure): line.figure.value for line in lines}
    changes = {(worth.without, worth.corpus, worth.measure): worth.change for worth in worths}
    rows = [("nothing left out", *(f"{whole[key]:.3f}" for key in SHOWN))]
    rows += [(part, *(_change(changes.get((part, *key))) for key in SHOWN)) for part in parts]
    about = "Change of each figure when a part is left out (`chartcoder --without`), paired. Without:\n\n" + "\n".join(
        f"- `{part}`: {what}" for part, what in parts.items()
    )
    headings = ("without", *(f"{corpus} {name}" for corpus, name in SHOWN))
    return Sheet("Ablation", about, 1, headings, rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _ranged(found: Estimate | None) -> str:
    return "" if found is None else f"{found.value:.3f} [{found.low:.3f} {found.high:.3f}]"


def _change(found: Estimate | None) -> str:
    if found is None:
        return ""
    star = "*" if found.low > 0 or found.high < 0 else ""
    return f"{found.value:+.3f}{star} [{found.low:+.3f} {found.high:+.3f}]" if found.low < found.high else "0"


def _size(of_label: Tally) -> int:
    return int((of_label.wanted + of_label.wrong).sum())


def _counts(of_label: Tally) -> tuple[str, str, str]:
    score = of_label.score()
    return str(score.right), str(score.wrong), str(score.missed)


def _figure(of_label: Tally, figure: Callable[[Tally], Measure]) -> str:
    """Return a figure with its interval, "" for the precision of nothing."""
    is_of_nothing = figure is precision_of and not (of_label.right + of_label.wrong).any()
    return "" if is_of_nothing else _ranged(estimate(figure(of_label), len(of_label.right)))
