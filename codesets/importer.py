"""Takes the publishers' own files into the store: recognises each, checks it, reports what it read.

Everything is read and checked before anything is written, so a wrong file leaves the store as it was.
"""

import gzip
import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesets import edit_importer, hcpcs, icd10cm, icd10pcs
from codesets.edit_store import edits_path, save_edits
from codesets.edit_table import EditSource
from codesets.errors import SourceError
from codesets.index import IndexSource, read_index, save_index
from codesets.snapshot import Snapshot
from codesets.store import Releases, save_release, snapshot_path
from codesets.types import ReleaseSource, System

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_ZIP_MEMBERS = 200
_ROOT_WITHIN = 65_536
_GZIP = b"\x1f\x8b"
# What zipfile and its decompressors raise on a damaged or encrypted archive.
_DAMAGED_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, ValueError, NotImplementedError, RuntimeError, EOFError
)  # fmt: skip
_CHANGE_KINDS = {"code\tbillable\tlong_title": "added", "code\told_long\tnew_long": "revised"}


_Source = ReleaseSource | IndexSource | EditSource


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one file turned out to be: its name, kind, SHA-256 (hex), what was read, and where it went."""

    name: str
    kind: str
    sha256: str
    summary: str
    path: Path


@dataclass(frozen=True, slots=True)
class _Given:
    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def text(self) -> str:
        """Decode as UTF-8, else as Windows-1252, which CMS writes; raises SourceError on binary content."""
        if b"\0" in self.data:
            raise SourceError(f"{self.name}: got binary content, want a publisher's text, XML or zip file")
        try:
            return self.data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return self.data.decode("cp1252", "replace")


def import_files(home: Path, paths: Sequence[Path]) -> list[ImportReport]:
    """Import files, or zips of them, into the store.

    Raises SourceError that names the first file which is unknown, truncated or fails a check; nothing is then written.
    """
    read: list[tuple[_Given, _Source]] = []
    changes: dict[str, list[tuple[str, _Given]]] = {}
    edits: dict[str, _Given] = {}
    for given in (member for path in paths for member in _open(path)):
        kind = _change_kind(given)
        if edit_importer.looks_like(given.name, given.data):
            edits[given.name] = given
        elif kind:
            changes.setdefault(_change_year(given), []).append((kind, given))
        else:
            read.append((given, _read(given)))
    tables = edit_importer.read_edits([(name, given.text()) for name, given in edits.items()])
    read.extend((edits[name], table) for name, table in tables)
    for year, files in sorted(changes.items()):
        read.extend(_read_changes(home, year, files, [source for _, source in read]))
    if not read:
        raise SourceError("import: got no file that is a known code-set file")
    return [_save(home, given, source) for given, source in read]


def _open(path: Path) -> Iterator[_Given]:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise SourceError(f"{path.name}: got {size} bytes, want at most {MAX_FILE_BYTES}")
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from None
    if not data:
        raise SourceError(f"{path.name}: got an empty file")
    if data[:2] == b"PK":
        yield from _unzip(path.name, data)
    elif data[:2] == _GZIP:
        yield _Given(path.name.removesuffix(".gz"), _gunzip(path.name, data))
    else:
        yield _Given(path.name, data)


def _gunzip(name: str, data: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as file:
            plain = file.read(MAX_FILE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{name}: not a whole gzip file ({error}); fetch it again") from None
    if len(plain) > MAX_FILE_BYTES:
        raise SourceError(f"{name}: got over {MAX_FILE_BYTES} bytes unpacked")
    return plain


def _unzip(name: str, data: bytes) -> Iterator[_Given]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if len(members) > MAX_ZIP_MEMBERS or sum(info.file_size for info in members) > MAX_FILE_BYTES:
                raise SourceError(
                    f"{name}: got a zip over {MAX_ZIP_MEMBERS} members or {MAX_FILE_BYTES} bytes unpacked"
                )
            given = [_Given(Path(info.filename).name, archive.read(info)) for info in members]
    except _DAMAGED_ZIP as error:
        raise SourceError(f"{name}: not a whole zip file ({error}); fetch it again") from None
    known = [member for member in given if _is_known(member)]
    if not known:
        raise SourceError(f"{name}: got a zip with no known code-set file in it")
    yield from known


def _is_known(given: _Given) -> bool:
    if b"\0" in given.data:
        return False
    # The publisher's zip also holds schemas and PDFs: an XML file is known by its root.
    is_xml = re.search(rb"<ICD10CM\.(?:tabular|index)\b", given.data[:_ROOT_WITHIN]) is not None
    is_record = given.name.lower().endswith(".txt") and (
        icd10pcs.looks_like(given.text()) or hcpcs.looks_like(given.text())
    )
    return is_xml or is_record or bool(_change_kind(given)) or edit_importer.looks_like(given.name, given.data)


def _read(given: _Given) -> ReleaseSource | IndexSource:
    if given.data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        return _read_xml(given)
    text = given.text()
    if icd10pcs.looks_like(text):
        return icd10pcs.read_codes(text, name=given.name)
    if hcpcs.looks_like(text):
        return hcpcs.read_anweb(text, name=given.name)
    raise SourceError(
        f"{given.name}: not a code-set file we know; want the ICD-10-CM tabular or index XML (CDC/NCHS), the yearly "
        "changes, the ICD-10-PCS order file, the HCPCS ANWEB text or a table of edits (CMS), as downloaded"
    )


def _read_xml(given: _Given) -> ReleaseSource | IndexSource:
    root = icd10cm.parse_xml(given.data, given.name)
    if root.tag == "ICD10CM.tabular":
        return icd10cm.read_tabular_root(root, source=given.name)
    if root.tag == "ICD10CM.index":
        return read_index(root, source=given.name)
    got = root.tag.rpartition("}")[2][:40]
    raise SourceError(f"{given.name}: got <{got}>, want <ICD10CM.tabular> or <ICD10CM.index>")


def _change_kind(given: _Given) -> str:
    first = given.data[:200].split(b"\n", 1)[0].strip().decode("utf-8", "replace")
    if first in _CHANGE_KINDS:
        return _CHANGE_KINDS[first]
    is_list = re.search(r"no_longer_billable|deleted", given.name.lower()) is not None
    return "not_billable" if is_list and re.fullmatch(r"[A-Z][0-9A-Z]{2,6}", first) else ""


def _change_year(given: _Given) -> str:
    year = re.search(r"(?:fy|20)(\d{4}|\d\d)(?!\d)", given.name.lower())
    if year is None:
        raise SourceError(
            f"{given.name}: got a file name without its fiscal year, want it as in icd10cm_fy2027_added.tsv"
        )
    return year[1] if len(year[1]) == 4 else f"20{year[1]}"


def _read_changes(
    home: Path, year: str, files: Sequence[tuple[str, _Given]], beside: Sequence[_Source]
) -> list[tuple[_Given, ReleaseSource]]:
    base = _base(home, str(int(year) - 1), beside)
    texts: dict[str, _Given] = {}
    for kind, given in files:
        if texts.setdefault(kind, given) is not given:
            name = kind.replace("_", " ")
            raise SourceError(f"{given.name}: got a second file of codes {name} in FY{year}, want one")
    added, revised, gone = (texts.get(kind) for kind in ("added", "revised", "not_billable"))
    if added is None or gone is None:
        raise SourceError(
            f"changes of FY{year}: got {', '.join(sorted(texts))}; import added and no_longer_billable together"
        )
    changes = icd10cm.Changes(
        icd10cm.read_added(added.text(), source=added.name),
        icd10cm.read_revised(revised.text(), source=revised.name) if revised else (),
        icd10cm.read_not_billable(gone.text(), source=gone.name),
    )
    source = ", ".join([base.source, *(given.name for _, given in files)])
    return [(added, icd10cm.apply_changes(base, changes, source=source))]


def _base(home: Path, version: str, beside: Sequence[_Source]) -> ReleaseSource:
    for source in beside:
        if isinstance(source, ReleaseSource) and source.system is System.ICD10CM and source.version == version:
            return source
    for snapshot in Releases.open(home).snapshots(System.ICD10CM):
        if snapshot.release.version == version:
            return _source_of(snapshot)
    raise SourceError(f"changes of FY{int(version) + 1}: need the release of FY{version}, which is not loaded")


def _source_of(snapshot: Snapshot) -> ReleaseSource:
    release = snapshot.release
    return ReleaseSource(
        release.system,
        release.version,
        release.effective_from,
        release.effective_to,
        release.source,
        tuple(snapshot.nodes()),
    )


def _save(home: Path, given: _Given, source: _Source) -> ImportReport:
    if isinstance(source, EditSource):
        save_edits(home, source)
        part = f" {source.part}" if source.part else ""
        summary = f"{source.kind.value} {source.version}{part}, {len(source.keys)} rows"
        return ImportReport(given.name, f"{source.kind.value} edits", given.sha256, summary, edits_path(home, source))
    if isinstance(source, IndexSource):
        path = save_index(home, source)
        summary = f"ICD-10-CM {source.version} index, {len(source.entries)} entries"
        return ImportReport(given.name, f"icd10cm {source.kind} index", given.sha256, summary, path)
    save_release(home, source)
    billable = sum(node.billable for node in source.nodes)
    until = source.effective_to.isoformat() if source.effective_to else "open"
    summary = (
        f"{source.system.value} {source.version}, {len(source.nodes)} nodes, {billable} billable codes, "
        f"in force {source.effective_from.isoformat()} to {until}"
    )
    return ImportReport(
        given.name, f"{source.system.value} release", given.sha256, summary, snapshot_path(home, source)
    )
