"""CodiEsp (CLEF eHealth 2020): coded case reports, on the corpus's official English translation.

Format: a folder with `text_files_en/*.txt` and `*D.tsv`, `*P.tsv` (article, code). Tracks D (diagnoses,
ICD-10-CM) and P (procedures, ICD-10-PCS) of about the 2018 edition; by the track's conventions codes are compared
without case, and a category is the first three characters (P: four).
Every mention is coded in this corpus, so what is compared is the findings, not the claim.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesets.types import System
from engine.errors import InputError
from engine.evaluation.coded import Answers, Coder, in_context, present_findings, rank_codes
from engine.types import Chart, Document

_TRACKS = {"D": (System.ICD10CM.value, 3), "P": (System.ICD10PCS.value, 4)}


@dataclass(slots=True)
class CodiEspResult:
    """The answers on both tracks."""

    tracks: dict[str, Answers]

    def to_json(self) -> dict[str, Any]:
        """Return the scores of track D at the top level and those of P beside them."""
        diagnoses = self.tracks["D"].scores(_TRACKS["D"][1])
        return {"corpus": "codiesp", **diagnoses, "procedures": self.tracks["P"].scores(_TRACKS["P"][1])}

    def errors(self, limit: int) -> list[str]:
        """List wrong and missed diagnoses in context."""
        return list(self.tracks["D"].errors(limit))


def evaluate(path: Path, code_chart: Coder, *, tick: Callable[[int, int], None] = lambda done, total: None) -> CodiEspResult:
    """Code every document of a CodiEsp folder and compare; raises InputError on a folder of another shape."""
    texts = sorted((path / "text_files_en").glob("*.txt"))
    if not texts:
        raise InputError(f"corpus path: got {path} without text_files_en/*.txt, want a CodiEsp split", field="path")
    tracks = {track: Answers(read_gold(path, track, {text.stem for text in texts})) for track in _TRACKS}
    for number, file in enumerate(texts):
        text = file.read_text(encoding="utf-8")
        coded = code_chart(Chart(file.stem, (Document(text, kind="case report"),)))
        for track, (system, _) in _TRACKS.items():
            found = [f for f in coded.findings if f.codes[0].system == system]
            best = present_findings(found)
            answers = tracks[track]
            answers.ranked[file.stem] = [code.lower() for code in rank_codes(best)]
            answers.contexts.update({(file.stem, code.lower()): in_context(text, f) for code, (_, f) in best.items()})
        tick(number + 1, len(texts))
    return CodiEspResult(tracks)


def same_code(ours: str, theirs: str) -> bool:
    """Whether a code of ours is the gold's, by the track's conventions."""
    return ours.lower() == theirs.lower()


def read_gold(path: Path, track: str, documents: set[str]) -> dict[str, set[str]]:
    """Read the codes of each document of a track, in small letters; raises InputError on a file of another shape."""
    files = sorted(path.glob(f"*{track}.tsv"))
    if len(files) != 1:
        raise InputError(f"corpus path: got {len(files)} files *{track}.tsv in {path}, want one", field="path")
    gold: dict[str, set[str]] = {}
    for number, line in enumerate(files[0].read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split("\t")
        if not line.strip():
            continue
        if len(cells) < 2:
            raise InputError(f"{files[0].name} line {number}: got {len(cells)} cells, want article and code", field="path")
        if cells[0] in documents:
            gold.setdefault(cells[0], set()).add(cells[1].strip().lower())
    return gold
