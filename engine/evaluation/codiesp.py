"""CodiEsp (CLEF eHealth 2020): coded case reports, on the corpus's official English translation.

Format: a folder with `text_files_en/*.txt` and `*D.tsv`, `*P.tsv` (article, code). Tracks D (diagnoses,
ICD-10-CM) and P (procedures, ICD-10-PCS) of the 2018 edition; codes are compared as the annotators wrote them (see
`as_annotated`), and a category is the first three characters (P: four).
Every mention is coded in this corpus, denied ones and those of relatives as often as others (train: 0.53 and 0.57 of
them, 0.62 of what is stated of the patient), so what is compared is all findings, not the claim; `stated` compares only
what is said of the patient and not denied. Precision, recall and F1 are of the first candidates that are likely enough
to suggest; MAP ranks all candidates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from codesets.icd10cm import dotted
from codesets.types import System
from engine.errors import InputError
from engine.evaluation import reliability
from engine.evaluation.causes import Place, Probe, Writer, place_of
from engine.evaluation.coded import Answers, Coder, all_candidates, rank_codes, read_corpus_file, surest_findings
from engine.evaluation.reliability import Judgement
from engine.evaluation.tally import Tally
from engine.types import Chart, Document, Finding

_OPERATION_AND_PART = 4
# Before FY2018 regional and local anesthetics were substances of their own, and one code had what since is an ECMO by
# its cannulation (CMS, ICD-10-PCS conversion table).
_PROCEDURES_BEFORE = {
    "3E0T3BZ": "3E0T3CZ",
    "3E0R3BZ": "3E0R3CZ",
    "5A1522F": "5A15223",
    "5A1522G": "5A15223",
    "5A1522H": "5A15223",
}
_TRACKS = {"D": (System.ICD10CM.value, 3), "P": (System.ICD10PCS.value, 4)}


@dataclass(slots=True)
class CodiEspResult:
    """The answers on both tracks."""

    tracks: dict[str, Answers]
    verbatim: Answers
    stated: Answers
    probe: Probe | None = None

    def to_json(self) -> dict[str, Any]:
        """Return track D's scores at the top level; beside them P's, and D's letter by letter and of what is stated."""
        diagnoses, procedures = self.tracks["D"].scores(), self.tracks["P"].scores()
        beside = {"verbatim": self.verbatim.scores(), "stated": self.stated.scores(), "procedures": procedures}
        beside["causes"] = self.answers.causes()
        beside["calibration"] = reliability.to_json(self.judgements())
        return {"corpus": "codiesp", **diagnoses, **beside}

    def judgements(self) -> list[Judgement]:
        """Return how sure each suggestion of either track was, and whether it is right."""
        return [one for answers in self.tracks.values() for one in answers.judged_suggestions]

    @property
    def answers(self) -> Answers:
        """The diagnoses."""
        return self.tracks["D"]

    def tallies(self) -> dict[str, Tally]:
        """Count diagnoses by document, on full codes and on categories."""
        return self.answers.tallies()

    def errors(self, limit: int) -> list[str]:
        """List wrong and missed diagnoses in context, up to `limit` of each cause."""
        return list(self.answers.errors(limit, self.probe))


def evaluate(
    path: Path,
    code_chart: Coder,
    *,
    probe: Probe | None = None,
    tick: Callable[[int, int], None] = lambda done, total: None,
    systems: tuple[str, ...] = (),
) -> CodiEspResult:
    """Code every document of a CodiEsp folder and compare; raises InputError on a folder of another shape.

    `probe` is asked why diagnoses were missed.
    """
    texts = sorted((path / "text_files_en").glob("*.txt"))
    if not texts:
        raise InputError(f"corpus path: got {path} without text_files_en/*.txt, want a CodiEsp split", field="path")
    names = {text.stem for text in texts}
    writers: dict[str, Writer] = {"D": as_annotated, "P": str.lower}
    tracks = {
        track: Answers(read_gold(path, track, names, writers[track]), length) for track, (_, length) in _TRACKS.items()
    }
    verbatim = Answers(read_gold(path, "D", names, str.lower))
    stated = Answers(tracks["D"].gold)
    for number, file in enumerate(texts):
        text = read_corpus_file(file)
        chart = Chart(file.stem, (Document(text, kind="case report"),), systems=systems)
        coded = code_chart(chart)
        for track, (system, _) in _TRACKS.items():
            tracks[track].judge_suggestions(
                chart, coded, _right_codes(tracks[track].gold.get(file.stem, set()), track), system
            )
            found = [f for f in coded.findings if f.codes[0].system == system]
            best = surest_findings(found)
            if track == "P":
                places = _procedure_places(best)
                tracks[track].add(file.stem, text, places, [*places, *_procedures_offered(best)])
                continue
            offered = all_candidates(found)
            tracks[track].add(file.stem, text, _places(best, as_annotated), [*map(as_annotated, offered)])
            verbatim.add(file.stem, text, _places(best, str.lower), [*map(str.lower, offered)])
            stated.add(file.stem, text, _places(surest_findings(found, stated=True), as_annotated))
        tracks["D"].explain(chart, coded, probe, write=as_annotated, is_claim=False)
        tick(number + 1, len(texts))
    return CodiEspResult(tracks, verbatim, stated, probe)


