"""Native matcher: Aho-Corasick over normalised words in a memory-mapped image.

Spans are half-open, in code points of the text given.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

TRANSPARENT_WORD: int
REPORTED_WORD: int
NO_PHRASE: int

class Roles:
    """What phrases are for that are no terms: `uses` are (phrase, role, number), those of a phrase together.

    Raises ValueError on a phrase not under `phrases`, a role not under `roles`, or uses of a phrase apart.
    """

    def __init__(self, uses: Iterable[tuple[int, int, int]], *, phrases: int, roles: int) -> None: ...

class Places(Sequence[tuple[int, int, int]]):
    """(begin, end, number) by begin, kept as numbers: a tuple is made when it is asked for.

    Also a read-only buffer of int32[3 * n].
    """

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, at: int) -> tuple[int, int, int]: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[tuple[int, int, int]]: ...
    def __iter__(self) -> Iterator[tuple[int, int, int]]: ...

class Matcher:
    """A compiled dictionary attached to `image`, any contiguous read-only buffer (bytes, mmap).

    Raises ValueError on an image that is truncated, altered or of another format version.
    """

    def __init__(self, image: object) -> None: ...
    @property
    def phrase_count(self) -> int: ...
    @property
    def state_count(self) -> int: ...
    @property
    def word_count(self) -> int: ...
    @property
    def simd(self) -> str:
        """The instruction set in use: the machine's best, or the one that CHARTCODER_SIMD named when this was made."""

    def find(self, text: str, *, longest: bool = False) -> list[tuple[int, int, int]]:
        """List (begin, end, phrase): all of them by end, or the leftmost-longest without overlaps.

        A reported word has the phrase NO_PHRASE; it is none of the longest.

        Raises UnicodeEncodeError on a lone surrogate.
        """

    def find_apart(self, text: str) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
        """List what is no term (cues, reported words; by begin, then end), and the longest terms without overlaps."""

    def find_in_roles(
        self, text: str, roles: Roles
    ) -> tuple[list[Places], list[tuple[int, int]], list[tuple[int, int, int]]]:
        """List what `find_apart` does, what is no term by role, and the reported words: (places of each role, words as
        (begin, end), longest terms)."""

    def find_with_tokens(self, text: str) -> tuple[list[tuple[int, int, int]], list[tuple[int, int]]]:
        """List all phrases, and all words as (begin, end)."""

    def count(self, text: str) -> int:
        """Count all phrases without making Python objects."""

def build_image(
    stage1: Sequence[int],
    stage2: Sequence[int],
    expansions: Sequence[int],
    surfaces: Iterable[tuple[str, int]],
    phrases: Iterable[Sequence[int]],
    flags: Iterable[int],
) -> bytes:
    """Compile folded spellings (spelling, word id) and phrases (word ids, flags) into an image."""
