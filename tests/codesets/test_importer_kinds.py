"""Importing: every kind of file beside those of ICD-10-CM is known by its content, alone, together and in zips."""

import io
import zipfile
from pathlib import Path

import pytest
from made_files import HCPCS, PCS, PCS_NAME, contents
from test_conversion import PCS as CONVERSION
from test_cpt import LONGULT
from test_gems import BACK as GEM_PCS
from test_gems import OLD_TO_NEW
from test_icd9cm import LONG, PROCEDURES
from test_icd10pcs_reference import DEFINITIONS, INDEX, TABLES
from test_icd11 import BACK, FOUNDATION, ONE, TABULATION
from test_snomed_map import HEAD, line

from codesets.crosswalk import Relationship, open_crosswalks
from codesets.errors import SourceError
from codesets.importer import import_files

CASES = [
    ("2018_I9gem.txt", OLD_TO_NEW, "icd9cm to icd10cm gem map", "crosswalks/gem-icd9cm-icd10cm-2018.ccmap"),
    ("2018_pcsi9.txt", GEM_PCS, "icd10pcs to icd9cm gem map", "crosswalks/gem-icd10pcs-icd9cm-2018.ccmap"),
    ("CMS32_DESC_LONG_DX.txt", LONG, "icd9cm release", "snapshots/icd9cm-2015.ccsnap"),
    ("conversion.txt", CONVERSION, "icd10pcs to icd10pcs conversion map",
     "crosswalks/conversion-icd10pcs-icd10pcs-2026.ccmap"),
    ("LONGULT.TXT", LONGULT, "cpt release", "snapshots/cpt-2026.ccsnap"),
    ("SimpleTabulation.txt", TABULATION, "icd11 release", "snapshots/icd11-2024-01.ccsnap"),
    ("10To11.txt", ONE, "icd10 to icd11 who map", "crosswalks/who-icd10-icd11-2024-01.ccmap"),
    ("11To10.txt", BACK, "icd11 to icd10 who map", "crosswalks/who-icd11-icd10-2024-01.ccmap"),
    ("Map.txt", HEAD + line(), "snomedct to icd10cm rules map", "crosswalks/rules-snomedct-icd10cm-20260301.ccmap"),
    ("tables.xml", TABLES, "icd10pcs tables", "references/icd10pcs-2026-tables.ccref"),
    ("definitions.xml", DEFINITIONS, "icd10pcs definitions", "references/icd10pcs-2026-definitions.ccref"),
    ("index.xml", INDEX, "icd10pcs procedure index", "indexes/icd10pcs-2026-procedure.ccindex"),
]  # fmt: skip


def put(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def zipped(members: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(("name", "text", "kind", "place"), CASES)
@pytest.mark.parametrize("as_zip", [False, True])
def test_a_file_is_known_by_its_content(
    tmp_path: Path, name: str, text: str, kind: str, place: str, as_zip: bool
) -> None:
    members = {f"folder/{name}": text, "folder/readme.pdf": "%PDF", "notes.txt": "CPT is a trademark of the AMA"}
    given = put(tmp_path, "a.zip", zipped(members)) if as_zip else put(tmp_path, name, text)
    (report,) = import_files(tmp_path / "store", [given])
    assert (report.name, report.kind, report.path) == (name, kind, tmp_path / "store" / place)
    assert list(contents(tmp_path / "store")) == [place]


def test_all_kinds_are_imported_together(tmp_path: Path) -> None:
    paths = [put(tmp_path, name, text) for name, text, _, _ in CASES]
    paths += [put(tmp_path, PCS_NAME, PCS), put(tmp_path, "HCPC2026_JAN_ANWEB.txt", HCPCS)]
    reports = import_files(tmp_path / "store", paths)
    assert sorted(report.name for report in reports) == sorted(path.name for path in paths)


def test_files_of_one_edition_make_one_release_and_are_each_reported(tmp_path: Path) -> None:
    paths = [put(tmp_path, "CMS32_LONG_DX.txt", LONG), put(tmp_path, "CMS32_LONG_SG.txt", PROCEDURES)]
    reports = import_files(tmp_path / "store", paths)
    assert [report.name for report in reports] == ["CMS32_LONG_DX.txt", "CMS32_LONG_SG.txt"]
    assert len({report.path for report in reports}) == 1
    assert len({report.sha256 for report in reports}) == 2


def test_the_map_to_the_foundation_marks_what_is_equivalent(tmp_path: Path) -> None:
    import_files(tmp_path / "store", [put(tmp_path, "one.txt", ONE), put(tmp_path, "foundation.txt", FOUNDATION)])
    (crosswalk,) = open_crosswalks(tmp_path / "store")
    assert crosswalk.rows("A00")[0].relationship is Relationship.EQUIVALENT
    assert crosswalk.rows("A00.0")[0].relationship is Relationship.RELATED_TO


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"foundation.txt": FOUNDATION}, "foundation.txt: import it together with"),
        ({"a_2018.txt": OLD_TO_NEW, "b_2018.txt": OLD_TO_NEW}, "got what a_2018.txt says already"),
        ({"a.txt": TABULATION, "b.txt": TABULATION}, "b.txt: got what a.txt is too"),
        ({"a.xml": TABLES, "b.xml": TABLES}, "b.xml: got what a.xml is too"),
        ({"CMS32_LONG_SG.txt": PROCEDURES}, "import the long titles of diagnoses"),
        ({"u_2018.txt": OLD_TO_NEW.encode("utf-16")}, "got UTF-16 text"),
        ({"t_2018.txt": OLD_TO_NEW[:-8]}, "got 'V1000 Z8500"),
        ({"a_2018.txt": OLD_TO_NEW, "x.txt": "\U0001f600 no code set"}, "x.txt: not a code-set file we know"),
        ({"x.xml": "<ICD10PCS.unknown/>"}, "x.xml: got <ICD10PCS.unknown>"),
        ({"bomb.xml": '<!DOCTYPE a [<!ENTITY b "c">]><ICD10PCS.tabular>&b;</ICD10PCS.tabular>'}, "entity declaration"),
    ],
)
def test_wrong_files_are_refused_and_nothing_is_written(
    tmp_path: Path, files: dict[str, str | bytes], message: str
) -> None:
    paths = [put(tmp_path, name, data) for name, data in files.items()]
    with pytest.raises(SourceError, match=message):
        import_files(tmp_path / "store", paths)
    assert not (tmp_path / "store").exists()
