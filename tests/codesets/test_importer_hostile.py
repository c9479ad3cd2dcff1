"""Damaged files of every kind: refused with a SourceError that names the file, or read, and never anything else."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from made_files import HCPCS, HCPCS_NAME, PCS, PCS_NAME, TABULAR, contents
from test_importer_kinds import CASES, put

from codesets.errors import CodeSetError, SourceError
from codesets.importer import import_files
from codesets.store import Releases

FILES = [
    *((name, text) for name, text, _, _ in CASES),
    (PCS_NAME, PCS),
    (HCPCS_NAME, HCPCS),
    ("icd10cm-tabular-2026.xml", TABULAR),
]
_NOISE = (
    b"\0",
    b"\xff",
    b"\t",
    b"\n",
    b"\r\n",
    b'"',
    b"<",
    b"&",
    b"/",
    b"9",
    b"A",
    b" ",
    "\U0001f600".encode(),
    b"\x1a",
)


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def change(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.choice(_NOISE) + data[at + chance.randrange(3) :]


def double(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    return b"".join([*lines[:at], lines[at], *lines[at:]])


def lose(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randrange(1, 60) :]


@pytest.mark.parametrize("damage", [cut, change, double, lose])
@pytest.mark.parametrize(("name", "text"), FILES)
def test_a_damaged_file_is_read_or_refused(
    tmp_path: Path, name: str, text: str, damage: Callable[[bytes, random.Random], bytes]
) -> None:
    chance = random.Random(f"{name} {damage.__name__}")
    for number in range(20):
        data = damage(text.encode(), chance) or b" "
        store = tmp_path / str(number)
        said = refused(store, put(tmp_path, name, data))
        if said:
            assert not store.exists(), "a refused file leaves nothing"
            assert name in said
            continue
        # What was taken can be opened again, each code with all that is said of it.
        releases = Releases.open(store)
        for snapshot in (one for system in releases.systems() for one in releases.snapshots(system)):
            for code in list(snapshot.codes())[:5]:
                releases.find(snapshot, code)
        assert [len(crosswalk.release.content_hash) for crosswalk in releases.crosswalks] in ([], [64])


def refused(store: Path, path: Path) -> str:
    """Import a file and return why it was refused, "" if it was not."""
    try:
        import_files(store, [path])
    except SourceError as error:
        return str(error)
    return ""


def test_a_gzip_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from codesets import source_file

    monkeypatch.setattr(source_file, "MAX_FILE_BYTES", 100_000)
    bomb = gzip.compress(b"0010  A000    00000\n" * 1_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(CodeSetError, match="over 100000 bytes unpacked"):
        import_files(tmp_path / "store", [put(tmp_path, "2018_gem.txt.gz", bomb)])
    assert contents(tmp_path / "store") == {}
