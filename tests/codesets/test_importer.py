"""Importing: files are known by their content, read whole and checked before anything is written."""

import gzip
import hashlib
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from made_files import (
    ADDED,
    DRUG,
    EXTERNAL,
    HCPCS,
    HCPCS_NAME,
    INDEX,
    NEOPLASM,
    NO_LONGER_BILLABLE,
    PCS,
    PCS_NAME,
    REVISED,
    TABULAR,
    contents,
    hcpcs_record,
)

from codesets import source_file
from codesets.errors import SourceError
from codesets.importer import import_files
from codesets.store import Releases
from codesets.types import System

Put = Callable[[str, str | bytes], Path]
TABULAR_NAME = "icd10cm-tabular-2026.xml"
CP1252_RECORD = hcpcs_record("J0120", "3", "Crohn\u2019s").encode("cp1252")
PCS_2026 = "snapshots/icd10pcs-2026.ccsnap"
CM, HCPCS_2019 = "snapshots/icd10cm-2026.ccsnap", "snapshots/hcpcs-2019-01.ccsnap"
CHANGES = {
    "icd10cm_fy2027_added.tsv": ADDED,
    "icd10cm_fy2027_revised.tsv": REVISED,
    "icd10cm_fy2027_no_longer_billable.txt": NO_LONGER_BILLABLE,
}


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write a file to be imported."""
    folder = tmp_path / "downloads"
    folder.mkdir()

    def write(name: str, data: str | bytes) -> Path:
        path = folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store that does not exist yet."""
    return tmp_path / "store"


def zipped(members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "kind", "summary", "place"),
    [
        (TABULAR_NAME, TABULAR, "icd10cm release", "8 billable codes, in force 2025-10-01 to 2026-09-30", CM),
        ("renamed.dat", TABULAR, "icd10cm release", "19 nodes", CM),
        ("bom.xml", b"\xef\xbb\xbf" + TABULAR.encode(), "icd10cm release", "19 nodes", CM),
        ("index.xml", INDEX, "icd10cm alphabetic index", "6 entries", "indexes/icd10cm-2026-alphabetic.ccindex"),
        ("n.xml", NEOPLASM, "icd10cm neoplasm index", "3 entries", "indexes/icd10cm-2026-neoplasm.ccindex"),
        ("d.xml", DRUG, "icd10cm drug index", "3 entries", "indexes/icd10cm-2026-drug.ccindex"),
        ("e.xml", EXTERNAL, "icd10cm external_cause index", "6 entries", "indexes/icd10cm-2026-external_cause.ccindex"),
        (HCPCS_NAME, HCPCS, "hcpcs release", "5 nodes, 3 billable codes, in force 2019-01-01 to open", HCPCS_2019),
        (PCS_NAME, PCS, "icd10pcs release", "8 billable codes, in force 2025-10-01 to 2026-09-30", PCS_2026),
        (f"{PCS_NAME}.gz", gzip.compress(PCS.encode(), mtime=0), "icd10pcs release", "8 billable codes", PCS_2026),
        ("icd10pcs_codes_2026.txt", "0TT00ZZ Title\n", "icd10pcs release", "1 billable codes", PCS_2026),
        (HCPCS_NAME, CP1252_RECORD, "hcpcs release", "1 billable", HCPCS_2019),
    ],
)  # fmt: skip
def test_a_file_is_known_by_its_content_and_reported(
    put: Put, store: Path, name: str, data: str | bytes, kind: str, summary: str, place: str
) -> None:
    (report,) = import_files(store, [put(name, data)])
    assert (report.name, report.kind, report.path) == (name.removesuffix(".gz"), kind, store / place)
    assert summary in report.summary
    assert list(contents(store)) == [place]


def test_the_report_names_the_hash_of_the_file_given(put: Put, store: Path) -> None:
    (report,) = import_files(store, [put(TABULAR_NAME, TABULAR)])
    assert report.sha256 == hashlib.sha256(TABULAR.encode()).hexdigest()


def test_the_publisher_s_zip_is_opened_and_its_other_members_left(put: Put, store: Path) -> None:
    members: dict[str, str | bytes] = {
        f"Table and Index/{TABULAR_NAME}": TABULAR,
        "Table and Index/index.xml": INDEX,
        "Table and Index/bom.xml": b"\xef\xbb\xbf" + NEOPLASM.encode(),
        "Table and Index/icd10cm-tabular.xsd": '<?xml version="1.0"?><xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>',
        "readme.pdf": b"%PDF-1.7\x00",
        "notes.txt": "no code set",
        "empty.xml": "",
    }
    reports = import_files(store, [put("table.zip", zipped(members))])
    assert [report.kind for report in reports] == [
        "icd10cm release",
        "icd10cm alphabetic index",
        "icd10cm neoplasm index",
    ]


