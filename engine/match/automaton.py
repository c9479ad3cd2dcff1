"""The compiled dictionary: phrases with their senses, in one file that opens by mmap.

File: magic, format version, SHA-256 of the rest, then a table of section lengths and the sections: the native
matcher's image, the senses of each phrase (code numbers and origins), and a JSON description.
"""

import hashlib
import json
import mmap
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine._fastmatch import Matcher, build_image
from engine.errors import ArtifactError
from engine.match.inflection import group_spellings
from engine.match.reference import MAX_PHRASE_WORDS, MAX_WORD_BYTES, TRANSPARENT_WORD, ReferenceMatcher, fold_words
from engine.text.characters import character_table

MAGIC = b"CCDICT\0\0"
FORMAT = 1
_HEAD = struct.Struct("<8sI4x32s4Q")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as written, its matcher flags, and whether its words are inflected."""

    text: str
    flags: int = 0
    inflect: bool = True


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the matcher is made from: spellings to word ids, and phrases as word ids with flags."""

    surfaces: dict[str, int]
    phrases: list[tuple[int, ...]]
    flags: list[int]

    def reference(self) -> ReferenceMatcher:
        """Make the plain-Python matcher over the same phrases."""
        return ReferenceMatcher(self.surfaces, self.phrases, self.flags)

    def image(self) -> bytes:
        """Compile the native image."""
        table = character_table()
        return build_image(
            table.stage1, table.stage2, table.expansions, sorted(self.surfaces.items()), self.phrases, self.flags
        )


# Words that a phrase is read through, in the dictionary and in the text alike: articles, possessives and sides.
# The side is not lost: a sense keeps the side its term names, and the ranker reads the side beside the mention.
TRANSPARENT = frozenset(
    "the a an his her their its my your our this right left bilateral bilaterally both sided side rt lt".split()
)


def phrase_words(text: str) -> list[str]:
    """Fold a phrase into the words that the matcher will look for."""
    return [word for word in fold_words(text) if word not in TRANSPARENT]


def is_matchable(words: Sequence[str]) -> bool:
    """Whether folded words can be a phrase of the matcher."""
    return 0 < len(words) <= MAX_PHRASE_WORDS and all(len(word.encode()) <= MAX_WORD_BYTES for word in words)


def compile_phrases(phrases: Sequence[Phrase]) -> Compiled:
    """Fold phrases into words, group the words' spellings, number everything in a fixed order.

    Raises ArtifactError on a phrase without words or with too many.
    """
    folded = [phrase_words(phrase.text) for phrase in phrases]
    for phrase, words in zip(phrases, folded, strict=True):
        if not is_matchable(words):
            raise ArtifactError(f"phrase: got {phrase.text!r}, want 1 to {MAX_PHRASE_WORDS} words")
    inflected = {word for phrase, words in zip(phrases, folded, strict=True) if phrase.inflect for word in words}
    literal = {word for phrase, words in zip(phrases, folded, strict=True) if not phrase.inflect for word in words}
    _, by_spelling = group_spellings(inflected)
    # A literal word that is also a spelling of an inflected one shares its number, or it could not be found.
    for word in sorted(literal):
        by_spelling.setdefault(word, word)
    numbers = {head: number for number, head in enumerate(sorted(set(by_spelling.values())))}
    surfaces = {
        spelling: numbers[head]
        for spelling, head in by_spelling.items()
        if len(spelling.encode()) <= MAX_WORD_BYTES and spelling not in TRANSPARENT
    }
    ids = [tuple(surfaces[word] for word in words) for words in folded]
    return Compiled(surfaces | dict.fromkeys(TRANSPARENT, TRANSPARENT_WORD), ids, [phrase.flags for phrase in phrases])


def write_dictionary(path: Path, *, image: bytes, begins: bytes, senses: bytes, about: dict[str, Any]) -> str:
    """Write a dictionary file atomically and return its SHA-256 (hex).

    `begins` is uint32[phrases + 1] into `senses`, which holds (code number, origin) pairs of uint32.
    """
    sections = [image, begins, senses, json.dumps(about, sort_keys=True).encode()]
    padded = [section + bytes(-len(section) % 64) for section in sections]
    body = b"".join(padded)
    digest = hashlib.sha256(body).digest()
    head = _HEAD.pack(MAGIC, FORMAT, digest, *map(len, sections))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        file.write(head + bytes(-len(head) % 64) + body)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return digest.hex()


class Dictionary:
    """An open dictionary file: the matcher and the senses of its phrases.

    Raises ArtifactError on a file that is missing, truncated, altered or of another version.
    """

    def __init__(self, path: Path) -> None:
        buffer = _map(path)
        if len(buffer) < _HEAD.size:
            raise ArtifactError("dictionary file: got a truncated header; run `chartcoder codesets build`")
        magic, version, digest, *lengths = _HEAD.unpack_from(buffer)
        if magic != MAGIC or version != FORMAT:
            raise ArtifactError(f"dictionary file: got another kind or version, want {FORMAT}; run `chartcoder codesets build`")
        begin = (_HEAD.size + 63) // 64 * 64
        if begin + sum((n + 63) // 64 * 64 for n in lengths) != len(buffer) or hashlib.sha256(buffer[begin:]).digest() != digest:
            raise ArtifactError("dictionary file: got content that does not match its hash; run `chartcoder codesets build`")
        views = []
        for length in lengths:
            views.append(buffer[begin : begin + length])
            begin += (length + 63) // 64 * 64
        try:
            self.matcher = Matcher(views[0])
        except ValueError as error:
            raise ArtifactError(str(error)) from None
        self._begins = views[1].cast("I")
        self._senses = views[2].cast("I")
        self.about: dict[str, Any] = json.loads(bytes(views[3]))
        self.content_hash = digest.hex()

    def has_senses(self, phrase: int) -> bool:
        """Whether a phrase names any code (cues do not)."""
        return self._begins[phrase] != self._begins[phrase + 1]

    def senses(self, phrase: int) -> list[tuple[int, int]]:
        """List the (code number, origin number) pairs of a phrase; empty for a phrase without codes."""
        begin, end = self._begins[phrase], self._begins[phrase + 1]
        flat = self._senses[2 * begin : 2 * end].tolist()
        return list(zip(flat[::2], flat[1::2], strict=True))


def _map(path: Path) -> memoryview:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise ArtifactError("dictionary file: got an empty file; run `chartcoder codesets build`")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise ArtifactError(f"dictionary file {path.name}: {error.strerror}; run `chartcoder codesets build`") from None
