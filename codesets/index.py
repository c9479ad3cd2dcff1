"""The ICD-10-CM index files (CDC/NCHS XML): alphabetic index, neoplasm and drug tables, external causes.

Elements: `letter > mainTerm > (title[nemod], code?, manif?, see?, seeAlso?, cell*, term level=n ...)`. Codes may end in
"-" (more characters follow); the two tables give one code a column (`cell col=2..7`). An imported index is kept
beside the snapshots as one line of JSON an entry, in a container with its hash.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from codesets.container import Container, write_container
from codesets.errors import SourceError
from codesets.types import Release, System

MAGIC = b"CCINDEX\0"
FORMAT = 1
SUFFIX = ".ccindex"
KINDS = ("alphabetic", "neoplasm", "drug", "external_cause", "procedure")


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One line of an index: the titles from the main term down, and where it leads.

    `nonessential` are the modifiers in parentheses that may be there or not; `column` is 0, or the table's column.
    `code` keeps the "-" of an incomplete code; "" where the line only refers elsewhere. `use` is the value of
    ICD-10-PCS that the term is coded to.
    """

    path: tuple[str, ...]
    nonessential: tuple[str, ...]
    code: str
    manifestation: str = ""
    see: str = ""
    see_also: str = ""
    column: int = 0
    use: str = ""


@dataclass(frozen=True, slots=True)
class IndexSource:
    """An index as read from its file; `kind` is one of KINDS."""

    kind: str
    version: str
    source: str
    entries: tuple[IndexEntry, ...]
    system: System = System.ICD10CM


def read_index(root: ET.Element, *, source: str) -> IndexSource:
    """Read a parsed index XML; raises SourceError on one without entries or of an unknown shape."""
    version = (root.findtext("version") or "").strip()
    if not re.fullmatch("20[0-9]{2}", version):
        raise SourceError(f"{source}: version: got {version[:20]!r}, want a year")
    try:
        entries = [entry for main in root.iter("mainTerm") for entry in _entries(main, ())]
    except (ValueError, RecursionError):
        raise SourceError(f"{source}: got a table column that is no number, or terms nested without end") from None
    if not entries:
        raise SourceError(f"{source}: got no index entry")
    return IndexSource(_kind(root), version, source, tuple(entries))


def _kind(root: ET.Element) -> str:
    heads = " ".join(head.text or "" for head in root.iter("head")).lower()
    if "neoplasm" in heads:
        return "neoplasm"
    if "poisoning" in heads:
        return "drug"
    return "external_cause" if "EXTERNAL CAUSE" in (root.findtext("title") or "").upper() else "alphabetic"


def _entries(term: ET.Element, above: tuple[str, ...]) -> Iterator[IndexEntry]:
    title, nonessential = _title(term.find("title"))
    path = (*above, title)
    see, see_also = _text(term, "see"), _text(term, "seeAlso")
    code, manifestation = _text(term, "code"), _text(term, "manif")
    cells = [(int(cell.get("col", "0")), (cell.text or "").strip()) for cell in term.findall("cell")]
    if code or see or see_also:
        yield IndexEntry(path, nonessential, code, manifestation, see, see_also)
    for column, cell in cells:
        if cell.strip("-"):  # "--" says that the column has no code
            yield IndexEntry(path, nonessential, cell, column=column)
    for child in term.findall("term"):
        yield from _entries(child, path)


def _text(term: ET.Element, tag: str) -> str:
    return " ".join((term.findtext(tag) or "").split())


def _title(title: ET.Element | None) -> tuple[str, tuple[str, ...]]:
    if title is None:
        return "", ()
    modifiers = " ".join("".join(nemod.itertext()) for nemod in title.findall("nemod"))
    essential = (title.text or "") + "".join(nemod.tail or "" for nemod in title.findall("nemod"))
    return " ".join(essential.split()), tuple(part.strip() for part in re.findall(r"\(([^()]*)\)", modifiers))


@dataclass(frozen=True, slots=True)
class IndexFile:
    """An imported index, kept beside the snapshot of its release."""

    path: Path
    kind: str
    version: str
    content_hash: str
    count: int

    def entries(self) -> Iterator[IndexEntry]:
        """Yield the entries in file order."""
        data = bytes(Container(self.path, magic=MAGIC, version=FORMAT)["entries"])
        for line in data.splitlines():
            row = json.loads(line)
            row["path"], row["nonessential"] = tuple(row["path"]), tuple(row["nonessential"])
            yield IndexEntry(**row)


def index_path(home: Path, index: IndexSource) -> Path:
    """Return where an index is kept in the store."""
    return home / "indexes" / f"{index.system.value}-{index.version}-{index.kind}{SUFFIX}"


def save_index(home: Path, index: IndexSource) -> Path:
    """Write an index into the store, replacing an earlier import of the same kind and year."""
    path = index_path(home, index)
    lines = "\n".join(json.dumps(asdict(entry), sort_keys=True) for entry in index.entries)
    about = {"kind": index.kind, "version": index.version, "source": index.source, "count": len(index.entries)}
    write_container(path, magic=MAGIC, version=FORMAT, sections={"entries": lines.encode()}, about=about)
    return path


def open_index(path: Path) -> IndexFile:
    """Open an imported index; raises SnapshotError on a file that cannot be used."""
    file = Container(path, magic=MAGIC, version=FORMAT)
    return IndexFile(path, file.about["kind"], file.about["version"], file.content_hash, file.about["count"])


def index_files(home: Path, release: Release | None = None) -> Sequence[IndexFile]:
    """List the index files imported for a release (or all), in a fixed order."""
    release_name = f"{release.system.value}-{release.version}" if release else "*-*"
    return [open_index(path) for path in sorted((home / "indexes").glob(f"{release_name}-*{SUFFIX}"))]
