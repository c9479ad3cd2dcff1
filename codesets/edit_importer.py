"""Recognises the publishers' tables of edits by their columns, and reads them."""

import re
from collections.abc import Callable, Sequence
from datetime import date

from codesets import aoc, coverage, mce, mue, ncci, pos
from codesets.delimited import release_of
from codesets.edit_table import EditSource
from codesets.errors import SourceError

_HEAD = 100_000
_Reader = Callable[..., EditSource]
# The first that recognises a text reads it.
_KINDS: tuple[tuple[Callable[[str], bool], _Reader], ...] = (
    (ncci.looks_like, ncci.read_ptp),
    (mue.looks_like, mue.read_mue),
    (aoc.looks_like, aoc.read_add_ons),
    (mce.looks_like, mce.read_mce),
    (pos.looks_like, pos.read_places),
)


def looks_like(name: str, data: bytes) -> bool:
    """Whether a file is a table of edits, by its first lines."""
    if not name.lower().endswith((".txt", ".tsv", ".csv")) or b"\0" in data[:_HEAD]:
        return False
    head = data[:_HEAD].decode("utf-8-sig", "replace")
    return any(recognises(head) for recognises, _ in _KINDS) or bool(coverage.part_of(head))


def read_edits(files: Sequence[tuple[str, str]]) -> list[tuple[str, EditSource]]:
    """Read tables from (name, text), each with the name of its first file; tables of one coverage export together.

    Raises SourceError.
    """
    read: list[tuple[str, EditSource]] = []
    parts: dict[str, tuple[str, str]] = {}
    for name, text in files:
        reader = next((reader for recognises, reader in _KINDS if recognises(text[:_HEAD])), None)
        if reader is not None:
            read.append((name, reader(text, name=name)))
            continue
        part = coverage.part_of(text[:_HEAD])
        if part in parts or (parts and ("own" in parts or part == "own")):
            raise SourceError(f"{name}: got a second table of coverage, want one; import them one by one")
        parts[part] = (name, text)
    if parts:
        name = next(iter(parts.values()))[0]
        version, first_day = _coverage_version(name)
        read.append((name, coverage.read_coverage(parts, version=version, first_day=first_day)))
    return read


def _coverage_version(name: str) -> tuple[str, date]:
    """Return the version of a coverage table: its quarter if its name has one, else the name itself."""
    if re.search(r"(?<!\d)20\d\d(?!\d)", name):
        return release_of(name)
    return re.sub(r"[^a-z0-9]+", "-", name.lower().rsplit(".", 1)[0]).strip("-")[:40] or "own", date(2000, 1, 1)
