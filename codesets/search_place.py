"""Says where the compiled search index of a release is kept.

Its file name carries the hash of all that it is made from (the snapshot, its index, our lexicon, the list of common
codes and the code that writes it), as a dictionary's does: a stale index is never opened, a fresh one never rebuilt.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from codesets.index import IndexFile, index_files
from codesets.lexicon import lexicon_hash
from codesets.search_file import SUFFIX
from codesets.snapshot import Snapshot
from codesets.types import System

_MADE_BY = ("lexicon/common_icd10cm.tsv", "defaults.py", "search_build.py", "search_file.py", "words.py")


@lru_cache(maxsize=1)
def _made_by_hash() -> str:
    digest = hashlib.sha256()
    for name in _MADE_BY:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()


def searched_indexes(snapshot: Snapshot) -> Sequence[IndexFile]:
    """List the imported index files whose terms a search finds: that of ICD-10-PCS.

    Those of ICD-10-CM are left out: their terms lead to categories as often as to codes, and crowd out titles.
    """
    if snapshot.release.system is not System.ICD10PCS:
        return ()
    return index_files(snapshot.path.parent.parent, snapshot.release)


def search_path(snapshot: Snapshot) -> Path:
    """Return where the index of a release is kept in its store, whether or not it is built."""
    release = snapshot.release
    indexes = (index.content_hash for index in searched_indexes(snapshot))
    parts = (release.content_hash, lexicon_hash(release.system), _made_by_hash(), *indexes)
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
    name = f"{release.system.value}-{release.version}-{key}{SUFFIX}"
    return snapshot.path.parent.parent / "searches" / name
