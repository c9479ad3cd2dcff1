"""Makes and finds the compiled dictionary of a release.

A dictionary's file name carries the hash of all that it is made from: the snapshot, the lexicon, index files, the cues
and the code that derives phrases from them. So a stale dictionary is never opened, and a fresh one never rebuilt.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesets.index import IndexFile
from codesets.lexicon import lexicon_hash, read_lexicon
from codesets.lexicon.abbreviations import inventory_hash, read_abbreviations
from codesets.snapshot import Snapshot
from codesets.types import Release
from engine.match.lexicon import (
    Term,
    abbreviation_terms,
    build_dictionary,
    find_parts,
    index_terms,
    lexicon_terms,
    tabular_terms,
)

_MADE_BY = (
    "automaton.py",
    "common_words.txt",
    "finding_words.txt",
    "index_terms.py",
    "inflection.py",
    "lexicon.py",
    "misspelling.py",
    "parts.py",
    "reference.py",
    "sites.txt",
    "variants.py",
    "words.py",
    "../text/characters.py",
    "../_fastmatch_build.hpp",
    "../_fastmatch_image.hpp",
)
SUFFIX = ".ccdict"


def recipe_hash() -> str:
    """Return the SHA-256 (hex) over the code that derives phrases."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for name in _MADE_BY:
        path = folder / name
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a dictionary is made from besides a release and its lexicon: cue phrases, hint words, index files.

    `without` names the sources of terms that are left out.
    """

    cues: Sequence[str]
    hints: Sequence[str] = ()
    indexes: Sequence[IndexFile] = ()
    without: Sequence[str] = ()


# By name, which is that of its switch (engine/switches.py).
TERM_SOURCES: dict[str, Callable[[Snapshot, Ingredients], Iterable[Term]]] = {
    "abbreviations": lambda snapshot, _: abbreviation_terms(read_abbreviations(snapshot.release.system)),
    "lexicon": lambda snapshot, _: lexicon_terms(read_lexicon(snapshot.release.system), snapshot),
    "tabular": lambda snapshot, _: tabular_terms(snapshot),
    "indexes": lambda snapshot, given: (term for index in given.indexes for term in index_terms(index, snapshot)),
}


def dictionary_path(home: Path, snapshot: Snapshot, given: Ingredients) -> Path:
    """Return where the dictionary of a release is kept, whether or not it is built."""
    parts = [
        snapshot.release.content_hash,
        lexicon_hash(snapshot.release.system),
        inventory_hash(snapshot.release.system),
        *(i.content_hash for i in given.indexes),
    ]
    key = hashlib.sha256("\0".join([*parts, *given.cues, "", *given.hints, recipe_hash()]).encode()).hexdigest()[:20]
    folder = home / "dictionaries"
    left_out = [name for name in TERM_SOURCES if name in given.without]
    if left_out:  # in a folder of its own, where it takes no whole dictionary's place
        folder /= f"without-{'-'.join(left_out)}"
    return folder / f"{snapshot.release.system.value}-{snapshot.release.version}-{key}{SUFFIX}"


def make_dictionary(path: Path, snapshot: Snapshot, given: Ingredients) -> None:
    """Build the dictionary of a release at `path`, and remove those of the release that it replaces."""
    kept = (read for name, read in TERM_SOURCES.items() if name not in given.without)
    terms = [term for read in kept for term in read(snapshot, given)]
    release = snapshot.release
    about = {"system": release.system.value, "version": release.version, "snapshot": release.content_hash}
    build_dictionary(path, terms=terms, cues=given.cues, hints=given.hints, parts=find_parts(terms), about=about)
    remove_others(path, release)


def remove_others(path: Path, release: Release) -> None:
    """Remove the dictionaries of a release that the one at `path` replaces."""
    for old in path.parent.glob(f"{release.system.value}-{release.version}-*{SUFFIX}"):
        if old != path:
            old.unlink(missing_ok=True)
