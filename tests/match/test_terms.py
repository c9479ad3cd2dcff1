"""From a small release, its index and a small lexicon to phrases and senses."""

from datetime import date
from pathlib import Path

import pytest

from codesets.index import IndexEntry, IndexSource, open_index, save_index
from codesets.lexicon import LexiconEntry
from codesets.snapshot import Snapshot, write_snapshot
from codesets.types import Node, Note, NoteKind, ReleaseSource, System
from engine.match.lexicon import (
    SHADOW,
    Term,
    build_dictionary,
    cue_forms,
    gather_senses,
    index_terms,
    lexicon_terms,
    tabular_terms,
)
from engine.match.reference import ACROSS_COMMA, TERM, UPPER_ONLY
from engine.types import Origin, Side

NODES = (
    Node("10", "Diseases of the respiratory system", "", False),
    Node("J40-J4A", "Chronic lower respiratory diseases", "10", False),
    Node("J44", "Other chronic obstructive pulmonary disease [COPD]", "J40-J4A", False),
    Node("J45", "Asthma, unspecified", "J40-J4A", True, (Note(NoteKind.INCLUSION_TERM, "Wheezing NOS"),)),
    Node("S82.0", "Fracture of right patella", "", False),
    Node("S82.0XXA", "Fracture of right patella, initial encounter", "S82.0", True),
    Node("Y92", "Kitchen", "", True),
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    path = tmp_path_factory.mktemp("terms") / "made.ccsnap"
    write_snapshot(path, ReleaseSource(System.ICD10CM, "2026", date(2025, 10, 1), None, "made", NODES))
    return Snapshot(path)


def texts(terms: list[Term], code: int) -> dict[str, Origin]:
    return {term.text: term.origin for term in terms if term.code == code}


def test_titles_and_inclusion_terms_are_terms_with_their_origin(release: Snapshot) -> None:
    found = texts(list(tabular_terms(release)), 3)
    assert found["Asthma, unspecified"] is Origin.TITLE
    assert found["Asthma"] is Origin.TITLE
    assert found["Wheezing NOS"] is Origin.INCLUSION
    assert found["Wheezing"] is Origin.INCLUSION


def test_an_abbreviation_in_brackets_is_matched_in_capitals_only(release: Snapshot) -> None:
    assert Term("COPD", 2, Origin.ABBREVIATION, UPPER_ONLY) in list(tabular_terms(release))


def test_chapters_blocks_and_seventh_characters_give_no_terms(release: Snapshot) -> None:
    assert {term.code for term in tabular_terms(release)} == {2, 3, 4}


def test_a_single_common_word_is_no_term(release: Snapshot) -> None:
    assert "Kitchen" not in {term.text for term in tabular_terms(release)}


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("fracture of right patella", Side.RIGHT), ("LT knee pain", Side.LEFT), ("bilateral cataracts", Side.BILATERAL),
        ("both knees", Side.BILATERAL), ("upright posture", Side.NONE),
    ],
)  # fmt: skip
def test_a_term_keeps_the_side_it_names(text: str, side: Side) -> None:
    assert Term(text, 0, Origin.TITLE).side is side


def row(term: str, code: str, *, upper: bool = False, weak: bool = False) -> LexiconEntry:
    return LexiconEntry(term, code, upper, weak, "", "made:1")


def test_lexicon_rows_are_terms_if_the_release_has_their_code(release: Snapshot) -> None:
    rows = [
        row("asthma", "J45"),
        row("RAD", "J45", upper=True),
        row("wheezy", "J45", weak=True),
        row("asthma, childhood", "J45"),
        row("gout", "M10.9"),
        row("...", "J45"),
        row("asthma clinic", "-"),
    ]
    assert list(lexicon_terms(rows, release)) == [
        Term("asthma", 3, Origin.LEXICON, 0),
        Term("RAD", 3, Origin.LEXICON, UPPER_ONLY),
        Term("wheezy", 3, Origin.LEXICON_WEAK, 0),
        Term("asthma, childhood", 3, Origin.LEXICON, ACROSS_COMMA),
        Term("asthma clinic", SHADOW, Origin.LEXICON, 0),
    ]


