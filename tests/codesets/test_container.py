"""The container of compiled files: what goes in comes out, and nothing else does."""

import errno
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import contents

from codesets.container import Container, write_container
from codesets.errors import SnapshotError

MAGIC = b"CCTEST\0\0"
SECTIONS = {"numbers": bytes(range(12)), "empty": b"", "text": "Choléra 😀".encode()}
HEAD_BYTES = 48


def write(path: Path, *, version: int = 1, magic: bytes = MAGIC) -> str:
    return write_container(path, magic=magic, version=version, sections=SECTIONS, about={"name": "é"})


def read(path: Path, *, version: int = 1) -> Container:
    return Container(path, magic=MAGIC, version=version)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "made.cctest"
    write(path)
    return path


def test_sections_and_description_come_back(path: Path) -> None:
    file = read(path)
    assert {name: bytes(file[name]) for name in SECTIONS} == SECTIONS
    assert file.about == {"name": "é"}
    assert list(file.numbers("numbers")) == [0x03020100, 0x07060504, 0x0B0A0908]


def test_the_returned_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "made"
    assert write(path) == read(path).content_hash


def test_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    assert write(tmp_path / "a") == write(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_sections_are_read_only(path: Path) -> None:
    with pytest.raises(TypeError):
        read(path)["numbers"][0] = 1


@settings(max_examples=50, deadline=None)
@given(sections=st.dictionaries(st.text(max_size=8), st.binary(max_size=200), max_size=6))
def test_any_sections_come_back(tmp_path_factory: pytest.TempPathFactory, sections: dict[str, bytes]) -> None:
    path = tmp_path_factory.mktemp("any") / "made"
    write_container(path, magic=MAGIC, version=1, sections=sections, about={})
    file = read(path)
    assert {name: bytes(file[name]) for name in sections} == sections


def test_a_file_cut_short_at_any_length_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(SnapshotError, match=r"made\.cctest"):
            read(path)


def test_any_flipped_bit_of_the_head_and_any_flipped_byte_after_it_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    flips = [(place, 1 << bit) for place in range(HEAD_BYTES) for bit in range(8)]
    flips += [(place, random.Random(place).randrange(1, 256)) for place in range(HEAD_BYTES, len(whole))]
    for place, mask in flips:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :])
        with pytest.raises(SnapshotError):
            read(path)


def test_bytes_after_the_end_are_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(SnapshotError, match="hash"):
        read(path)


def test_a_file_of_another_version_is_named_so(path: Path) -> None:
    with pytest.raises(SnapshotError, match="format version: got 1, want 2"):
        read(path, version=2)


def test_a_file_of_another_kind_is_named_so(path: Path) -> None:
    write(path, magic=b"CCOTHER\0")
    with pytest.raises(SnapshotError, match="another kind of file, want CCTEST"):
        read(path)


def test_an_empty_file_is_refused(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(SnapshotError, match="empty file"):
        read(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="No such file"):
        read(tmp_path / "nothing")
    with pytest.raises(SnapshotError, match="Is a directory"):
        read(tmp_path)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = contents(path.parent)
    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), full)
    with pytest.raises(OSError, match="No space left"):
        write_container(path, magic=MAGIC, version=1, sections={"other": b"other"}, about={})
    assert contents(path.parent) == before


def test_a_reader_keeps_its_file_while_a_new_one_takes_its_place(path: Path) -> None:
    file = read(path)
    write_container(path, magic=MAGIC, version=1, sections={"numbers": b"new!"}, about={})
    assert bytes(file["numbers"]) == SECTIONS["numbers"]
    assert bytes(read(path)["numbers"]) == b"new!"
