"""ICD-10-PCS: tables, definitions and index in CMS's XML layouts; every character of a code explained."""

from pathlib import Path

import pytest
from made_files import PCS, PCS_NAME

from codesets.errors import SnapshotError, SourceError
from codesets.icd10cm import parse_xml
from codesets.icd10pcs_index import read_procedure_index
from codesets.icd10pcs_reference import KeyTerm, read_definitions, read_tables
from codesets.importer import import_files
from codesets.search import search_codes
from codesets.store import Releases
from codesets.types import Axis, System

TABLES = """<?xml version="1.0" encoding="UTF-8"?>
<ICD10PCS.tabular><version>2026</version><title>2026 ICD-10-PCS Tables</title>
 <pcsTable>
  <axis pos="1" values="1"><title>Section</title><label code="0">Medical and Surgical</label></axis>
  <axis pos="2" values="1"><title>Body System</title><label code="T">Urinary System</label></axis>
  <axis pos="3" values="1"><title>Operation</title><label code="T">Resection</label>
   <definition>All of it, out</definition></axis>
  <pcsRow codes="4">
   <axis pos="4" values="2"><title>Body Part</title><label code="0">Kidney, Right</label>
    <label code="1">Kidney, Left</label></axis>
   <axis pos="5" values="2"><title>Approach</title><label code="0">Open</label>
    <label code="4">Percutaneous Endoscopic</label></axis>
   <axis pos="6" values="1"><title>Device</title><label code="Z">No Device</label></axis>
   <axis pos="7" values="1"><title>Qualifier</title><label code="Z">No Qualifier</label></axis>
  </pcsRow>
  <pcsRow codes="1">
   <axis pos="4" values="1"><title>Body Part</title><label code="2">Kidneys, Bilateral</label></axis>
   <axis pos="5" values="1"><title>Approach</title><label code="0">Open</label></axis>
   <axis pos="6" values="1"><title>Device</title><label code="Z">No Device</label></axis>
   <axis pos="7" values="1"><title>Qualifier</title><label code="Z">No Other Qualifier</label></axis>
  </pcsRow>
 </pcsTable>
</ICD10PCS.tabular>
"""
DEFINITIONS = """<?xml version="1.0" encoding="UTF-8"?>
<ICD10PCS.definitions><version>2026</version>
 <section code="0"><title>Medical and Surgical</title>
  <axis pos="3"><title>Operation</title>
   <terms><title>Resection</title><definition>Cutting out all of a body part</definition>
    <explanation>None</explanation><includes>Total removal of this, of that</includes></terms></axis>
  <axis pos="4"><title>Body Part</title>
   <terms><title>Kidney, Left</title><title>Kidney, Right</title>
    <includes>Renal bean</includes><includes>Renal segment</includes></terms></axis>
  <axis pos="6"><title>Device</title>
   <terms><title>Drainage Device</title><includes>Foley pipe</includes></terms></axis>
 </section>
 <deviceAggregation>
  <aggregate><device>Own vein</device><operation>All applicable</operation><bodySys>Heart</bodySys>
   <parent value="7">Own Tissue</parent></aggregate>
 </deviceAggregation>
</ICD10PCS.definitions>
"""
INDEX = """<?xml version="1.0" encoding="UTF-8"?>
<ICD10PCS.index><version>2026</version>
 <letter><title>N</title>
  <mainTerm><title>Nephrectomy</title>
   <see>Excision, Urinary System <tab>0TB</tab></see><see>Resection, Urinary System <tab>0TT</tab></see></mainTerm>
  <mainTerm><title>Resection</title>
   <term level="1"><title>Kidney</title>
    <term level="2"><title>Bilateral</title><codes>0TT2</codes></term>
    <term level="2"><title>Right by scope</title><code>0TT04ZZ</code></term></term></mainTerm>
  <mainTerm><title>Renal bean</title><use>Kidney, Right</use><use>Kidney, Left</use></mainTerm>
  <mainTerm><title>Nothing here</title></mainTerm>
 </letter>
</ICD10PCS.index>
"""
FILES = {
    PCS_NAME: PCS,
    "icd10pcs_tables_2026.xml": TABLES,
    "icd10pcs_definitions_2026.xml": DEFINITIONS,
    "icd10pcs_index_2026.xml": INDEX,
}


