"""The compiled dictionary: phrases with their senses, in one container file that opens by mmap.

Sections: the native matcher's image, the senses of each phrase (code numbers and origins); a description rides along.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesets.container import Container, write_container
from codesets.errors import SnapshotError
from engine._fastmatch import Matcher, build_image
from engine.errors import ArtifactError
from engine.match.inflection import group_spellings
from engine.match.misspelling import add_misspellings
from engine.match.reference import (
    MAX_PHRASE_WORDS,
    MAX_WORD_BYTES,
    REPORTED_WORD,
    TRANSPARENT_WORD,
    ReferenceMatcher,
    fold_words,
)
from engine.text.characters import character_table

MAGIC = b"CCDICT\0\0"
FORMAT = 2


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
# A side is not lost: a sense keeps the side its term names, and the matcher reports every side word of a text.
# "a" is not among them: hepatitis A is not hepatitis, nor vitamin A deficiency any vitamin deficiency.
SIDES = frozenset(("right", "rt", "left", "lt", "bilateral", "bilaterally", "both"))
TRANSPARENT = SIDES | frozenset(
    ("the", "an", "his", "her", "their", "its", "my", "your", "our", "this", "sided", "side")
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
    transparent = {word: REPORTED_WORD if word in SIDES else TRANSPARENT_WORD for word in TRANSPARENT}
    wrong = add_misspellings(surfaces, (words for words, phrase in zip(folded, phrases, strict=True) if phrase.inflect))
    wrong = {word: number for word, number in wrong.items() if word not in TRANSPARENT}
    return Compiled(surfaces | wrong | transparent, ids, [phrase.flags for phrase in phrases])


def write_dictionary(path: Path, *, image: bytes, begins: bytes, senses: bytes, about: dict[str, Any]) -> str:
    """Write a dictionary file atomically and return its SHA-256 (hex).

    `begins` is uint32[phrases + 1] into `senses`, which holds (code number, origin) pairs of uint32.
    """
    sections = {"image": image, "begins": begins, "senses": senses}
    return write_container(path, magic=MAGIC, version=FORMAT, sections=sections, about=about)


class Dictionary:
    """An open dictionary file: the matcher and the senses of its phrases.

    Raises ArtifactError on a file that is missing, truncated, altered or of another version.
    """

    def __init__(self, path: Path) -> None:
        try:
            file = Container(path, magic=MAGIC, version=FORMAT)
            self.matcher = Matcher(file["image"])
        except (SnapshotError, ValueError) as error:
            raise ArtifactError(f"dictionary {error}; run `chartcoder codesets build`") from None
        self._begins = file.numbers("begins")
        self._senses = file.numbers("senses")
        if len(self._begins) != self.matcher.phrase_count + 1 or 2 * self._begins[-1] != len(self._senses):
            raise ArtifactError(
                f"dictionary {path.name}: senses: got those of other phrases; run `chartcoder codesets build`"
            )
        self.about = file.about
        self.content_hash = file.content_hash

    def senses(self, phrase: int) -> list[tuple[int, int]]:
        """List the (code number, origin number) pairs of a phrase; empty for a phrase without codes."""
        begin, end = self._begins[phrase], self._begins[phrase + 1]
        flat = self._senses[2 * begin : 2 * end].tolist()
        return list(zip(flat[::2], flat[1::2], strict=True))