def _right_codes(gold: set[str], track: str) -> Callable[[str], bool]:
    """Return what tells whether a code is right: a procedure as far as the annotators wrote it."""
    if track == "D":
        return lambda code: as_annotated(code) in gold
    return lambda code: any(code.lower().startswith(label) for label in gold)


def _places(best: dict[str, tuple[float, Finding]], write: Writer) -> dict[str, Place]:
    """Return the codes as the corpus writes them, best first, each with the surest place."""
    places: dict[str, Place] = {}
    for code in rank_codes(best):
        places.setdefault(write(code), place_of(best[code][1]))
    return places


def _procedure_places(best: dict[str, tuple[float, Finding]]) -> dict[str, Place]:
    """Return the procedures as the corpus writes them, best first, each with the surest place."""
    places: dict[str, Place] = {}
    for code in rank_codes(best):
        finding = best[code][1]
        written = procedure_as_annotated([candidate.code for candidate in finding.codes])
        places.setdefault(written, place_of(finding))
    return places


def _procedures_offered(best: dict[str, tuple[float, Finding]]) -> list[str]:
    """Return the further candidates of the procedures: other body parts, and the codes that the text leaves open."""
    offered: list[str] = []
    for code in rank_codes(best):
        candidates = [candidate.code for candidate in best[code][1].codes]
        parts = dict.fromkeys(candidate[:_OPERATION_AND_PART] for candidate in candidates)
        offered += [procedure_as_annotated([one for one in candidates if one.startswith(part)]) for part in parts]
        offered += map(str.lower, candidates)
    return offered


def procedure_as_annotated(candidates: Sequence[str]) -> str:
    """Write a procedure as the corpus does, from the codes that it may be, the likeliest first.

    The annotators left out the axes after the body part where the text does not settle them ("abdominal CT" without
    its contrast is bw20), and wrote seven characters where it does or where there is but one code. Their edition rests
    on ICD-10-PCS 2016: what was merged or split since is written as it was.
    """
    first = candidates[0][:_OPERATION_AND_PART]
    codes = {_PROCEDURES_BEFORE.get(code, code) for code in candidates if code.startswith(first)}
    return (codes.pop() if len(codes) == 1 else first).lower()


@lru_cache(maxsize=1)
def _subdivided() -> frozenset[str]:
    path = Path(__file__).with_name("icd10cm_2016_subdivided.txt")
    return frozenset(
        line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    )


@lru_cache(maxsize=1)
def _before() -> dict[str, str]:
    path = Path(__file__).with_name("icd10cm_2016_before.tsv")
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    before: dict[str, str] = {}
    for line in lines:
        new, old = line.split("\t")
        before[new] = old
    return before


@lru_cache(maxsize=65536)
def as_annotated(code: str) -> str:
    """Write a code as the corpus does: in small letters, without encounter character or placeholders, of its edition.

    The annotators left out the seventh character, and "X" before it sometimes; and they coded with an edition that
    rests on ICD-10-CM 2016: a code that was subdivided since (R51 into R51.0 and R51.9) stands for its parts, and a
    code added since (F32.A) is written as the one that held it.
    """
    bare = code.upper().replace(".", "")
    if len(bare) == 7:
        bare = bare[:6]
    bare = bare.rstrip("X") if len(bare) > 3 else bare
    for length in range(3, len(bare)):
        stem = dotted(bare[:length])
        if stem in _subdivided():
            return stem.lower()
        if stem in _before():
            return _before()[stem].lower()
    whole = dotted(bare)
    return _before().get(whole, whole).lower()


def read_gold(path: Path, track: str, documents: set[str], write: Writer) -> dict[str, set[str]]:
    """Read the codes of each document of a track, each put through `write`.

    Raises InputError on a file of another shape.
    """
    files = sorted(path.glob(f"*{track}.tsv"))
    if len(files) != 1:
        raise InputError(f"corpus path: got {len(files)} files *{track}.tsv in {path}, want one", field="path")
    gold: dict[str, set[str]] = {}
    for number, line in enumerate(read_corpus_file(files[0]).splitlines(), 1):
        cells = line.split("\t")
        if not line.strip():
            continue
        if len(cells) < 2:
            raise InputError(
                f"{files[0].name} line {number}: got {len(cells)} cells, want article and code", field="path"
            )
        if cells[0] in documents:
            gold.setdefault(cells[0], set()).add(write(cells[1].strip()))
    return gold
