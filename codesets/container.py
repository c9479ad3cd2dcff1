"""The container of our compiled files: named sections behind a header with a hash, opened by mmap.

File: magic (8 bytes), format version, header length, SHA-256 of all that follows the head; then a JSON table of
sections (name, begin, length) with free metadata, then the sections, 64-byte aligned. All little endian.
"""

import hashlib
import json
import mmap
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codesets.errors import SnapshotError

_HEAD = struct.Struct("<8sII32s")
_ALIGN = 64


def _padded(length: int) -> int:
    return (length + _ALIGN - 1) // _ALIGN * _ALIGN


def write_container(
    path: Path, *, magic: bytes, version: int, sections: Mapping[str, bytes], about: Mapping[str, Any]
) -> str:
    """Write a container atomically (temporary file, fsync, rename) and return its content hash (SHA-256, hex).

    Raises OSError when the disk does not take it; what was at `path` is then untouched.
    """
    table, at = {}, 0
    for name, data in sections.items():
        table[name] = [at, len(data)]
        at += _padded(len(data))
    header = json.dumps({"sections": table, "about": about}, sort_keys=True, separators=(",", ":")).encode()
    pad = bytes(_padded(_HEAD.size + len(header)) - _HEAD.size - len(header))
    body = header + pad + b"".join(data + bytes(_padded(len(data)) - len(data)) for data in sections.values())
    digest = hashlib.sha256(body).digest()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(_HEAD.pack(magic, version, len(header), digest) + body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return digest.hex()


class Container:
    """An open container: its sections as read-only views of the mapped file.

    Raises SnapshotError on a file that is missing, empty, truncated, altered, of another kind or version.
    """

    def __init__(self, path: Path, *, magic: bytes, version: int) -> None:
        buffer = _map(path)
        if len(buffer) < _HEAD.size:
            raise SnapshotError(f"{path.name}: got {len(buffer)} bytes, want a whole header")
        got_magic, got_version, header_length, digest = _HEAD.unpack_from(buffer)
        if got_magic != magic:
            raise SnapshotError(f"{path.name}: got another kind of file, want {magic.rstrip(bytes(1)).decode()}")
        if got_version != version:
            raise SnapshotError(f"{path.name}: format version: got {got_version}, want {version}")
        if hashlib.sha256(buffer[_HEAD.size :]).digest() != digest:
            raise SnapshotError(f"{path.name}: got content that does not match its hash (truncated or altered)")
        try:
            header = json.loads(bytes(buffer[_HEAD.size : _HEAD.size + header_length]))
        except ValueError:
            raise SnapshotError(f"{path.name}: got an altered header, of {header_length} bytes") from None
        self.about: dict[str, Any] = header["about"]
        self.content_hash = digest.hex()
        self.size = len(buffer)
        begin = _padded(_HEAD.size + header_length)
        self._sections = {name: buffer[begin + at : begin + at + n] for name, (at, n) in header["sections"].items()}

    def __getitem__(self, name: str) -> memoryview:
        """Return a section's bytes."""
        return self._sections[name]

    def numbers(self, name: str) -> memoryview:
        """Return a section as uint32 numbers."""
        return self._sections[name].cast("I")


def _map(path: Path) -> memoryview:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise SnapshotError(f"{path.name}: got an empty file")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise SnapshotError(f"{path.name}: {error.strerror}") from None
