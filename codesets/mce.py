"""Reads the lists of the Medicare Code Editor (MCE): what is noted of a code, between which days.

Two layouts: code, start, end, flags (the tables of the CMS software, v44: every valid code, flags joined by |), and
icd_code, icd_description, icd_conflict_group, icd_conflict_rule (lists out of the definitions manual, v41.1).
MCE versions count fiscal years: v44 is FY2027.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from codesets.delimited import has_columns, read_day, read_table
from codesets.edit_store import EditRelease
from codesets.edit_table import EditKind, EditSource, day_number
from codesets.errors import SourceError
from codesets.types import System
from codesets.validate import normalise_code

_TABLE = {"code": r"code", "start": r"start", "end": r"end", "flags": r"flags"}
_LISTS = {"code": r"icd code", "group": r"icd conflict group", "rule": r"icd conflict rule"}
_FIRST_CODE = r"[A-Z0-9][A-Z0-9.]{2,7}"
# Rules of the lists, by their beginning, as the flags of the table say them.
_FLAG_OF_RULE = {
    "perinatal": "newborn",
    "pediatric": "pediatric",
    "maternity": "maternity",
    "adult": "adult",
    "female": "female",
    "male": "male",
    "manifestation": "manifestation",
}


@dataclass(frozen=True, slots=True)
class CodeFlags:
    """What the editor notes of a code on a day. `is_valid` is None where the release lists flagged codes only."""

    flags: frozenset[str]
    is_valid: bool | None


_NOTHING = CodeFlags(frozenset(), None)


def looks_like(text: str) -> bool:
    """Whether a text is a table or list of the code editor."""
    return has_columns(text, _TABLE) or has_columns(text, _LISTS)


def read_mce(text: str, *, name: str) -> EditSource:
    """Read a table or list of the code editor; raises SourceError that names the row."""
    version, first_day = _version(name)
    if has_columns(text, _LISTS):
        return _read_lists(text, name, version, first_day)
    keys: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    flags: list[str] = []
    for number, (code, start, end, said) in read_table(
        text, name=name, required=_TABLE, optional={}, first=_FIRST_CODE
    ):
        where = f"{name} row {number}"
        keys.append(code)
        begins.append(day_number(read_day(start, where)))
        ends.append(day_number(read_day(end, where)))
        flags.append("|".join(sorted(part for part in said.split("|") if part)))
    # A three-character category is a diagnosis; procedure codes have seven characters.
    is_procedures = all(len(code) == 7 for code in keys)
    kind = EditKind.MCE_PROCEDURES if is_procedures else EditKind.MCE_DIAGNOSES
    return _source(kind, version, first_day, name, (keys, begins, ends, flags), is_dated=True)


def _read_lists(text: str, name: str, version: str, first_day: date) -> EditSource:
    found: dict[str, set[str]] = {}
    for number, (code, _, rule) in read_table(text, name=name, required=_LISTS, optional={}, first=_FIRST_CODE):
        flag = next((flag for start, flag in _FLAG_OF_RULE.items() if rule.lower().startswith(start)), "")
        if not flag:
            raise SourceError(f"{name} row {number}: got rule {rule[:24]!r}, want one that the code editor has")
        found.setdefault(code, set()).add(flag)
    keys = list(found)
    nothing = [0] * len(keys)
    flags = ["|".join(sorted(found[code])) for code in keys]
    return _source(EditKind.MCE_DIAGNOSES, version, first_day, name, (keys, nothing, nothing, flags), is_dated=False)


def _source(
    kind: EditKind,
    version: str,
    first_day: date,
    name: str,
    rows: tuple[Sequence[str], Sequence[int], Sequence[int], Sequence[str]],
    *,
    is_dated: bool,
) -> EditSource:
    keys, begins, ends, flags = rows
    if kind is EditKind.MCE_DIAGNOSES:
        keys = [normalise_code(code, System.ICD10CM) for code in keys]
    texts = sorted(set(flags))
    place = {text: number for number, text in enumerate(texts)}
    columns = {"begin": begins, "end": ends, "flags": [place[text] for text in flags]}
    return EditSource(kind, version, first_day, name, keys, columns, texts, is_dated=is_dated)


def _version(name: str) -> tuple[str, date]:
    found = re.search(r"v(\d\d)(?:\.(\d))?(?!\d)", name.lower())
    if found is None:
        raise SourceError(f"{name}: got a file name without the editor's version, want it as in mce_v44_icd10cm.tsv")
    fiscal_year = 1983 + int(found[1])
    is_april = found[2] == "1"
    first_day = date(fiscal_year, 4, 1) if is_april else date(fiscal_year - 1, 10, 1)
    return found[1] + (f".{found[2]}" if found[2] else ""), first_day


def find_flags(release: EditRelease, code: str, day: date) -> CodeFlags:
    """Return what the editor notes of a code, as published, on a day."""
    for table in release.parts:
        begin, end, flags = table.column("begin"), table.column("end"), table.column("flags")
        for row in table.rows(code):
            first, last = begin.at(row), end.at(row)
            if first <= day.toordinal() and (not last or day.toordinal() <= last):
                said = table.text(flags.at(row))
                return CodeFlags(
                    frozenset(said.split("|")) if said else frozenset(), True if release.is_dated else None
                )
    return CodeFlags(frozenset(), False) if release.is_dated else _NOTHING
