"""Puts together what the words of single axes say in a sentence: an operation or image, and the body part it is of.

"Biopsy of the liver", "abdominal and pelvic CT", "the lesion in the bladder was resected": the part right before the
operation, else the one after it, else, for what needs nothing but a part, the nearest of the sentence. Parts that are
listed together go with it together.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from codesets.lexicon.axes import Axes, BodyPart, Modality, OperationWord, Word

Has = Callable[[str], bool]
# Words that may stand between an operation and its part without saying anything of their own.
_BEFORE_REACH, _AFTER_REACH, _FAR_REACH = 2, 5, 12
_LINK = re.compile(r"^[\s,/-]*(?:(?:and|or|&)\s+)?(?:the\s+|of\s+the\s+)?$", re.IGNORECASE)
_LED = re.compile(r"^\s*(?:scan\s+)?(?:of|in|on|to|at|from|over|into)\b", re.IGNORECASE)
_BREAK = re.compile(r"[;:.()]")
_PARTIAL = re.compile(
    r"\b(?:tumou?rs?|lesions?|mass|masses|nodules?|cysts?|polyps?|neoplasms?|part|partial|partially|segment|segmental|"
    r"wedge|fragment|isla?nd|area)\b",
    re.IGNORECASE,
)
# Regions that an image shows together have a value of their own: chest 3, abdomen 0, pelvis G, head 8, neck F.
_TOGETHER = {"30": "4", "30G": "5", "0G": "1", "8F": "9", "3G": "5"}
_REGIONS = "BW"


# Made by the dozen for a chart: frozen, each would cost three times as much. Nothing changes one all the same.
@dataclass(slots=True)
class Place:
    """A word of an axis in the text."""

    begin: int
    end: int
    word: Word


@dataclass(frozen=True, slots=True)
class Composed:
    """A pattern read from several words: the span of the operation, and how loosely its part hangs on it (0: firm)."""

    begin: int
    end: int
    pattern: str
    part: Place
    looseness: int


def word_table(axes: Axes) -> list[Word]:
    """List the word of each hint, in the order in which the dictionary numbers them."""
    return [row for row in axes.rows for _ in row.terms]


def longest(places: Sequence[Place]) -> list[Place]:
    """Keep of overlapping words the one that begins first, and of those the longest."""
    if len(places) < 2:
        return list(places)
    kept: list[Place] = []
    for place in sorted(places, key=lambda place: (place.begin, -place.end)):
        if not kept or place.begin >= kept[-1].end:
            kept.append(place)
    return kept


def compose(text: str, doings: Sequence[Place], parts: Sequence[Place], has: Has) -> Iterator[Composed]:
    """Yield what the operations and images of one sentence are of; `has` says whether the tables have a pattern."""
    begins = [part.begin for part in parts]
    for number, doing in enumerate(doings):
        before = doings[number - 1].end if number else 0
        after = doings[number + 1].begin if number + 1 < len(doings) else len(text)
        group, looseness = _parts_of(text, doing, parts, begins, before, after)
        if group:
            yield from _patterns(text, doing, group, looseness, has)


def _parts_of(
    text: str, doing: Place, parts: Sequence[Place], begins: Sequence[int], before: int, after: int
) -> tuple[list[Place], int]:
    following = bisect_left(begins, doing.end)
    nearest_before = bisect_left(begins, doing.begin) - 1
    if nearest_before >= 0 and parts[nearest_before].end > doing.begin:
        nearest_before -= 1
    gap_before = text[parts[nearest_before].end : doing.begin] if nearest_before >= 0 else ""
    gap_after = text[doing.end : parts[following].begin] if following < len(parts) else ""
    near_before = nearest_before >= 0 and not _BREAK.search(gap_before) and parts[nearest_before].begin >= before
    near_after = following < len(parts) and not _BREAK.search(gap_after)
    if near_before and "," not in gap_before and _count(gap_before) <= _BEFORE_REACH:
        return _listed(text, parts, nearest_before, backwards=True), 0
    if near_after and _LED.match(gap_after) and _count(gap_after) <= _AFTER_REACH:
        return _listed(text, parts, following, backwards=False), 0
    if near_after and parts[following].begin < after and _count(gap_after) <= _AFTER_REACH:
        return _listed(text, parts, following, backwards=False), 1
    if nearest_before >= 0 and not _BREAK.search(gap_before) and _count(gap_before) <= _FAR_REACH:
        return _listed(text, parts, nearest_before, backwards=True), 2
    if near_after and _count(gap_after) <= _FAR_REACH:
        return _listed(text, parts, following, backwards=False), 3
    return [], 9


def _count(gap: str) -> int:
    return len(gap.split())


def _listed(text: str, parts: Sequence[Place], at: int, *, backwards: bool) -> list[Place]:
    """Return a part with those listed beside it: "chest, abdomen and pelvis"."""
    first = last = at
    while backwards and first and _LINK.match(text[parts[first - 1].end : parts[first].begin]):
        first -= 1
    while not backwards and last + 1 < len(parts) and _LINK.match(text[parts[last].end : parts[last + 1].begin]):
        last += 1
    return list(parts[first : last + 1])


def _patterns(text: str, doing: Place, group: Sequence[Place], looseness: int, has: Has) -> Iterator[Composed]:
    word = doing.word
    if isinstance(word, Modality):
        yield from _images(doing, word, group, looseness, has)
        return
    assert isinstance(word, OperationWord)
    operations = word.operations
    for part in group:
        assert isinstance(part.word, BodyPart)
        said = text[min(doing.begin, part.begin) : max(doing.end, part.end)]
        if operations == "TB" and _PARTIAL.search(said):
            operations = "BT"
        for pattern in (
            f"{system}{operation}{value}{word.rest}" for operation in operations for system, value in part.word.surgical
        ):
            if has(pattern):
                yield Composed(doing.begin, doing.end, pattern, part, looseness)
                break


def _images(doing: Place, word: Modality, group: Sequence[Place], looseness: int, has: Has) -> Iterator[Composed]:
    regions = "".join(
        letter
        for letter in "308GF"
        if any(isinstance(p.word, BodyPart) and p.word.imaging == (_REGIONS, letter) for p in group)
    )
    together = _TOGETHER.get(regions, "")
    pattern = f"{_REGIONS}{word.value}{together}"
    if together and has(pattern):
        yield Composed(doing.begin, doing.end, pattern, group[0], looseness)
        group = [p for p in group if not (isinstance(p.word, BodyPart) and (p.word.imaging or "")[:1] == (_REGIONS,))]
    for part in group:
        assert isinstance(part.word, BodyPart)
        place = part.word.image(word.value)
        if place and has(pattern := f"{place[0]}{word.value}{place[1]}"):
            yield Composed(doing.begin, doing.end, pattern, part, looseness)
