"""Reads HCPCS Level II from the CMS quarterly "contractor record" file (ANWEB), fixed width.

Source: CMS record layout: 1-5 code (4-5 modifier), 6-10 sequence, 11 record id (3/7 first line of a code/modifier, 4/8
its continuations), 12-91 long description, 92-119 short, 120-268 coverage and pricing (`hcpcs_attributes`), 269-276
added, 277-284 action effective, 285-292 terminated, 293 action. Lines before the first record are disclaimers. Dates
are YYYYMMDD.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from codesets.errors import SourceError
from codesets.hcpcs_attributes import read_attributes
from codesets.types import Attribute, Node, ReleaseSource, System

_FIRST = frozenset("37")
_FIRST_LENGTH, _MORE_LENGTH = 293, 91
_RECORD = re.compile(r"^(?:[A-Z][0-9]{4}|   [0-9A-Z]{2})[0-9]{5}[3478]")
_QUARTER = {"JAN": 1, "APR": 4, "JUL": 7, "OCT": 10}


@dataclass(slots=True)
class _Record:
    code: str
    kind: str
    short: str
    added: date | None
    terminated: date | None
    attributes: tuple[Attribute, ...]
    long: list[str] = field(default_factory=list)


def looks_like(text: str) -> bool:
    """Whether a text is a contractor record file: a record among its first 200 lines."""
    return any(_RECORD.match(line) for line in text.splitlines()[:200])


def effective_from(name: str) -> date:
    """Read the first day in force from the file's name: HCPC2025_OCT_ANWEB.txt is 2025-10-01.

    Raises SourceError on a name without a year.
    """
    year = re.search(r"(?<!\d)(20\d\d)(?!\d)", name)
    if year is None:
        raise SourceError(
            f"{name}: got a file name without a year, want the publisher's, such as HCPC2026_JAN_ANWEB.txt"
        )
    month = next((number for word, number in _QUARTER.items() if re.search(rf"(?<![A-Z]){word}", name.upper())), 1)
    return date(int(year[1]), month, 1)


def read_anweb(text: str, *, name: str) -> ReleaseSource:
    """Read a contractor record file into nodes: codes, then modifiers (which never stand on a claim alone).

    Raises SourceError on a truncated record, a continuation without a first line, or a code twice.
    """
    first_day = effective_from(name)
    nodes: dict[str, Node] = {}
    for record in _records(text, name):
        if record.code in nodes:
            raise SourceError(f"{name}: code {record.code}: got it twice, want it once")
        title = " ".join(" ".join(record.long).split())
        if not title:
            raise SourceError(f"{name}: code {record.code}: got no description")
        in_force = record.terminated is None or record.terminated >= first_day
        nodes[record.code] = Node(
            code=record.code,
            title=title,
            parent="",
            billable=record.kind == "3" and in_force,
            short_title=record.short,
            added=record.added,
            terminated=record.terminated,
            notes=tuple(one.as_note() for one in record.attributes),
        )
    if not nodes:
        raise SourceError(f"{name}: got no HCPCS record, want the ANWEB text file of the quarterly zip")
    version = f"{first_day.year}-{first_day.month:02d}"
    return ReleaseSource(System.HCPCS, version, first_day, None, name, tuple(nodes.values()))


def _records(text: str, name: str) -> Iterator[_Record]:
    record: _Record | None = None
    started = False
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        if not started and not _RECORD.match(line):
            continue
        if not line.strip():
            continue
        started = True
        # CMS's own files hold continuations a few bytes short; all that is read of them ends at 91.
        if not _RECORD.match(line) or len(line) < (_FIRST_LENGTH if line[10] in _FIRST else _MORE_LENGTH):
            raise SourceError(
                f"{name} line {number}: got {len(line)} characters, want a whole record of 320; fetch the file again"
            )
        kind = line[10]
        if kind in _FIRST:
            if record is not None:
                yield record
            record = _first(line, f"{name} line {number}")
        elif record is None or line[:5].strip() != record.code:
            raise SourceError(
                f"{name} line {number}: got a continuation of {line[:5].strip()}, want its first line before it"
            )
        if record is not None:
            record.long.append(line[11:91].rstrip())
    if record is not None:
        yield record


def _first(line: str, where: str) -> _Record:
    added, terminated = _date(line[268:276], where), _date(line[284:292], where)
    if added and terminated and terminated < added:
        raise SourceError(f"{where}: terminated: got {terminated}, want a day not before it was added ({added})")
    attributes = tuple(read_attributes(line, is_modifier=line[10] == "7"))
    return _Record(line[:5].strip(), line[10], line[91:119].strip(), added, terminated, attributes)


def _date(cell: str, where: str) -> date | None:
    if not cell.strip():
        return None
    try:
        return date(int(cell[:4]), int(cell[4:6]), int(cell[6:8]))
    except ValueError:
        raise SourceError(f"{where}: date: got {cell!r}, want YYYYMMDD") from None
