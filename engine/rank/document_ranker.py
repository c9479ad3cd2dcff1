"""The document ranker: the probability that a code is right in a document, by a model in ONNX over its rows.

The model is boosted trees of a few splits. A second graph beside it has the same trees with what each split adds in
their leaves, so that a probability is explained by the path its row takes: exactly, feature by feature.
"""

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.errors import ArtifactError
from engine.rank.document import LEAST_OF_ALTERNATIVES, CodeRates
from engine.rank.document_rows import FEATURES, DocumentRows, Experience, RankedMention, Title, document_rows
from engine.rank.precedents import Precedents
from engine.rank.ranking import Ranked
from engine.types import LEAST_TO_SUGGEST, Candidate

FOLDER = Path(__file__).parent / "default"
MODEL, REASONS, RATES, PRECEDENTS = "document_ranker.onnx", "reasons.onnx", "code_rates.tsv", "precedents.tsv"
# The origin of a candidate that no term named: coded documents had it where its category was read.
SIBLING = "sibling"
FLIP = "unspec"


class DocumentRanker:
    """The model over a document's codes, from the files of a folder.

    One session with one thread, and no sum that depends on the batch: a row's probability depends on that row alone.
    Raises ArtifactError on files that are missing, broken, or made for other features.
    """

    def __init__(self, folder: Path = FOLDER, *, has_rates: bool = True) -> None:
        """Without rates every code counts as never seen before."""
        try:
            parts = [(folder / name).read_bytes() for name in (MODEL, REASONS, RATES, PRECEDENTS)]
            rates, precedents = CodeRates.read(folder / RATES), Precedents.read(folder / PRECEDENTS)
        except (OSError, ValueError) as error:
            raise ArtifactError(f"document ranker in {folder.name}: {error}") from None
        self.experience = Experience(rates, precedents) if has_rates else Experience(CodeRates({}), Precedents({}))
        self.content_hash = hashlib.sha256(b"".join(parts)).hexdigest()
        self._session = _open(parts[0], MODEL)
        self._folder = folder

    def probabilities(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return float32[n] for float32[n, len(FEATURES)] rows."""
        found: NDArray[np.float32] = self._session.run(None, {"rows": rows})[0][:, 0]
        return found

    def rescore(self, mentions: Sequence[RankedMention], least: Sequence[float], title: Title) -> list[Ranked]:
        """Give the candidates of each mention the probability of their code in this document, and rank them by it.

        Siblings of the first candidate are added. A mention whose best candidate is under its `least` keeps none.
        """
        made = document_rows(mentions, self.experience, title)
        if not made.codes:
            return [ranked for *_, ranked in mentions]
        return rescored(made, self.probabilities(made.rows).tolist(), mentions, least, title)


def rescored(
    made: DocumentRows,
    probabilities: Sequence[float],
    mentions: Sequence[RankedMention],
    least: Sequence[float],
    title: Title,
) -> list[Ranked]:
    """Return the candidates of each mention with the probabilities of their codes, and siblings beside them."""
    by_code = {code: round(probability, 4) for code, probability in zip(made.codes, probabilities, strict=True)}
    beside = {category: _candidates(codes, by_code, title) for category, codes in made.siblings.items()}
    return [_rescored(ranked, by_code, enough, beside) for (*_, ranked), enough in zip(mentions, least, strict=True)]


def _candidates(codes: Sequence[str], by_code: dict[str, float], title: Title) -> list[Candidate]:
    likely = [code for code in codes if by_code[code] >= LEAST_OF_ALTERNATIVES]
    return [Candidate("icd10cm", code, title(code), by_code[code], SIBLING) for code in likely]


def _rescored(
    candidates: Ranked, by_code: dict[str, float], enough: float, beside: dict[str, list[Candidate]]
) -> Ranked:
    scores = [by_code[candidate.code] for candidate in candidates]
    if not scores or max(scores) < enough:
        return ()
    found = [
        Candidate(candidate.system, candidate.code, candidate.display, score, candidate.origin)
        for candidate, score in zip(candidates, scores, strict=True)
        if score >= LEAST_OF_ALTERNATIVES or len(scores) == 1
    ]
    if len(found) > 1:
        found.sort(key=_likeliest)
    siblings = beside.get(candidates[0].code[:3])
    if not siblings:
        return tuple(found)
    rest = sorted([*found[1:], *siblings], key=_likeliest)
    best = found[0]
    for c in rest:
        if c.origin == SIBLING and c.score > best.score and c.score >= LEAST_TO_SUGGEST and (FLIP=="all" or (FLIP=="unspec" and "unspecified" in c.display.lower())):
            rest.remove(c)
            return (c, *sorted([best, *rest], key=_likeliest))
    return (best, *rest)


def _likeliest(candidate: Candidate) -> tuple[float, str]:
    return -candidate.score, candidate.code


def _open(data: bytes, name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own for each kind of damage
        raise ArtifactError(f"document ranker: {name} cannot be loaded ({type(error).__name__})") from None
    shapes = [(given.name, given.shape[-1]) for given in session.get_inputs()]
    if shapes != [("rows", len(FEATURES))]:
        raise ArtifactError(f"document ranker: {name} takes {shapes}, want rows of {len(FEATURES)} features")
    return session
