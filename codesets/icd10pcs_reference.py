"""The labels, definitions and keys of ICD-10-PCS from CMS's own XML: what each character of a code says.

Source: CMS, "ICD-10-PCS Code Tables and Index" zip. Tables: `ICD10PCS.tabular > version, pcsTable > (axis pos=1..3,
pcsRow > axis pos=4..7)`, an axis with `title`, `label code=`, `definition?`. Definitions: `section code= > title, axis
pos= > title, terms > title+, definition?, explanation?, includes*`; the includes of body parts and devices are the body
part key and the device key, to which `deviceAggregation > aggregate > (device, operation, bodySys*, parent value=)`
adds the specific devices that are coded to a general one. What is read is kept beside the snapshots, one file a year
and kind.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from codesets.errors import SourceError
from codesets.icd10pcs_tables import LENGTH, axis_name
from codesets.keyed import Cell, KeyedFile, write_keyed
from codesets.types import Axis, Release, System

MAGIC = b"CCREF\0\0\0"
FORMAT = 1
SUFFIX = ".ccref"
FOLDER = "references"
TABLES, DEFINITIONS = "tables", "definitions"
TABLES_ROOT, DEFINITIONS_ROOT = "ICD10PCS.tabular", "ICD10PCS.definitions"
_TABLE = 3  # characters that name a table
_VALUE = re.compile("[0-9A-HJ-NP-Z]")
_TERM = "term"
_KEPT_TABLES, _KEPT_DEFINITIONS = 128, 2048
_SURGICAL, _DEVICE = "0", 6
Rows = dict[str, list[tuple[Cell, ...]]]


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """An entry of the body part or device key: where a name belongs ("Gallbladder fossa" to "Peritoneal Cavity").

    `scope` says of a specific device in which operations and body systems it is coded so; "" is everywhere.
    """

    section: str
    position: int
    axis: str
    label: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class ReferenceSource:
    """Tables or definitions of one year as read."""

    kind: str
    version: str
    source: str
    count: int
    rows: Rows


def read_tables(root: ET.Element, *, source: str) -> ReferenceSource:
    """Read a parsed tables XML; raises SourceError on an axis out of place, a value that is none, or no table."""
    rows: Rows = {}
    tables = root.findall("pcsTable")
    for table in tables:
        prefix = ""
        for number, axis in enumerate(table.findall("axis"), 1):
            found = _labels(axis, number, source)
            value, label = found[0]
            prefix += value
            rows.setdefault(prefix, [(_text(axis, "title"), label, _text(axis, "definition"))])
        if len(prefix) != _TABLE:
            raise SourceError(f"{source}: table {prefix}: got {len(prefix)} axes above its rows, want {_TABLE}")
        if f"{prefix}:" in rows:
            raise SourceError(f"{source}: table {prefix}: got it twice, want it once")
        rows[f"{prefix}:"] = list(_table_rows(table, source))
    if not tables:
        raise SourceError(f"{source}: got no table")
    return ReferenceSource(TABLES, _version(root, source), source, len(tables), rows)


def _table_rows(table: ET.Element, source: str) -> Iterator[tuple[Cell, ...]]:
    for number, row in enumerate(table.findall("pcsRow")):
        axes = row.findall("axis")
        if len(axes) != LENGTH - _TABLE:
            raise SourceError(f"{source}: row {number + 1} of a table: got {len(axes)} axes, want {LENGTH - _TABLE}")
        for position, axis in enumerate(axes, _TABLE + 1):
            for value, label in _labels(axis, position, source):
                yield number, position, _text(axis, "title"), value, label


def _labels(axis: ET.Element, position: int, source: str) -> list[tuple[str, str]]:
    if axis.get("pos") != str(position):
        raise SourceError(f"{source}: axis: got position {(axis.get('pos') or '')[:8]!r}, want {position}")
    found = [(label.get("code", ""), _plain(label)) for label in axis.findall("label")]
    for value, _ in found:
        if not _VALUE.fullmatch(value):
            raise SourceError(
                f"{source}: axis {position}: got value {value[:8]!r}, want a digit or a letter but I and O"
            )
    if not found:
        raise SourceError(f"{source}: axis {position}: got no value")
    return found


def read_definitions(root: ET.Element, *, source: str) -> ReferenceSource:
    """Read a parsed definitions XML; raises SourceError on a section or axis without its name, or no term."""
    rows: Rows = {}
    count = 0
    for section in root.findall("section"):
        code = section.get("code", "")
        if not _VALUE.fullmatch(code):
            raise SourceError(f"{source}: section: got code {code[:8]!r}, want a digit or letter")
        for axis in section.findall("axis"):
            position = axis.get("pos", "")
            if not re.fullmatch("[1-7]", position):
                raise SourceError(f"{source}: section {code}: axis: got position {position[:8]!r}, want 1 to 7")
            for terms in axis.findall("terms"):
                count += 1
                _add_terms(rows, terms, (code, int(position), _text(axis, "title")))
    for aggregate in root.iter("aggregate"):
        parent, device = _text(aggregate, "parent"), _text(aggregate, "device")
        if parent and device:
            systems = ", ".join(_plain(system) for system in aggregate.findall("bodySys"))
            scope = "; ".join(part for part in (_text(aggregate, "operation"), systems) if part)
            _add_key(rows, device, (_SURGICAL, _DEVICE, "Device", parent, scope))
    if not count:
        raise SourceError(f"{source}: got no definition")
    return ReferenceSource(DEFINITIONS, _version(root, source), source, count, rows)


def _add_terms(rows: Rows, terms: ET.Element, place: tuple[str, int, str]) -> None:
    section, position, axis = place
    includes = [_plain(one) for one in terms.findall("includes")]
    said = (_text(terms, "definition"), _text(terms, "explanation"), *includes)
    for title in terms.findall("title"):
        label = _plain(title)
        rows.setdefault(_defined(section, position, label), []).append(said)
        # The operations' includes are examples, several in a line; those of the other axes are the keys.
        for term in includes if position > _TABLE else ():
            _add_key(rows, term, (section, position, axis, label))


def _add_key(rows: Rows, term: str, place: tuple[Cell, ...]) -> None:
    known = rows.setdefault(f"{_TERM}|{term.casefold()}", [])
    if place not in known:
        known.append(place)


def _defined(section: str, position: int, label: str) -> str:
    return f"{section}|{position}|{label.casefold()}"


def _version(root: ET.Element, source: str) -> str:
    version = (root.findtext("version") or "").strip()
    if not re.fullmatch("20[0-9]{2}", version):
        raise SourceError(f"{source}: version: got {version[:20]!r}, want a year")
    return version


def _text(element: ET.Element, tag: str) -> str:
    found = element.find(tag)
    return _plain(found) if found is not None else ""


def _plain(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def save_reference(home: Path, reference: ReferenceSource) -> Path:
    """Write what was read into the store, replacing an earlier import of the same kind and year; raises OSError."""
    path = reference_path(home, reference)
    about = {"kind": reference.kind, "version": reference.version, "source": reference.source}
    write_keyed(path, reference.rows, magic=MAGIC, version=FORMAT, about=about)
    return path


def reference_path(home: Path, reference: ReferenceSource) -> Path:
    """Return where what was read is kept in the store."""
    return _path(home, reference.version, reference.kind)


def _path(home: Path, version: str, kind: str) -> Path:
    return home / FOLDER / f"{System.ICD10PCS.value}-{version}-{kind}{SUFFIX}"


class Reference:
    """What is imported for one release: its tables, its definitions, both or none.

    Raises SnapshotError on a file that cannot be used.
    """

    def __init__(self, home: Path | None, release: Release) -> None:
        paths = (_path(home, release.version, kind) if home else None for kind in (TABLES, DEFINITIONS))
        self._tables, self._definitions = (open_reference(path) if path and path.exists() else None for path in paths)
        # Codes of one table are asked for together, and a table is parsed in half a millisecond.
        self._table = lru_cache(maxsize=_KEPT_TABLES)(self._tables.get if self._tables else lambda _: [])
        self._defined = lru_cache(maxsize=_KEPT_DEFINITIONS)(self._definition)

    def axes(self, code: str) -> tuple[Axis, ...]:
        """Say what each character of a code or of the beginning of one means."""
        code = code[:LENGTH]
        labels = [self._above(code[:position]) for position in range(1, min(len(code), _TABLE) + 1)]
        labels += self._in_row(code)
        return tuple(self._axis(code, position, *said) for position, said in enumerate(labels, 1))

    def _axis(self, code: str, position: int, name: str, label: str, definition: str) -> Axis:
        said = self._defined(_defined(code[:1], position, label)) if label else ("", "")
        name = name or axis_name(code, position - 1).capitalize()
        return Axis(position, name, code[position - 1], label, said[0] or definition, said[1], said[2:])

    def _definition(self, key: str) -> tuple[str, ...]:
        rows = self._definitions.get(key) if self._definitions else []
        return tuple(str(cell) for cell in rows[0]) if rows else ("", "")

    def _above(self, prefix: str) -> tuple[str, str, str]:
        """Return name, label and definition of the last character of what names a table, or of its beginning."""
        rows = self._tables.get(prefix) if self._tables else []
        return (str(rows[0][0]), str(rows[0][1]), str(rows[0][2])) if rows else ("", "", "")

    def _in_row(self, code: str) -> list[tuple[str, str, str]]:
        """Return the same of the characters below, as the row has them in which most characters of the code stand.

        That is all of them, but for a code that is newer than the tables: then other rows fill in.
        """
        fit: dict[Cell, dict[Cell, list[Cell]]] = {}
        anywhere: dict[Cell, list[Cell]] = {}
        for row in self._table(f"{code[:_TABLE]}:") if len(code) > _TABLE else ():
            if row[3] == code[int(row[1]) - 1 : int(row[1])]:
                fit.setdefault(row[0], {})[row[1]] = row
                anywhere.setdefault(row[1], row)
        best = anywhere | max(fit.values(), key=len, default={})
        found = (best.get(position) for position in range(_TABLE + 1, len(code) + 1))
        return [(str(row[2]), str(row[4]), "") if row else ("", "", "") for row in found]

    def key(self, term: str) -> tuple[KeyTerm, ...]:
        """Return where the body part and device keys put a name, none if they do not have it."""
        rows = self._definitions.get(f"{_TERM}|{term.strip().casefold()}") if self._definitions else []
        return tuple(KeyTerm(str(row[0]), int(row[1]), *map(str, row[2:])) for row in rows)


def reference_files(home: Path) -> list[Path]:
    """List what is imported, in a fixed order."""
    return sorted((home / FOLDER).glob(f"*{SUFFIX}"))


def open_reference(path: Path) -> KeyedFile:
    """Open a reference file; raises SnapshotError on one that cannot be used."""
    return KeyedFile(path, magic=MAGIC, version=FORMAT)
