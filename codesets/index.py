"""The ICD-10-CM index files (CDC/NCHS XML): alphabetic index, neoplasm and drug tables, external causes.

Elements: `letter > mainTerm > (title[nemod], code?, manif?, see?, seeAlso?, cell*, term level=n ...)`. Codes may end in
"-" (more characters follow); the two tables give one code a column (`cell col=2..7`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codesets.types import Release


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One line of an index: the titles from the main term down, and where it leads.

    `nonessential` are the modifiers in parentheses that may be there or not; `column` is 0, or the table's column.
    """

    path: tuple[str, ...]
    nonessential: tuple[str, ...]
    code: str
    manifestation: str = ""
    see: str = ""
    see_also: str = ""
    column: int = 0


@dataclass(frozen=True, slots=True)
class IndexFile:
    """An imported index, kept beside the snapshot of its release."""

    path: Path
    kind: str
    content_hash: str

    def entries(self) -> Iterator[IndexEntry]:
        """Yield the entries in file order."""
        raise NotImplementedError


def index_files(home: Path, release: Release) -> list[IndexFile]:
    """List the index files imported for a release, in a fixed order."""
    return []
