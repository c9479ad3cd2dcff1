"""Opens the publishers' files as downloaded: plain, gzip, or a zip of them, within limits, as bytes or text."""

import gzip
import hashlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from codesets.errors import SourceError

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_ZIP_MEMBERS = 200
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# What zipfile and its decompressors raise on a damaged or encrypted archive.
_DAMAGED_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, ValueError, NotImplementedError, RuntimeError, EOFError
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """One file: its name without folders, and its bytes."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The SHA-256 (hex) of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def text(self) -> str:
        """Decode as UTF-8, else as Windows-1252, which CMS writes; raises SourceError on binary content."""
        if self.data[:2] in _UTF16:
            raise SourceError(f"{self.name}: got UTF-16 text, want the publisher's file as downloaded, or UTF-8")
        if b"\0" in self.data:
            raise SourceError(f"{self.name}: got binary content, want a publisher's text, XML or zip file")
        try:
            return self.data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return self.data.decode("cp1252", "replace")


def open_file(path: Path, *, is_known: Callable[[Given], bool]) -> Iterator[Given]:
    """Yield the file at a path, or the members of a zip that are known.

    Raises SourceError on one that is missing, empty, over the limits, damaged, or a zip with nothing known in it.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise SourceError(f"{path.name}: got {size} bytes, want at most {MAX_FILE_BYTES}")
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from None
    if not data:
        raise SourceError(f"{path.name}: got an empty file")
    if data[:2] == b"PK":
        yield from _unzip(path.name, data, is_known)
    elif data[:2] == _GZIP:
        yield Given(path.name.removesuffix(".gz"), _gunzip(path.name, data))
    else:
        yield Given(path.name, data)


def _gunzip(name: str, data: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as file:
            plain = file.read(MAX_FILE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{name}: not a whole gzip file ({error}); fetch it again") from None
    if len(plain) > MAX_FILE_BYTES:
        raise SourceError(f"{name}: got over {MAX_FILE_BYTES} bytes unpacked")
    return plain


def _unzip(name: str, data: bytes, is_known: Callable[[Given], bool]) -> Iterator[Given]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if len(members) > MAX_ZIP_MEMBERS or sum(info.file_size for info in members) > MAX_FILE_BYTES:
                raise SourceError(
                    f"{name}: got a zip over {MAX_ZIP_MEMBERS} members or {MAX_FILE_BYTES} bytes unpacked; "
                    "unpack it, and import the files that are wanted"
                )
            given = [Given(Path(info.filename).name, archive.read(info)) for info in members]
    except _DAMAGED_ZIP as error:
        raise SourceError(f"{name}: not a whole zip file ({error}); fetch it again") from None
    known = [member for member in given if is_known(member)]
    if not known:
        raise SourceError(f"{name}: got a zip with no known code-set file in it")
    yield from known
