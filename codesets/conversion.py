"""Reads the conversion tables: which code a new code replaces, by year (CMS for ICD-10-PCS, NCHS for ICD-10-CM).

Source: CMS, "ICD-10-PCS Conversion Table": tab-separated with a header: current code, its title, effective year,
previous code, its title, change type, comment, effective month and day. NCHS, "ICD-10-CM Conversion Table": a preamble,
then current code, the year of the October (or the day) from which it holds, previous code(s). Rows lead from the
previous code to the current one. NCHS also writes ranges, of which the ends are taken, and words ("None", "Codes in
Categories ..."), of which no row is made.
"""

import re
from collections.abc import Sequence

from codesets.crosswalk import CrosswalkSource, MapKind, MapRow, Relationship
from codesets.errors import SourceError
from codesets.tab_rows import read_rows
from codesets.types import System
from codesets.written import normalise_code

_PCS_HEAD = ("current code(s) assignment", "code title", "effective year", "previous code(s) assignment")
_CM_HEAD = ("current code assignment", "effective", "previous code(s) assignment")
_YEAR = re.compile(r"20\d\d")
_DAY = re.compile(r"(\d\d?)/\d\d?/(\d\d)")
_CELLS = 8
_HEAD_WITHIN = 20
_OCTOBER = 10
_NO_SUCCESSOR = "NoPCS"
_CM_CODE = re.compile(r"[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?")
_PCS_CODE = re.compile("[0-9A-HJ-NP-Z]{7}")


def looks_like(text: str) -> bool:
    """Whether a text is a conversion table: a known header among its first lines."""
    lines = text.split("\n", _HEAD_WITHIN)[:_HEAD_WITHIN]
    return any(_head(line) in (_PCS_HEAD, _CM_HEAD) for line in lines)


def _head(line: str) -> tuple[str, ...]:
    cells = [cell.strip().strip('"').lower() for cell in re.split("\t", line.strip("\r\n\ufeff"))]
    return tuple(cells[:4]) if len(cells) >= len(_PCS_HEAD) else tuple(cells)


def read_conversion(text: str, *, name: str) -> CrosswalkSource:
    """Read a conversion table; its edition is the last fiscal year in it.

    Raises SourceError on a row without its year or its cells, a code that is none, or a table without rows.
    """
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if _head(line) in (_PCS_HEAD, _CM_HEAD))
    is_pcs = _head(lines[at]) == _PCS_HEAD
    rows: dict[str, list[MapRow]] = {}
    last = 0
    table = read_rows("\n".join(lines[at + 1 :]), source=name)
    for number, cells in enumerate(table, at + 2):
        if not any(cell.strip() for cell in cells):
            continue
        where = f"{name} line {number}"
        year, pairs = _pcs_row(cells, where) if is_pcs else _cm_row(cells, where)
        last = max(last, year)
        for order, (previous, row) in enumerate(pairs, 1):
            known = rows.setdefault(previous, [])
            made = MapRow(row.target, row.relationship, year, order, row.title, row.rule, row.advice)
            if made not in known:
                known.append(made)
    if not rows:
        raise SourceError(f"{name}: got a conversion table without a row")
    system = System.ICD10PCS if is_pcs else System.ICD10CM
    return CrosswalkSource(MapKind.CONVERSION, system, system, str(last), name, rows)


def _pcs_row(cells: Sequence[str], where: str) -> tuple[int, list[tuple[str, MapRow]]]:
    if len(cells) < _CELLS - 2:
        raise SourceError(f"{where}: got {len(cells)} cells, want {_CELLS}; fetch the file again")
    current, title, year, previous, _, change, *comment = (cell.strip() for cell in cells)
    if not _PCS_CODE.fullmatch(current) and current != _NO_SUCCESSOR:
        raise SourceError(f"{where}: current code: got {current[:16]!r}, want an ICD-10-PCS code")
    if not _YEAR.fullmatch(year):
        raise SourceError(f"{where}: effective year: got {year[:16]!r}, want a fiscal year")
    # What was coded with the previous code before there was a new one is a part of what that covers.
    relationship = Relationship.SOURCE_IS_BROADER if change == "New" else Relationship.RELATED_TO
    # The comment may be missing, and the month and day be in its place.
    said = [part for part in comment if part and not re.fullmatch(r"\d\d\.\d\d", part)]
    advice = "; ".join([change.lower(), *said])
    row = MapRow(current, relationship, title=title, advice=advice)
    if current == _NO_SUCCESSOR:
        row = MapRow("", Relationship.NOT_RELATED_TO, advice=advice)
    return int(year), [(code, row) for code in _PCS_CODE.findall(previous) if code != current]


def _cm_row(cells: Sequence[str], where: str) -> tuple[int, list[tuple[str, MapRow]]]:
    if len(cells) < len(_CM_HEAD):
        raise SourceError(f"{where}: got {len(cells)} cells, want {len(_CM_HEAD)}; fetch the file again")
    current, year, previous = (cell.strip() for cell in cells[:3])
    code = normalise_code(current, System.ICD10CM)
    if not _CM_CODE.fullmatch(code):
        raise SourceError(f"{where}: current code: got {current[:16]!r}, want an ICD-10-CM code")
    is_together = "&" in previous or " and " in previous
    advice = "new; what was coded with several codes together" if is_together else "new"
    row = MapRow(code, Relationship.SOURCE_IS_BROADER, advice=advice)
    found = [] if previous.lower().startswith("codes in") else _CM_CODE.findall(previous)
    return _cm_fiscal_year(year, where), [(one, row) for one in dict.fromkeys(found) if one != code]


def _cm_fiscal_year(cell: str, where: str) -> int:
    """Return the fiscal year: "2017" is from 1 October 2017, so of 2018; "04/01/23" is of 2023."""
    if _YEAR.fullmatch(cell):
        return int(cell) + 1
    day = _DAY.fullmatch(cell)
    if day is None:
        raise SourceError(f"{where}: effective: got {cell[:16]!r}, want a year or a day")
    return 2000 + int(day[2]) + (int(day[1]) >= _OCTOBER)
