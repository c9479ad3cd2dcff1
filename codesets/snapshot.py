"""A snapshot: one release of one code system, immutable and content-hashed, in a file that opens by mmap.

Nodes are numbered in document order. Strings lie in pools with offset tables; codes are found through an
open-addressing table of CRC-32 slots; children and notes are index ranges. Nothing is parsed at opening.
"""

import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

from codesets.container import Container, write_container
from codesets.errors import UnknownCodeError
from codesets.types import Attribute, Code, Node, Note, NoteKind, Release, ReleaseSource, System

MAGIC = b"CCSNAP\0\0"
FORMAT = 1
_EMPTY = 0xFFFFFFFF
_KINDS = tuple(NoteKind)
_BILLABLE = 1


def _pool(strings: Iterable[str]) -> tuple[bytes, bytes]:
    offsets, pieces = array("I", [0]), []
    for text in strings:
        data = text.encode()
        pieces.append(data)
        offsets.append(offsets[-1] + len(data))
    return offsets.tobytes(), b"".join(pieces)


def _slots(codes: Sequence[str]) -> bytes:
    size = 16
    while size < 2 * len(codes) + 1:
        size *= 2
    table = array("I", [_EMPTY]) * size
    for number, code in enumerate(codes):
        slot = zlib.crc32(code.encode()) & (size - 1)
        while table[slot] != _EMPTY:
            slot = (slot + 1) & (size - 1)
        table[slot] = number
    return table.tobytes()


def _ranges(groups: Iterable[Sequence[int]]) -> tuple[bytes, bytes]:
    begins, items = array("I", [0]), array("I")
    for group in groups:
        items.extend(group)
        begins.append(len(items))
    return begins.tobytes(), items.tobytes()


def write_snapshot(path: Path, source: ReleaseSource) -> str:
    """Write the snapshot of a release at `path` and return its content hash (SHA-256, hex)."""
    nodes = source.nodes
    codes = [node.code for node in nodes]
    number_of = {code: number for number, code in enumerate(codes)}
    children: list[list[int]] = [[] for _ in nodes]
    for number, node in enumerate(nodes):
        if node.parent:
            children[number_of[node.parent]].append(number)
    sections: dict[str, bytes] = {"slots": _slots(codes)}
    sections["code_at"], sections["codes"] = _pool(codes)
    sections["title_at"], sections["titles"] = _pool(node.title for node in nodes)
    sections["short_at"], sections["shorts"] = _pool(node.short_title for node in nodes)
    sections["flags"] = bytes(_BILLABLE if node.billable else 0 for node in nodes)
    sections["parents"] = array("I", [number_of.get(node.parent, _EMPTY) for node in nodes]).tobytes()
    sections["child_at"], sections["children"] = _ranges(children)
    sections["added"] = array("I", [_ordinal(node.added) for node in nodes]).tobytes()
    sections["terminated"] = array("I", [_ordinal(node.terminated) for node in nodes]).tobytes()
    notes = [note for node in nodes for note in node.notes]
    sections["note_of"], _ = _ranges([range(len(node.notes)) for node in nodes])
    sections["note_kinds"] = bytes(_KINDS.index(note.kind) for note in notes)
    sections["note_at"], sections["note_texts"] = _pool(note.text for note in notes)
    about = {
        "system": source.system.value,
        "version": source.version,
        "effective_from": source.effective_from.isoformat(),
        "effective_to": source.effective_to.isoformat() if source.effective_to else None,
        "source": source.source,
        "code_count": sum(1 for node in nodes if is_code(node.code, source.system)),
        "billable_count": sum(node.billable for node in nodes),
    }
    return write_container(path, magic=MAGIC, version=FORMAT, sections=sections, about=about)


def is_code(code: str, system: System) -> bool:
    """Whether a node's name is a code of the system rather than a chapter's, block's or table's name."""
    if system is System.ICD10PCS:
        return len(code) == 7
    if system is System.ICD11:
        return len(code) >= len("1A00") and not code.startswith("Block")
    return not (system is System.ICD10CM and ("-" in code or not code[:1].isalpha()))


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0


