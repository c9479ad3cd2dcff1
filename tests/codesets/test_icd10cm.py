"""The tabular reader: the packaged edition by its published counts, made-up files by hand, damaged files by refusal."""

import re

import pytest
from made_files import TABULAR, TABULAR_NODES

from codesets.errors import SourceError
from codesets.icd10cm import dotted, packaged_tabular, read_tabular
from codesets.snapshot import Snapshot
from codesets.types import Node, NoteKind

# What the XML itself holds (DATA.md): note elements by kind, chapters, sections.
NOTE_COUNTS = {
    NoteKind.INCLUSION_TERM: 12_574,
    NoteKind.INCLUDES: 1_024,
    NoteKind.EXCLUDES1: 5_407,
    NoteKind.EXCLUDES2: 2_520,
    NoteKind.USE_ADDITIONAL: 1_485,
    NoteKind.CODE_FIRST: 809,
    NoteKind.CODE_ALSO: 655,
}


@pytest.fixture(scope="module")
def nodes(snapshot: Snapshot) -> list[Node]:
    return list(snapshot.nodes())


def test_all_billable_codes_of_the_packaged_edition_are_expanded(snapshot: Snapshot) -> None:
    assert sum(snapshot.billable_at(number) for number in range(len(snapshot))) == 74_719
    assert snapshot.release.billable_count == 74_719


def test_every_diagnosis_of_the_xml_is_a_node(nodes: list[Node]) -> None:
    written = [name.decode() for name in re.findall(rb"<diag[^>]*>\s*<name>([^<]+)</name>", packaged_tabular())]
    assert len(written) == 46_881
    assert set(written) <= {node.code for node in nodes}


def test_chapters_and_sections_are_nodes_but_a_section_of_one_category(nodes: list[Node]) -> None:
    chapters = [node for node in nodes if not node.parent]
    sections = [node for node in nodes if "-" in node.code]
    merged = [node for node in nodes if node.parent in {chapter.code for chapter in chapters} and "-" not in node.code]
    assert [chapter.code for chapter in chapters] == [str(number) for number in range(1, 23)]
    assert len(sections) + len(merged) == 297
    assert "U07" not in {node.code for node in merged}
    assert {"B20", "C50", "T07", "Z66"} <= {node.code for node in merged}


@pytest.mark.parametrize(("kind", "count"), NOTE_COUNTS.items())
def test_notes_of_each_kind_are_all_read(nodes: list[Node], kind: NoteKind, count: int) -> None:
    assert sum(note.kind is kind for node in nodes for note in node.notes) == count


def test_seventh_character_definitions_are_all_read(nodes: list[Node]) -> None:
    assert sum(any(note.kind is NoteKind.SEVENTH_CHARACTER for note in node.notes) for node in nodes) == 508


@pytest.mark.parametrize(
    ("code", "stem", "title"),
    [
        ("S82.90XA", "S82.90", "Unspecified fracture of unspecified lower leg, initial encounter for closed fracture"),
        ("T36.0X1A", "T36.0X1", "Poisoning by penicillins, accidental (unintentional), initial encounter"),
        (
            "M80.00XA",
            "M80.00",
            "Age-related osteoporosis with current pathological fracture, unspecified site, "
            "initial encounter for fracture",
        ),
        (
            "E11.3211",
            "E11.321",
            "Type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy with macular edema, right eye",
        ),
        ("W19.XXXA", "W19", "Unspecified fall, initial encounter"),
        ("T07.XXXA", "T07", "Unspecified multiple injuries, initial encounter"),
    ],
)
def test_seventh_character_stands_in_the_seventh_place_whatever_the_level_of_its_definition(
    snapshot: Snapshot, code: str, stem: str, title: str
) -> None:
    assert snapshot.is_billable(code)
    assert not snapshot.is_billable(stem)
    assert (snapshot.title(code), snapshot.parent(code)) == (title, stem)


