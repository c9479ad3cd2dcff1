"""Search over a small release: what is found, by what, in which order, and how long any text may take."""

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesets import search_build
from codesets.errors import NoReleaseError
from codesets.icd10cm import packaged_tabular, read_tabular
from codesets.lexicon import FOLDER, LexiconEntry
from codesets.search import MatchKind, search_codes
from codesets.search_file import SearchFile
from codesets.search_place import search_path
from codesets.store import Releases, save_release
from codesets.types import Node, Note, NoteKind, ReleaseSource, System
from codesets.words import content_words, edit_distance, sound_of, split_words, variants

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
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    home = tmp_path_factory.mktemp("search")
    source = ReleaseSource(System.ICD10CM, "2026", date(2025, 10, 1), None, "made for tests", NODES)
    save_release(home, source)
    # Our own lexicon grows: here it has one entry.
    entry = LexiconEntry("hundred-day cough", "A37.0", upper=False, weak=False, note="", where="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_build, "read_lexicon", lambda system: (entry,))
        releases = Releases.open(home)
        search_codes(releases, "cough")  # compiles the index
    return releases


@pytest.mark.parametrize(
    ("query", "code", "match", "term"),
    [
        ("A37.01", "A37.01", MatchKind.CODE, ""),
        ("a3701", "A37.01", MatchKind.CODE, ""),
        (" n20.0 ", "N20.0", MatchKind.CODE, ""),
        ("A37.0-", "A37.0", MatchKind.CODE, ""),
        ("K5", "K52.9", MatchKind.CODE_PREFIX, ""),
        ("cough", "R05.9", MatchKind.WORDS, "Cough"),
        ("pneumonia pertussis", "A37.01", MatchKind.WORDS, ""),
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
        ("kidny ston", "N20.0", MatchKind.SPELLING, "Kidney stone"),
        ("newmonia", "J18.9", MatchKind.SPELLING, ""),
        ("kalculus kidny", "N20.0", MatchKind.SPELLING, ""),
        ("kidneystone", "N20.0", MatchKind.SPELLING, "Kidney stone"),
        ("gastro enteritis", "K52.9", MatchKind.SPELLING, ""),
        ("cough zebra", "R05.9", MatchKind.SOME_WORDS, "Cough"),
    ],
)
def test_the_best_hit_and_what_matched(releases: Releases, query: str, code: str, match: MatchKind, term: str) -> None:
    hit = search_codes(releases, query)[0]
    assert (hit.code, hit.match, hit.matched_term) == (code, match, term)


@pytest.mark.parametrize("query", ["", " ", "zebra", "zymotic", "\x00", "😀", "-", ".", "X99", "糖尿病"])
def test_what_is_not_there_is_not_found(releases: Releases, query: str) -> None:
    assert search_codes(releases, query) == []


def test_a_category_is_found_as_the_code_it_stands_for_and_then_itself(releases: Releases) -> None:
    assert [hit.code for hit in search_codes(releases, "cough", limit=2)] == ["R05.9", "R05"]


def test_a_letter_that_names_a_kind_counts(releases: Releases) -> None:
    assert content_words("hepatitis A") == ["hepatitis", "a"]


def test_scores_fall_and_codes_come_once(releases: Releases) -> None:
    for query in ("cough", "pneumonia", "A37", "co", "kidney calculus", "kidny", "cough zebra"):
        hits = search_codes(releases, query, limit=100)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert len({hit.code for hit in hits}) == len(hits)
        assert all(0 <= hit.score <= 1 for hit in hits)


def test_billable_only_leaves_headings_out(releases: Releases) -> None:
    codes = [hit.code for hit in search_codes(releases, "cough", billable_only=True)]
    assert codes[0] == "R05.9"
    assert set(codes) == {"R05.9", "A37.00", "A37.01"}


def test_pages_join_to_the_whole(releases: Releases) -> None:
    whole = search_codes(releases, "cough", limit=100)
    pages = [hit for offset in range(0, 10, 2) for hit in search_codes(releases, "cough", limit=2, offset=offset)]
    assert pages == whole


def test_systems_are_searched_together_best_first(releases: Releases, tmp_path: Path) -> None:
    nodes = (Node("A9999", "Kidney stone basket", "", True), Node("L0112", "Cranial cervical orthosis", "", True))
    save_release(tmp_path, ReleaseSource(System.HCPCS, "2026", date(2026, 1, 1), None, "made for tests", nodes))
    both = Releases([*releases.snapshots(System.ICD10CM), *Releases.open(tmp_path).snapshots(System.HCPCS)])
    for systems in ((System.ICD10CM, System.HCPCS), ()):
        hits = search_codes(both, "kidney stone", systems=systems)
        assert [(hit.system, hit.code) for hit in hits] == [(System.ICD10CM, "N20.0"), (System.HCPCS, "A9999")]


def test_a_system_without_a_release_on_the_day_is_left_out_unless_named(releases: Releases, tmp_path: Path) -> None:
    source = ReleaseSource(System.HCPCS, "2026", date(2026, 1, 1), None, "made for tests", NODES)
    save_release(tmp_path, source)
    both = Releases([*releases.snapshots(System.ICD10CM), *Releases.open(tmp_path).snapshots(System.HCPCS)])
    day = date(2025, 11, 1)
    assert {hit.system for hit in search_codes(both, "cough", day=day)} == {System.ICD10CM}
    with pytest.raises(NoReleaseError):
        search_codes(both, "cough", systems=(System.HCPCS,), day=day)


def test_the_index_is_kept_in_the_store_and_found_again(releases: Releases) -> None:
    snapshot = releases.release(System.ICD10CM)
    path = search_path(snapshot)
    before = path.stat().st_mtime_ns
    assert SearchFile(path).exact("pertussis")
    assert path.stat().st_mtime_ns == before


def test_an_index_that_is_not_whole_is_made_again(tmp_path: Path) -> None:
    save_release(tmp_path, ReleaseSource(System.HCPCS, "2026", date(2026, 1, 1), None, "made for tests", NODES))
    path = search_path(Releases.open(tmp_path).release(System.HCPCS))
    path.parent.mkdir()
    path.write_bytes(b"CCSRCH\0\0 and no more")
    assert search_codes(Releases.open(tmp_path), "kidney stone", systems=(System.HCPCS,))[0].code == "N20.0"
    assert SearchFile(path).exact("kidney")


def test_a_store_that_cannot_be_written_is_searched_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_release(tmp_path, ReleaseSource(System.HCPCS, "2026", date(2026, 1, 1), None, "made for tests", NODES))
    (tmp_path / "searches").write_text("in the way of the folder")
    assert search_codes(Releases.open(tmp_path), "kidney stone", systems=(System.HCPCS,))[0].code == "N20.0"


HOSTILE = {
    "ten thousand characters": "fracture unspecified " * 500,
    "nulls": "\0" * 10_000,
    "emoji": "😀🫀" * 100,
    "punctuation": ".,;!?-/\\\"'()" * 18,
    "every letter": " ".join("abcdefghijklmnopqrstuvwxyz"),
    "every pair": " ".join(a + b for a in "cdps" for b in "aeiorl"),
    "one long word": "cough" * 40,
    "combining marks": "a\u0301" * 100,
    "a lone surrogate": "\ud800 cough",
    "right to left": "\u202e\u0627" * 60,
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_answered_at_once(releases: Releases, query: str) -> None:
    begin = time.thread_time()
    search_codes(releases, query, limit=100)
    assert time.thread_time() - begin < 0.05  # the bench holds 0.01 on the whole release


@settings(max_examples=200, deadline=None)
@given(query=st.text(max_size=40))
def test_any_text_is_searched_without_error_and_the_same_each_time(releases: Releases, query: str) -> None:
    assert search_codes(releases, query) == search_codes(releases, query)


def test_common_codes_are_billable_in_the_packaged_release() -> None:
    nodes = {node.code: node for node in read_tabular(packaged_tabular(), source="").nodes}
    lines = (FOLDER / "common_icd10cm.tsv").read_text(encoding="utf-8").splitlines()
    codes = [line.split()[0] for line in lines if not line.startswith("#")]
    assert [code for code in codes if code not in nodes or not nodes[code].billable] == []
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pneumonia", "newmonia"),
        ("hypertension", "hypertenshun"),
        ("diarrhea", "dyareah"),
        ("psoriasis", "soriasis"),
        ("eczema", "excema"),
        ("phlegm", "flem"),
        ("cough", "coff"),
    ],
)
def test_words_that_sound_alike_are_written_alike(one: str, other: str) -> None:
    assert sound_of(one) == sound_of(other)


def test_words_are_joined_and_split() -> None:
    assert next(variants(["gall", "stone"])) == ["gallstone"]
    assert ["heart", "attack"] in list(variants(["heartattack"]))


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
        ("Diabetes", ["diabetes"]),
        ("E11.22", ["e11", "22"]),
        ("Sjögren’s", ["sjogren"]),
    ],
)
def test_words_are_compared_without_case_accent_possessive_or_plural(text: str, words: list[str]) -> None:
    assert split_words(text) == words
