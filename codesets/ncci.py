"""Reads the NCCI procedure-to-procedure (PTP) edits of CMS, and finds the pairs of a claim in them.

Source: CMS quarterly files, practitioner (ccipra-v302r0-f1) and outpatient hospital (ccioph-...), tab-separated:
column 1 code, column 2 code, * if in existence before 1996, effective date, deletion date (* if none), modifier
indicator (0 not allowed, 1 allowed, 9 not applicable), rationale. A release is several files. Lists of the active
edits, with the columns code, complement, deleted, modifier_ind and rationale, are read as well.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from codesets.delimited import has_columns, read_day, read_table, release_of
from codesets.edit_store import EditRelease
from codesets.edit_table import EditKind, EditSource, EditTable, day_number
from codesets.errors import SourceError

CODE = r"[0-9A-Z]{4}[0-9A-Z]"
_REQUIRED = {
    "column_1": r"column 1|code",
    "column_2": r"column 2|complement",
    "deletion": r"deletion( date)?( no data)?|deleted",
    "modifier": r"modifier.*",
}
_OPTIONAL = {"effective": r"effective( date)?", "rationale": r"(ptp edit )?rationale"}
# A row of so many edits more than the claim has codes is searched for each code, not read through.
_SEARCHED = 16


@dataclass(frozen=True, slots=True)
class PairEdit:
    """One edit: `column_2` is bundled into `column_1` while in force, unless `modifier` is 1 and one is reported."""

    column_1: str
    column_2: str
    effective: date | None
    deleted: date | None
    modifier: int
    rationale: str

    def holds_on(self, day: date) -> bool:
        """Whether the edit is in force on a day; it is not any more on its deletion date's next day."""
        return (self.effective is None or self.effective <= day) and (self.deleted is None or day <= self.deleted)


def looks_like(text: str) -> bool:
    """Whether a text is a table of PTP edits."""
    return has_columns(text, _REQUIRED)


def read_ptp(text: str, *, name: str) -> EditSource:
    """Read a file of PTP edits; raises SourceError that names the row."""
    version, first_day = release_of(name)
    lefts: list[str] = []
    rights: list[str] = []
    begins, ends, modifiers = array("I"), array("I"), array("B")
    reasons: list[str] = []
    days: dict[str, int] = {}
    has_dates = False
    is_code = re.compile(CODE).fullmatch
    for number, cells in read_table(text, name=name, required=_REQUIRED, optional=_OPTIONAL, first=CODE):
        left, right, deleted, modifier, effective, rationale = cells
        if modifier not in ("0", "1", "9") or not is_code(right):
            raise SourceError(
                f"{name} row {number}: got {right[:8]!r} and modifier indicator {modifier[:4]!r}, "
                "want a code and 0, 1 or 9"
            )
        for cell in (effective, deleted):
            if cell not in days:
                days[cell] = day_number(read_day(cell, f"{name} row {number}"))
        has_dates = has_dates or bool(effective)
        lefts.append(left)
        rights.append(right)
        begins.append(days[effective])
        ends.append(days[deleted])
        modifiers.append(int(modifier))
        reasons.append(rationale)
    texts = sorted({*rights, *reasons})
    place = {text: number for number, text in enumerate(texts)}
    columns = {
        "column_2": [place[text] for text in rights],
        "effective": begins,
        "deleted": ends,
        "modifier": modifiers,
        "rationale": [place[text] for text in reasons],
    }
    part = re.search(r"[-_](f\d)\b", name.lower())
    return EditSource(
        _kind(name), version, first_day, name, lefts, columns, texts, part[1] if part else "", is_dated=has_dates
    )


def _kind(name: str) -> EditKind:
    lower = name.lower()
    if re.search(r"ccipra|pra?c(?![a-z]*out)", lower):
        return EditKind.PTP_PRACTITIONER
    if re.search(r"ccioph|hosp|out|oph", lower):
        return EditKind.PTP_OUTPATIENT
    raise SourceError(
        f"{name}: got a file name that tells neither practitioner nor outpatient hospital, want the publisher's, "
        "such as ccipra-v302r0-f1.txt or ccioph-v302r0-f1.txt"
    )


def find_pairs(release: EditRelease, codes: Sequence[str]) -> Iterator[PairEdit]:
    """Yield every edit, in force or not, whose two codes are among the given ones."""
    for table in release.parts:
        yield from _find_pairs(table, codes)


def _find_pairs(table: EditTable, codes: Sequence[str]) -> Iterator[PairEdit]:
    numbers = {number: code for code in codes if (number := table.number(code)) >= 0}
    wanted_set = set(numbers)
    partners = table.column("column_2").stored
    for code in codes:
        rows = table.rows(code)
        if not rows:
            continue
        # A long row is searched for each code; a short one is read through, which is quicker by the piece.
        is_long = len(rows) > _SEARCHED * len(numbers)
        wanted = numbers if is_long else wanted_set.intersection(partners[rows.start : rows.stop])
        for row in _search(partners, rows, sorted(wanted)):
            yield _edit(table, row, code, numbers[partners[row]])


def _search(partners: Sequence[int], rows: range, wanted: Iterable[int]) -> Iterator[int]:
    for number in wanted:
        row = bisect_left(partners, number, rows.start, rows.stop)
        while row < rows.stop and partners[row] == number:
            yield row
            row += 1


def _edit(table: EditTable, row: int, left: str, right: str) -> PairEdit:
    return PairEdit(
        left,
        right,
        table.column("effective").day(row),
        table.column("deleted").day(row),
        table.column("modifier").at(row),
        table.text(table.column("rationale").at(row)),
    )
