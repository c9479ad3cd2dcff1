"""The store's tables of edits: one file a table (or part of one), opened when first asked for, chosen by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from codesets.edit_table import SUFFIX, EditKind, EditSource, EditTable, write_edits

FOLDER = "edits"


def edits_path(home: Path, source: EditSource) -> Path:
    """Return where a table is kept."""
    part = f"~{source.part}" if source.part else ""
    return home / FOLDER / f"{source.kind.value}~{source.version}{part}{SUFFIX}"


def save_edits(home: Path, source: EditSource) -> Path:
    """Write a table into the store, replacing an earlier import of the same release (and part) whole."""
    path = edits_path(home, source)
    write_edits(path, source)
    return path


@dataclass(frozen=True, slots=True)
class EditRelease:
    """One release of a table: its parts, in order. `content_hash` is the hash of the one part, or all joined by +."""

    kind: EditKind
    version: str
    parts: tuple[EditTable, ...]

    @property
    def effective_from(self) -> date:
        """The first day that the release was published for."""
        return self.parts[0].effective_from

    @property
    def is_dated(self) -> bool:
        """Whether its rows carry their own days."""
        return all(part.is_dated for part in self.parts)

    @property
    def content_hash(self) -> str:
        """The hash of its content."""
        return "+".join(part.content_hash for part in self.parts)

    @property
    def count(self) -> int:
        """The number of its rows."""
        return sum(part.count for part in self.parts)

    @property
    def missing_parts(self) -> tuple[str, ...]:
        """The parts that must be there by the numbers of those that are: f1 and f3 lack f2."""
        have = {part.part for part in self.parts if part.part}
        return tuple(f"f{number}" for number in range(1, len(have) + 1) if f"f{number}" not in have)


class EditTables:
    """The tables of a store; raises SnapshotError when one that is asked for cannot be used."""

    def __init__(self, paths: Sequence[Path] = ()) -> None:
        self._paths: dict[EditKind, dict[str, list[Path]]] = {}
        for path in sorted(paths):
            kind, version, *_ = path.name.removesuffix(SUFFIX).split("~")
            if kind in tuple(EditKind):
                self._paths.setdefault(EditKind(kind), {}).setdefault(version, []).append(path)
        self._open: dict[EditKind, list[EditRelease]] = {}

    @classmethod
    def open(cls, home: Path) -> "EditTables":
        """List the tables of a store; each is opened and checked when it is first asked for."""
        return cls(list((home / FOLDER).glob(f"*{SUFFIX}")))

    def __contains__(self, kind: EditKind) -> bool:
        return kind in self._paths

    def releases(self, kind: EditKind) -> list[EditRelease]:
        """List the releases of a kind, newest first; empty if none is loaded."""
        found = self._open.get(kind)
        if found is None:
            versions = self._paths.get(kind, {})
            made = [
                EditRelease(kind, version, tuple(EditTable(path) for path in paths))
                for version, paths in versions.items()
            ]
            found = self._open[kind] = sorted(made, key=lambda r: (r.effective_from, r.version), reverse=True)
        return found

    def list(self) -> list[EditRelease]:
        """List all releases, by kind, newest first."""
        return [release for kind in EditKind for release in self.releases(kind)]

    def on(self, kind: EditKind, day: date) -> EditRelease | None:
        """Return the release that answers for a day, None if none does.

        The newest that was published for the day or before; a newer one whose rows carry their days answers as well.
        """
        found = self.releases(kind)
        for release in found:
            if release.effective_from <= day or release.is_dated:
                return release
        return None
