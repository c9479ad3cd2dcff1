"""Shows places of a text to whoever reads errors: the sentence around a span, the sentence most like a title."""

import re

from engine.text.sections import find_sections
from engine.text.sentences import find_sentences

_REACH = 120
_WORD = re.compile(r"[^\W\d_]{3,}")
_STEM = 6
# Of the words of a title, the part that says most of it.
_MOST = 2 / 3
_EMPTY = frozenset(("and", "the", "with", "other", "unspec", "withou", "not", "due", "specif", "for", "diseas"))


class Passages:
    """The sentences of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sentences = find_sentences(text, find_sections(text))

    def around(self, begin: int, end: int) -> str:
        """Return the sentence that a span stands in, on one line, with the span in brackets."""
        text = self._text
        first, last = next(((b, e) for b, e in self._sentences if b <= begin < e), (begin, end))
        first, last = max(first, begin - _REACH), min(max(last, end), end + _REACH)
        return " ".join(f"{text[first:begin]}[{text[begin:end]}]{text[end:last]}".split())

    def hold(self, title: str) -> bool:
        """Whether one sentence has most words of a title."""
        return any(says_most_of(title, self._text[begin:end]) for begin, end in self._sentences)

    def most_like(self, title: str) -> str:
        """Return the sentence that shares most words with a title, the shortest of several; "" if none shares any."""
        wanted = _stems(title)
        shared = [(len(wanted & _stems(self._text[b:e])), b - e, b, e) for b, e in self._sentences]
        best = max(shared, default=(0, 0, 0, 0))
        return " ".join(self._text[best[2] : best[3]][: 2 * _REACH].split()) if best[0] else ""


def says_most_of(title: str, text: str) -> bool:
    """Whether a text has most words of a title, in any order."""
    wanted = _stems(title)
    return bool(wanted) and len(wanted & _stems(text)) >= _MOST * len(wanted)


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(text.lower())} - _EMPTY
