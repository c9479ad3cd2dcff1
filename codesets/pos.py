"""Reads the place-of-service codes of CMS: tab-separated, with columns pos_code, pos_type (Facility or not), pos_name.

CMS publishes the list as a page; the table is that page as text.
"""

import re
from dataclasses import dataclass
from datetime import date

from codesets.delimited import has_columns, read_table, release_of
from codesets.edit_store import EditRelease
from codesets.edit_table import EditKind, EditSource

_REQUIRED = {"code": r"pos code|place of service code s?|code", "name": r"pos name|place of service name"}
_OPTIONAL = {"type": r"pos type"}


@dataclass(frozen=True, slots=True)
class Place:
    """A place of service: its name, and whether it is paid at the facility rate."""

    name: str
    is_facility: bool


def looks_like(text: str) -> bool:
    """Whether a text is the list of places of service."""
    return has_columns(text, _REQUIRED)


def read_places(text: str, *, name: str) -> EditSource:
    """Read the list; unassigned codes are left out. Raises SourceError."""
    version, first_day = release_of(name) if re.search(r"20\d\d", name) else ("undated", date(2000, 1, 1))
    keys: list[str] = []
    names: list[str] = []
    facilities: list[int] = []
    for _, (code, called, kind) in read_table(text, name=name, required=_REQUIRED, optional=_OPTIONAL, first=r"\d\d?"):
        if called.lower() != "unassigned":
            keys.append(code.zfill(2))
            names.append(called)
            facilities.append(int(kind.lower() == "facility"))
    texts = sorted(set(names))
    place = {text: number for number, text in enumerate(texts)}
    columns = {"name": [place[text] for text in names], "is_facility": facilities}
    return EditSource(EditKind.PLACE, version, first_day, name, keys, columns, texts)


def find_place(release: EditRelease, code: str) -> Place | None:
    """Return a place of service, None if there is no such code."""
    for table in release.parts:
        for row in table.rows(code):
            return Place(table.text(table.column("name").at(row)), bool(table.column("is_facility").at(row)))
    return None
