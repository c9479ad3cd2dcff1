"""Takes the publishers' own files into the store: recognises each, checks it, reports what it read.

Everything is read and checked before anything is written, so a wrong file leaves the store as it was.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codesets import cpt, edit_importer, icd9cm, icd10cm, icd11_maps
from codesets.crosswalk import CrosswalkSource, crosswalk_path, merged, save_crosswalk
from codesets.edit_store import edits_path, save_edits
from codesets.edit_table import EditSource
from codesets.errors import SourceError
from codesets.icd10pcs_reference import ReferenceSource, reference_path, save_reference
from codesets.index import IndexSource, index_path, save_index
from codesets.recognise import Read, is_known, read
from codesets.snapshot import Snapshot
from codesets.source_file import Given, open_file
from codesets.store import Releases, save_release, snapshot_path
from codesets.types import ReleaseSource, System

Whole = ReleaseSource | IndexSource | CrosswalkSource | ReferenceSource | EditSource
_NAMES = {System.ICD10CM: "ICD-10-CM", System.ICD10PCS: "ICD-10-PCS"}
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


def import_files(home: Path, paths: Sequence[Path]) -> list[ImportReport]:
    """Import files, or zips of them, into the store.

    Raises SourceError that names the first file which is unknown, truncated or fails a check; nothing is then written.
    """
    found: list[tuple[Given, Read]] = []
    changes: dict[str, list[tuple[str, Given]]] = {}
    edits: dict[str, Given] = {}
    for given in (member for path in paths for member in open_file(path, is_known=_is_known)):
        kind = _change_kind(given)
        if edit_importer.looks_like(given.name, given.data):
            edits[given.name] = given
        elif kind:
            changes.setdefault(_change_year(given), []).append((kind, given))
        else:
            found.append((given, read(given)))
    whole = _put_together(found)
    tables = edit_importer.read_edits([(name, given.text()) for name, given in edits.items()])
    whole.extend(([edits[name]], table) for name, table in tables)
    for year, files in sorted(changes.items()):
        whole.extend(([given], source) for given, source in _read_changes(home, year, files, [one for _, one in whole]))
    if not whole:
        raise SourceError("import: got no file that is a known code-set file")
    _check_once(home, whole)
    return [report for files, source in whole for report in _save(home, files, source)]


def _is_known(given: Given) -> bool:
    return is_known(given) or bool(_change_kind(given)) or edit_importer.looks_like(given.name, given.data)


def _put_together(found: Sequence[tuple[Given, Read]]) -> list[tuple[list[Given], Whole]]:
    """Make wholes of what comes in several files: an edition of titles or descriptors, and a map in parts."""
    titles: dict[int, list[tuple[Given, icd9cm.TitleList]]] = {}
    descriptors: dict[int, list[tuple[Given, cpt.Descriptors]]] = {}
    maps: list[tuple[Given, CrosswalkSource]] = []
    same: list[tuple[Given, icd11_maps.Equivalents]] = []
    whole: list[tuple[list[Given], Whole]] = []
    for given, source in found:
        match source:
            case icd9cm.TitleList():
                titles.setdefault(source.edition, []).append((given, source))
            case cpt.Descriptors():
                descriptors.setdefault(source.year, []).append((given, source))
            case CrosswalkSource():
                maps.append((given, source))
            case icd11_maps.Equivalents():
                same.append((given, source))
            case _:
                whole.append(([given], source))
    for lists in titles.values():
        whole.append(([given for given, _ in lists], icd9cm.make_release([one for _, one in lists])))
    for files in descriptors.values():
        whole.append(([given for given, _ in files], cpt.make_release([one for _, one in files])))
    return whole + _maps(maps, same)


def _maps(
    maps: Sequence[tuple[Given, CrosswalkSource]], same: Sequence[tuple[Given, icd11_maps.Equivalents]]
) -> list[tuple[list[Given], Whole]]:
    for given, _ in same:
        if not any(source.target_system is System.ICD11 for _, source in maps):
            raise SourceError(f"{given.name}: import it together with WHO's map of ICD-10 to ICD-11")
    wholes: list[tuple[list[Given], Whole]] = []
    for source in merged([source for _, source in maps]):
        files = [given for given, part in maps if given.name in source.source.split(", ")]
        if source.target_system is System.ICD11:
            source = icd11_maps.with_equivalents(source, same[0][1] if same else None)
            files += [given for given, _ in same]
        wholes.append((files, source))
    return wholes


def _check_once(home: Path, whole: Sequence[tuple[list[Given], Whole]]) -> None:
    """Refuse two files that would be kept in one place, of which the second would silently be the one that counts."""
    seen: dict[Path, str] = {}
    for files, source in whole:
        path = _place(home, source)
        if path in seen:
            raise SourceError(f"{files[0].name}: got what {seen[path]} is too, want one of them")
        seen[path] = files[0].name


def _change_kind(given: Given) -> str:
    first = given.data[:200].split(b"\n", 1)[0].strip().decode("utf-8", "replace")
    if first in _CHANGE_KINDS:
        return _CHANGE_KINDS[first]
    is_list = re.search(r"no_longer_billable|deleted", given.name.lower()) is not None
    return "not_billable" if is_list and re.fullmatch(r"[A-Z][0-9A-Z]{2,6}", first) else ""


def _change_year(given: Given) -> str:
    year = re.search(r"(?:fy|20)(\d{4}|\d\d)(?!\d)", given.name.lower())
    if year is None:
        raise SourceError(
            f"{given.name}: got a file name without its fiscal year, want it as in icd10cm_fy2027_added.tsv"
        )
    return year[1] if len(year[1]) == 4 else f"20{year[1]}"


def _read_changes(
    home: Path, year: str, files: Sequence[tuple[str, Given]], beside: Sequence[Whole]
) -> list[tuple[Given, ReleaseSource]]:
    base = _base(home, str(int(year) - 1), beside)
    texts: dict[str, Given] = {}
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


def _base(home: Path, version: str, beside: Sequence[Whole]) -> ReleaseSource:
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


def _place(home: Path, source: Whole) -> Path:
    match source:
        case ReleaseSource():
            return snapshot_path(home, source)
        case IndexSource():
            return index_path(home, source)
        case CrosswalkSource():
            return crosswalk_path(home, source)
        case EditSource():
            return edits_path(home, source)
    return reference_path(home, source)


def _save(home: Path, files: Sequence[Given], source: Whole) -> list[ImportReport]:
    match source:
        case ReleaseSource():
            kind, summary = f"{source.system.value} release", _release_summary(source)
            path = save_release(home, source)
        case IndexSource():
            kind, path = f"{source.system.value} {source.kind} index", save_index(home, source)
            summary = f"{_NAMES[source.system]} {source.version} index, {len(source.entries)} entries"
        case CrosswalkSource():
            kind = f"{source.source_system.value} to {source.target_system.value} {source.kind.value} map"
            path = save_crosswalk(home, source)
            lines = sum(len(rows) for rows in source.rows.values())
            summary = f"edition {source.version}, {len(source.rows)} codes, {lines} lines"
        case ReferenceSource():
            kind, path = f"icd10pcs {source.kind}", save_reference(home, source)
            summary = f"ICD-10-PCS {source.version}, {source.count} {source.kind}"
        case EditSource():
            save_edits(home, source)
            part = f" {source.part}" if source.part else ""
            summary = f"{source.kind.value} {source.version}{part}, {len(source.keys)} rows"
            kind, path = f"{source.kind.value} edits", edits_path(home, source)
    return [ImportReport(given.name, kind, given.sha256, summary, path) for given in files]


def _release_summary(source: ReleaseSource) -> str:
    billable = sum(node.billable for node in source.nodes)
    until = source.effective_to.isoformat() if source.effective_to else "open"
    return (
        f"{source.system.value} {source.version}, {len(source.nodes)} nodes, {billable} billable codes, "
        f"in force {source.effective_from.isoformat()} to {until}"
    )
