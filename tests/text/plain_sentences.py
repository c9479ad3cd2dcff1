"""The plain twin of engine/_fasttext_sentences.hpp: cuts the sections of a note into sentences, by begin and end.

A sentence here is what one statement's cues may reach: a sentence of prose, an item of a list, a line of a form, a
heading. Candidates for a boundary are found by one regular expression; each is then judged by what stands beside it.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from engine.text.sentences import ABBREVIATIONS, CONNECTIVES, LETTERED, TITLES
from engine.types import Section

# A stop that could end a sentence, a line break, a bullet. It starts with one set of characters, which `re` scans fast.
_BREAKS = "\n\r\x0b\x0c\u2028\u2029"
_BULLETS = "\u2022\u25cf\u25aa\u25e6"
_CANDIDATE = re.compile(
    rf"[.!?{_BREAKS}{_BULLETS}]"
    rf"(?:(?<=[{_BREAKS}{_BULLETS}])|[.!?]*+[\"')\]\u201d\u2019]{{0,3}}+(?:(?=[\s,]|\Z)|(?<=[a-z)\]]\.)(?=[A-Z][a-z])))"
)
# The same, and the gap before an item's number, for the sections that number their items in one line.
_CANDIDATE_OR_ITEM = re.compile(_CANDIDATE.pattern + r"|[ ,](?=\d{1,2}[.)] )")
_NEXT_LINE = re.compile(
    r"[ \t\r]{0,200}+(\n|\Z|[-*+#>\u2013=_|]|\[.?\]|\(?\d{1,3}[.)](?!\d)|\(?[A-Za-z][.)](?= ))?+(\S?)"
)
_NUMBER = re.compile(r"\d{1,2}")
_EDGE = " \t\n\r,\x0b\x0c\u2028\u2029"

# A wrapped line runs close to the margin; a shorter line that the next one does not go on is an item of a list.
_WRAPPED = 50
_GOES_ON = 30


def find_sentences(text: str, sections: Sequence[Section]) -> list[tuple[int, int]]:
    """List the (begin, end) of the sentences of a text, in order, without the white space around them.

    No sentence crosses the edge of a section; a heading is a sentence of its own.
    """
    has_items = "2." in text or "2)" in text
    cuts: list[int] = []
    for section in sections:
        cuts.append(section.begin)
        if section.body_begin < section.end:
            cuts.append(section.body_begin)
        _cut(cuts, text, max(section.begin, section.body_begin), section.end, has_items=has_items)
    cuts.append(len(text))
    found: list[tuple[int, int]] = []
    for begin, end in pairwise(cuts):
        part = text[begin:end]
        stripped = part.lstrip(_EDGE)
        if stripped:
            begin += len(part) - len(stripped)
            found.append((begin, begin + len(stripped.rstrip(_EDGE))))
    return found


def _cut(cuts: list[int], text: str, begin: int, end: int, *, has_items: bool) -> None:
    last, line_begin, item = begin, begin, 0
    for match in (_CANDIDATE_OR_ITEM if has_items else _CANDIDATE).finditer(text, begin, end):
        at = match.start()
        kind = text[at]
        cut = -1
        if kind in ".!?":
            cut = _stop(text, last, at, match.end(), end)
        elif kind in " ,":
            number = int(_NUMBER.match(text, at + 1)[0])  # type: ignore[index]
            follows = number > 1 and number == _item_after(text, last, item) + 1
            if follows or (number == 1 and (at <= last or text[at - 1] in ":,.")):
                item, cut = number, at + 1
        elif kind in _BULLETS:
            cut = at
        else:
            if _ends_line(text, max(line_begin, last), at, end):
                cut, item = at + 1, _item_after(text, at + 1, item)
            line_begin = at + 1
        if cut > last:
            cuts.append(cut)
            last = cut


def _item_after(text: str, at: int, item: int) -> int:
    """Return the number of the item that starts at a place, else that of the last one."""
    while text[at : at + 1] == " ":
        at += 1
    number = _NUMBER.match(text, at)
    return int(number[0]) if number and text[number.end() : number.end() + 1] in (".", ")") else item


def _stop(text: str, last: int, at: int, after: int, end: int) -> int:
    """Return where a stop cuts, -1 if it does not."""
    if at == last or text[at - 1] in " \t\n":
        return -1
    following = text[after : after + 3]
    if following[:1] == ",":
        # MTSamples joins lines by commas: ".,Next". In other notes ".," follows an abbreviation.
        return -1 if following[1:2].islower() or (following[2:3].islower() and following[1] == " ") else after + 1
    if after >= end or text[at] != "." or text[after - 1] != ".":
        return after
    # A word of five letters is no abbreviation, but for one.
    if at - 5 >= last and text[at - 5 : at].isalpha() and text[at - 5 : at] != "pprox":
        return after
    space = max(text.rfind(" ", max(last, at - 20), at), text.rfind("\n", max(last, at - 20), at))
    token = text[max(space + 1, last, at - 20) : at].lstrip("(,[\"'").lower()
    if token in TITLES or (token.isdigit() and len(token) < 3 and not text[last : at - len(token)].strip(_EDGE)):
        return -1
    first = following.lstrip()[:1]
    if first.islower() or first.isdigit():
        return -1 if token in ABBREVIATIONS or "." in token or (len(token) < 3 and not token.isdigit()) else after
    return -1 if len(token) == 1 and first.isupper() and _is_initial(text, last, at) else after


def _is_initial(text: str, last: int, at: int) -> bool:
    """Whether the letter before a stop is a person's initial: it follows a title or a name."""
    before = text[max(last, at - 24) : at - 1].split()
    return bool(before) and text[at - 1].isupper() and before[-1][0].isupper() and before[-1].lower() not in LETTERED


def _ends_line(text: str, line_begin: int, at: int, end: int) -> bool:
    """Whether a line break ends the sentence."""
    following = _NEXT_LINE.match(text, at + 1, end)
    if following is None or following[1] is not None or not following[2]:
        return True
    line = text[max(line_begin, at - 300) : at].rstrip()
    if not line or line[-1] in ".:!?;|":
        return True
    if line[-1] in ",-/(" or line[-12:].rsplit(" ", 1)[-1].lower() in CONNECTIVES:
        return False
    width = at - line_begin
    if following[2].isupper() or not following[2].isalnum():
        return width < _WRAPPED
    if width >= _GOES_ON:
        return False
    word = text[following.start(2) : following.start(2) + 10].split(" ", 1)[0].strip(",")
    return word.lower() not in CONNECTIVES
