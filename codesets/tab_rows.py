"""Rows of a publisher's tab-separated text, with the errors of the csv module as ours."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from codesets.errors import SourceError


def read_rows(text: str, *, source: str, is_quoted: bool = True) -> Iterator[list[str]]:
    """Yield the cells of each row; raises SourceError on a cell without end."""
    lines = StringIO(text, newline="")
    table = csv.reader(lines, delimiter="\t") if is_quoted else csv.reader(lines, "excel-tab", quoting=csv.QUOTE_NONE)
    try:
        yield from table
    except csv.Error as error:
        raise SourceError(f"{source}: line {table.line_num}: not whole rows ({error}); fetch the file again") from None


def want_columns(have: Sequence[str], want: Sequence[str], *, source: str) -> None:
    """Raise SourceError unless a header has every column that is read."""
    missing = [column for column in want if column not in have]
    if missing:
        raise SourceError(f"{source}: header: got no column {missing[0]}, want {', '.join(want)}")
