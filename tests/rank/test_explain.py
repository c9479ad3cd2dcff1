"""What features add, in words: exact sums, and every feature of the models that ship has its words."""

import math

import numpy as np
import pytest

from engine.rank import document_rows, features
from engine.rank.candidates import ChoiceSet, SenseChoice
from engine.rank.document import Span
from engine.rank.document_ranker import DocumentRanker
from engine.rank.document_rows import document_rows as make_rows
from engine.rank.explain import (
    Explained,
    even_document,
    even_mention,
    explain_document,
    explain_mention,
)
from engine.rank.features import MentionFacts, feature_rows
from engine.rank.score import LinearRanker
from engine.types import Candidate, Origin

ALL = {"least": 0.0, "most": 99}


@pytest.fixture(scope="module")
def ranker() -> DocumentRanker:
    """The one that ships."""
    return DocumentRanker.open()


def made_row(**values: float) -> np.ndarray:
    """A row of the document ranker: 0 but for some features."""
    return np.array([values.get(name, 0.0) for name in document_rows.FEATURES], dtype=np.float32)


def test_what_is_told_of_a_document_is_the_whole_difference(ranker: DocumentRanker) -> None:
    chosen = tuple(Candidate("icd10cm", code, code, score, "lexicon") for code, score in (("I10", 0.9), ("I15.9", 0.2)))
    rows = make_rows([("hypertension", Span(1, 12, False), chosen)], ranker.experience, lambda code: code).rows
    explained = explain_document(ranker)
    for row, base in ((rows[0], rows[1]), (rows[0], even_document(rows[0])), (rows[1], even_document(rows[1]))):
        told = sum(influence.weight for influence in explained.influences(row, base, **ALL))
        first, second = (math.log(p / (1 - p)) for p in ranker.probabilities(np.stack([row, base])).tolist())
        assert told == pytest.approx(first - second, abs=0.01)


def test_what_is_told_of_a_mention_is_the_whole_difference() -> None:
    ranker = LinearRanker(has_priors=False)
    choices = ChoiceSet((SenseChoice("I10", Origin.INCLUSION, side_agrees=True),))
    (row,) = feature_rows([MentionFacts(3, False, "ASSESSMENT")], [choices], {})
    told = {i.feature: i for i in explain_mention(ranker).influences(row, even_mention(), least=0.01, most=99)}
    weights = dict(
        zip(features.FEATURES, ranker.parts(np.ones(len(features.FEATURES), np.float32)).tolist(), strict=True)
    )
    assert {name: i.weight for name, i in told.items()} == {
        "origin": pytest.approx(weights["origin_inclusion"], abs=1e-3),
        "section": pytest.approx(weights["section_assessment"], abs=1e-3),
        "side": pytest.approx(weights["side_agrees"], abs=1e-3),
        "term": pytest.approx(weights["words"], abs=1e-3),  # one word more than the two of the even case
    }
    assert told["origin"].words == "the term is an inclusion term"
    assert told["section"].words == "stated in an assessment or among diagnoses"


def test_the_strongest_comes_first_and_the_weak_are_left_out(ranker: DocumentRanker) -> None:
    row = made_row(
        best_score=0.9, top_score=0.9, times=math.log(4), times_first=math.log(4), rivals=1.0, rate_of_code=2.0
    )
    weights = [abs(i.weight) for i in explain_document(ranker).influences(row, even_document(row))]
    assert weights == sorted(weights, reverse=True)
    assert all(weight >= 0.05 for weight in weights)
    assert len(weights) <= 5


def test_every_feature_of_the_models_that_ship_has_words(ranker: DocumentRanker) -> None:
    assert explain_document(ranker).untold == (), "give new features words in engine/rank/explain.py"
    assert explain_mention(LinearRanker()).untold == ("bias",)


def test_a_feature_without_words_is_told_plainly() -> None:
    explained = Explained("made", ("new_thing",), (), lambda row, base: {"new_thing": float(row[0] - base[0])})
    (influence,) = explained.influences(np.array([1.5], np.float32), np.array([0.25], np.float32))
    assert (influence.feature, influence.words, influence.weight) == ("new_thing", "new thing 1.5", 1.25)


# Each case: the features that are not 0, the group, and what it says of them.
WORDS = [
    ({"times": math.log(2), "times_first": math.log(2)}, "times", "named once"),
    ({"times": math.log(4), "times_first": math.log(4)}, "times", "named 3 times"),
    ({"times": math.log(4), "times_first": math.log(2)}, "times", "named 3 times, first of the candidates 1 of them"),
    ({"best_score": 0.5, "top_score": 0.5}, "own_score", "its words alone scored 0.50"),
    ({"best_score": 0.25}, "own_score", "its words alone scored 0.25, never first of the candidates"),
    ({"rivals": 1}, "rivals", "no other code of its category is a candidate"),
    ({"rivals": 3}, "rivals", "the likeliest of 3 codes of its category"),
    ({"rivals": 3, "place_among_rivals": 1, "behind_best_rival": 0.5, "best_rank": 2}, "rivals",
     "number 2 of 3 codes of its category, 0.50 behind, at best candidate 3 of its mention"),
    ({"words": 1}, "term", "a term of 1 word"),
    ({"words": 2, "is_capitals": 1}, "term", "a term of 2 words, in capitals"),
    ({"origin_inclusion": 1}, "origin", "the term is an inclusion term"),
    ({}, "origin", "no source of terms"),
    ({"seen": 1, "rate_of_code": 0, "rate_of_category": math.log(3)}, "rates",
     "in training such a code was right in 50% of documents, its category in 75%"),
    ({"rate_of_category": math.log(3)}, "rates", "never a candidate in training; of its category 75% were right"),
    ({"is_symptom": 1}, "kind", "a symptom code (chapter 18)"),
    ({}, "kind", "a disease, by its chapter"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "group", "words"), WORDS)
def test_words_say_what_the_features_hold(
    ranker: DocumentRanker, values: dict[str, float], group: str, words: str
) -> None:
    found = explain_document(ranker).influences(made_row(**values), made_row(), **ALL)
    assert next(influence.words for influence in found if influence.feature == group) == words


def test_long_terms_are_told_as_the_ranker_counts_them() -> None:
    facts = [MentionFacts(words, False, "") for words in (5, 6, 9)]
    rows = feature_rows(facts, [ChoiceSet((SenseChoice("I10", 0),))] * 3, {})
    told = [explain_mention(LinearRanker()).influences(row, even_mention(), **ALL) for row in rows]
    assert [next(i.words for i in found if i.feature == "term") for found in told] == [
        "a term of 5 words",
        "a term of 6 words or more",
        "a term of 6 words or more",
    ]


def test_rates_of_nothing_do_not_move_the_even_case(ranker: DocumentRanker) -> None:
    chosen = (Candidate("icd10cm", "Z99.2", "", 0.5, "lexicon"),)
    unknowing = DocumentRanker.open(has_rates=False).experience
    rows = make_rows([("kidney dialysis", Span(2, 12, False), chosen)], unknowing, lambda code: "").rows
    found = {i.feature for i in explain_document(ranker).influences(rows[0], even_document(rows[0]), least=0.01)}
    assert not found & {"rates", "times", "rivals", "term"}
