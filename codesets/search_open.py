"""Opens a release's search index, building it first where the store has none."""

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from codesets.errors import SnapshotError
from codesets.search_file import SearchFile
from codesets.search_place import search_path
from codesets.snapshot import Snapshot


@lru_cache(maxsize=16)
def open_search(snapshot: Snapshot) -> SearchFile:
    """Return the open index of a release; the first call for a release that has none takes seconds."""
    path = search_path(snapshot)
    try:
        return SearchFile(path)
    except SnapshotError:  # missing, or not whole: it is made from what is here, so make it again
        return _make(path, snapshot)


def has_search(snapshot: Snapshot) -> bool:
    """Whether the store has the index of a release."""
    return search_path(snapshot).exists()


def compile_search(snapshot: Snapshot) -> None:
    """Build the index of a release in its store; raises OSError when the disk does not take it."""
    _build(search_path(snapshot), snapshot)


def _make(path: Path, snapshot: Snapshot) -> SearchFile:
    try:
        _build(path, snapshot)
        return SearchFile(path)
    except OSError:  # a store that is read-only serves all the same
        with TemporaryDirectory() as folder:
            _build(Path(folder) / path.name, snapshot)
            return SearchFile(Path(folder) / path.name)


def _build(path: Path, snapshot: Snapshot) -> None:
    from codesets.search_build import make_search_index  # what builds is not loaded by those who only read

    make_search_index(path, snapshot)