def stored(home: Path, *names: str) -> Releases:
    paths = []
    for name in names:
        paths.append(home / name)
        paths[-1].write_text(FILES[name], encoding="utf-8")
    import_files(home / "store", paths)
    return Releases.open(home / "store")


def test_every_character_of_a_code_is_explained(tmp_path: Path) -> None:
    releases = stored(tmp_path, *FILES)
    snapshot = releases.release(System.ICD10PCS)
    assert releases.find(snapshot, "0TT14ZZ").axes == (
        Axis(1, "Section", "0", "Medical and Surgical"),
        Axis(2, "Body System", "T", "Urinary System"),
        Axis(
            3, "Operation", "T", "Resection", "Cutting out all of a body part", "None",
            ("Total removal of this, of that",),
        ),
        Axis(4, "Body Part", "1", "Kidney, Left", includes=("Renal bean", "Renal segment")),
        Axis(5, "Approach", "4", "Percutaneous Endoscopic"),
        Axis(6, "Device", "Z", "No Device"),
        Axis(7, "Qualifier", "Z", "No Qualifier"),
    )  # fmt: skip


def test_the_label_is_that_of_the_row_in_which_the_code_stands(tmp_path: Path) -> None:
    releases = stored(tmp_path, *FILES)
    axes = releases.find(releases.release(System.ICD10PCS), "0TT20ZZ").axes
    assert axes[6].label == "No Other Qualifier"


def test_the_beginning_of_a_code_is_explained_as_far_as_it_goes(tmp_path: Path) -> None:
    releases = stored(tmp_path, *FILES)
    assert [axis.label for axis in releases.find(releases.release(System.ICD10PCS), "0TT0").axes] == [
        "Medical and Surgical",
        "Urinary System",
        "Resection",
        "Kidney, Right",
    ]


def test_without_tables_the_axes_have_their_names(tmp_path: Path) -> None:
    releases = stored(tmp_path, PCS_NAME)
    axes = releases.find(releases.release(System.ICD10PCS), "0TT00ZZ").axes
    assert [(axis.name, axis.value, axis.label) for axis in axes][:2] == [
        ("Section", "0", ""),
        ("Body system", "T", ""),
    ]


def test_without_definitions_the_table_s_own_is_given(tmp_path: Path) -> None:
    releases = stored(tmp_path, PCS_NAME, "icd10pcs_tables_2026.xml")
    axes = releases.find(releases.release(System.ICD10PCS), "0TT00ZZ").axes
    assert axes[2].definition == "All of it, out"


@pytest.mark.parametrize(
    ("term", "found"),
    [
        (
            "renal BEAN",
            (KeyTerm("0", 4, "Body Part", "Kidney, Left"), KeyTerm("0", 4, "Body Part", "Kidney, Right")),
        ),
        ("Foley pipe", (KeyTerm("0", 6, "Device", "Drainage Device"),)),
        ("Own vein", (KeyTerm("0", 6, "Device", "Own Tissue", "All applicable; Heart"),)),
        # What an operation includes is examples in a sentence, no key.
        ("Total removal of this, of that", ()),
        ("", ()),
    ],
)
def test_the_keys_say_where_a_name_belongs(tmp_path: Path, term: str, found: tuple[KeyTerm, ...]) -> None:
    releases = stored(tmp_path, *FILES)
    assert releases.reference(releases.release(System.ICD10PCS).release).key(term) == found


