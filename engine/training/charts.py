"""Coded charts to learn from: the user's own as JSON lines, and CodiEsp's case reports."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesets.types import System
from engine.errors import InputError
from engine.evaluation.coded import read_corpus_file
from engine.evaluation.codiesp import as_annotated, read_gold
from engine.types import Chart, Document, Setting

Writer = Callable[[str], str]
_CM = System.ICD10CM.value
_PROCEDURE = 7


@dataclass(frozen=True, slots=True)
class LabelledChart:
    """A chart with the codes it was given, and how they are written.

    `diagnoses` are put through `write`; `procedures` are in small letters and may stop at the body part.
    """

    chart: Chart
    diagnoses: frozenset[str]
    procedures: frozenset[str]
    write: Writer
    source: str

    def is_right(self, system: str, code: str) -> bool:
        """Whether a code is one of the chart's."""
        if system == _CM:
            return self.write(code) in self.diagnoses
        return any(code.lower().startswith(given) for given in self.procedures)


def bare(code: str) -> str:
    """Write a code without its dot, in capitals."""
    return code.strip().upper().replace(".", "")


def read_charts(path: Path) -> list[LabelledChart]:
    """Read JSON lines of {"chart_id", "documents": [{"text", "kind"}], "setting", "codes"}.

    `kind` and `setting` may be left out. Raises InputError that names the line and the field, never what it holds.
    """
    charts: dict[str, LabelledChart] = {}
    # Not splitlines: a note may hold other line separators than the one between records.
    for number, line in enumerate(read_corpus_file(path).split("\n"), 1):
        if line.strip():
            chart = _read_line(line, f"{path.name} line {number}")
            if chart.chart.chart_id in charts:
                raise InputError(
                    f"{path.name} line {number}: chart_id: got one that stands there already", field="charts"
                )
            charts[chart.chart.chart_id] = chart
    if not charts:
        raise InputError(f"charts: got {path.name} without a chart, want JSON lines", field="charts")
    return list(charts.values())


def _read_line(line: str, place: str) -> LabelledChart:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise _wrong(place, "it", "a JSON object") from None
    if not isinstance(row, dict):
        raise _wrong(place, "it", "a JSON object")
    chart_id, setting, codes = row.get("chart_id"), row.get("setting", "UNSPECIFIED"), row.get("codes")
    if not isinstance(chart_id, str) or not chart_id:
        raise _wrong(place, "chart_id", "text")
    if not isinstance(setting, str) or setting not in Setting.__members__:
        raise _wrong(place, "setting", f"one of {', '.join(Setting)}")
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise _wrong(place, "codes", "a list of codes")
    chart = Chart(chart_id, _read_documents(row.get("documents"), place), setting=Setting(setting))
    written = frozenset(map(bare, codes))
    procedures = frozenset(code.lower() for code in written if len(code) == _PROCEDURE)
    return LabelledChart(chart, written, procedures, bare, "charts")


def _read_documents(rows: Any, place: str) -> tuple[Document, ...]:
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise _wrong(place, "documents", "a list of objects with text and kind")
    texts = [(row.get("text"), row.get("kind", "")) for row in rows]
    if not all(isinstance(text, str) and text and isinstance(kind, str) for text, kind in texts):
        raise _wrong(place, "documents", "text, and kind as text if it is given")
    return tuple(Document(text, kind=kind) for text, kind in texts)


def _wrong(place: str, field: str, want: str) -> InputError:
    return InputError(f"{place}: {field}: got something else, want {want}", field="charts")


def read_codiesp(folder: Path) -> list[LabelledChart]:
    """Read a split of CodiEsp (engine/evaluation/codiesp.py says how it is coded)."""
    texts = sorted((folder / "text_files_en").glob("*.txt"))
    if not texts:
        raise InputError(f"codiesp: got {folder} without text_files_en/*.txt, want a CodiEsp split", field="codiesp")
    names = {text.stem for text in texts}
    diagnoses = read_gold(folder, "D", names, as_annotated)
    procedures = read_gold(folder, "P", names, str.lower)
    return [
        LabelledChart(
            Chart(text.stem, (Document(read_corpus_file(text), kind="case report"),)),
            frozenset(diagnoses.get(text.stem, ())),
            frozenset(procedures.get(text.stem, ())),
            as_annotated,
            "CodiEsp",
        )
        for text in texts
    ]
