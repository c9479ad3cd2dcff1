"""Tables of compliance edits, compiled: rows under a key, found through a mapped hash table; opening parses nothing.

Keys (codes) and texts lie in pools. Rows are sorted by key, then by their first column. A column holds whole numbers:
as they are where they fit in 16 bits, else by their place in a list of the distinct ones (days, of which there are
few). So a file of 1.7 million NCCI pairs takes 10 MB, and a look-up reads a few cache lines.
"""

import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from codesets.container import Container, write_container
from codesets.errors import SourceError

MAGIC = b"CCEDIT\0\0"
FORMAT = 1
SUFFIX = ".ccedit"
NO_DAY = 0
_EMPTY = 0xFFFFFFFF


class EditKind(StrEnum):
    """What a table of edits is about, and for whom."""

    PTP_PRACTITIONER = "ncci-ptp-practitioner"
    PTP_OUTPATIENT = "ncci-ptp-outpatient"
    MUE_PRACTITIONER = "mue-practitioner"
    MUE_OUTPATIENT = "mue-outpatient"
    MUE_DME = "mue-dme"
    ADD_ON = "ncci-add-on"
    MCE_DIAGNOSES = "mce-icd10cm"
    MCE_PROCEDURES = "mce-icd10pcs"
    PLACE = "place-of-service"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class EditSource:
    """A table as read from its files. `keys` and each of `columns` have one item a row; `texts` is sorted.

    `is_dated` tells that rows carry the days they hold on, so that the table answers for earlier days too. `part` names
    one file of several that make a release ("f1"), "" if there is but one.
    """

    kind: EditKind
    version: str
    effective_from: date
    source: str
    keys: Sequence[str]
    columns: Mapping[str, Sequence[int]]
    texts: Sequence[str] = ()
    part: str = ""
    is_dated: bool = False

    def __post_init__(self) -> None:
        """Refuse a table without rows."""
        if not self.keys:
            raise SourceError(f"{self.source}: got no row of a table of edits, want the publisher's file")


def day_number(day: date | None) -> int:
    """Return a day as the number that a column holds; NO_DAY for none."""
    return day.toordinal() if day else NO_DAY


def write_edits(path: Path, source: EditSource) -> str:
    """Write the compiled table at `path` and return its content hash (SHA-256, hex)."""
    names = sorted(set(source.keys))
    number_of = {name: number for number, name in enumerate(names)}
    keys = [number_of[key] for key in source.keys]
    order = _order(keys, next(iter(source.columns.values())))
    counts = array("I", [0]) * (len(names) + 1)
    for key in keys:
        counts[key + 1] += 1
    for number in range(len(names)):
        counts[number + 1] += counts[number]
    sections = {"row_at": counts.tobytes(), **_pool_sections("keys", names), **_pool_sections("texts", source.texts)}
    formats: dict[str, str] = {}
    for name, values in source.columns.items():
        in_order = values if order is None else [values[row] for row in order]
        formats[name], packed = _packed(name, in_order)
        sections |= packed
    about = {
        "kind": source.kind.value,
        "version": source.version,
        "part": source.part,
        "effective_from": source.effective_from.isoformat(),
        "source": source.source,
        "is_dated": source.is_dated,
        "count": len(keys),
        "formats": formats,
    }
    return write_container(path, magic=MAGIC, version=FORMAT, sections=sections, about=about)


def _order(keys: Sequence[int], first: Sequence[int]) -> list[int] | None:
    """Return the order of the rows by key and first column, None if they are in it: publishers' files mostly are."""
    if all(a < b or (a == b and x <= y) for a, b, x, y in zip(keys, keys[1:], first, first[1:], strict=False)):
        return None
    return sorted(range(len(keys)), key=lambda row: (keys[row], first[row]))


