"""Places of service: codes that do not exist, and services that are not done in such a place.

Source: CMS place-of-service code set; Medicare Claims Processing Manual (Pub. 100-04), chapter 26 section 10.5 and
chapter 12 section 30.6. The ranges of evaluation and management services are in places.toml.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codesets.edit_table import EditKind
from codesets.pos import find_place
from engine.claims.records import ClaimAlert, ClaimKind
from engine.edits.base import AlertMaker, Edit, Line, Sheet, label, shown
from engine.types import Severity

SOURCE = "Pub. 100-04 chapter 26 section 10.5, chapter 12 section 30.6"
_MAKER = AlertMaker("place_of_service", SOURCE)


@dataclass(frozen=True, slots=True)
class _Range:
    """Codes from `first` to `last`, and the places they are done in."""

    name: str
    first: str
    last: str
    places: frozenset[str]


@cache
def _ranges() -> tuple[_Range, ...]:
    data = tomllib.loads(Path(__file__).with_name("places.toml").read_text(encoding="utf-8"))
    return tuple(
        _Range(row["name"], first, last, frozenset(row["places"]))
        for row in data["services"]
        for first, last in row["codes"]
    )


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each line of a professional claim whose place is missing, unknown or not one for its service."""
    if sheet.kind not in (ClaimKind.PROFESSIONAL, ClaimKind.DME):
        return
    release = sheet.table(EditKind.PLACE) if sheet.lines else None
    for line in sheet.lines:
        if not line.place:
            yield _alert(line, f"{shown(line.code)} has no place of service", Severity.ERROR, "")
        elif release is not None and find_place(release, line.place) is None:
            yield _alert(line, f"{shown(line.place)} is no place of service", Severity.ERROR, label(release))
        else:
            yield from _misplaced(line)


def _misplaced(line: Line) -> Iterable[ClaimAlert]:
    for known in _ranges():
        if (
            known.first <= line.code <= known.last
            and len(line.code) == len(known.first)
            and line.place not in known.places
        ):
            places = ", ".join(sorted(known.places))
            yield _alert(
                line,
                f"{line.code} ({known.name}) at place {shown(line.place)}, want one of {places}",
                Severity.WARNING,
                "",
            )


def _alert(line: Line, message: str, severity: Severity, release: str) -> ClaimAlert:
    return _MAKER.make(
        severity,
        message,
        "report the place where the patient was, or the service that was given there",
        release=release,
        codes=[shown(line.code)],
        lines=[line.number],
    )


EDIT = Edit("place_of_service", SOURCE, "2003-04-01", apply)
