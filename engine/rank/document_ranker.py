"""The document ranker: the probability that a code is right in a document, by a model in ONNX over its rows.

The model is boosted trees of a few splits. A second graph beside it has the same trees with what each split adds in
their leaves, so that a probability is explained by the path its row takes: exactly, feature by feature.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from codesets.types import System
from engine.errors import ArtifactError
from engine.rank.calibration import Calibration
from engine.rank.document import LEAST_OF_ALTERNATIVES, CodeRates
from engine.rank.document_rows import FEATURES, DocumentRows, Experience, RankedMention, Title, document_rows
from engine.rank.precedents import Precedents
from engine.rank.ranker_folder import CALIBRATION, MODEL, PRECEDENTS, RATES, REASONS, read_files
from engine.rank.ranking import MAX_CANDIDATES, Ranked
from engine.rank.siblings import may_lead
from engine.types import LEAST_TO_SUGGEST, Candidate, Origin

FOLDER = Path(__file__).parent / "default"
# The origin of a candidate that no term named: coded documents had it where its category was read.
SIBLING = "sibling"
PLAIN = Origin.LEXICON.name.lower()


class DocumentRanker:
    """The model over a document's codes.

    One session with one thread, and no sum that depends on the batch: a row's probability depends on that row alone.
    """

    def __init__(self, files: Mapping[str, bytes], *, has_rates: bool = True) -> None:
        """`files` are those of a folder; without rates every code counts as never seen before.

        Raises ArtifactError on files that are broken, or made for other features.
        """
        try:
            rates = CodeRates.of_text(files[RATES].decode())
            precedents = Precedents.of_text(files[PRECEDENTS].decode())
            self.calibration = Calibration.of_text(files[CALIBRATION].decode())
        except ValueError as error:
            raise ArtifactError(f"document ranker: {error}") from None
        self.experience = Experience(rates, precedents) if has_rates else Experience(CodeRates({}), Precedents({}))
        self.content_hash = hashlib.sha256(b"".join(files.values())).hexdigest()
        self._session = _open(files[MODEL], MODEL, "probability", 1)
        self._reasons = files[REASONS]
        # Opened when first asked: few charts are explained.
        self._explainer: onnxruntime.InferenceSession | None = None

    @classmethod
    def open(cls, folder: Path = FOLDER, *, has_rates: bool = True) -> "DocumentRanker":
        """Open a folder; raises ArtifactError on one that lacks a file or has another than its manifest says."""
        return cls(read_files(folder, FEATURES), has_rates=has_rates)

    def probabilities(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return float32[n] for float32[n, len(FEATURES)] rows."""
        found: NDArray[np.float32] = self._session.run(None, {"rows": rows})[0][:, 0]
        return found

    def reasons(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what each feature adds to the log-odds of each row, and last the base: float32[n, features + 1].

        Along the row's path through each tree, by the splits on the feature (engine/training/graph.py): the sum is the
        log-odds.
        """
        if self._explainer is None:
            self._explainer = _open(self._reasons, REASONS, "added", len(FEATURES) + 1)
        found: NDArray[np.float32] = self._explainer.run(None, {"rows": rows})[0]
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
    siblings = ((category, _candidates(codes, by_code, title)) for category, codes in made.siblings.items())
    beside = {category: likely for category, likely in siblings if likely}
    return [
        _rescored(words, ranked, by_code, enough, beside)
        for (words, _, ranked), enough in zip(mentions, least, strict=True)
    ]


def _candidates(codes: Sequence[str], by_code: dict[str, float], title: Title) -> list[Candidate]:
    likely = [code for code in codes if by_code[code] >= LEAST_OF_ALTERNATIVES]
    return [Candidate(System.ICD10CM.value, code, title(code), by_code[code], SIBLING) for code in likely]


def _rescored(
    term: str, ranked: Ranked, by_code: dict[str, float], enough: float, beside: dict[str, list[Candidate]]
) -> Ranked:
    if len(ranked) == 1:
        own = [_with_score(ranked[0], by_code[ranked[0].code])]
    else:
        scored = [_with_score(candidate, by_code[candidate.code]) for candidate in ranked]
        scored.sort(key=_likeliest)
        own = [candidate for candidate in scored if candidate.score >= LEAST_OF_ALTERNATIVES] or scored[:1]
    if not own or own[0].score < enough:
        return ()
    siblings = beside.get(ranked[0].code[:3])
    return _with_siblings(term, own, siblings) if siblings else tuple(own)


def _with_score(candidate: Candidate, score: float) -> Candidate:
    return Candidate(candidate.system, candidate.code, candidate.display, score, candidate.origin)


def _with_siblings(term: str, own: list[Candidate], siblings: list[Candidate]) -> Ranked:
    """Put siblings among the other candidates; one comes first only if it may lead and is likelier."""
    first = own[0]
    better = (one for one in siblings if one.score > first.score and one.score >= LEAST_TO_SUGGEST)
    # A plain term of our lexicon has the default of the Alphabetic Index, whatever the habit of coded documents.
    leading = [one for one in better if first.origin != PLAIN and may_lead(one.display, first.display, term)]
    if leading:
        first = min(leading, key=_likeliest)
    rest = [candidate for candidate in (*own, *siblings) if candidate is not first]
    return (first, *sorted(rest, key=_likeliest)[: MAX_CANDIDATES - 1])


def _likeliest(candidate: Candidate) -> tuple[float, str]:
    return -candidate.score, candidate.code


def _open(data: bytes, name: str, output: str, width: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own for each kind of damage
        raise ArtifactError(f"document ranker: {name} cannot be loaded ({type(error).__name__})") from None
    got = [(given.name, given.shape[-1]) for given in (*session.get_inputs(), *session.get_outputs())]
    want = [("rows", len(FEATURES)), (output, width)]
    if got != want:
        raise ArtifactError(f"document ranker: {name} has {got}, want {want}")
    return session
