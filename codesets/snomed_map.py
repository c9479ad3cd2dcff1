"""Reads the SNOMED CT to ICD-10-CM (or ICD-10) map from its RF2 Extended Map reference set.

Source: SNOMED International, RF2 "Complex and Extended Map Reference Sets": tab-separated with a header; id,
effectiveTime, active, moduleId, refsetId, referencedComponentId, mapGroup, mapPriority, mapRule, mapAdvice, mapTarget,
correlationId, mapCategoryId. A snapshot file has each member once; of a full file the last state of each counts. Rows
that are not active are left out. The file is licensed: it is read from the user's own release and kept only in the
user's home.
"""

import re
import sys
from collections.abc import Iterator

from codesets.crosswalk import CrosswalkSource, MapKind, MapRow, Relationship
from codesets.errors import SourceError
from codesets.map_rules import is_rule
from codesets.tab_rows import read_rows
from codesets.types import System
from codesets.written import FORMS, normalise_code

_COLUMNS = (
    "id", "effectiveTime", "active", "moduleId", "refsetId", "referencedComponentId", "mapGroup", "mapPriority",
    "mapRule", "mapAdvice", "mapTarget", "correlationId", "mapCategoryId",
)  # fmt: skip
ICD10CM_REFSET, ICD10_REFSET = "6011000124106", "447562003"
_TARGETS = {ICD10CM_REFSET: System.ICD10CM, ICD10_REFSET: System.ICD10}
_NOT_CLASSIFIABLE = "447638001"
_FORMS = tuple(
    (column, re.compile(form))
    for column, form in (
        ("effectiveTime", r"\d{8}"),
        ("active", "[01]"),
        ("referencedComponentId", r"[1-9]\d{5,17}"),
        ("mapGroup", r"\d{1,3}"),
        ("mapPriority", r"\d{1,3}"),
    )
)
# Texts of which a map has few, held once.
_REPEATED = frozenset(
    ("effectiveTime", "refsetId", "mapRule", "mapAdvice", "mapTarget", "correlationId", "mapCategoryId")
)
# Correlation: exact match, narrow to broad, broad to narrow, partial overlap, not mappable, not specified.
_CORRELATIONS = {
    "447557004": Relationship.EQUIVALENT,
    "447558009": Relationship.SOURCE_IS_NARROWER,
    "447559001": Relationship.SOURCE_IS_BROADER,
    "447560006": Relationship.RELATED_TO,
    "447556008": Relationship.NOT_RELATED_TO,
    "447561005": Relationship.RELATED_TO,
}


def looks_like(text: str) -> bool:
    """Whether a text is an Extended Map file: its first line is the header."""
    return tuple(text[:400].lstrip("\ufeff").split("\n", 1)[0].rstrip("\r").split("\t")) == _COLUMNS


def read_extended_map(text: str, *, name: str) -> CrosswalkSource:
    """Read an Extended Map file; its edition is the latest effective time in it.

    Raises SourceError on a row cut short, a number or a rule that is none, several maps in one file, two active rows
    of one group and priority, or a file without an active row.
    """
    latest: dict[str, dict[str, str]] = {}
    for row in _rows(text, name):
        known = latest.get(row["id"])
        if known is None or known["effectiveTime"] < row["effectiveTime"]:
            latest[row["id"]] = row
        elif known["effectiveTime"] == row["effectiveTime"]:
            raise SourceError(f"{name}: member {row['id'][:36]}: got it twice on one day, want it once")
    active = [row for row in latest.values() if row["active"] == "1"]
    refsets = {row["refsetId"] for row in active}
    if len(refsets) != 1 or not refsets <= _TARGETS.keys():
        shown = ", ".join(sorted(refsets)) or "no active row"
        raise SourceError(f"{name}: refsetId: got {shown}, want one of {', '.join(_TARGETS)}")
    target = _TARGETS[refsets.pop()]
    rows: dict[str, list[MapRow]] = {}
    for row in sorted(active, key=lambda row: (row["referencedComponentId"], row["mapGroup"], row["mapPriority"])):
        rows.setdefault(row["referencedComponentId"], []).append(_map_row(row, target, name))
    for concept, found in rows.items():
        found.sort(key=lambda row: (row.group, row.order))
        if len({(row.group, row.order) for row in found}) < len(found):
            raise SourceError(f"{name}: concept {concept[:18]}: got two rows of one group and priority, want one")
    version = max(row["effectiveTime"] for row in latest.values())
    return CrosswalkSource(MapKind.RULES, System.SNOMEDCT, target, version, name, rows)


def _rows(text: str, name: str) -> Iterator[dict[str, str]]:
    body = text.lstrip("\ufeff").partition("\n")[2]
    for number, cells in enumerate(read_rows(body, source=name, is_quoted=False), 2):
        if not any(cells):
            continue
        where = f"{name} line {number}"
        if len(cells) != len(_COLUMNS):
            raise SourceError(f"{where}: got {len(cells)} cells, want {len(_COLUMNS)}; fetch the file again")
        row = {
            column: sys.intern(cell) if column in _REPEATED else cell
            for column, cell in zip(_COLUMNS, cells, strict=True)
            if column != "moduleId"
        }
        _check(row, where)
        yield row


def _check(row: dict[str, str], where: str) -> None:
    for column, form in _FORMS:
        if not form.fullmatch(row[column]):
            raise SourceError(f"{where}: {column}: got {row[column][:24]!r}, want the form {form.pattern}")
    if not is_rule(row["mapRule"]):
        raise SourceError(f"{where}: mapRule: got one that is neither TRUE, OTHERWISE TRUE nor IFA conditions")


def _map_row(row: dict[str, str], target: System, name: str) -> MapRow:
    group, order, rule, advice = int(row["mapGroup"]), int(row["mapPriority"]), row["mapRule"], row["mapAdvice"]
    written = row["mapTarget"].strip()
    if not written or row["mapCategoryId"] == _NOT_CLASSIFIABLE:
        return MapRow("", Relationship.NOT_RELATED_TO, group, order, rule=rule, advice=advice)
    # A target may end in "?": more characters are to be found, as the advice says.
    code = normalise_code(written.rstrip("?"), target)
    if not FORMS[target][0].fullmatch(code):
        raise SourceError(
            f"{name}: concept {row['referencedComponentId']}: mapTarget: got {written[:16]!r}, want a code"
        )
    related = _CORRELATIONS.get(row["correlationId"], Relationship.RELATED_TO)
    return MapRow(code, related, group, order, rule=rule, advice=advice)