def test_the_quarterly_zip_of_hcpcs_is_opened(put: Put, store: Path) -> None:
    reports = import_files(store, [put("hcpcs.zip", zipped({HCPCS_NAME: HCPCS, "readme.txt": "CMS"}))])
    assert [report.kind for report in reports] == ["hcpcs release"]


@pytest.mark.parametrize("as_zip", [False, True])
def test_the_changes_of_a_year_make_the_next_release(put: Put, store: Path, as_zip: bool) -> None:
    import_files(store, [put(TABULAR_NAME, TABULAR)])
    files = [put("changes.zip", zipped(dict(CHANGES)))] if as_zip else [put(*item) for item in CHANGES.items()]
    (report,) = import_files(store, files)
    assert report.path.name == "icd10cm-2027.ccsnap"
    versions = [snapshot.release.version for snapshot in Releases.open(store).snapshots(System.ICD10CM)]
    assert versions == ["2027", "2026"]


def test_changes_beside_their_base_need_no_release_in_the_store(put: Put, store: Path) -> None:
    files = [put(*item) for item in CHANGES.items()]
    reports = import_files(store, [*files, put(TABULAR_NAME, TABULAR)])
    assert sorted(report.path.name for report in reports) == ["icd10cm-2026.ccsnap", "icd10cm-2027.ccsnap"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["icd10cm_fy2027_added.tsv"], "import added and no_longer_billable together"),
        (
            ["icd10cm_fy2027_revised.tsv", "icd10cm_fy2027_no_longer_billable.txt"],
            "import added and no_longer_billable together",
        ),
    ],
)
def test_changes_of_which_a_part_is_missing_are_refused(put: Put, store: Path, names: list[str], message: str) -> None:
    import_files(store, [put(TABULAR_NAME, TABULAR)])
    with pytest.raises(SourceError, match=message):
        import_files(store, [put(name, CHANGES[name]) for name in names])


def test_changes_without_their_base_are_refused(put: Put, store: Path) -> None:
    with pytest.raises(SourceError, match="need the release of FY2026"):
        import_files(store, [put(*item) for item in CHANGES.items()])


def test_two_files_of_the_same_changes_are_refused(put: Put, store: Path) -> None:
    files = [put(*item) for item in CHANGES.items()] + [put("also_fy2027_added.tsv", ADDED), put(TABULAR_NAME, TABULAR)]
    with pytest.raises(SourceError, match=r"also_fy2027_added\.tsv: got a second file of codes added"):
        import_files(store, files)


