"""The document ranker: probabilities that rest on their row alone, reasons that add up, and damaged folders refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.errors import ArtifactError
from engine.rank.document import KEEPS_ALL, LEAST_OF_FINDINGS, CodeRates, Span
from engine.rank.document_ranker import FOLDER, SIBLING, DocumentRanker, rescored
from engine.rank.document_rows import FEATURES, DocumentRows, Experience, RankedMention, document_rows
from engine.rank.precedents import Precedents
from engine.rank.ranker_folder import CALIBRATION, FILES, MANIFEST, MODEL, PRECEDENTS, RATES, REASONS, manifest_text
from engine.types import Candidate

ONE_WORD = Span(1, 6, False)
TITLES = {
    "R59.1": "Generalized enlarged lymph nodes",
    "R59.9": "Enlarged lymph nodes, unspecified",
    "R59.0": "Localized enlarged lymph nodes",
    "I10": "Essential (primary) hypertension",
}


@pytest.fixture(scope="module")
def ranker() -> DocumentRanker:
    """The one that ships."""
    return DocumentRanker.open()


def title(code: str) -> str:
    """Return the title of a code of the tests, "" of another."""
    return TITLES.get(code, "")


def mention(term: str, *codes: tuple[str, float], origin: str = "lexicon") -> RankedMention:
    """A mention with candidates by their own scores."""
    ranked = tuple(Candidate("icd10cm", code, title(code) or code, score, origin) for code, score in codes)
    return term, ONE_WORD, ranked


def made_rows(count: int) -> np.ndarray:
    """Rows of any values that features may have, the same each time."""
    chance = np.random.default_rng(7)
    return chance.uniform(-3, 9, (count, len(FEATURES))).astype(np.float32)


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
    assert DocumentRanker.open().probabilities(rows).tobytes() == whole.tobytes()


def test_what_features_add_is_the_whole_log_odds(ranker: DocumentRanker) -> None:
    rows = made_rows(200)
    p = ranker.probabilities(rows).astype(float)
    added = ranker.reasons(rows)
    assert added.shape == (200, len(FEATURES) + 1)
    # Single precision of the probability is what limits this.
    np.testing.assert_allclose(added.sum(axis=1), np.log(p / (1 - p)), atol=1e-3)
    assert np.unique(added[:, -1]).size == 1


def test_reasons_tell_of_the_feature_that_changed(ranker: DocumentRanker) -> None:
    rows = made_rows(60)
    changed = rows.copy()
    changed[:, FEATURES.index("rate_of_term")] += 5.0
    moved = ranker.reasons(changed) - ranker.reasons(rows)
    odds = [np.log(p / (1 - p)) for p in (ranker.probabilities(one).astype(float) for one in (rows, changed))]
    np.testing.assert_allclose(moved.sum(axis=1), odds[1] - odds[0], atol=1e-3)
    assert np.abs(moved).sum(axis=0).argmax() == FEATURES.index("rate_of_term")


EXPERIENCE = Experience(
    CodeRates({}),
    Precedents(
        {"category": {"R59": (10, {"R59.9": 6, "R59.1": 3, "R59.4": 1})}, "first": {"R59.1": (5, {"R59.9": 4})}}
    ),
)


def test_categories_bring_siblings_that_the_release_has_and_no_term_named() -> None:
    made = document_rows([mention("nodes", ("R59.1", 0.8)), mention("htn", ("I10", 0.9))], EXPERIENCE, title)
    assert made.codes == ["R59.1", "I10", "R59.9"]
    assert made.siblings == {"R59": ["R59.9"]}
    assert made.rows.shape == (3, len(FEATURES))
    sibling = dict(zip(FEATURES, made.rows[2].tolist(), strict=True))
    first = dict(zip(FEATURES, made.rows[0].tolist(), strict=True))
    assert (sibling["is_sibling"], first["is_sibling"]) == (1, 0)
    # The mentions are those of the first candidate of the category.
    assert [sibling[name] for name in ("top_score", "words")] == [first[name] for name in ("top_score", "words")]
    assert (sibling["is_unspecified"], first["is_unspecified"]) == (1, 0)


def test_a_document_without_candidates_has_no_rows() -> None:
    made = document_rows([mention("nothing")], EXPERIENCE, title)
    assert made.codes == []
    assert made.rows.shape == (0, len(FEATURES))


def rescore(
    term: str, scores: dict[str, float], siblings: list[str], *, origin: str = "lexicon_weak"
) -> list[tuple[str, str]]:
    """Return codes and origins of one mention read as R59.1, given the probabilities."""
    made = DocumentRows(["R59.1", *siblings], np.zeros((0, len(FEATURES)), np.float32), {"R59": siblings})
    probabilities = [scores[code] for code in made.codes]
    (found,) = rescored(made, probabilities, [mention(term, ("R59.1", 0.8), origin=origin)], [KEEPS_ALL], title)
    return [(candidate.code, candidate.origin) for candidate in found]


OWN = ("R59.1", "lexicon_weak")


def test_a_sibling_leads_where_it_is_likelier_and_says_less() -> None:
    likelier = rescore("lymphadenopathy", {"R59.1": 0.4, "R59.9": 0.6}, ["R59.9"])
    assert likelier == [("R59.9", SIBLING), OWN]
    # What the term says is never given up, nor is anything added, however likely.
    said = rescore("generalized lymphadenopathy", {"R59.1": 0.4, "R59.9": 0.6}, ["R59.9"])
    assert said == [OWN, ("R59.9", SIBLING)]
    added = rescore("lymphadenopathy", {"R59.1": 0.4, "R59.0": 0.9}, ["R59.0"])
    assert added == [OWN, ("R59.0", SIBLING)]


def test_a_sibling_stands_behind_a_plain_term_of_the_lexicon() -> None:
    """Index: Lymphadenopathy (generalized) R59.1; that coded documents have R59.9 is their habit."""
    found = rescore("lymphadenopathy", {"R59.1": 0.4, "R59.9": 0.6}, ["R59.9"], origin="lexicon")
    assert found == [("R59.1", "lexicon"), ("R59.9", SIBLING)]


def test_a_sibling_too_unlikely_to_suggest_does_not_lead() -> None:
    assert rescore("lymphadenopathy", {"R59.1": 0.1, "R59.9": 0.2}, ["R59.9"])[0] == OWN
    assert rescore("lymphadenopathy", {"R59.1": 0.4, "R59.9": 0.001}, ["R59.9"]) == [OWN]


def test_a_code_has_one_probability_wherever_it_stands(ranker: DocumentRanker) -> None:
    given = [mention("htn", ("I10", 0.9), ("R59.1", 0.4)), mention("pressure", ("I10", 0.5))]
    first, second = ranker.rescore(given, [KEEPS_ALL] * 2, title)
    assert next(c.score for c in first if c.code == "I10") == second[0].score


def test_what_is_too_unlikely_goes_unless_it_is_to_be_kept(ranker: DocumentRanker) -> None:
    unlikely = [mention("ill", ("R69", 0.06), origin="title_variant")]
    (kept,) = ranker.rescore(unlikely, [KEEPS_ALL], title)
    assert kept[0].code == "R69"
    (gone,) = ranker.rescore(unlikely, [kept[0].score + 0.01], title)
    assert gone == ()
    assert ranker.rescore([], [], title) == []
    assert ranker.rescore([mention("nothing")], [LEAST_OF_FINDINGS], title) == [()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder that ships."""
    return Path(shutil.copytree(FOLDER, tmp_path / "ranker"))


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_folder_without_a_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name}: No such file"):
        DocumentRanker.open(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_file_other_than_the_manifest_says_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    with pytest.raises(ArtifactError, match=f"{name} is damaged"):
        DocumentRanker.open(folder)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "format"),
        (b"format = 9", "format: got 9, want 1"),
        (b"format = 1", "made for 0 other features"),
        (b'format = 1\nfeatures = ["words"]', "made for 1 other features"),
        (b"\xff\xfe\x00", "damaged"),
        (b"format =", "damaged"),
    ],
)
def test_a_manifest_of_another_kind_is_refused(folder: Path, content: bytes, what: str) -> None:
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(ArtifactError, match=what):
        DocumentRanker.open(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (MODEL, b""),
        (MODEL, b"not a model"),
        (RATES, b"I10\tone\ttwo\n"),
        (RATES, b"\xff\xfe"),
        (PRECEDENTS, b"nothing\tI10\t1\n"),
        (PRECEDENTS, b"term\tI10\n"),
        (PRECEDENTS, b"term\tI10\t1\tE11.9\n"),
        (CALIBRATION, b"curve = 1"),
        (CALIBRATION, b"[[curve]]\nsystem = 1\n"),
    ],
)
def test_files_that_are_wrong_though_the_manifest_holds_are_refused(folder: Path, name: str, content: bytes) -> None:
    files = {kept: (folder / kept).read_bytes() for kept in FILES} | {name: content}
    (folder / name).write_bytes(content)
    (folder / MANIFEST).write_text(manifest_text(files, FEATURES), encoding="utf-8")
    with pytest.raises(ArtifactError, match="document ranker"):
        DocumentRanker.open(folder)


def test_a_model_of_another_shape_is_refused() -> None:
    files = {name: (FOLDER / name).read_bytes() for name in FILES}
    with pytest.raises(ArtifactError, match="probability"):
        DocumentRanker({**files, MODEL: files[REASONS]})


def test_a_model_cut_short_is_refused() -> None:
    files = {name: (FOLDER / name).read_bytes() for name in FILES}
    for length in range(0, len(files[MODEL]), 9973):
        with pytest.raises(ArtifactError):
            DocumentRanker({**files, MODEL: files[MODEL][:length]})
