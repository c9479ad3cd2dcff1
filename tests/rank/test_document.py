"""The document ranker: rows worked by hand, probabilities that rest on their row alone, and damaged files refused."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.errors import ArtifactError
from engine.rank import document
from engine.rank.document import (
    FEATURES,
    KEEPS_ALL,
    LEAST_OF_FINDINGS,
    CodeRates,
    DocumentRanker,
    Span,
    code_rows,
    count_rates,
    explain,
)
from engine.rank.ranking import Ranked
from engine.types import Candidate

FOLDER = Path(document.__file__).parent
NO_RATES = CodeRates({})
ONE_WORD = Span(1, 6, False)


@pytest.fixture(scope="module")
def ranker() -> DocumentRanker:
    """The one that ships."""
    return DocumentRanker()


def candidates(*codes: tuple[str, float], origin: str = "lexicon") -> Ranked:
    """Candidates of a mention, with their own scores."""
    return tuple(Candidate("icd10cm", code, code, score, origin) for code, score in codes)


def made_rows(count: int) -> np.ndarray:
    """Rows of any values that features may have, the same each time."""
    chance = np.random.default_rng(7)
    return chance.uniform(-3, 9, (count, len(FEATURES))).astype(np.float32)


def test_a_row_is_as_worked_by_hand() -> None:
    spans = [Span(2, 15, False), Span(1, 4, True), Span(3, 20, False)]
    ranked = [
        candidates(("E11.9", 0.6), ("E11.65", 0.2)),
        candidates(("E11.9", 0.8)),
        candidates(("I10", 0.5), origin="title"),
    ]
    codes, rows = code_rows(spans, ranked, NO_RATES)
    assert codes == ["E11.9", "E11.65", "I10"]
    first = dict(zip(FEATURES, rows[0].tolist(), strict=True))
    # Twice first, the surest of them "1 word, 4 characters, capitals"; the best of two codes of its category.
    assert (first["top_score"], first["best_score"]) == (pytest.approx(0.8), pytest.approx(0.8))
    assert first["times_first"] == first["times"] == pytest.approx(math.log(3))
    assert [first[name] for name in ("best_rank", "place_among_rivals", "rivals", "behind_best_rival")] == [0, 0, 2, 0]
    assert [first[name] for name in ("words", "characters", "is_capitals")] == [1, 4, 1]
    assert (first["origin_lexicon"], first["origin_title"], first["code_length"]) == (1, 0, 5)
    second = dict(zip(FEATURES, rows[1].tolist(), strict=True))
    assert (second["top_score"], second["best_rank"], second["place_among_rivals"]) == (0, 1, 1)
    assert second["behind_best_rival"] == pytest.approx(0.6)
    assert dict(zip(FEATURES, rows[2].tolist(), strict=True))["origin_title"] == 1


def test_rates_lean_on_the_broader_group() -> None:
    counts = count_rates([(["E11.9", "I10"], ["E11.9"]), (["E11.9"], ["E11.9"]), (["I10"], [])])
    assert counts["E11.9"] == (2, 2)
    assert counts["I"] == (0, 2)
    rates = dict(zip(FEATURES[-11:], CodeRates(counts).features("E11.9"), strict=True))
    # Chapter (2 + 1) / (2 + 2), category (2 + 8 * that) / 10, code (2 + 4 * that) / 6.
    category = (2 + 8 * 0.75) / 10
    code = (2 + 4 * category) / 6
    assert rates["rate_of_code"] == pytest.approx(math.log(code / (1 - code)))
    assert rates["seen"] == pytest.approx(math.log(3))
    assert CodeRates(counts).features("Z99.2")[0] == pytest.approx(0.0)


def test_a_probability_rests_on_its_row_alone(ranker: DocumentRanker) -> None:
    rows = made_rows(257)
    whole = ranker.probabilities(rows)
    assert whole.dtype == np.float32
    assert ((whole > 0) & (whole < 1)).all()
    for size in (1, 2, 3, 7, 64, 200):
        parts = [ranker.probabilities(rows[at : at + size]) for at in range(0, len(rows), size)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()
    order = np.random.default_rng(1).permutation(len(rows))
    assert ranker.probabilities(rows[order]).tobytes() == whole[order].tobytes()
    assert DocumentRanker().probabilities(rows).tobytes() == whole.tobytes()


def test_what_features_add_is_the_whole_difference(ranker: DocumentRanker) -> None:
    _, rows = code_rows([ONE_WORD, ONE_WORD], [candidates(("I10", 0.9)), candidates(("R05.9", 0.2))], ranker.rates)
    added = explain(ranker, rows[0], rows[1])
    first, second = (math.log(p / (1 - p)) for p in ranker.probabilities(rows).tolist())
    assert sum(amount for _, amount in added) == pytest.approx(first - second, abs=1e-4)
    assert [abs(amount) for _, amount in added] == sorted((abs(amount) for _, amount in added), reverse=True)


def test_a_code_has_one_probability_wherever_it_stands(ranker: DocumentRanker) -> None:
    ranked = [candidates(("I10", 0.9), ("I15.9", 0.4)), candidates(("I10", 0.5))]
    first, second = ranker.rescore([ONE_WORD] * 2, ranked, [KEEPS_ALL] * 2)
    assert next(c.score for c in first if c.code == "I10") == second[0].score
    assert [c.score for c in first] == sorted((c.score for c in first), reverse=True)


def test_what_is_too_unlikely_goes_unless_it_is_to_be_kept(ranker: DocumentRanker) -> None:
    unlikely = [candidates(("R69", 0.06), origin="title_variant")]
    (kept,) = ranker.rescore([ONE_WORD], unlikely, [KEEPS_ALL])
    assert [c.code for c in kept] == ["R69"]
    (gone,) = ranker.rescore([ONE_WORD], unlikely, [kept[0].score + 0.01])
    assert gone == ()
    assert ranker.rescore([], [], []) == []
    assert ranker.rescore([ONE_WORD], [()], [LEAST_OF_FINDINGS]) == [()]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("document_ranker.onnx", b""),
        ("document_ranker.onnx", b"not a model"),
        ("document_ranker.onnx", None),
        ("code_rates.tsv", b"I10\tone\ttwo\n"),
        ("code_rates.tsv", b"\xff\xfe"),
        ("code_rates.tsv", b"I10\t1\n"),
        ("code_rates.tsv", None),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, name: str, content: bytes | None) -> None:
    for kept in ("document_ranker.onnx", "code_rates.tsv"):
        shutil.copy(FOLDER / kept, tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ArtifactError, match="document ranker"):
        DocumentRanker(tmp_path)


def test_a_model_for_other_features_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "FEATURES", (*FEATURES, "one_more"))
    with pytest.raises(ArtifactError, match=rf"want rows of {len(FEATURES) + 1} features"):
        DocumentRanker()


def test_a_model_cut_short_is_refused(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "code_rates.tsv", tmp_path)
    whole = (FOLDER / "document_ranker.onnx").read_bytes()
    for length in range(0, len(whole), 499):
        (tmp_path / "document_ranker.onnx").write_bytes(whole[:length])
        with pytest.raises(ArtifactError):
            DocumentRanker(tmp_path)
