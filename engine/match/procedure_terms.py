"""From the lexicon of ICD-10-PCS to the phrases of its dictionary.

A term of this lexicon leads to a pattern of codes (codesets/icd10pcs_tables.py), not to a node: what it leaves open the
text around it may settle. So a sense has the number of a pattern, and the patterns go into the dictionary file. The
words of single axes are hints: all are found, in whatever term they stand.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from codesets.icd10pcs_tables import Tables
from codesets.lexicon import LexiconEntry, lexicon_hash, read_lexicon
from codesets.lexicon.axes import Axes, axes_hash, read_axes
from codesets.snapshot import Snapshot
from codesets.types import System
from engine.match.automaton import is_matchable, phrase_words
from engine.match.lexicon import SHADOW, Term, build_dictionary
from engine.match.recipe import SUFFIX, recipe_hash, remove_others
from engine.match.reference import ACROSS_COMMA, UPPER_ONLY
from engine.types import Origin

PATTERNS = "patterns"


def hint_words(axes: Axes) -> list[str]:
    """List the terms of all axes: operations, modalities, body parts, details, each in the order of its file."""
    return [term for row in axes.rows for term in row.terms]


def procedure_dictionary_path(home: Path, snapshot: Snapshot) -> Path:
    """Return where the dictionary of a release of ICD-10-PCS is kept, whether or not it is built."""
    release = snapshot.release
    parts = [release.content_hash, lexicon_hash(release.system), axes_hash(), recipe_hash(), _own_hash()]
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
    return home / "dictionaries" / f"{release.system.value}-{release.version}-{key}{SUFFIX}"


def make_procedure_dictionary(path: Path, snapshot: Snapshot) -> None:
    """Build the dictionary of a release of ICD-10-PCS at `path`, and remove those of the release that it replaces."""
    release = snapshot.release
    entries = read_lexicon(System.ICD10PCS)
    patterns = list(dict.fromkeys(entry.code for entry in entries if not entry.is_shadow))
    about = {"system": release.system.value, "version": release.version, "snapshot": release.content_hash}
    build_dictionary(
        path,
        terms=list(_terms(entries, patterns, Tables.of(snapshot))),
        cues=(),
        hints=hint_words(read_axes()),
        about={**about, PATTERNS: patterns},
    )
    remove_others(path, release)


def _terms(entries: Sequence[LexiconEntry], patterns: Sequence[str], tables: Tables) -> Iterator[Term]:
    number_of = {pattern: number for number, pattern in enumerate(patterns)}
    for entry in entries:
        if not entry.is_shadow and not tables.matching(entry.code):
            continue  # a code that this release lacks
        if is_matchable(phrase_words(entry.term)):
            number = SHADOW if entry.is_shadow else number_of[entry.code]
            flags = UPPER_ONLY if entry.upper else 0
            origin = Origin.LEXICON_WEAK if entry.weak else Origin.LEXICON
            yield Term(entry.term, number, origin, flags | (ACROSS_COMMA if "," in entry.term else 0))


def _own_hash() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
