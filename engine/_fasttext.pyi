"""Native cutting of a text into sections and sentences; places are code points."""

from collections.abc import Iterable, Mapping
from typing import Protocol

class _Part(Protocol):
    begin: int
    body_begin: int
    end: int

class _Rule(Protocol):
    @property
    def does(self) -> int: ...
    @property
    def slot(self) -> int: ...
    @property
    def scope_words(self) -> int: ...
    @property
    def stop(self) -> int: ...
    @property
    def ends(self) -> int: ...
    @property
    def first_length(self) -> int: ...

def has_pages(text: str) -> bool:
    """Whether a text may have pages: it holds a form feed, or "pag" in capitals or not."""

class SectionFinder:
    """Finds headings: `names` gives the section of each spelling, in capitals; the rest are words of ASCII.

    `exam` are headings of examinations of parts, which begin a section `exam_name` after one of `exam_starts_after` and
    stay in theirs elsewhere; `colon_only` need a colon; `openers` may stand before a heading; `small_words` need no
    capital.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        *,
        exam: Iterable[str],
        exam_name: str,
        exam_starts_after: Iterable[str],
        colon_only: Iterable[str],
        openers: Iterable[str],
        small_words: Iterable[str],
    ) -> None: ...
    def find(self, text: str) -> list[tuple[str, int, int, int]]:
        """List (name, begin, begin of the body, end) of the sections, from the first character to the last."""

class SentenceFinder:
    """Finds sentences, by words of ASCII in small letters.

    No sentence ends at a stop after one of `titles`, nor after one of `abbreviations` before a small letter; a line
    that ends or goes on with one of `connectives` is wrapped; a letter after one of `lettered` is no initial.
    """

    def __init__(
        self,
        *,
        titles: Iterable[str],
        abbreviations: Iterable[str],
        connectives: Iterable[str],
        lettered: Iterable[str],
    ) -> None: ...
    def find(self, text: str, sections: Iterable[_Part]) -> list[tuple[int, int]]:
        """List (begin, end) of the sentences of the sections; raises ValueError on a section outside the text."""

class ScopeFinder:
    """Reads what cues say of spans. `rules` are those of the cues, then from `first_sign` on those of the signs, in the
    order of Sign in _fasttext_cues.hpp.
    """

    def __init__(self, rules: Iterable[_Rule], *, first_sign: int) -> None: ...
    def read(
        self,
        text: str,
        *,
        sections: Iterable[tuple[int, int, int, int]],
        sentences: Iterable[tuple[int, int]],
        cues: Iterable[tuple[int, int, int]],
        spans: Iterable[tuple[int, int]],
    ) -> list[tuple[tuple[int, int, int, int], ...]]:
        """List what is said of each span, at most one (slot, rule, begin, end) an axis: what it is, and the cue.

        `sections` are (begin, begin of the body, slot said by default or -1, rule of that), `cues` (begin, end, rule),
        or a buffer of them as int32[3 * n]; all are sorted by begin. Raises ValueError on a cue that is not in the
        table or the text, or a span that ends before it begins.
        """
