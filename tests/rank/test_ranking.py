"""Ranked candidates: the same whether remembered or new, best first, none below the floor."""

import pytest

from engine.rank import ranking
from engine.rank.candidates import ChoiceSet, SenseChoice
from engine.rank.features import MentionFacts
from engine.rank.ranking import DOUBTFUL_SCORE, LEAST_ALONE, MAX_CANDIDATES, CodeRanking, doubtful_candidates
from engine.rank.score import LinearRanker
from engine.types import UNRESOLVED, Candidate, Origin

CODES = ("I10", "E11.9", "J45.909", "R05.9", "M54.50", "K21.9", "N39.0")
ONE = ChoiceSet((SenseChoice("I10", Origin.LEXICON),))
MANY = ChoiceSet(tuple(SenseChoice(code, Origin.TITLE) for code in CODES))
PLAIN, LOUD = MentionFacts(1, False, ""), MentionFacts(2, True, "ASSESSMENT")


def rank(ranking: CodeRanking, *mentions: tuple[MentionFacts, ChoiceSet]) -> list[tuple[Candidate, ...]]:
    """Rank mentions with titles made of their codes."""
    facts, choices = [fact for fact, _ in mentions], [given for _, given in mentions]
    return ranking.rank(facts, choices, system="icd10cm", title=lambda code: f"title of {code}")


def test_what_is_remembered_is_what_a_new_ranking_says() -> None:
    warm = CodeRanking(LinearRanker())
    mentions = [(fact, given) for fact in (PLAIN, LOUD) for given in (ONE, MANY)]
    first = rank(warm, *mentions)
    assert rank(warm, *reversed(mentions)) == first[::-1]
    assert [rank(CodeRanking(LinearRanker()), mention)[0] for mention in mentions] == first


def test_candidates_are_the_best_first_and_none_below_the_floor() -> None:
    (ranked,) = rank(CodeRanking(LinearRanker()), (LOUD, MANY))
    scores = [candidate.score for candidate in ranked]
    assert len(ranked) <= MAX_CANDIDATES
    assert scores == sorted(scores, reverse=True)
    assert all(score >= LEAST_ALONE for score in scores)
    assert all(candidate.display == f"title of {candidate.code}" for candidate in ranked)


def test_words_beyond_six_count_as_six() -> None:
    six, nine = rank(CodeRanking(LinearRanker()), (MentionFacts(6, False, ""), ONE), (MentionFacts(9, False, ""), ONE))
    assert six == nine


def test_no_mentions_rank_to_nothing() -> None:
    assert rank(CodeRanking(LinearRanker())) == []
    assert rank(CodeRanking(LinearRanker()), (PLAIN, ChoiceSet(()))) == [()]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "_MOST_REMEMBERED", 10)
    small = CodeRanking(LinearRanker())
    for words in range(100):
        rank(small, (PLAIN, ChoiceSet((SenseChoice(CODES[words % 7], Origin.LEXICON),))))
    assert len(small._ranked) <= 11


def test_the_best_choice_of_a_resolved_abbreviation_stays_under_the_floor() -> None:
    unlikely = ChoiceSet((SenseChoice("I10", Origin.ABBREVIATION), SenseChoice("E11.9", Origin.LEXICON_WEAK)))
    facts = [MentionFacts(6, True, "ASSESSMENT", is_resolved) for is_resolved in (False, True)]
    dropped, kept = rank(CodeRanking(LinearRanker()), *((fact, unlikely) for fact in facts))
    assert dropped == () or all(candidate.score >= LEAST_ALONE for candidate in dropped)
    assert len(kept) >= 1


def test_meanings_in_doubt_share_a_low_score() -> None:
    doubts = [(0.6, ONE), (0.3, MANY), (0.1, ChoiceSet(()))]
    found = doubtful_candidates(doubts, system="icd10cm", title=str.lower)
    assert [(c.code, c.origin) for c in found] == [("I10", UNRESOLVED), (MANY.options[0].code, UNRESOLVED)]
    assert [c.score for c in found] == [pytest.approx(DOUBTFUL_SCORE * 0.6), pytest.approx(DOUBTFUL_SCORE * 0.3)]