def _packed(name: str, values: Sequence[int]) -> tuple[str, dict[str, bytes]]:
    distinct = sorted(set(values))
    width = "B" if len(distinct) <= 0x100 else "H" if len(distinct) <= 0x10000 else "I"
    plain = "B" if distinct[-1] <= 0xFF else "H" if distinct[-1] <= 0xFFFF else "I"
    if plain <= width:  # "B" < "H" < "I"
        return plain, {f"{name}:values": array(plain, values).tobytes()}
    place = {value: number for number, value in enumerate(distinct)}
    packed = array(width, [place[value] for value in values]).tobytes()
    return f"{width}*", {f"{name}:values": packed, f"{name}:distinct": array("I", distinct).tobytes()}


def _pool_sections(name: str, texts: Iterable[str]) -> dict[str, bytes]:
    encoded = [text.encode() for text in texts]
    offsets = array("I", [0])
    for data in encoded:
        offsets.append(offsets[-1] + len(data))
    size = 16
    while size < 2 * len(encoded) + 1:
        size *= 2
    slots = array("I", [_EMPTY]) * size
    for number, data in enumerate(encoded):
        slot = zlib.crc32(data) & (size - 1)
        while slots[slot] != _EMPTY:
            slot = (slot + 1) & (size - 1)
        slots[slot] = number
    return {
        f"{name}:at": offsets.tobytes(),
        f"{name}:bytes": b"".join(encoded),
        f"{name}:slots": slots.tobytes(),
    }


class _Pool:
    """Texts by their number, and numbers by their text."""

    def __init__(self, file: Container, name: str) -> None:
        self._at, self._bytes = file.numbers(f"{name}:at"), file[f"{name}:bytes"]
        self._slots = file.numbers(f"{name}:slots")
        self._mask = len(self._slots) - 1

    def __len__(self) -> int:
        return len(self._at) - 1

    def text(self, number: int) -> str:
        return str(self._bytes[self._at[number] : self._at[number + 1]], "utf-8")

    def number(self, text: str) -> int:
        data = text.encode("utf-8", "surrogatepass")
        slot = zlib.crc32(data) & self._mask
        while (number := self._slots[slot]) != _EMPTY:
            if self._bytes[self._at[number] : self._at[number + 1]] == data:
                return number
            slot = (slot + 1) & self._mask
        return -1


class Column:
    """One column: `stored` is what the file holds, `at(row)` the value of a row."""

    def __init__(self, file: Container, name: str, form: str) -> None:
        self.stored = file[f"{name}:values"].cast(form[0])  # type: ignore[call-overload]
        self._distinct = file.numbers(f"{name}:distinct") if form.endswith("*") else None

    def at(self, row: int) -> int:
        """Return the value of a row."""
        value: int = self.stored[row]
        return value if self._distinct is None else self._distinct[value]

    def day(self, row: int) -> date | None:
        """Return the value of a row as a day, None for NO_DAY."""
        ordinal = self.at(row)
        return date.fromordinal(ordinal) if ordinal else None


class EditTable:
    """An open table of edits. Raises SnapshotError on a file that cannot be used."""

    def __init__(self, path: Path) -> None:
        file = Container(path, magic=MAGIC, version=FORMAT)
        about = file.about
        self.kind = EditKind(about["kind"])
        self.version: str = about["version"]
        self.part: str = about["part"]
        self.effective_from = date.fromisoformat(about["effective_from"])
        self.source: str = about["source"]
        self.is_dated: bool = about["is_dated"]
        self.count: int = about["count"]
        self.content_hash = file.content_hash
        self._row_at = file.numbers("row_at")
        self._keys, self._texts = _Pool(file, "keys"), _Pool(file, "texts")
        self._columns = {name: Column(file, name, form) for name, form in about["formats"].items()}

    def rows(self, key: str) -> range:
        """Return the rows under a key; empty if there are none."""
        number = self._keys.number(key)
        return range(0) if number < 0 else range(self._row_at[number], self._row_at[number + 1])

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        return self._columns[name]

    def text(self, number: int) -> str:
        """Return a text by its number."""
        return self._texts.text(number)

    def number(self, text: str) -> int:
        """Return the number of a text, or -1."""
        return self._texts.number(text)
