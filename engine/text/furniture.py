"""Takes the furniture of pages out of a text: headers, footers and page numbers in the midst of what is told.

"... congestive heart / Page 2 of 3  DOE, JOHN  MRN 1234 / failure ..." says congestive heart failure. A line is
furniture if it numbers a page and says nothing else, or if it stands beside such a line and is repeated on other pages.
It becomes white space of the same length, so that places stay the same; where a sentence goes on over it, so do the
line breaks.
"""

import re
from collections import Counter
from collections.abc import Sequence

from engine._fasttext import has_pages

_PAGE = re.compile(r"\bpage\b[ .:#]{0,3}\d{1,4}\b(?:\s{0,2}(?:of|/)\s{0,2}\d{1,4}\b)?", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]{2,}")
# A line that numbers a page and has more words than this besides tells something.
_MOST_WORDS, _LONGEST = 14, 160
# So many lines beside a numbered one may be furniture too.
_BESIDE = 3
_ENDS = frozenset(".:;?!")


def without_furniture(text: str) -> str:
    """Return a text of the same length with white space for headers, footers and page numbers."""
    if not has_pages(text):
        return text
    lines = text.splitlines(keepends=True)
    out = _furniture(lines)
    if not out:
        return text
    parts = [_blank(line) if number in out else line for number, line in enumerate(lines)]
    for first, last in _runs(lines, out):
        if _goes_on(lines, first, last):
            for number in range(first - 1, last):
                parts[number] = parts[number].rstrip("\r\n\f").ljust(len(parts[number]))
    return "".join(parts).replace("\f", "\n")


def _blank(line: str) -> str:
    length = len(line.rstrip("\r\n\f"))
    return " " * length + line[length:]


def _furniture(lines: Sequence[str]) -> set[int]:
    """Return the numbers of the lines that are furniture."""
    numbered = {n for n, line in enumerate(lines) if _is_numbered(line)}
    breaks = numbered | {n for n, line in enumerate(lines) if "\f" in line}
    if not breaks:
        return set()
    near = {n for at in breaks for n in range(max(0, at - _BESIDE), min(len(lines), at + _BESIDE + 1))}
    times = Counter(_shape(lines[n]) for n in near)
    return numbered | {n for n in near if times[_shape(lines[n])] > 1 and _WORD.search(lines[n])}


def _is_numbered(line: str) -> bool:
    if len(line) > _LONGEST:
        return False
    found = _PAGE.search(line)
    if found is None or len(_WORD.findall(line)) > _MOST_WORDS:
        return False
    # "See page 3 of his chart." tells something; "DOE, JOHN   Page 3" does not.
    return not line.rstrip().endswith(".") and not line[: found.start()].rstrip().lower().endswith(
        (" see", " on", " from")
    )


def _shape(line: str) -> str:
    return _NUMBER.sub("0", " ".join(line.split()))


def _runs(lines: Sequence[str], out: set[int]) -> list[tuple[int, int]]:
    """Return the runs of furniture, with the empty lines around them, as (first, past the last)."""
    runs: list[tuple[int, int]] = []
    number = 0
    while number < len(lines):
        last = number
        while last < len(lines) and (last in out or not lines[last].strip()):
            last += 1
        if not out.isdisjoint(range(number, last)):
            runs.append((number, last))
        number = max(last, number + 1)
    return runs


def _goes_on(lines: Sequence[str], first: int, last: int) -> bool:
    """Whether the sentence before a run of furniture goes on after it."""
    if first == 0 or last >= len(lines):
        return False
    before, after = lines[first - 1].rstrip(), lines[last].lstrip()
    return bool(before) and before[-1] not in _ENDS and after[:1].islower()