@pytest.mark.parametrize(
    "code", ["S82.90A", "S82.90XZ", "T36.0X1", "T36.01A", "E11.321", "E11.321A", "W19", "W19.A", "T07.A", "T07A"]
)
def test_a_code_without_its_seventh_character_or_placeholder_is_not_billable(snapshot: Snapshot, code: str) -> None:
    assert not snapshot.is_billable(code)


# "7th characters D and S do not apply to codes in category S06 with 6th character 7 - death ..., or 8 - death ..."
@pytest.mark.parametrize(
    "stem", ["S06.1X7", "S06.1X8", "S06.307", "S06.388", "S06.5X7", "S06.8A7", "S06.8A8", "S06.9X8"]
)
def test_head_injury_with_death_takes_only_the_initial_encounter(snapshot: Snapshot, stem: str) -> None:
    assert snapshot.children(stem) == (f"{stem}A",)


def test_other_head_injuries_take_every_encounter(snapshot: Snapshot) -> None:
    deaths = [code for code in snapshot.codes() if code.startswith("S06") and len(code) == 7 and code[-1] in "78"]
    assert all(snapshot.children(code) == (f"{code}A",) for code in deaths)
    for stem in ("S06.1X6", "S06.0X1", "S06.0XA", "S06.1X9"):
        assert snapshot.children(stem) == (f"{stem}A", f"{stem}D", f"{stem}S")


@pytest.mark.parametrize("code", ["I10", "E11.9", "J45.909", "N20.0", "Z00.00", "U07.1", "O35.01X2"])
def test_plain_codes_of_every_length_are_billable(snapshot: Snapshot, code: str) -> None:
    assert snapshot.is_billable(code)


def test_nearest_definition_of_seventh_characters_is_in_force(snapshot: Snapshot) -> None:
    assert snapshot.seventh_characters("S82.90XA")["A"] == "initial encounter for closed fracture"
    assert list(snapshot.seventh_characters("W19")) == ["A", "D", "S"]
    assert snapshot.seventh_characters("I10") == {}


def test_made_up_file_is_read_into_the_nodes_worked_out_by_hand() -> None:
    release = read_tabular(TABULAR.encode(), source="made.xml")
    assert [(node.code, node.billable) for node in release.nodes] == TABULAR_NODES
    assert (release.version, release.effective_from.isoformat(), str(release.effective_to)) == (
        "2026",
        "2025-10-01",
        "2026-09-30",
    )


def test_notes_stay_on_their_node_and_a_merged_section_gives_its_own_to_the_category() -> None:
    notes = {
        node.code: [(note.kind, note.text) for note in node.notes]
        for node in read_tabular(TABULAR.encode(), source="x").nodes
    }
    assert notes["A00"] == [(NoteKind.EXCLUDES1, "food poisoning (A05.-)"), (NoteKind.EXCLUDES1, "typhoid (A01.0-)")]
    assert notes["B20"] == [
        (NoteKind.USE_ADDITIONAL, "code for all manifestations"),
        (NoteKind.CODE_FIRST, "HIV complicating pregnancy (O98.7-)"),
        (NoteKind.CODE_ALSO, "any other condition"),
    ]
    assert notes["S82"][0] == (NoteKind.NOTES, "The appropriate 7th character is to be added")
    assert notes["S82"][1:] == [
        (NoteKind.SEVENTH_CHARACTER, f"{character}={meaning}")
        for character, meaning in (("A", "initial encounter"), ("D", "subsequent encounter"), ("S", "sequela"))
    ]


def test_titles_lose_the_range_in_parentheses_of_sections_only() -> None:
    titles = {node.code: node.title for node in read_tabular(TABULAR.encode(), source="x").nodes}
    assert titles["A00-A09"] == "Intestinal infectious diseases"
    assert titles["S82.9XXD"] == "Unspecified fracture of lower leg, subsequent encounter"


