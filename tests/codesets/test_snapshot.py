"""Snapshots: what a reader gave is what a release says, code by code."""

from datetime import date
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import TABULAR, node, small_release

from codesets.errors import SnapshotError, UnknownCodeError
from codesets.icd10cm import read_tabular
from codesets.snapshot import Snapshot, write_snapshot
from codesets.types import Code, Node, Note, NoteKind, ReleaseSource, System


@pytest.fixture(scope="module")
def source() -> ReleaseSource:
    return read_tabular(TABULAR.encode(), source="made.xml")


@pytest.fixture(scope="module")
def made(source: ReleaseSource, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    path = tmp_path_factory.mktemp("made") / "made.ccsnap"
    write_snapshot(path, source)
    return Snapshot(path)


def test_every_node_comes_back_as_its_reader_gave_it(source: ReleaseSource, made: Snapshot) -> None:
    assert tuple(made.nodes()) == source.nodes


def test_the_release_is_described(made: Snapshot) -> None:
    release = made.release
    assert (release.system, release.version, release.source) == (System.ICD10CM, "2026", "made.xml")
    assert (release.effective_from, release.effective_to) == (date(2025, 10, 1), date(2026, 9, 30))
    assert (release.code_count, release.billable_count) == (15, 8)


def test_the_content_hash_is_of_the_content_alone(source: ReleaseSource, tmp_path: Path) -> None:
    first, again = (write_snapshot(tmp_path / name, source) for name in ("a", "b"))
    other = write_snapshot(tmp_path / "c", small_release())
    assert first == again == Snapshot(tmp_path / "a").release.content_hash
    assert other != first


def test_dates_short_titles_and_an_open_end_come_back(tmp_path: Path) -> None:
    dated = Node("J0120", "Injection", "", True, (), "Tetracyclin", date(1986, 1, 1), date(2019, 12, 31))
    write_snapshot(tmp_path / "a", ReleaseSource(System.HCPCS, "2019-01", date(2019, 1, 1), None, "made", (dated,)))
    snapshot = Snapshot(tmp_path / "a")
    assert tuple(snapshot.nodes()) == (dated,)
    assert snapshot.release.effective_to is None


def test_ancestors_lead_from_the_code_to_its_chapter(made: Snapshot) -> None:
    assert list(made.ancestors("S82.001B")) == ["S82.001B", "S82.001", "S82.00", "S82.0", "S82", "S80-S89", "19"]
    assert list(made.ancestors("1")) == ["1"]


def test_parent_and_children_are_each_other_s(made: Snapshot) -> None:
    assert made.children("S82.9") == ("S82.9XXA", "S82.9XXD", "S82.9XXS")
    assert made.children("A00.0") == ()
    assert (made.parent("A00.0"), made.parent("1")) == ("A00", "")
    for code in made.codes():
        assert all(made.parent(child) == code for child in made.children(code))


def test_notes_are_listed_by_kind(made: Snapshot) -> None:
    assert made.notes("A00", NoteKind.EXCLUDES1) == ("food poisoning (A05.-)", "typhoid (A01.0-)")
    assert made.notes("A00.0", NoteKind.EXCLUDES1) == ()


def test_seventh_characters_are_those_of_the_nearest_definition(made: Snapshot) -> None:
    assert made.seventh_characters("S82.001") == {"B": "initial, open"}
    assert made.seventh_characters("S82.9") == {"A": "initial encounter", "D": "subsequent encounter", "S": "sequela"}
    assert made.seventh_characters("A00.0") == {}


def test_a_code_is_found_with_all_that_is_said_of_it(made: Snapshot) -> None:
    assert made.find("A00.0") == Code(
        system=System.ICD10CM,
        code="A00.0",
        title="Cholera due to Vibrio cholerae 01, biovar cholerae",
        billable=True,
        parent="A00",
        notes=(Note(NoteKind.INCLUSION_TERM, "Classical cholera"),),
    )


@pytest.mark.parametrize("code", ["A00.1", "", "a00", "A00 ", "A00.0\0", "A", "A00.00", "\ud800", "😀", "?"])
def test_a_code_that_is_not_there_is_not_found(made: Snapshot, code: str) -> None:
    assert made.index_of(code) == -1
    assert code not in made
    assert not made.is_billable(code)
    for ask in (made.title, made.parent, made.children, made.find, made.seventh_characters):
        with pytest.raises(UnknownCodeError):
            ask(code)


def test_every_code_of_the_real_release_is_found_at_its_number(snapshot: Snapshot) -> None:
    assert all(snapshot.index_of(code) == number for number, code in enumerate(snapshot.codes()))


def test_codes_one_character_off_are_found_only_if_they_exist(snapshot: Snapshot) -> None:
    codes = set(snapshot.codes())
    for code in islice(snapshot.codes(), 0, None, 97):
        for other in (code[:-1], code + "X", code.lower(), code[:-1] + chr(ord(code[-1]) + 1), " " + code):
            assert (other in snapshot) == (other in codes)


@settings(max_examples=60, deadline=None)
@given(
    codes=st.lists(st.text(min_size=1, max_size=8), unique=True, min_size=1, max_size=60),
    others=st.lists(st.text(max_size=8)),
)
def test_every_code_is_found_by_its_name_and_nothing_else_is(
    tmp_path_factory: pytest.TempPathFactory, codes: list[str], others: list[str]
) -> None:
    path = tmp_path_factory.mktemp("any") / "made"
    write_snapshot(path, small_release(nodes=tuple(node(code) for code in codes)))
    snapshot = Snapshot(path)
    assert [snapshot.index_of(code) for code in codes] == list(range(len(codes)))
    assert list(snapshot.codes()) == codes
    for other in others:
        assert (snapshot.index_of(other) >= 0) == (other in codes)
        lone = other[:3] + "\udfff" + other[3:]
        assert snapshot.index_of(lone) == -1


def test_a_code_with_a_question_mark_is_not_found_by_a_lone_surrogate(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "made", small_release(nodes=(node("A?"),)))
    assert Snapshot(tmp_path / "made").index_of("A\ud800") == -1


def test_a_release_without_nodes_opens_and_finds_nothing(tmp_path: Path) -> None:
    empty = ReleaseSource(System.HCPCS, "2019-01", date(2019, 1, 1), None, "made", ())
    write_snapshot(tmp_path / "made", empty)
    assert len(Snapshot(tmp_path / "made")) == 0
    assert Snapshot(tmp_path / "made").index_of("A") == -1


def test_a_snapshot_cut_short_or_of_another_kind_is_refused(source: ReleaseSource, tmp_path: Path) -> None:
    path = tmp_path / "made.ccsnap"
    write_snapshot(path, source)
    whole = path.read_bytes()
    for length in range(0, len(whole), 61):
        path.write_bytes(whole[:length])
        with pytest.raises(SnapshotError):
            Snapshot(path)
    path.write_bytes(b"CCDICT\0\0" + whole[8:])
    with pytest.raises(SnapshotError, match="another kind"):
        Snapshot(path)


def test_a_snapshot_of_another_format_is_refused(source: ReleaseSource, tmp_path: Path) -> None:
    path = tmp_path / "made.ccsnap"
    write_snapshot(path, source)
    whole = bytearray(path.read_bytes())
    whole[8] += 1
    path.write_bytes(bytes(whole))
    with pytest.raises(SnapshotError, match="format version"):
        Snapshot(path)