@pytest.mark.parametrize(("kind", "origin"), [("alphabetic", Origin.INDEX), ("external_cause", Origin.TABLE)])
def test_index_entries_are_terms_if_the_release_has_their_code(
    release: Snapshot, tmp_path: Path, kind: str, origin: Origin
) -> None:
    entries = (
        IndexEntry(("Wheezing", "chronic"), (), "J45"),
        IndexEntry(("Gout",), (), "M10.9"),
        IndexEntry(("Croup",), (), "", see="Wheezing"),
        IndexEntry(("Kneecap fracture",), (), "S82.0-"),
        IndexEntry(("Kitchen",), (), "Y92"),
    )
    index = open_index(save_index(tmp_path, IndexSource(kind, "2026", "made", entries)))
    found = list(index_terms(index, release))
    assert {(term.text, term.code) for term in found} == {
        ("chronic Wheezing", 3), ("Wheezing chronic", 3), ("Kneecap fracture", 4),
    }  # fmt: skip
    assert {term.origin for term in found} == {origin}


def test_terms_that_read_the_same_are_one_phrase_with_the_best_origin_of_each_code() -> None:
    terms = [
        Term("kidney stones", 1, Origin.TITLE),
        Term("Kidney-stone", 1, Origin.LEXICON),
        Term("kidney stone", 2, Origin.INDEX),
        Term("stone", 1, Origin.TITLE),
    ]
    phrases, flags, _, senses, cues = gather_senses(terms, [])
    assert (len(phrases), flags, cues) == (2, [TERM, TERM], [])
    assert senses == [[(1, int(Origin.LEXICON)), (2, int(Origin.INDEX))], [(1, int(Origin.TITLE))]]


def test_terms_of_both_sides_are_two_senses_of_one_phrase() -> None:
    terms = [Term("right knee pain", 1, Origin.TITLE), Term("left knee pain", 2, Origin.TITLE)]
    phrases, _, _, senses, _ = gather_senses(terms, [])
    assert len(phrases) == 1
    assert senses == [[(1, Origin.TITLE + 16 * Side.RIGHT), (2, Origin.TITLE + 16 * Side.LEFT)]]


def test_terms_with_other_flags_are_phrases_of_their_own() -> None:
    terms = [Term("MS", 1, Origin.LEXICON, UPPER_ONLY), Term("ms", 2, Origin.LEXICON)]
    assert len(gather_senses(terms, [])[0]) == 2


def test_a_shadow_takes_the_senses_of_what_reads_the_same_but_not_in_capitals_only() -> None:
    terms = [
        Term("stress test", 1, Origin.TITLE, ACROSS_COMMA),
        Term("stress tests", SHADOW, Origin.LEXICON),
        Term("ST", 2, Origin.LEXICON, UPPER_ONLY),
        Term("st", SHADOW, Origin.LEXICON),
    ]
    senses = gather_senses(terms, [])[3]
    hidden = [(SHADOW, int(Origin.LEXICON))]
    assert senses == [hidden, hidden, [(2, int(Origin.LEXICON))], hidden]


def test_a_cue_that_reads_as_a_term_shares_its_phrase_and_is_not_inflected() -> None:
    terms = [Term("history of falls", 1, Origin.TITLE, ACROSS_COMMA)]
    phrases, _, surfaces, senses, cues = gather_senses(terms, ["history of falls", "denies"])
    assert cues == [0, 1]
    assert senses == [[(1, int(Origin.TITLE))], []]
    assert "denieses" not in surfaces
    assert len(phrases) == 2


@pytest.mark.parametrize(
    ("cue", "forms"),
    [
        ("denies", ["denies"]),
        ("history of", ["history of"]),
        ("has history of", ["has history of", "has a history of"]),
        ("no evidence", ["no evidence", "no a evidence"]),
    ],
)
def test_a_may_stand_inside_a_cue(cue: str, forms: list[str]) -> None:
    assert cue_forms(cue) == forms


def test_the_same_terms_give_the_same_dictionary(tmp_path: Path) -> None:
    terms = [Term("kidney stone", 1, Origin.TITLE), Term("gout", 2, Origin.LEXICON)]
    first, again = (build_dictionary(tmp_path / name, terms=terms, cues=["no"], about={}) for name in ("a", "b"))
    assert first == again
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
