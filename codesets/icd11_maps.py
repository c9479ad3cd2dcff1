"""Reads WHO's maps between ICD-10 and ICD-11 (10To11MapToOneCategory.txt and its like).

Source: WHO, "ICD-10 / ICD-11 mapping tables": tab-separated with a header that ends in the date. Chapters and blocks
are mapped too; of them, and of targets without a code, no row is made but "no code". Targets may be clusters. The files
say which category a code maps to, and not how the two relate; the map to the foundation says which ICD-10 entities are
equivalent, and is used where it is imported beside the others and names the very category of the row.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from codesets.crosswalk import CrosswalkSource, MapKind, MapRow, Relationship
from codesets.errors import SourceError
from codesets.tab_rows import read_rows, want_columns
from codesets.types import System

_DATE = re.compile(r"(\d{4})-([A-Z][a-z]{2})-\d\d")
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: f"{number:02}" for number, name in enumerate(_NAMES, 1)}
_ICD10 = re.compile(r"[A-Z]\d\d(?:\.[0-9A-Z]{1,3})?[+*]?")
_ONE, _SEVERAL = 0, 1


@dataclass(frozen=True, slots=True)
class Equivalents:
    """What the map to the foundation says: the entity of each ICD-10 code that is equivalent to it."""

    source: str
    version: str
    entities: Mapping[str, str]


def looks_like(text: str) -> bool:
    """Whether a text is one of the maps: its header names codes of both."""
    return _header(text) is not None


def _header(text: str) -> list[str] | None:
    cells = text[:400].lstrip("\ufeff").split("\n", 1)[0].rstrip("\r").split("\t")
    names_both = "icd10Code" in cells and ("icd11Code" in cells or "ICD-11 FoundationURI" in cells)
    return cells if names_both else None


def read_map(text: str, *, name: str) -> CrosswalkSource | Equivalents:
    """Read one of the maps, known by its header; raises SourceError on a row cut short or a header without its date."""
    columns = _header(text)
    assert columns is not None, "not looked at before"
    dated = _DATE.search(columns[-1])
    if dated is None or dated[2] not in _MONTHS:
        raise SourceError(f"{name}: got a header without its date, want one such as 2024-Jan-21 at its end")
    version = f"{dated[1]}-{_MONTHS[dated[2]]}"
    rows = list(_rows(text, columns, name))
    if not rows:
        raise SourceError(f"{name}: got a map without a row")
    if "icd11Code" not in columns:
        want_columns(columns, ("icd10Code", "ICD-11 FoundationURI"), source=name)
        same = {row["icd10Code"]: row["ICD-11 FoundationURI"] for row in rows if row.get("relation") == "Equivalent"}
        return Equivalents(name, version, same)
    want_columns(columns, ("icd10Code", "icd10Title", "icd11Code", "icd11Title"), source=name)
    if columns[0].startswith("10"):
        want_columns(columns, ("11ClassKind",), source=name)
        group = _SEVERAL if "Multiple" in name or "Depth" in columns else _ONE
        return _forward(rows, group, name, version)
    return _backward(rows, name, version)


def _rows(text: str, columns: list[str], name: str) -> Iterator[dict[str, str]]:
    # The last column of the header is the date; in the map to the foundation the cells below it are the relation.
    names = ["relation" if _DATE.fullmatch(column) else column for column in columns]
    body = text.lstrip("\ufeff").partition("\n")[2]
    for number, cells in enumerate(read_rows(body, source=name), 2):
        if not any(cells):
            continue
        if len(cells) < len(names) - 1:
            raise SourceError(f"{name} line {number}: got {len(cells)} cells, want {len(names)}; fetch it again")
        yield dict(zip(names, (cell.strip() for cell in cells), strict=False))


def _forward(rows: list[dict[str, str]], group: int, name: str, version: str) -> CrosswalkSource:
    found: dict[str, list[MapRow]] = {}
    for row in rows:
        code = row["icd10Code"]
        if not _ICD10.fullmatch(code):
            continue
        known = found.setdefault(code, [])
        title, uri = row["icd11Title"], row.get("ICD-11 FoundationURI") or row.get("ICD-11 Foundation URI") or ""
        made = _row(row["icd11Code"] if row["11ClassKind"] == "category" else "", title, group, len(known) + 1)
        # The entity is kept where the category is the entity itself, and not its residual.
        is_itself = any(row.get(column, "").endswith(f"/{uri.rpartition('/')[2]}") for column in _LINEARIZATIONS)
        if is_itself and made.target:
            made = replace(made, rule=uri)
        if not any((one.target, one.title) == (made.target, made.title) for one in known):
            known.append(made)
    return CrosswalkSource(MapKind.WHO, System.ICD10, System.ICD11, version, name, found)


_LINEARIZATIONS = ("Linearization (release) URI", "Linearization (releaseURI)")


def _backward(rows: list[dict[str, str]], name: str, version: str) -> CrosswalkSource:
    found: dict[str, list[MapRow]] = {}
    for row in rows:
        code = row["icd11Code"]
        if len(code) < len("1A00"):
            continue
        target = row["icd10Code"] if _ICD10.fullmatch(row["icd10Code"]) else ""
        if code in found:
            raise SourceError(f"{name}: code {code[:16]}: got it twice, want it once")
        found[code] = [_row(target, row["icd10Title"], _ONE, 1)]
    return CrosswalkSource(MapKind.WHO, System.ICD11, System.ICD10, version, name, found)


def _row(target: str, title: str, group: int, order: int) -> MapRow:
    if not target:
        return MapRow(
            "", Relationship.NOT_RELATED_TO, group, order, title, advice="mapped to a heading, which may not be coded"
        )
    return MapRow(target, Relationship.RELATED_TO, group, order, title)


def with_equivalents(crosswalk: CrosswalkSource, same: Equivalents | None) -> CrosswalkSource:
    """Mark the rows whose target is the very entity that is equivalent to its ICD-10 code, and drop the entities."""
    entities = same.entities if same and same.version == crosswalk.version else {}

    def marked(code: str, row: MapRow) -> MapRow:
        is_same = bool(row.rule) and entities.get(code) == row.rule
        return replace(row, rule="", relationship=Relationship.EQUIVALENT if is_same else row.relationship)

    rows = {code: [marked(code, row) for row in found] for code, found in crosswalk.rows.items()}
    source = f"{crosswalk.source}, {same.source}" if same and entities else crosswalk.source
    return replace(crosswalk, source=source, rows=rows)
