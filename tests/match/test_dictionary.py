"""The dictionary file: what was compiled comes back, a damaged file is refused, a stale one is not used."""

from datetime import date
from pathlib import Path

import pytest

from codesets.index import IndexEntry, IndexSource, index_files, save_index
from codesets.snapshot import Snapshot, write_snapshot
from codesets.types import Node, ReleaseSource, System
from engine.errors import ArtifactError
from engine.match import automaton, recipe
from engine.match.automaton import Compiled, Dictionary, write_dictionary
from engine.match.lexicon import SHADOW, Term, build_dictionary
from engine.match.mentions import MentionFinder
from engine.match.recipe import Ingredients, dictionary_path, make_dictionary
from engine.match.reference import UPPER_ONLY
from engine.types import Origin

TERMS = [
    Term("kidney stone", 7, Origin.TITLE),
    Term("stone", 8, Origin.TITLE),
    Term("stress", 9, Origin.TITLE),
    Term("stress test", SHADOW, Origin.LEXICON),
    Term("SOB", 10, Origin.LEXICON, UPPER_ONLY),
    Term("sob", 11, Origin.LEXICON),
]
CUES = ["no", "no evidence of", "has history of"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "made.ccdict"
    build_dictionary(path, terms=TERMS, cues=CUES, about={"version": "2026"})
    return path


def test_phrases_and_senses_come_back(path: Path) -> None:
    dictionary = Dictionary(path)
    assert dictionary.matcher.find("Kidney stones") == [(0, 13, 0), (7, 13, 1)]
    assert dictionary.senses(0) == [(7, int(Origin.TITLE))]
    assert (dictionary.about["version"], dictionary.about["terms"]) == ("2026", 6)


def test_a_cue_has_no_senses(path: Path) -> None:
    dictionary = Dictionary(path)
    ((_, _, phrase),) = dictionary.matcher.find("no evidence of", longest=True)
    assert dictionary.senses(phrase) == []


def test_a_dictionary_cut_short_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in [*range(0, 200, 7), *range(200, len(whole), 40_009), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ArtifactError, match="codesets build"):
            Dictionary(path)


def test_a_flipped_byte_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for place in [*range(0, 64), *range(64, len(whole), 50_021)]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ArtifactError):
            Dictionary(path)


def test_a_missing_file_and_one_of_another_version_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArtifactError, match="No such file"):
        Dictionary(path.with_name("nothing"))
    monkeypatch.setattr(automaton, "FORMAT", automaton.FORMAT + 1)
    with pytest.raises(ArtifactError, match="format version"):
        Dictionary(path)


def test_a_whole_file_around_a_damaged_image_is_refused(path: Path) -> None:
    write_dictionary(path, image=b"CCFMDICT" + bytes(500), begins=b"", senses=b"", about={})
    with pytest.raises(ArtifactError, match="format version"):
        Dictionary(path)


def test_senses_of_another_dictionary_are_refused(path: Path) -> None:
    image = Compiled({"gout": 0}, [(0,)], [0]).image()
    write_dictionary(path, image=image, begins=bytes(4), senses=b"", about={"cues": []})
    with pytest.raises(ArtifactError, match="senses"):
        Dictionary(path)


# -- one pass over a document -----------------------------------------------------------------------------------------


@pytest.fixture
def finder(path: Path) -> MentionFinder:
    return MentionFinder(path)


def found(finder: MentionFinder, text: str) -> list[tuple[str, list[int]]]:
    return [(text[span.begin : span.end], [code for code, _ in span.senses]) for span in finder.find(text).spans]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("He has a kidney stone.", [("kidney stone", [7])]),
        ("stone, kidney stone", [("stone", [8]), ("kidney stone", [7])]),
        ("a stress test for stress", [("stress", [9])]),
        ("He is SOB.", [("SOB", [10, 11])]),
        ("he began to sob", [("sob", [11])]),
        ("PATIENT BEGAN TO SOB LOUDLY IN THE ROOM", []),
        ("", []),
    ],
)
def test_the_longest_terms_are_found_and_shadows_name_nothing(
    finder: MentionFinder, text: str, spans: list[tuple[str, list[int]]]
) -> None:
    assert found(finder, text) == spans


def test_cues_are_all_found_by_begin(finder: MentionFinder) -> None:
    cues = finder.find("no evidence of stone; has a history of stress").cues
    assert list(cues) == [(0, 2, 0), (0, 14, 1), (22, 38, 2)]


def test_spans_written_as_abbreviations_are_marked_and_longer_ones_in_capitals_not(finder: MentionFinder) -> None:
    spans = finder.find("SOB, KIDNEY STONE and kidney stone").spans
    assert [(span.is_capitals, span.words) for span in spans] == [(True, 1), (False, 2), (False, 2)]


def test_hints_are_found_beside_cues_and_numbered_from_nought(tmp_path: Path) -> None:
    build_dictionary(tmp_path / "d", terms=TERMS, cues=CUES, hints=["acute", "history of"], about={})
    given = MentionFinder(tmp_path / "d").find("no acute pain on the left; a history of stress")
    assert list(given.hints) == [(3, 8, 0), (29, 39, 1)]
    assert given.sides == [(21, 25)]
    assert list(given.cues) == [(0, 2, 0)]


# -- the recipe -------------------------------------------------------------------------------------------------------


@pytest.fixture
def release(tmp_path: Path) -> Snapshot:
    nodes = (Node("A00", "Cholera", "", True),)
    write_snapshot(tmp_path / "s", ReleaseSource(System.ICD10CM, "2026", date(2025, 10, 1), None, "made", nodes))
    return Snapshot(tmp_path / "s")


def test_the_name_changes_with_all_that_the_dictionary_is_made_from(
    tmp_path: Path, release: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def name(cues: tuple[str, ...] = ("no",), hints: tuple[str, ...] = ()) -> str:
        given = Ingredients(cues, hints, index_files(tmp_path, release.release))
        return dictionary_path(tmp_path, release, given).name

    first = name()
    assert name() == first
    names = {first, name(("no", "denies")), name(("no",), ("acute",)), name(("no", "acute"))}
    save_index(tmp_path, IndexSource("alphabetic", "2026", "made", (IndexEntry(("Cholera",), (), "A00"),)))
    names.add(name())
    monkeypatch.setattr(recipe, "lexicon_hash", lambda _: "other")
    names.add(name())
    monkeypatch.setattr(recipe, "recipe_hash", lambda: "other")
    names.add(name())
    assert len(names) == 7


def test_the_recipe_names_every_file_it_rests_on() -> None:
    folder = Path(recipe.__file__).parent
    assert all((folder / name).exists() for name in recipe._MADE_BY)
    assert "reference.py" in recipe._MADE_BY  # the folding of phrases


def test_a_new_dictionary_takes_the_place_of_the_old_of_its_release_only(tmp_path: Path, release: Snapshot) -> None:
    folder = tmp_path / "dictionaries"
    folder.mkdir()
    for name in ("icd10cm-2026-old.ccdict", "icd10cm-2025-old.ccdict", "icd10cm-2026-notes.txt"):
        (folder / name).write_bytes(b"old")
    path = dictionary_path(tmp_path, release, Ingredients(["no"]))
    make_dictionary(path, release, Ingredients(["no"]))
    left = {file.name for file in folder.iterdir()}
    assert left == {"icd10cm-2025-old.ccdict", "icd10cm-2026-notes.txt", path.name}
    assert ("cholera", [0]) in [(text.lower(), codes) for text, codes in found(MentionFinder(path), "Cholera.")]