DOCTYPE = '<!DOCTYPE ICD10CM.tabular [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
UTF16_DOCTYPE = f'<?xml version="1.0"?>{DOCTYPE}<ICD10CM.tabular/>'.encode("utf-16")
EXTERNAL_ENTITY = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'


def _with(old: str, new: str) -> bytes:
    assert old in TABULAR
    return TABULAR.replace(old, new).encode()


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (b"", "not well-formed"),
        (b"   \n", "not well-formed"),
        (b"\x00\x01\x02", "not well-formed"),
        (b"<ICD10CM.tabular>", "not well-formed"),
        (b"<ICD10CM.index><version>2026</version></ICD10CM.index>", "want <ICD10CM.tabular>"),
        (b"<html><body>404</body></html>", "got <html>"),
        (_with("<version>2026</version>", ""), "version: got ''"),
        (_with("<version>2026</version>", "<version>next</version>"), "version: got 'next'"),
        (_with("<version>2026</version>", "<version>1999</version>"), "version: got '1999'"),
        (_with("<name>A00.9</name>", "<name>A00.0</name>"), "code A00.0: got it twice"),
        (_with("<name>A00.9</name>", ""), "without code or title"),
        (_with("<name>A00.9</name>", "<name>cholera</name>"), "got 'cholera', want an ICD-10-CM code"),
        (_with("<name>A00.9</name>", "<name>A01.9</name>"), "A01.9: got it below A00"),
        (_with("<desc>Cholera</desc>", "<desc/>"), "without code or title"),
        (_with('<extension char="B">', "<extension>"), "seventh character: got ''"),
        (b"<ICD10CM.tabular><version>2026</version></ICD10CM.tabular>", "no billable code"),
        (_with("<ICD10CM.tabular>", DOCTYPE + "<ICD10CM.tabular>"), "document type"),
        (_with("<ICD10CM.tabular>", EXTERNAL_ENTITY + "<ICD10CM.tabular>"), "document type"),
        (_with("<ICD10CM.tabular>", f"<!--{'x' * 100_000}-->{DOCTYPE}<ICD10CM.tabular>"), "document type"),
        (UTF16_DOCTYPE, "document type"),
        (_with('encoding="utf-8"', 'encoding="klingon"'), "not well-formed"),
        (_with("Cholera", "Chol\x01era"), "not well-formed"),
        (_with("Classical", "Cl\u00e9").replace("\u00e9".encode(), b"\xe9"), "not well-formed"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)  # fmt: skip
def test_a_file_that_is_not_a_whole_tabular_list_is_refused(xml: bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_tabular(xml, source="made.xml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("made.xml: ")


def test_a_file_cut_short_at_any_place_is_refused() -> None:
    xml = TABULAR.encode()
    for length in range(0, len(xml.rstrip()), 7):
        with pytest.raises(SourceError):
            read_tabular(xml[:length], source="made.xml")


def test_diagnoses_nested_without_end_are_refused() -> None:
    nested = "<diag><name>A00</name><desc>x</desc>" * 5_000 + "</diag>" * 5_000
    section = f"<section id='A00-A09'><desc>x</desc>{nested}</section>"
    xml = f"<ICD10CM.tabular><version>2026</version><chapter><name>1</name><desc>x</desc>{section}</chapter>"
    with pytest.raises(SourceError):
        read_tabular(f"{xml}</ICD10CM.tabular>".encode(), source="made.xml")


def test_reading_twice_gives_the_same_nodes() -> None:
    assert read_tabular(TABULAR.encode(), source="x") == read_tabular(TABULAR.encode(), source="x")


@pytest.mark.parametrize(
    ("code", "written"),
    [("E1122", "E11.22"), ("i10", "I10"), (" s82.90xa ", "S82.90XA"), ("T07XXXA", "T07.XXXA"), ("", ""), ("A0", "A0")],
)
def test_codes_are_written_with_their_dot(code: str, written: str) -> None:
    assert dotted(code) == written
