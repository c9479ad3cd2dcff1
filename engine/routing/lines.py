"""On which line of a TOML file a key stands: the parser does not tell, so headers and keys are looked for by eye.

What a multi-line string or an inline table hides is not found, and then no line is named; none is ever a wrong one,
since a count of headers that differs from what was parsed gives up on that kind of table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_-]+)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
NO_LINE = 0


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines (from 1 on) by table, number of the table in its list, and key ("" for the header itself)."""

    places: Mapping[tuple[str, int, str], int]

    @classmethod
    def of(cls, text: str, parsed: Mapping[str, Any]) -> "Lines":
        """Find the lines of a file that was parsed."""
        places: dict[tuple[str, int, str], int] = {}
        counts: dict[str, int] = {}
        table, number = "", 0
        for line, written in enumerate(text.splitlines(), 1):
            if header := _HEADER.fullmatch(written):
                table = header[2]
                number = counts.get(table, 0)
                counts[table] = number + 1
                places[table, number, ""] = line
            elif key := _KEY.match(written):
                places.setdefault((table, number, key[1]), line)
        true = {name: len(value) if isinstance(value, list) else 1 for name, value in parsed.items()}
        return cls({place: line for place, line in places.items() if counts.get(place[0], 1) == true.get(place[0], 1)})

    def line(self, table: str, number: int, key: str) -> int:
        """Return the line of a key, else of its table, else NO_LINE."""
        return self.places.get((table, number, key), self.places.get((table, number, ""), NO_LINE))
