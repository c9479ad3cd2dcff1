"""Search over two small releases: what is found, by what, in which order."""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesets import search
from codesets.lexicon import LexiconEntry
from codesets.search import MatchKind, search_codes
from codesets.store import Releases, save_release
from codesets.types import Node, Note, NoteKind, ReleaseSource, System
from codesets.words import edit_distance, split_words

TERM = NoteKind.INCLUSION_TERM
NODES = (
    Node("A37", "Whooping cough", "", False),
    Node("A37.0", "Whooping cough due to Bordetella pertussis", "A37", False),
    Node("A37.00", "Whooping cough due to Bordetella pertussis without pneumonia", "A37.0", True),
    Node("A37.01", "Whooping cough due to Bordetella pertussis with pneumonia", "A37.0", True),
    Node("H81.0", "Ménière's disease", "", True, (Note(TERM, "Labyrinthine hydrops"),)),
    Node("J18.9", "Pneumonia, unspecified organism", "", True),
    Node("K52.9", "Noninfective gastroenteritis", "", True, (Note(NoteKind.EXCLUDES1, "zymotic diarrhea"),)),
    Node("N20.0", "Calculus of kidney", "", True, (Note(TERM, "Kidney stone"), Note(TERM, "Renal calculus"))),
    Node("R05", "Cough", "", False),
    Node("R05.9", "Cough, unspecified", "R05", True),
    Node("R58", "Hemorrhage, not elsewhere classified", "", True),
)


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    home = tmp_path_factory.mktemp("search")
    source = ReleaseSource(System.ICD10CM, "2026", date(2025, 10, 1), None, "made for tests", NODES)
    save_release(home, source)
    # Our own lexicon grows: here it has one entry.
    entry = LexiconEntry("hundred-day cough", "A37.0", upper=False, weak=False, note="", where="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "read_lexicon", lambda system: (entry,))
        yield Releases.open(home)


@pytest.mark.parametrize(
    ("query", "code", "match", "term"),
    [
        ("A37.01", "A37.01", MatchKind.CODE, ""),
        ("a3701", "A37.01", MatchKind.CODE, ""),
        (" n20.0 ", "N20.0", MatchKind.CODE, ""),
        ("K5", "K52.9", MatchKind.CODE_PREFIX, ""),
        ("cough", "R05", MatchKind.WORDS, ""),
        ("pneumonia pertussis", "A37.00", MatchKind.WORDS, ""),
        ("kidney stones", "N20.0", MatchKind.WORDS, "Kidney stone"),
        ("the calculus of the kidney", "N20.0", MatchKind.WORDS, ""),
        ("hundred day cough", "A37.0", MatchKind.WORDS, "hundred-day cough"),
        ("meniere disease", "H81.0", MatchKind.WORDS, ""),
        ("MÉNIÈRE’S", "H81.0", MatchKind.WORDS, ""),
        ("labyr", "H81.0", MatchKind.WORD_PREFIXES, "Labyrinthine hydrops"),
        ("pneum unspec", "J18.9", MatchKind.WORD_PREFIXES, ""),
        ("pnuemonia unspecified", "J18.9", MatchKind.SPELLING, ""),
        ("haemorrhage", "R58", MatchKind.SPELLING, ""),
        ("gastrenteritiss", "K52.9", MatchKind.SPELLING, ""),
        ("cough zebra", "R05", MatchKind.SOME_WORDS, ""),
    ],
)
def test_the_best_hit_and_what_matched(releases: Releases, query: str, code: str, match: MatchKind, term: str) -> None:
    hit = search_codes(releases, query)[0]
    assert (hit.code, hit.match, hit.matched_term) == (code, match, term)


@pytest.mark.parametrize("query", ["", " ", "zebra", "zymotic", "\x00", "😀", "-", "X99"])
def test_what_is_not_there_is_not_found(releases: Releases, query: str) -> None:
    assert search_codes(releases, query) == []


def test_the_shorter_title_with_all_the_words_comes_first(releases: Releases) -> None:
    assert [hit.code for hit in search_codes(releases, "whooping cough")] == ["A37", "A37.0", "A37.00", "A37.01"]


def test_scores_fall_and_codes_come_once(releases: Releases) -> None:
    for query in ("cough", "pneumonia", "A37", "co", "kidney calculus"):
        hits = search_codes(releases, query, limit=100)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert len({hit.code for hit in hits}) == len(hits)
        assert all(0 <= hit.score <= 1 for hit in hits)


def test_billable_only_leaves_headings_out(releases: Releases) -> None:
    assert [hit.code for hit in search_codes(releases, "cough", billable_only=True)] == ["R05.9", "A37.00", "A37.01"]


def test_pages_join_to_the_whole(releases: Releases) -> None:
    whole = search_codes(releases, "cough", limit=100)
    pages = [hit for offset in range(0, 10, 2) for hit in search_codes(releases, "cough", limit=2, offset=offset)]
    assert pages == whole


@settings(max_examples=200, deadline=None)
@given(query=st.text(max_size=40))
def test_any_text_is_searched_without_error_and_the_same_each_time(releases: Releases, query: str) -> None:
    assert search_codes(releases, query) == search_codes(releases, query)


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("kitten", "sitting", 3), ("ab", "ba", 1)],
)
def test_edit_distance_counts_a_swap_of_neighbours_once(one: str, other: str, distance: int) -> None:
    assert edit_distance(one, other, most=3) == distance
    assert edit_distance(other, one, most=3) == distance


def test_edit_distance_stops_at_the_most_wanted() -> None:
    assert edit_distance("abcdefgh", "stuvwxyz", most=2) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Crohn's disease", ["crohn", "disease"]),
        ("Fractures, initial encounter", ["fracture", "initial", "encounter"]),
        ("abscess", ["abscess"]),
        ("pelvis", ["pelvis"]),
        ("E11.22", ["e11", "22"]),
        ("Sjögren’s", ["sjogren"]),
    ],
)
def test_words_are_compared_without_case_accent_possessive_or_plural(text: str, words: list[str]) -> None:
    assert split_words(text) == words
