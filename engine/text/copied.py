"""Finds what a later document of a chart repeats word for word from an earlier one: text that was copied forward.

A passage counts from about a line and a half on: providers say short things ("1. Hypertension.") anew each day.
"""

from collections.abc import Iterable, Sequence

_Span = tuple[int, int]
# So many characters of sentences in a row, white space aside, make a passage.
_LEAST = 80


def find_copied(documents: Iterable[tuple[str, Sequence[_Span]]]) -> list[list[_Span]]:
    """Return for each document (its text and sentences, in order) the passages that stand in one before it."""
    seen: set[str] = set()
    found: list[list[_Span]] = []
    for text, sentences in documents:
        said = [_normal(text[begin:end]) for begin, end in sentences]
        found.append(list(_passages(said, sentences, seen)) if seen else [])
        seen.update(said)
    return found


def _normal(sentence: str) -> str:
    return "".join(sentence.split()).lower()


def _passages(said: Sequence[str], sentences: Sequence[_Span], seen: set[str]) -> Iterable[_Span]:
    first, length = -1, 0
    for number, sentence in enumerate([*said, ""]):
        if sentence and sentence in seen:
            first = number if first < 0 else first
            length += len(sentence)
            continue
        if first >= 0 and length >= _LEAST:
            yield sentences[first][0], sentences[number - 1][1]
        first, length = -1, 0
