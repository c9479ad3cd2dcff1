"""The linear ranker: a row's score is its own, and files that do not fit are refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import engine.rank.score
from engine.errors import ArtifactError
from engine.rank.candidates import ChoiceSet, SenseChoice
from engine.rank.features import FEATURES, MentionFacts, feature_rows
from engine.rank.score import LinearRanker
from engine.types import Origin

SHIPPED = Path(engine.rank.score.__file__).parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the shipped weights, to be spoilt."""
    for name in ("weights.toml", "priors.tsv"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path


def rows(count: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """Make rows of small numbers."""
    return np.random.default_rng(7).normal(size=(count, len(FEATURES))).astype(np.float32)


def test_a_score_does_not_depend_on_the_rows_beside_it() -> None:
    ranker, batch = LinearRanker(), rows(257)
    together = ranker.scores(batch)
    for number in range(len(batch)):
        assert ranker.scores(batch[number : number + 1]).tobytes() == together[number : number + 1].tobytes()
    assert ranker.scores(batch[100:133]).tobytes() == together[100:133].tobytes()


def test_scores_are_probabilities_and_the_same_each_time() -> None:
    scores = LinearRanker().scores(rows(64))
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores.tobytes() == LinearRanker().scores(rows(64)).tobytes()


def test_no_rows_give_no_scores() -> None:
    assert LinearRanker().scores(rows(0)).shape == (0,)


def test_the_hash_names_the_weights_and_the_priors(folder: Path) -> None:
    before = LinearRanker(folder).content_hash
    assert before == LinearRanker().content_hash
    (folder / "priors.tsv").write_text("A00\t0.1\n")
    assert LinearRanker(folder).content_hash != before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("weights.toml", None),
        ("weights.toml", "[weights"),
        ("weights.toml", "[other]\nbias = 1.0\n"),
        ("weights.toml", "[weights]\nbias = 1.0\n"),
        ("weights.toml", '[weights]\nbias = "much"\n'),
        ("weights.toml", "weights = 3\n"),
        ("weights.toml", b"\xff\xfe"),
        ("priors.tsv", None),
        ("priors.tsv", "A00\n"),
        ("priors.tsv", "A00\tmuch\n"),
        ("priors.tsv", "A00\t1\t2\n"),
        ("priors.tsv", "A00\tnan\n"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(folder: Path, name: str, content: str | bytes | None) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ArtifactError) as caught:
        LinearRanker(folder)
    assert caught.value.REASON == "ARTIFACT_INVALID"


@pytest.mark.parametrize("value", ['"much"', "nan", "inf", "[1.0]", "true"])
def test_a_weight_that_is_no_number_is_refused(folder: Path, value: str) -> None:
    lines = [line for line in (folder / "weights.toml").read_text().splitlines() if not line.startswith("bias")]
    (folder / "weights.toml").write_text("\n".join([*lines, f"bias = {value}", ""]))
    with pytest.raises(ArtifactError):
        LinearRanker(folder)


def test_feature_rows_say_what_is_known_of_each_choice() -> None:
    choices = [
        ChoiceSet((SenseChoice("E11.9", Origin.LEXICON), SenseChoice("E11.65", Origin.TITLE, moved=True))),
        ChoiceSet((SenseChoice("I10", Origin.INDEX, is_default=True, side_agrees=True),)),
    ]
    facts = [MentionFacts(9, False, "ASSESSMENT"), MentionFacts(1, True, "")]
    named = [dict(zip(FEATURES, row, strict=True)) for row in feature_rows(facts, choices, {"E11": 0.5, "I10": -1.0})]
    said = [{name: value for name, value in row.items() if value} for row in named]
    assert said == [
        {"bias": 1, "origin_lexicon": 1, "words": 6, "prior": 0.5, "section_assessment": 1},
        {"bias": 1, "origin_title": 1, "words": 6, "moved": 1, "rivals": 1, "prior": 0.5, "section_assessment": 1},
        {"bias": 1, "origin_index": 1, "words": 1, "is_default": 1, "side_agrees": 1, "is_capitals": 1, "prior": -1},
    ]
