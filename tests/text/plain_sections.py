"""The plain twin of engine/_fasttext_sections.hpp: cuts a note into its headed sections.

One regular expression finds what could be a heading: a few words with a capital after the start of a line or the end
of a clause, followed by a colon or by the end of the line. A table (sections.toml) then says which of them are. The
expression gives nothing back once read (possessive), so that time is linear in the text whatever it holds.
"""

import re
from collections.abc import Iterable

from engine.text.sections import EXAM, OPENERS, SMALL_WORDS, Headings, headings
from engine.types import Section

_LONGEST = 70
# Lead (a line feed with the bullets or numbers after it, or the end of a clause), title, what ends the title.
# It starts with a plain set of characters, which the engine of `re` scans for four times faster than for alternatives.
_HEADING = re.compile(
    r"([\n.,:;)\]][ \t]{0,16}+(?:(?:[#*_=>\u2022\u25cf-]{1,4}+|\d{1,2}[.)])[ \t]{0,8}+){0,3}+)"
    r"([A-Za-z][A-Za-z&/'\u2019-]{0,30}+(?:,? [A-Za-z&/][A-Za-z&/'\u2019-]{0,30}+){0,7}+)"
    r"(?: ?\([^()\n]{0,40}+\))?+"
    r"(?: [0-9]{1,4}+[/-][0-9]{1,2}+[/-][0-9]{2,4}+(?:,?+ [0-9]{1,2}+:[0-9]{2}(?![0-9]))?+"
    r"(?=[*_ \t]{0,4}+(?::|\r?(?:\n|\Z))))?+[*_ \t]{0,4}+"
    r"((?=:)|[-\u2013](?= )|,(?=[A-Z]{3})|\r?(?:(?=\n)|\Z))"
)
# A note flattened to one line keeps a run of spaces before its headings.
_FLAT_HEADING = re.compile(r"(  )([A-Z][A-Z&/'\u2019]{1,30}+(?: [A-Z&/'\u2019-]{1,30}+){0,7}+)()(?=:)")
# What stands between a heading and the text under it; MTSamples joins lines by commas.
_BODY = re.compile(r":?+[*_ \t,]{0,32}+")


def find_sections(text: str) -> list[Section]:
    """Cut a text into sections that follow one another from its first character to its last."""
    table = headings()
    found = [Section("", 0, 0, len(text))]
    for match in _candidates(text):
        name = _name(table, match, found[-1].name)
        if name is None:
            continue
        # A heading begins with its line, bullets and numbers included; one in the running text with its title.
        begin = match.start(1) if match[1][0] == "\n" else match.start(2) - 1
        if begin < found[-1].body_begin:
            continue
        found[-1].end = begin
        body = _BODY.match(text, match.end() - 1)
        found.append(Section(name, begin, body.end() if body else match.end() - 1, len(text)))
    if len(found) > 1 and found[1].begin == 0:
        del found[0]
    return found


def _candidates(text: str) -> Iterable[re.Match[str]]:
    # The line feed put before the text lets one pattern serve the first line too; places are one too high by it.
    padded = "\n" + text
    flat = _FLAT_HEADING.findall(padded) if "  " in text else ()
    if not flat:
        return _HEADING.finditer(padded)
    both = (*_HEADING.finditer(padded), *_FLAT_HEADING.finditer(padded))
    return sorted(both, key=_title_begin)


def _title_begin(match: re.Match[str]) -> int:
    return match.start(2)


def _name(table: Headings, match: re.Match[str], current: str) -> str | None:
    lead, title, close = match.groups()
    close = close or match.string[match.end() : match.end() + 1]
    if len(title) > _LONGEST:
        return None
    upper = title.upper().replace("\u2019", "'")
    name = table.names.get(upper)
    if name is None and upper.split(" ", 1)[0] in OPENERS:
        name = table.names.get(upper.split(" ", 1)[-1])
    if name is None:
        if close != ":":
            return None
        if upper in table.exam:
            return EXAM if current in table.exam_starts_after and _stands_out(title) else None
        if "/" not in title and "&" not in title:
            return None
        name = _first_part(table, upper)
    return name if name is not None and _is_set_off(table, lead, title, upper, close) else None


def _first_part(table: Headings, upper: str) -> str | None:
    parts = re.split(r" ?[/&] ?", upper)
    names = [table.names.get(part) for part in parts]
    return names[0] if all(names) else None


def _is_set_off(table: Headings, lead: str, title: str, upper: str, close: str) -> bool:
    starts_line = lead[0] == "\n"
    if close == ":":
        if starts_line or title == upper:
            return starts_line or upper not in table.colon_only or len(upper) > 3
        # In the running text a title must look like one, and not be one word that a sentence may hold.
        return lead[0] in ".,:)]" and _stands_out(title) and (" " in title or lead[0] in ".,")
    if close == "," or not starts_line:
        return close == "," and title == upper and len(title) > 3
    is_bullet = "-" in lead or "\u2022" in lead or "*" in lead.replace("**", "")
    if upper in table.colon_only or is_bullet:
        return close == "-" and not is_bullet and title == upper
    return _stands_out(title) and (close != "-" or title == upper or " " in title)


def _stands_out(title: str) -> bool:
    return title[0].isupper() and all(word[0].isupper() or word in SMALL_WORDS for word in title.split(" ") if word)