def test_changes_without_a_year_in_their_name_are_refused(put: Put, store: Path) -> None:
    with pytest.raises(SourceError, match="without its fiscal year"):
        import_files(store, [put("added.tsv", ADDED)])


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.xml", b"", "got an empty file"),
        ("blank.txt", b"  \n", "not a code-set file we know"),
        ("note.txt", b"Patient has asthma.", "not a code-set file we know"),
        ("page.html", b"<html><body>404</body></html>", "got <html>"),
        ("other.xml", b"<?xml version='1.0'?><codes/>", "got <codes>"),
        ("cut.xml", TABULAR[:-20].encode(), "not well-formed XML"),
        ("book.pdf", b"%PDF-1.7\x00\x01", "binary content"),
        (f"{PCS_NAME}.gz", gzip.compress(PCS.encode(), mtime=0)[:-12], "not a whole gzip file"),
        ("cut.zip", zipped({TABULAR_NAME: TABULAR})[:-10], "not a whole zip file"),
        ("junk.zip", b"PK\x03\x04 and nothing more", "not a whole zip file"),
        ("photos.zip", zipped({"a.jpg": b"\xff\xd8\xff"}), "no known code-set file"),
        ("none.zip", zipped({}), "no known code-set file"),
        ("bad.zip", zipped({TABULAR_NAME: TABULAR[:-20]}), "not well-formed XML"),
        (HCPCS_NAME, HCPCS[:-400].encode(), "want a whole record"),
        ("HCPCS.txt", HCPCS.encode(), "without a year"),
    ],
)
def test_a_wrong_file_is_refused_and_named(put: Put, store: Path, name: str, data: bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        import_files(store, [put(name, data)])
    assert message in str(caught.value)
    assert not store.exists()


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, store: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        import_files(store, [tmp_path / "nothing.xml"])
    with pytest.raises(SourceError, match="Is a directory"):
        import_files(store, [tmp_path])
    with pytest.raises(SourceError, match="got no file"):
        import_files(store, [])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_file_among_several_leaves_the_store_as_it_was(put: Put, store: Path, place: int) -> None:
    import_files(store, [put(TABULAR_NAME, TABULAR)])
    before = contents(store)
    files = [put("changed.xml", TABULAR.replace("Classical", "Other")), put("index.xml", INDEX)]
    files.insert(place, put("bad.xml", INDEX[:-30]))
    with pytest.raises(SourceError, match=r"bad\.xml"):
        import_files(store, files)
    assert contents(store) == before


def test_importing_the_same_file_again_gives_the_same_bytes(put: Put, store: Path) -> None:
    files = [
        put(TABULAR_NAME, TABULAR),
        put("index.xml", INDEX),
        put(HCPCS_NAME, HCPCS),
        *(put(*item) for item in CHANGES.items()),
    ]
    import_files(store, files)
    before = contents(store)
    assert len(before) == 4
    import_files(store, files)
    assert contents(store) == before


def test_changes_read_from_the_store_give_the_same_release_as_beside_their_base(put: Put, tmp_path: Path) -> None:
    base, changes = put(TABULAR_NAME, TABULAR), [put(*item) for item in CHANGES.items()]
    import_files(tmp_path / "one", [base, *changes])
    import_files(tmp_path / "two", [base])
    import_files(tmp_path / "two", changes)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_file_over_the_limit_is_refused_before_it_is_read(
    put: Put, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_file, "MAX_FILE_BYTES", 1000)
    with pytest.raises(SourceError, match="want at most 1000"):
        import_files(store, [put(TABULAR_NAME, TABULAR)])


def test_a_zip_that_unpacks_to_more_than_the_limit_is_refused_unread(
    put: Put, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put("bomb.zip", zipped({f"{number}.xml": bytes(200_000) for number in range(6)}))
    monkeypatch.setattr(source_file, "MAX_FILE_BYTES", 1_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("a member was unpacked"))
    assert path.stat().st_size < 3_000
    with pytest.raises(SourceError, match="got a zip over"):
        import_files(store, [path])


def test_a_zip_that_lies_about_its_sizes_is_refused(put: Put, store: Path) -> None:
    honest = zipped({TABULAR_NAME: TABULAR.encode() * 10})
    size = (len(TABULAR.encode()) * 10).to_bytes(4, "little")
    assert honest.count(size) == 2
    with pytest.raises(SourceError, match="not a whole zip file"):
        import_files(store, [put("liar.zip", honest.replace(size, (10).to_bytes(4, "little")))])


def test_a_zip_of_too_many_members_is_refused(put: Put, store: Path) -> None:
    many = zipped({f"{number}.txt": "" for number in range(source_file.MAX_ZIP_MEMBERS + 1)})
    with pytest.raises(SourceError, match="got a zip over 200 members"):
        import_files(store, [put("many.zip", many)])


def test_member_names_that_point_outside_are_only_names(put: Put, store: Path, tmp_path: Path) -> None:
    (report,) = import_files(store, [put("slip.zip", zipped({"../../../evil.xml": TABULAR}))])
    assert report.name == "evil.xml"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["downloads", "store"]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_STORED])
def test_a_damaged_zip_is_refused_or_read_but_never_crashes(put: Put, store: Path, method: int) -> None:
    whole = zipped({TABULAR_NAME: TABULAR}, method)
    chance = random.Random(method)
    for length in range(2, len(whole), max(1, len(whole) // 40)):
        with pytest.raises(SourceError):
            import_files(store, [put("cut.zip", whole[:length])])
    for _ in range(150):
        place = chance.randrange(2, len(whole))
        path = put("flipped.zip", whole[:place] + bytes([whole[place] ^ chance.randrange(1, 256)]) + whole[place + 1 :])
        try:
            reports = import_files(store, [path])
        except SourceError:
            continue
        assert [report.kind for report in reports] == ["icd10cm release"]


def test_a_zip_with_a_password_is_refused(put: Put, store: Path) -> None:
    data = bytearray(zipped({TABULAR_NAME: TABULAR}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    with pytest.raises(SourceError, match="encrypted"):
        import_files(store, [put("locked.zip", bytes(data))])