def test_the_index_is_read_with_its_tables_and_uses() -> None:
    read = read_procedure_index(parse_xml(INDEX.encode(), "index"), source="index")
    assert (read.kind, read.version, read.system) == ("procedure", "2026", System.ICD10PCS)
    assert [(", ".join(entry.path), entry.code, entry.see, entry.use) for entry in read.entries] == [
        ("Nephrectomy", "0TB-", "Excision, Urinary System", ""),
        ("Nephrectomy", "0TT-", "Resection, Urinary System", ""),
        ("Resection, Kidney, Bilateral", "0TT2-", "", ""),
        ("Resection, Kidney, Right by scope", "0TT04ZZ", "", ""),
        ("Renal bean", "", "", "Kidney, Right"),
        ("Renal bean", "", "", "Kidney, Left"),
    ]


def test_terms_of_the_index_are_found_by_search(tmp_path: Path) -> None:
    releases = stored(tmp_path, *FILES)
    hits = search_codes(releases, "nephrectomy")
    # 0TB is not in this small release, and its section is all that stands above it.
    assert "0TT" in [hit.code for hit in hits]
    assert search_codes(releases, "resection kidney right by scope")[0].code == "0TT04ZZ"


def test_an_index_imported_later_is_searched_too(tmp_path: Path) -> None:
    before = stored(tmp_path, PCS_NAME)
    assert search_codes(before, "nephrectomy") == []
    after = stored(tmp_path, "icd10pcs_index_2026.xml")
    assert "0TT" in [hit.code for hit in search_codes(after, "nephrectomy")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<version>2026</version>", "", "version: got ''"),
        ('<axis pos="5" values="2">', '<axis pos="6" values="2">', "axis: got position '6', want 5"),
        ('<label code="4">', '<label code="O">', "axis 5: got value 'O'"),
        ('<label code="Z">No Device</label>', "", "axis 6: got no value"),
        (
            '<axis pos="3" values="1"><title>Operation</title><label code="T">Resection</label>',
            "<axis><x/>",
            "axis: got position ''",
        ),
    ],
)
def test_wrong_tables_are_refused(old: str, new: str, message: str) -> None:
    assert old in TABLES
    with pytest.raises(SourceError, match=message):
        read_tables(parse_xml(TABLES.replace(old, new).encode(), "tables"), source="tables")


def test_a_table_twice_is_refused() -> None:
    begin, end = TABLES.index("<pcsTable>"), TABLES.index("</ICD10PCS")
    with pytest.raises(SourceError, match="table 0TT: got it twice"):
        read_tables(parse_xml((TABLES[:end] + TABLES[begin:end] + TABLES[end:]).encode(), "t"), source="t")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('<section code="0">', '<section code="?">', r"section: got code '\?'"),
        ('<axis pos="4">', '<axis pos="9">', "axis: got position '9'"),
        ("<version>2026</version>", "<version>26</version>", "version: got '26'"),
    ],
)
def test_wrong_definitions_are_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_definitions(parse_xml(DEFINITIONS.replace(old, new).encode(), "d"), source="d")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (INDEX.replace("0TT2", "0TTO"), "<codes>: got '0TTO'"),
        (INDEX.replace("<version>2026</version>", ""), "version"),
        ("<ICD10PCS.index><version>2026</version></ICD10PCS.index>", "got no index entry"),
    ],
)
def test_a_wrong_index_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_procedure_index(parse_xml(text.encode(), "i"), source="i")


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".xml")])
def test_a_truncated_file_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(FILES[name][:-25], encoding="utf-8")
    with pytest.raises(SourceError, match="not well-formed XML"):
        import_files(tmp_path / "store", [path])
    assert not (tmp_path / "store").exists()


def test_a_damaged_reference_is_refused(tmp_path: Path) -> None:
    stored(tmp_path, *FILES)
    (path,) = (tmp_path / "store" / "references").glob("*tables*")
    path.write_bytes(path.read_bytes()[:-64])
    releases = Releases.open(tmp_path / "store")
    with pytest.raises(SnapshotError):
        releases.find(releases.release(System.ICD10PCS), "0TT00ZZ")
