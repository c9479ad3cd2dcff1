"""Whether a mention is an item of an assessment ("2. Type 2 diabetes, stable.") or stands in the reasoning about one.

An item opens a line, a bullet or a number of a list, and is short, or names the thing in its first words, and has no
subject or verb before it. Providers write their diagnoses so and argue for them in sentences. Spoken items are
announced (spoken.py).
"""

import re

from engine.rules.spoken import is_announced

_LONGEST_ITEM = 8
_LONGEST_PHRASE = 4
_MOST_WORDS_BEFORE = 3
# How much of a line before a mention is looked at: longer, it is no item.
_REACH = 200
# Further into a line than this no words stand before an item, unless a number or a sentence begins between.
_FAR = 80
_BREAK = re.compile(r"[.;!?)]\s")
_LABELS = r"assessments?|impressions?|diagnos[ie]s|plan|assessment (?:and|&|/) ?plan|a ?[/&] ?p|dx"
_OPENING = re.compile(
    rf"[\W_]*(?:\d{{1,2}}[.):]\s*)?(?:(?:{_LABELS})\s*[:\-]\s*)?(?:\W*\d{{1,2}}[.)]\s*)?[\s\-*\u2022]*", re.IGNORECASE
)
_NUMBER = re.compile(r"(?:^|[\s,;.])\(?\d{1,2}[.)]\s+")
# Words before the mention that make a sentence of it, or an order.
_SENTENCE = frozenset(
    str.split("""
    he she they we i you it there this that his her their patient pt mr mrs ms is was are were has had have be been
    report reports denies will would if when because recommend continue start initiate order check monitor treat refer
    return given consider discussed advised use take call avoid
    """)
)
_WORD = re.compile(r"\w+")
_END = re.compile(r"[.!?;](?:\s|$)|\n")


def is_item(text: str, begin: int, end: int) -> bool:
    """Whether the span [begin, end) of a document is an item of a list, opens a sentence that is one, or announced."""
    line = max(text.rfind("\n", 0, begin) + 1, begin - _REACH)
    if is_announced(text, begin):
        return True
    if begin - line > _FAR and not _BREAK.search(text, line, begin):
        return False
    opening = _OPENING.match(text, line, begin)
    before = text[opening.end() if opening else line : begin]
    numbers = list(_NUMBER.finditer(before))
    if numbers:
        before = before[numbers[-1].end() :]
    sentence = [*_END.finditer(before)]
    most = _LONGEST_ITEM
    if sentence:
        # Later on a line only a phrase is an item: "Right shoulder pain. Left knee pain."
        before, most = before[sentence[-1].end() :], _LONGEST_PHRASE
    if not _SENTENCE.isdisjoint(_WORD.findall(before.lower())):
        return False
    words_before = len(before.split())
    if words_before <= _MOST_WORDS_BEFORE and not sentence:
        return True
    closing = _END.search(text, end)
    after = text[end : closing.start() if closing else len(text)]
    return words_before + len(text[begin:end].split()) + len(after.split()) <= most
