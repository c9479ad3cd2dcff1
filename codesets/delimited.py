"""Rows of the publishers' tab- and comma-separated tables, by the names of their columns.

Copyright notices and titles come before the header, and a header may go on over several lines: the first line that has
all wanted names is the header, and lines before the first row of data are passed over.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from codesets.errors import SourceError

_HEADER_WITHIN = 40
_FAR = date(9999, 12, 31)


def clean(cell: str) -> str:
    """Write a column's name in lower case with single spaces: 'HCPCS/\\nCPT Code' is 'hcpcs cpt code'."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", cell.lower()).split())


def _reader(text: str) -> Iterator[list[str]]:
    head = text[:20_000]
    tabs = head.count("\t") > head.count(",") // 4
    if tabs:
        return csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    return csv.reader(io.StringIO(text))


def _places(row: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    names = [clean(cell) for cell in row]
    return {
        field: next(place for place, name in enumerate(names) if re.fullmatch(pattern, name))
        for field, pattern in columns.items()
        if any(re.fullmatch(pattern, name) for name in names)
    }


def has_columns(text: str, columns: Mapping[str, str]) -> bool:
    """Whether one of the first lines names all the columns: field to the pattern of its name, as `clean` writes it."""
    try:
        return _header(_reader(text[:100_000]), columns, ()) is not None
    except csv.Error:
        return False


def _header(
    rows: Iterator[list[str]], required: Mapping[str, str], optional: Mapping[str, str] | Sequence[str]
) -> dict[str, int] | None:
    wanted = {**required, **(optional if isinstance(optional, Mapping) else {})}
    for _, row in zip(range(_HEADER_WITHIN), rows, strict=False):
        found = _places(row, wanted)
        if required.keys() <= found.keys():
            return found
    return None


def read_table(
    text: str, *, name: str, required: Mapping[str, str], optional: Mapping[str, str], first: str
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield (line, cells) of each row, cells in the order of `required`, then of `optional` ("" where it is absent).

    Lines up to the first whose first wanted cell matches `first` are passed over; after that each must, or be empty.
    Raises SourceError.
    """
    rows = _reader(text)
    try:
        places = _header(rows, required, optional)
        if places is None:
            raise SourceError(f"{name}: got no line that names the columns {', '.join(required)}")
        yield from _rows(rows, [places.get(field, -1) for field in (*required, *optional)], name, re.compile(first))
    except csv.Error as error:
        raise SourceError(f"{name}: not a table ({error})") from None


def _rows(
    rows: Iterator[list[str]], places: Sequence[int], name: str, first: re.Pattern[str]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    number, last, started, is_first = 0, max(places), False, first.fullmatch
    for number, row in enumerate(rows, 1):
        if len(row) <= last:
            row = row + [""] * (last + 1 - len(row))
        cells = tuple([row[place].strip() if place >= 0 else "" for place in places])
        if is_first(cells[0]):
            started = True
            yield number, cells
        elif started and any(cells):
            raise SourceError(f"{name} row {number}: got {cells[0][:16]!r} in the first column, want a code")


def read_day(cell: str, where: str) -> date | None:
    """Read YYYYMMDD, YYYY-MM-DD or M/D/YYYY; none for "", "*" and 9999-12-31, as publishers write no date.

    Raises SourceError.
    """
    text = cell.strip().strip('"').split(" ")[0].split("T")[0]
    if text in ("", "*", "0", "99999999"):
        return None
    try:
        if "/" in text:
            month, day, year = (int(part) for part in text.split("/"))
            found = date(year, month, day)
        else:
            found = date.fromisoformat(text)
    except ValueError:
        raise SourceError(f"{where}: date: got {cell[:16]!r}, want YYYYMMDD or YYYY-MM-DD") from None
    return None if found == _FAR else found


def release_of(name: str) -> tuple[str, date]:
    """Return version and first day of a quarterly file by its name.

    "v302r0" is NCCI 30.2, the third quarter of 2024; "2024Q3"; "Eff_07-01-2024"; a bare year is its first quarter.
    Raises SourceError.
    """
    if found := re.search(r"(?<![a-z0-9])v(\d\d)([0-3])r\d", name.lower()):
        year, quarter = 1994 + int(found[1]), int(found[2]) + 1
    elif found := re.search(r"(?<!\d)(20\d\d)[-_ ]?q([1-4])", name.lower()):
        year, quarter = int(found[1]), int(found[2])
    elif found := re.search(r"(?<!\d)([01]\d)[-_][0-3]\d[-_](20\d\d)(?!\d)", name):
        year, quarter = int(found[2]), (int(found[1]) + 2) // 3
    elif found := re.search(r"(?<!\d)(20\d\d)(?!\d)", name):
        year, quarter = int(found[1]), 1
    else:
        raise SourceError(
            f"{name}: got a file name without its quarter, want the publisher's, such as ccipra-v302r0-f1.txt "
            "or MCR_MUE_PractitionerServices_Eff_07-01-2024.csv"
        )
    if not 1 <= quarter <= 4:
        raise SourceError(f"{name}: got quarter {quarter} in the file name, want 1 to 4")
    return f"{year}Q{quarter}", date(year, 3 * quarter - 2, 1)
