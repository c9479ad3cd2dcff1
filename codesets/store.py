"""The store: a folder of snapshots, one file a release, and the choice of release by date of service."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path

from codesets.crosswalk import Crosswalk, open_crosswalks
from codesets.errors import NoReleaseError
from codesets.icd10cm import packaged_tabular, read_tabular
from codesets.icd10pcs_reference import KeyTerm, Reference
from codesets.snapshot import Snapshot, write_snapshot
from codesets.types import ENDED, Code, Release, ReleaseSource, System

_IMPORT = "import one with `chartcoder codesets import`"
_HOW_TO_LOAD = {
    System.CPT: "CPT is licensed by the American Medical Association: import your own licensed files (LONGULT.TXT, "
    "MEDU.TXT, SHORTU.TXT or the Consolidated Code List) with `chartcoder codesets import`",
    System.ICD10: "it is only a side of a crosswalk; ICD-10-CM is icd10cm",
    System.SNOMEDCT: "it is only the source of a crosswalk (TranslateCode)",
    System.ICD9CM: "import CMS's titles (CMS32_DESC_LONG_DX.txt) with `chartcoder codesets import`",
}
SNAPSHOT_SUFFIX = ".ccsnap"
PACKAGED_SOURCE = "simple-icd-10-cm 1.5.0, ICD-10-CM tabular list, April 2026 edition"


def snapshot_path(home: Path, source: ReleaseSource) -> Path:
    """Return where the snapshot of a release is kept."""
    return home / "snapshots" / f"{source.system.value}-{source.version}{SNAPSHOT_SUFFIX}"


def save_release(home: Path, source: ReleaseSource) -> Path:
    """Write a release's snapshot into the store, replacing an earlier build of the same release whole."""
    path = snapshot_path(home, source)
    write_snapshot(path, source)
    return path


def build_packaged(home: Path) -> Path:
    """Build the snapshot of the ICD-10-CM release that comes with the installation."""
    return save_release(home, read_tabular(packaged_tabular(), source=PACKAGED_SOURCE))


class Releases:
    """The releases that are loaded, several a system side by side."""

    def __init__(self, snapshots: Sequence[Snapshot], home: Path | None = None) -> None:
        self._home = home
        self._references: dict[Release, Reference] = {}
        self._by_system: dict[System, list[Snapshot]] = {}
        for snapshot in sorted(snapshots, key=lambda s: (s.release.effective_from, s.release.version), reverse=True):
            self._by_system.setdefault(snapshot.release.system, []).append(snapshot)

    @classmethod
    def open(cls, home: Path) -> "Releases":
        """Open every snapshot of a store; raises SnapshotError on one that cannot be used."""
        return cls([Snapshot(path) for path in sorted((home / "snapshots").glob(f"*{SNAPSHOT_SUFFIX}"))], home)

    @cached_property
    def crosswalks(self) -> Sequence[Crosswalk]:
        """The maps between systems, newest edition first, opened when first asked for.

        Raises SnapshotError on one that cannot be used.
        """
        return open_crosswalks(self._home) if self._home else ()

    def __bool__(self) -> bool:
        return bool(self._by_system)

    def systems(self) -> list[System]:
        """List the systems that have a release."""
        return [system for system in System if system in self._by_system]

    def snapshots(self, system: System) -> list[Snapshot]:
        """List the releases of a system, newest first; empty if none is loaded."""
        return list(self._by_system.get(system, ()))

    def list(self) -> list[Release]:
        """List all releases, by system, newest first."""
        return [snapshot.release for system in self.systems() for snapshot in self._by_system[system]]

    def find(self, snapshot: Snapshot, code: str) -> Code:
        """Return all that a release, and what is imported beside it, says of a code; raises UnknownCodeError."""
        found = snapshot.find(code)
        if snapshot.release.system is not System.ICD10PCS:
            return found
        return replace(found, axes=self.reference(snapshot.release).axes(found.code))

    def key_terms(self, snapshot: Snapshot, name: str) -> tuple[KeyTerm, ...]:
        """Return where the keys of a release of ICD-10-PCS put a name; none for another system, or no such name."""
        is_pcs = snapshot.release.system is System.ICD10PCS
        return self.reference(snapshot.release).key(name) if is_pcs else ()

    def reference(self, release: Release) -> Reference:
        """Return the labels and definitions of a release of ICD-10-PCS; it is empty where none are imported.

        Raises SnapshotError on one that cannot be used.
        """
        if release not in self._references:
            self._references[release] = Reference(self._home, release)
        return self._references[release]

    def release(self, system: System, day: date | None = None) -> Snapshot:
        """Return the release in force on a day (None: the newest); of a system that has ended, its last on later days.

        Raises NoReleaseError if the system has no release, or none that covers the day.
        """
        loaded = self._by_system.get(system, [])
        if not loaded:
            raise NoReleaseError(f"system {system.value}: no release is loaded; {_HOW_TO_LOAD.get(system, _IMPORT)}")
        if day is None:
            return loaded[0]
        for snapshot in loaded:
            release = snapshot.release
            if is_in_force(release, day):
                return snapshot
        newest = loaded[0].release.effective_to
        if system in ENDED and newest is not None and day > newest:
            return loaded[0]
        periods = ", ".join(_period(snapshot.release) for snapshot in loaded)
        raise NoReleaseError(
            f"date of service: got {day.isoformat()}, want a day in a loaded {system.value} release ({periods}); "
            "import the release of that day with `chartcoder codesets import`"
        )

    def is_new(self, snapshot: Snapshot, code: str) -> bool:
        """Whether a code may be reported for the first time in a release.

        It is where the release says that it was added on its first day or later, or where the release before it is
        loaded and may not report it. A first release that says nothing of the kind has no new codes.
        """
        number = snapshot.index_of(code)
        if number < 0:
            return False
        release = snapshot.release
        added = snapshot.added_at(number)
        if added is not None and added >= release.effective_from:
            return True
        earlier = [s for s in self.snapshots(release.system) if s.release.effective_from < release.effective_from]
        return bool(earlier) and not earlier[0].is_billable(code)


def is_in_force(release: Release, day: date) -> bool:
    """Whether a day is among those of a release."""
    return release.effective_from <= day and (release.effective_to is None or day <= release.effective_to)


def _period(release: Release) -> str:
    until = release.effective_to.isoformat() if release.effective_to else "now"
    return f"{release.version}: {release.effective_from.isoformat()} to {until}"
