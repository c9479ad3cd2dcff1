"""Crosswalks: a publisher's map from the codes of one system to those of another, kept with its provenance.

What `group` and `order` of a row mean is the publisher's, by the kind of map:

| kind | group | order |
|---|---|---|
| gem | scenario: one code of each of its choice lists, together; 0: an alternative by itself | choice list |
| who | 0: the one category; 1: one of several | place in the file |
| rules | map group: one target of each group together | map priority: the first whose rule holds |
| conversion | fiscal year of the change | place in the file |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from codesets.errors import SourceError
from codesets.keyed import KeyedFile, Row, write_keyed
from codesets.types import System

MAGIC = b"CCMAP\0\0\0"
FORMAT = 1
SUFFIX = ".ccmap"
FOLDER = "crosswalks"


class Relationship(StrEnum):
    """How the meaning of a source relates to that of its target (HL7 FHIR R5, ConceptMapRelationship)."""

    RELATED_TO = "related-to"
    EQUIVALENT = "equivalent"
    SOURCE_IS_NARROWER = "source-is-narrower-than-target"
    SOURCE_IS_BROADER = "source-is-broader-than-target"
    NOT_RELATED_TO = "not-related-to"


class MapKind(StrEnum):
    """Whose map it is, and so how its rows are read."""

    GEM = "gem"
    WHO = "who"
    RULES = "rules"
    CONVERSION = "conversion"


@dataclass(frozen=True, slots=True)
class MapRow:
    """One line of a map; `target` is "" where the publisher says that there is none.

    `title` is the target's, where the file gives it; `rule` says when the row holds, and `advice` what to mind.
    """

    target: str
    relationship: Relationship
    group: int = 0
    order: int = 0
    title: str = ""
    rule: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class CrosswalkSource:
    """A map as read from its file."""

    kind: MapKind
    source_system: System
    target_system: System
    version: str
    source: str
    rows: Mapping[str, Sequence[MapRow]]


@dataclass(frozen=True, slots=True)
class MapRelease:
    """Which map an answer is from: kind, systems, edition, file and hash of what was compiled from it."""

    kind: MapKind
    source_system: System
    target_system: System
    version: str
    source: str
    content_hash: str
    code_count: int


class Crosswalk:
    """An open map; raises SnapshotError on a file that cannot be used."""

    def __init__(self, path: Path) -> None:
        self._file = KeyedFile(path, magic=MAGIC, version=FORMAT)
        about = self._file.about
        self.release = MapRelease(
            MapKind(about["kind"]),
            System(about["source_system"]),
            System(about["target_system"]),
            about["version"],
            about["source"],
            self._file.content_hash,
            len(self._file),
        )

    def rows(self, code: str) -> list[MapRow]:
        """Return what the map says of a code, written as published; none if it does not have the code."""
        return [_read(row) for row in self._file.get(code)]


def _read(row: Row) -> MapRow:
    target, relationship, group, order, title, rule, advice = row
    return MapRow(
        str(target), Relationship(str(relationship)), int(group), int(order), str(title), str(rule), str(advice)
    )


def crosswalk_path(home: Path, source: CrosswalkSource) -> Path:
    """Return where a map is kept in the store."""
    systems = f"{source.source_system.value}-{source.target_system.value}"
    return home / FOLDER / f"{source.kind.value}-{systems}-{source.version}{SUFFIX}"


def save_crosswalk(home: Path, source: CrosswalkSource) -> Path:
    """Write a map into the store, replacing an earlier import of the same edition whole; raises OSError."""
    path = crosswalk_path(home, source)
    about = {
        "kind": source.kind.value,
        "source_system": source.source_system.value,
        "target_system": source.target_system.value,
        "version": source.version,
        "source": source.source,
    }
    rows = {code: [_written(row) for row in found] for code, found in source.rows.items()}
    write_keyed(path, rows, magic=MAGIC, version=FORMAT, about=about)
    return path


def _written(row: MapRow) -> Row:
    return (row.target, row.relationship.value, row.group, row.order, row.title, row.rule, row.advice)


def open_crosswalks(home: Path) -> list[Crosswalk]:
    """Open every map of a store, the newest edition of each first, and those without a date last.

    Raises SnapshotError on a damaged one.
    """
    found = [Crosswalk(path) for path in sorted((home / FOLDER).glob(f"*{SUFFIX}"))]
    return sorted(found, key=lambda one: (one.release.version[:1].isdigit(), one.release.version), reverse=True)


def merged(parts: Sequence[CrosswalkSource]) -> list[CrosswalkSource]:
    """Put together the parts of one map that come in several files; raises SourceError if two say the same twice."""
    by_map: dict[tuple[str, ...], CrosswalkSource] = {}
    for part in parts:
        key = (part.kind, part.source_system, part.target_system, part.version)
        other = by_map.get(key)
        by_map[key] = _joined(other, part) if other else part
    return list(by_map.values())


def _joined(one: CrosswalkSource, two: CrosswalkSource) -> CrosswalkSource:
    rows = {code: list(found) for code, found in one.rows.items()}
    for code, found in two.rows.items():
        known = rows.setdefault(code, [])
        if any(row in known for row in found):
            raise SourceError(f"{two.source}: code {code[:16]}: got what {one.source} says already, want one of them")
        known.extend(found)
    source = f"{one.source}, {two.source}"
    return CrosswalkSource(one.kind, one.source_system, one.target_system, one.version, source, rows)
