"""Makes the compiled search index of a release.

Entries that hold the same words are numbered by what a coder wants first: few other words, of which "unspecified" and
its like hardly count; what is said often before what is rare; then the order of the book.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log2
from pathlib import Path
from zlib import crc32

from codesets.container import write_container
from codesets.defaults import NO_DEFAULT, default_code
from codesets.lexicon import FOLDER, LexiconEntry, read_lexicon
from codesets.search_file import EMPTY, FORMAT, MAGIC, SUFFIX, flat_code
from codesets.search_place import searched_indexes
from codesets.snapshot import Snapshot
from codesets.types import NoteKind, System
from codesets.words import content_words, sound_key, spelling_keys

_COMMON = FOLDER / "common_icd10cm.tsv"
_TERMS = (NoteKind.INCLUSION_TERM, NoteKind.INCLUDES)
# Words that say "nothing more is known" or name a stage of care: an entry is hardly longer for them.
_LIGHT_WORDS = """
a classified closed complication elsewhere encounter initial mention nec nos not organism other part sequela site
specified status subsequent type unspecified without
"""
_LIGHT = frozenset(_LIGHT_WORDS.split())
LIGHT, HEAVY = 1, 4
_PLAIN = re.compile(r"unspecified|without complication|not specified", re.IGNORECASE)
_MANY_TERMS = 64


@dataclass(frozen=True, slots=True)
class _Entry:
    """A way to say a node: `term` is "" for its title; terms that often mean something else weigh more."""

    words: tuple[str, ...]
    node: int
    term: str
    weight: int


def _make_entry(text: str, node: int, *, term: str = "", is_weak: bool = False) -> _Entry:
    words = tuple(content_words(text))
    return _Entry(words, node, term, min(255, sum(map(_word_weight, words)) + is_weak * HEAVY // 2))


@lru_cache(maxsize=65_536)
def _word_weight(word: str) -> int:
    """Return how much a word adds to the length of an entry."""
    return LIGHT if word in _LIGHT else HEAVY


def make_search_index(path: Path, snapshot: Snapshot) -> None:
    """Build the index of a release at `path`, and remove those of the release that it replaces; raises OSError."""
    release = snapshot.release
    about = {"system": release.system.value, "version": release.version, "snapshot": release.content_hash}
    sections = _sections(snapshot, read_lexicon(release.system))
    write_container(path, magic=MAGIC, version=FORMAT, sections=sections, about=about)
    for old in path.parent.glob(f"{release.system.value}-{release.version}-*{SUFFIX}"):
        if old != path:
            old.unlink(missing_ok=True)


def _sections(snapshot: Snapshot, lexicon: Sequence[LexiconEntry]) -> dict[str, bytes]:
    codes = list(snapshot.codes())
    defaults = [default_code(code, snapshot, system=snapshot.release.system) for code in codes]
    by_code = sorted(range(len(codes)), key=lambda number: flat_code(codes[number]))
    entries = {(entry.words, entry.node): entry for entry in reversed([*_entries(snapshot, lexicon)]) if entry.words}
    priors = _priors(snapshot, defaults, entries.values())
    ranked = sorted(entries.values(), key=lambda e: (e.weight, -priors[e.node], e.node, e.term))
    vocabulary = sorted({word for entry in ranked for word in entry.words})
    return (
        {
            "by_code": array("I", by_code).tobytes(),
            "defaults": array("I", defaults).tobytes(),
            "priors": bytes(priors),
            "nodes": array("I", [entry.node for entry in ranked]).tobytes(),
            "weights": bytes(entry.weight for entry in ranked),
            "slots": _slots(vocabulary),
            "word_weights": bytes(_word_weight(word) for word in vocabulary),
        }
        | _pool("terms", (entry.term for entry in ranked))
        | _pool("vocabulary", vocabulary)
        | _lists(ranked, {word: number for number, word in enumerate(vocabulary)})
        | _keyed("spelling", ((key, n) for n, word in enumerate(vocabulary) for key in _spellings(word)))
        | _keyed("sound", ((sound_key(word), n) for n, word in enumerate(vocabulary) if _spellings(word)))
    )


@lru_cache(maxsize=65_536)
def _spellings(word: str) -> frozenset[int]:
    """Return the keys of a word that may be misspelt: not those of numbers, nor of the very short."""
    return frozenset(spelling_keys(word)) if len(word) > 2 and word.isalpha() else frozenset()


def _entries(snapshot: Snapshot, lexicon: Iterable[LexiconEntry]) -> Iterator[_Entry]:
    for number in range(len(snapshot)):
        yield _make_entry(snapshot.title_at(number), number)
        for note in snapshot.notes_at(number):
            if note.kind in _TERMS:
                yield _make_entry(note.text, number, term=note.text)
    for term, number in _index_terms(snapshot):
        yield _make_entry(term, number, term=term)
    for row in lexicon:
        if not row.is_shadow and (number := snapshot.index_of(row.code)) >= 0:
            yield _make_entry(row.term, number, term=row.term, is_weak=row.weak)


def _index_terms(snapshot: Snapshot) -> Iterator[tuple[str, int]]:
    """Yield the terms of the imported index with the nodes they lead to: the nearest at or above the code given."""
    for index in searched_indexes(snapshot):
        for entry in index.entries():
            beginning = entry.code.rstrip("-")
            lengths = range(len(beginning), 0, -1)
            numbers = (snapshot.index_of(beginning[:length]) for length in lengths)
            number = next((found for found in numbers if found >= 0), -1)
            if number >= 0:
                yield ", ".join(entry.path), number


def _priors(snapshot: Snapshot, defaults: Sequence[int], entries: Iterable[_Entry]) -> list[int]:
    """Say of each node how likely a coder means it: 0 to 255.

    A code that is on the list of common ones, has many names, and says no more than was said, is likely.
    """
    names = Counter(defaults[entry.node] for entry in entries if entry.term)
    common = _common_nodes(snapshot)
    found = []
    for number, default in enumerate(defaults):
        if default == NO_DEFAULT:
            found.append(0)
            continue
        many = min(1.0, log2(1 + names[default]) / log2(_MANY_TERMS))
        plain = _PLAIN.search(snapshot.title_at(default)) is not None
        part = 0.5 * (default in common) + 0.35 * many + 0.15 * plain
        found.append(int(part * (255 if default == number else 230)))
    return found


def _common_nodes(snapshot: Snapshot) -> frozenset[int]:
    if snapshot.release.system is not System.ICD10CM:
        return frozenset()
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    codes = (line.split(maxsplit=1)[0] for line in lines if line.strip() and not line.startswith("#"))
    return frozenset(number for code in codes if (number := snapshot.index_of(code)) >= 0)


def _pool(name: str, strings: Iterable[str]) -> dict[str, bytes]:
    pieces = [text.encode() for text in strings]
    offsets = array("I", [0])
    for piece in pieces:
        offsets.append(offsets[-1] + len(piece))
    return {f"{name}_at": offsets.tobytes(), name: b"".join(pieces)}


def _slots(words: Sequence[str]) -> bytes:
    """Lay out the table that finds a word by its hash: open addressing, half empty."""
    size = 1 << (2 * len(words) + 1).bit_length()
    table = array("I", [EMPTY]) * size
    for number, word in enumerate(words):
        slot = crc32(word.encode()) & (size - 1)
        while table[slot] != EMPTY:
            slot = (slot + 1) & (size - 1)
        table[slot] = number
    return table.tobytes()


def _lists(ranked: Sequence[_Entry], ids: dict[str, int]) -> dict[str, bytes]:
    """Lay out each entry's words and each word's entries."""
    word_at, words = array("I", [0]), array("I")
    postings = [array("I") for _ in ids]
    for number, entry in enumerate(ranked):
        numbers = [ids[word] for word in entry.words]
        words.extend(numbers)
        word_at.append(len(words))
        for word in set(numbers):
            postings[word].append(number)
    posting_at = array("I", [0])
    for posting in postings:
        posting_at.append(posting_at[-1] + len(posting))
    return {
        "word_at": word_at.tobytes(),
        "words": words.tobytes(),
        "posting_at": posting_at.tobytes(),
        "postings": b"".join(posting.tobytes() for posting in postings),
    }


def _keyed(name: str, pairs: Iterable[tuple[int, int]]) -> dict[str, bytes]:
    ordered = sorted(pairs)
    return {
        f"{name}_keys": array("I", [key for key, _ in ordered]).tobytes(),
        f"{name}_words": array("I", [number for _, number in ordered]).tobytes(),
    }
