"""A compiled table of codes with what a publisher says of each: sorted keys and JSON rows in one mapped container.

A key is found by bisection over the mapped bytes, so nothing is parsed at opening; a row is parsed when asked for.
"""

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from codesets.container import Container, write_container

Cell = str | int
Row = Sequence[Cell]


def write_keyed(
    path: Path, rows: Mapping[str, Sequence[Row]], *, magic: bytes, version: int, about: Mapping[str, Any]
) -> str:
    """Write the rows of each key at `path` and return the content hash (SHA-256, hex); raises OSError."""
    keys = sorted(rows, key=str.encode)
    sections: dict[str, bytes] = {}
    sections["key_at"], sections["keys"] = _pool([key.encode() for key in keys])
    sections["row_at"], sections["rows"] = _pool([_packed(rows[key]) for key in keys])
    return write_container(path, magic=magic, version=version, sections=sections, about=about)


def _packed(rows: Sequence[Row]) -> bytes:
    return json.dumps([list(row) for row in rows], ensure_ascii=False, separators=(",", ":")).encode()


def _pool(pieces: Sequence[bytes]) -> tuple[bytes, bytes]:
    offsets = array("I", [0])
    for piece in pieces:
        offsets.append(offsets[-1] + len(piece))
    return offsets.tobytes(), b"".join(pieces)


class KeyedFile:
    """An open table; raises SnapshotError on a file that cannot be used."""

    def __init__(self, path: Path, *, magic: bytes, version: int) -> None:
        file = Container(path, magic=magic, version=version)
        self.path = path
        self.about = file.about
        self.content_hash = file.content_hash
        self._key_at, self._keys = file.numbers("key_at"), file["keys"]
        self._row_at, self._rows = file.numbers("row_at"), file["rows"]

    def __len__(self) -> int:
        return len(self._key_at) - 1

    def get(self, key: str) -> list[list[Cell]]:
        """Return the rows of a key, in the publisher's order; none if it has no such key."""
        wanted = key.encode("utf-8", "surrogatepass")
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._key(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return self._row(low) if low < len(self) and self._key(low) == wanted else []

    def items(self) -> Iterator[tuple[str, list[list[Cell]]]]:
        """Yield every key with its rows, by key."""
        return ((self._key(number).decode(), self._row(number)) for number in range(len(self)))

    def _key(self, number: int) -> bytes:
        return bytes(self._keys[self._key_at[number] : self._key_at[number + 1]])

    def _row(self, number: int) -> list[list[Cell]]:
        found: list[list[Cell]] = json.loads(bytes(self._rows[self._row_at[number] : self._row_at[number + 1]]))
        return found
