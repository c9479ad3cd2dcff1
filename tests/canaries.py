"""Marked identifiers, and where they must not be found: what the tests of leaks share."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

# In no word, code or number of ours; short enough that what is cut to eight characters is still known by it.
CORE = "Zq7xk9Wv"
MARK = CORE * 2
BIRTH_YEAR = 1923
# Dates of birth too: 17 February 1923, and days that are in no calendar.
# A code is written with its dot.
MARKS = tuple(mark.encode() for mark in (CORE.lower(), f"{CORE[:3]}.{CORE[3:]}".lower(), "1923-02", "year 1923"))


@dataclass
class Watch:
    """Counts the paths that were taken and keeps where a mark was found."""

    paths: set[str] = field(default_factory=set)
    leaks: list[str] = field(default_factory=list)

    def take(self, path: str, told: Iterable[bytes | str]) -> None:
        """Note a path, and look through what came out of it that is not an answer."""
        assert path not in self.paths, f"{path}: counted twice"
        self.paths.add(path)
        for sink in told:
            self.look(path, sink)

    def look(self, where: str, sink: bytes | str) -> None:
        """Note a leak if a mark is in there, in whatever case, also as UTF-16."""
        data = sink.encode("utf-8", "surrogatepass") if isinstance(sink, str) else sink
        low = data.lower()
        for mark in MARKS:
            at = max(low.find(mark), low.find(mark.decode().encode("utf-16-le")))
            if at >= 0:
                self.leaks.append(f"{where}: ...{data[max(0, at - 60) : at + 30]!r}")

    def look_through(self, where: str, folder: Path) -> int:
        """Look through every file of a folder and its name; returns how many bytes there were."""
        size = 0
        for root, folders, files in os.walk(folder):
            for name in folders + files:
                self.look(f"{where}: a name", name)
            for name in files:
                data = (Path(root) / name).read_bytes()
                size += len(data)
                self.look(f"{where}: {name}", data)
        return size
