"""Reads the NCCI add-on code edits of CMS: which codes are reported beside a primary one only, and beside which.

Source: CMS annual file (AOC_V2024Q1-MCR): add-on code, edit type, primary code, dates. Type 1: the primary codes are
all listed. Type 2: none is listed (CCCCC stands for what the contractor accepts). Type 3: some are.
"""

from array import array
from dataclasses import dataclass
from datetime import date

from codesets.delimited import has_columns, read_day, read_table, release_of
from codesets.edit_store import EditRelease
from codesets.edit_table import EditKind, EditSource, day_number
from codesets.errors import SourceError

ANY_PRIMARY = "CCCCC"
_REQUIRED = {
    "add_on": r"add on code|aoc|add on",
    "primary": r"primary code",
    "type": r"aoc edit type|add on code edit type|edit type",
}
_OPTIONAL = {
    "begin": r"primary code eff(ective)?( edit)? (dt|date)|aoc edit eff dt|effective( date)?",
    "end": r"primary code del(etion)? (dt|date)|aoc edit del dt|deletion( date)?",
}


@dataclass(frozen=True, slots=True)
class AddOn:
    """An add-on code on a day: its edit type and the primary codes listed for it, without CCCCC."""

    kind: int
    primaries: frozenset[str]


def looks_like(text: str) -> bool:
    """Whether a text is a table of add-on codes."""
    return has_columns(text, _REQUIRED)


def read_add_ons(text: str, *, name: str) -> EditSource:
    """Read a file of add-on codes; raises SourceError that names the row."""
    version, first_day = release_of(name)
    keys: list[str] = []
    primaries: list[str] = []
    kinds, begins, ends = array("B"), array("I"), array("I")
    # The first wanted column of the file may be either code, so rows are told by the add-on code.
    for number, cells in read_table(text, name=name, required=_REQUIRED, optional=_OPTIONAL, first=r"[0-9A-Z]{5}"):
        add_on, primary, kind, begin, end = cells
        kind = {"I": "1", "II": "2", "III": "3"}.get(kind, kind)
        if kind not in ("1", "2", "3"):
            raise SourceError(f"{name} row {number}: edit type: got {kind[:8]!r}, want 1, 2 or 3")
        keys.append(add_on)
        primaries.append(primary or ANY_PRIMARY)
        kinds.append(int(kind))
        begins.append(day_number(read_day(begin, f"{name} row {number}")))
        ends.append(day_number(read_day(end, f"{name} row {number}")))
    texts = sorted(set(primaries))
    place = {text: number for number, text in enumerate(texts)}
    columns = {"primary": [place[text] for text in primaries], "type": kinds, "begin": begins, "end": ends}
    return EditSource(EditKind.ADD_ON, version, first_day, name, keys, columns, texts, is_dated=any(begins))


def find_add_on(release: EditRelease, code: str, day: date) -> AddOn | None:
    """Return what is said of an add-on code on a day, None if it is none."""
    kinds: set[int] = set()
    primaries: set[str] = set()
    for table in release.parts:
        begin, end = table.column("begin"), table.column("end")
        for row in table.rows(code):
            first, last = begin.day(row), end.day(row)
            if (first is None or first <= day) and (last is None or day <= last):
                kinds.add(table.column("type").at(row))
                primaries.add(table.text(table.column("primary").at(row)))
    if not kinds:
        return None
    return AddOn(max(kinds), frozenset(primaries - {ANY_PRIMARY}))
