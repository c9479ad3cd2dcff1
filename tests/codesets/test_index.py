"""The index reader: made-up indexes entry by entry, and the three real ones at hand by their counts."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from made_files import DRUG, EXTERNAL, INDEX, NEOPLASM, real_file

from codesets.errors import SnapshotError, SourceError
from codesets.icd10cm import parse_xml
from codesets.index import IndexEntry, IndexSource, index_files, open_index, read_index, save_index
from codesets.types import Release, System


def read(xml: str | bytes) -> IndexSource:
    data = xml.encode() if isinstance(xml, str) else xml
    return read_index(parse_xml(data, "made.xml"), source="made.xml")


def test_terms_are_read_with_their_path_modifiers_and_codes() -> None:
    assert read(INDEX).entries == (
        IndexEntry(("Cholera",), ("Asiatic", "epidemic"), "A00.9"),
        IndexEntry(("Cholera", "due to", "Vibrio cholerae 01"), (), "A00.0"),
        IndexEntry(("Cholera", "classical"), (), "A00.0"),
        IndexEntry(("Dementia in",), (), "G30.9", manifestation="F02.80"),
        IndexEntry(("Consumption",), (), "", see="Tuberculosis"),
        IndexEntry(("Fracture, traumatic",), (), "S82.-", see_also="Injury"),
    )


def test_a_table_gives_an_entry_a_column_and_none_for_a_dash() -> None:
    assert read(NEOPLASM).entries == (
        IndexEntry(("Neoplasm, neoplastic",), (), "C80.1", column=2),
        IndexEntry(("Neoplasm, neoplastic",), (), "C79.9", column=3),
        IndexEntry(("Neoplasm, neoplastic", "skin NOS"), (), "C44.90", column=2),
    )


@pytest.mark.parametrize(
    ("xml", "kind"), [(INDEX, "alphabetic"), (NEOPLASM, "neoplasm"), (DRUG, "drug"), (EXTERNAL, "external_cause")]
)
def test_the_kind_is_known_from_headings(xml: str, kind: str) -> None:
    assert (read(xml).kind, read(xml).version) == (kind, "2026")


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        ("<ICD10CM.index/>", "version: got ''"),
        ("<ICD10CM.index><version>2026</version></ICD10CM.index>", "no index entry"),
        (INDEX[:-30], "not well-formed"),
        (NEOPLASM.replace('col="2">C80', 'col="two">C80'), "column"),
        (
            "<x><version>2026</version>" + "<mainTerm>" + "<term>" * 5_000 + "</term>" * 5_000 + "</mainTerm></x>",
            "nested",
        ),
    ],
)
def test_a_damaged_index_is_refused(xml: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(xml)


def test_a_saved_index_comes_back(tmp_path: Path) -> None:
    source = read(INDEX)
    opened = open_index(save_index(tmp_path, source))
    assert tuple(opened.entries()) == source.entries
    assert (opened.kind, opened.version, opened.count) == ("alphabetic", "2026", 6)


def test_titles_with_any_character_come_back(tmp_path: Path) -> None:
    odd = IndexEntry(("a\nb\x85c\u2028d\x1ee", '"😀'), ("\r",), "A00")
    source = replace(read(INDEX), entries=(odd,))
    assert tuple(open_index(save_index(tmp_path, source)).entries()) == (odd,)


def test_index_files_are_listed_for_their_release_only(tmp_path: Path) -> None:
    for source in (read(NEOPLASM), read(INDEX), replace(read(INDEX), version="2027")):
        save_index(tmp_path, source)
    release = Release(System.ICD10CM, "2026", *(None,) * 2, "", "", 0, 0)  # type: ignore[arg-type]
    assert [index.kind for index in index_files(tmp_path, release)] == ["alphabetic", "neoplasm"]
    assert [index.version for index in index_files(tmp_path)] == ["2026", "2026", "2027"]


def test_an_index_cut_short_is_refused(tmp_path: Path) -> None:
    path = save_index(tmp_path, read(INDEX))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SnapshotError, match=path.name):
        open_index(path)


def test_the_real_external_cause_index_is_read_whole() -> None:
    xml = real_file("icd10cm-eindex-April-1-2026.xml").read_bytes()
    index = read(xml)
    assert index.kind == "external_cause"
    assert sum(bool(entry.code) for entry in index.entries) == len(re.findall(rb"<code>", xml))
    assert sum(bool(entry.see) for entry in index.entries) == len(re.findall(rb"<see>", xml))
    assert IndexEntry(("Accident", "barefoot water skier"), (), "V94.4") in index.entries


@pytest.mark.parametrize(
    ("name", "kind", "entry"),
    [
        (
            "neoplasm",
            "neoplasm",
            IndexEntry(("Neoplasm, neoplastic", "abdomen, abdominal", "organ"), (), "C79.8-", column=3),
        ),
        ("drug", "drug", IndexEntry(("2-propanol",), (), "T51.2X4", column=5)),
    ],
)
def test_the_real_tables_give_an_entry_for_every_cell_with_a_code(name: str, kind: str, entry: IndexEntry) -> None:
    xml = real_file(f"icd10cm-{name}-April-1-2026.xml").read_bytes()
    index = read(xml)
    cells = [cell for cell in index.entries if cell.column]
    assert index.kind == kind
    assert len(cells) == len(re.findall(rb"<cell[^>]*>\s*[A-Z][^<]*</cell>", xml))
    assert all(re.fullmatch(r"[A-Z][0-9A-Z.]+-?", cell.code) for cell in cells)
    assert entry in cells