class Snapshot:
    """An open release. Node numbers run from 0 to `len(self)`; every text is as the publisher wrote it.

    Raises SnapshotError on a file that cannot be used.
    """

    def __init__(self, path: Path) -> None:
        file = Container(path, magic=MAGIC, version=FORMAT)
        self.path = path
        about = file.about
        self.release = Release(
            system=System(about["system"]),
            version=about["version"],
            effective_from=date.fromisoformat(about["effective_from"]),
            effective_to=date.fromisoformat(about["effective_to"]) if about["effective_to"] else None,
            content_hash=file.content_hash,
            source=about["source"],
            code_count=about["code_count"],
            billable_count=about["billable_count"],
        )
        self._slots = file.numbers("slots")
        self._mask = len(self._slots) - 1
        self._code_at, self._codes = file.numbers("code_at"), file["codes"]
        self._title_at, self._titles = file.numbers("title_at"), file["titles"]
        self._short_at, self._shorts = file.numbers("short_at"), file["shorts"]
        self._flags, self._parents = file["flags"], file.numbers("parents")
        self._child_at, self._children = file.numbers("child_at"), file.numbers("children")
        self._added, self._terminated = file.numbers("added"), file.numbers("terminated")
        self._note_of, self._note_kinds = file.numbers("note_of"), file["note_kinds"]
        self._note_at, self._note_texts = file.numbers("note_at"), file["note_texts"]

    def __len__(self) -> int:
        return len(self._flags)

    def __contains__(self, code: str) -> bool:
        return self.index_of(code) >= 0

    def index_of(self, code: str) -> int:
        """Return the number of a code, or -1; the code is written as published."""
        data = code.encode("utf-8", "surrogatepass")  # no published code has a lone surrogate
        slot = zlib.crc32(data) & self._mask
        while (number := self._slots[slot]) != _EMPTY:
            if self._codes[self._code_at[number] : self._code_at[number + 1]] == data:
                return number
            slot = (slot + 1) & self._mask
        return -1

    def _known(self, code: str) -> int:
        number = self.index_of(code)
        if number < 0:
            raise UnknownCodeError(
                f"code: got another one, want a code of {self.release.system.value} {self.release.version}"
            )
        return number

    def code_at(self, number: int) -> str:
        """Return the code of a node."""
        return str(self._codes[self._code_at[number] : self._code_at[number + 1]], "utf-8")

    def title_at(self, number: int) -> str:
        """Return the title of a node."""
        return str(self._titles[self._title_at[number] : self._title_at[number + 1]], "utf-8")

    def title(self, code: str) -> str:
        """Return the title of a code; raises UnknownCodeError."""
        return self.title_at(self._known(code))

    def billable_at(self, number: int) -> bool:
        """Whether a node may stand on a claim."""
        return bool(self._flags[number] & _BILLABLE)

    def added_at(self, number: int) -> date | None:
        """Return the day from which a node is in force, None if its release does not say."""
        return _day(self._added[number])

    def is_billable(self, code: str) -> bool:
        """Whether the release has the code and it may stand on a claim."""
        number = self.index_of(code)
        return number >= 0 and self.billable_at(number)

    def parent(self, code: str) -> str:
        """Return the code above, "" at the top; raises UnknownCodeError."""
        number = self._parents[self._known(code)]
        return "" if number == _EMPTY else self.code_at(number)

    def ancestors(self, code: str) -> Iterator[str]:
        """Yield the code itself, then each node above it up to the chapter; raises UnknownCodeError."""
        number = self._known(code)
        while number != _EMPTY:
            yield self.code_at(number)
            number = self._parents[number]

    def children(self, code: str) -> tuple[str, ...]:
        """List the codes directly below; raises UnknownCodeError."""
        number = self._known(code)
        return tuple(
            self.code_at(child) for child in self._children[self._child_at[number] : self._child_at[number + 1]]
        )

    def notes_at(self, number: int) -> list[Note]:
        """List the notes that a node itself carries."""
        return [
            Note(_KINDS[self._note_kinds[n]], str(self._note_texts[self._note_at[n] : self._note_at[n + 1]], "utf-8"))
            for n in range(self._note_of[number], self._note_of[number + 1])
        ]

    def notes(self, code: str, kind: NoteKind) -> tuple[str, ...]:
        """List the texts of one kind of note on the code itself; raises UnknownCodeError."""
        return tuple(note.text for note in self.notes_at(self._known(code)) if note.kind is kind)

    def seventh_characters(self, code: str) -> dict[str, str]:
        """Return the seventh characters in force for a code and their meanings; empty if it takes none."""
        for owner in self.ancestors(code):
            found = self.notes(owner, NoteKind.SEVENTH_CHARACTER)
            if found:
                return dict(text.split("=", 1) for text in found)
        return {}

    def find(self, code: str) -> Code:
        """Return all that the release says of a code; raises UnknownCodeError."""
        number = self._known(code)
        notes = self.notes_at(number)
        attributes = [note for note in notes if note.kind is NoteKind.ATTRIBUTE]
        if attributes:
            notes = [note for note in notes if note.kind is not NoteKind.ATTRIBUTE]
        return Code(
            system=self.release.system,
            code=self.code_at(number),
            title=self.title_at(number),
            billable=self.billable_at(number),
            parent=self.parent(code),
            children=self.children(code),
            notes=tuple(notes),
            short_title=str(self._shorts[self._short_at[number] : self._short_at[number + 1]], "utf-8"),
            added=self.added_at(number),
            terminated=_day(self._terminated[number]),
            attributes=tuple(_attribute(note) for note in attributes),
        )

    def attribute(self, code: str, name: str) -> tuple[str, ...]:
        """List the values of one attribute of a code ("coverage"), none if it has none; raises UnknownCodeError."""
        found = (_attribute(note) for note in self.notes_at(self._known(code)) if note.kind is NoteKind.ATTRIBUTE)
        return tuple(one.value for one in found if one.name == name)

    def codes(self) -> Iterator[str]:
        """Yield every node's code in document order; many times as fast as `code_at` for each."""
        text = bytes(self._codes).decode("latin-1")
        if not text.isascii():  # no publisher's codes are of other characters
            return (self.code_at(number) for number in range(len(self)))
        return (text[begin:end] for begin, end in pairwise(self._code_at[: len(self) + 1]))

    def nodes(self) -> Iterator[Node]:
        """Yield every node as its reader gave it."""
        for number in range(len(self)):
            code = self.find(self.code_at(number))
            yield Node(
                code.code,
                code.title,
                code.parent,
                code.billable,
                tuple(self.notes_at(number)),
                code.short_title,
                code.added,
                code.terminated,
            )


def _attribute(note: Note) -> Attribute:
    return Attribute(*note.text.split("\t", 2))


def _day(ordinal: int) -> date | None:
    return date.fromordinal(ordinal) if ordinal else None
