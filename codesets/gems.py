"""Reads the General Equivalence Mappings (CMS/NCHS) between ICD-9-CM and ICD-10-CM or ICD-10-PCS, both ways.

Source: CMS, "General Equivalence Mappings, Documentation for Technical Users": source code, target code, and five
flags: approximate, no map, combination, scenario (1-9), choice list (1-9). A combination entry is one piece of a
cluster: one code from each choice list of its scenario, all reported together (list numbers may have gaps). An entry
that is not approximate is equivalent; of an approximate one the file does not say which of the two is broader. The last
edition is of 2018.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from codesets.crosswalk import CrosswalkSource, MapKind, MapRow, Relationship
from codesets.errors import SourceError
from codesets.types import System
from codesets.written import icd9_procedure, normalise_code

# One row of the 2018 edition has its code in lower case.
_LINE = re.compile(r"^([0-9A-Z]{3,7}) +([0-9A-Z]{3,7}|v\d{2,4}|No[A-Za-z0-9]{2,5}) +([01])([01])([01])(\d)(\d) *$")
_NO_TARGET = re.compile("No(?:Dx|PCS|I9|I10|9|10)?")
# How the codes of each side are written in these files: without dots. A PCS code begins with its section.
_CM, _PCS = re.compile(r"[A-Z]\d[0-9A-Z]{1,5}"), re.compile("[0-9BCDFGHX][0-9A-HJ-NP-Z]{6}")
_DIAGNOSIS, _PROCEDURE = re.compile(r"\d{3,5}|V\d{2,4}|E\d{3,4}"), re.compile(r"\d{3,4}")


@dataclass(frozen=True, slots=True)
class _Side:
    system: System
    form: re.Pattern[str]
    is_procedures: bool

    def write(self, code: str) -> str:
        is_icd9_procedure = self.system is System.ICD9CM and self.is_procedures
        return icd9_procedure(code) if is_icd9_procedure else normalise_code(code, self.system)


_OLD_DIAGNOSES, _NEW_DIAGNOSES = _Side(System.ICD9CM, _DIAGNOSIS, False), _Side(System.ICD10CM, _CM, False)
_OLD_PROCEDURES, _NEW_PROCEDURES = _Side(System.ICD9CM, _PROCEDURE, True), _Side(System.ICD10PCS, _PCS, True)
_DIRECTIONS = (
    (_OLD_PROCEDURES, _NEW_PROCEDURES),
    (_NEW_PROCEDURES, _OLD_PROCEDURES),
    (_OLD_DIAGNOSES, _NEW_DIAGNOSES),
    (_NEW_DIAGNOSES, _OLD_DIAGNOSES),
)


@dataclass(frozen=True, slots=True)
class _Entry:
    source: str
    target: str
    is_approximate: bool
    has_no_map: bool
    is_combination: bool
    scenario: int
    choice: int


def looks_like(text: str) -> bool:
    """Whether a text is a GEM file: its first lines are its entries."""
    lines = text.splitlines()[:3]
    return bool(lines) and all(_LINE.match(line) for line in lines)


def read_gem(text: str, *, name: str, edition: str = "") -> CrosswalkSource:
    """Read a GEM file; the forms of its codes say which of the four it is, its name the year, unless `edition` does.

    Raises SourceError on a line of another shape, an entry twice, a cluster without scenario or choice list, or flags
    that contradict one another.
    """
    entries = list(_entries(text, name))
    source, target = _direction(entries, name)
    rows: dict[str, list[MapRow]] = {}
    for entry in entries:
        code = source.write(entry.source)
        row = _row(entry, "" if entry.has_no_map else target.write(entry.target))
        known = rows.setdefault(code, [])
        if row in known:
            raise SourceError(f"{name}: code {code}: got its entry for {row.target or 'no map'} twice, want it once")
        known.append(row)
    for code, found in rows.items():
        _check_no_map(code, found, name)
    return CrosswalkSource(MapKind.GEM, source.system, target.system, edition or _year(name), name, rows)


def _entries(text: str, name: str) -> Iterator[_Entry]:
    number = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip("\x1a \t"):
            continue
        found = _LINE.match(line)
        if found is None:
            raise SourceError(
                f"{name} line {number}: got {line[:24]!r}, want a code, its target and five flags; fetch the file again"
            )
        approximate, no_map, combination = (found[group] == "1" for group in (3, 4, 5))
        # Some rows lead to "NoI9" with the no-map flag down.
        is_none = _NO_TARGET.fullmatch(found[2]) is not None
        if combination and "0" in (found[6], found[7]):
            raise SourceError(
                f"{name} line {number}: got a combination in scenario {found[6]}, list {found[7]}, want 1 to 9"
            )
        if no_map and not is_none:
            raise SourceError(f"{name} line {number}: got target {found[2]} flagged as no map, want one or the other")
        yield _Entry(found[1], found[2].upper(), approximate, is_none, combination, int(found[6]), int(found[7]))
    if not number:
        raise SourceError(f"{name}: got no entry")


def _row(entry: _Entry, target: str) -> MapRow:
    relationship = Relationship.RELATED_TO if entry.is_approximate else Relationship.EQUIVALENT
    if not target:
        return MapRow("", Relationship.NOT_RELATED_TO)
    # A stray scenario or choice list on an entry that is no combination means nothing.
    scenario, choice = (entry.scenario, entry.choice) if entry.is_combination else (0, 0)
    return MapRow(target, relationship, scenario, choice)


def _check_no_map(code: str, rows: list[MapRow], name: str) -> None:
    if any(not row.target for row in rows) and len(rows) > 1:
        raise SourceError(f"{name}: code {code}: got targets beside its entry of no map")


def _direction(entries: list[_Entry], name: str) -> tuple[_Side, _Side]:
    for source, target in _DIRECTIONS:
        fit = (
            source.form.fullmatch(entry.source) and (entry.has_no_map or target.form.fullmatch(entry.target))
            for entry in entries
        )
        if all(fit):
            return source, target
    raise SourceError(f"{name}: got codes of several systems mixed, want diagnoses or procedures, one way")


def _year(name: str) -> str:
    year = re.search(r"(?<!\d)(20\d\d)(?!\d)", name)
    if year is None:
        raise SourceError(f"{name}: got a file name without its year, want the publisher's, such as 2018_I9gem.txt")
    return year[1]
