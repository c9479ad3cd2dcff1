"""Our own clinical lexicon: the words of doctors and patients, each with its code (see README.md beside this)."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from codesets.errors import LexiconError
from codesets.snapshot import Snapshot
from codesets.types import System

FOLDER = Path(__file__).parent
_HEADING = ("term", "code", "flags", "note")
_FLAGS = frozenset(("upper", "weak"))
# In the code cell: the term names nothing codable, and shorter terms inside it are not read.
NO_CODE = "-"


@dataclass(frozen=True, slots=True)
class LexiconEntry:
    """A term and the code it leads to.

    `upper` terms are matched only in capitals; `weak` ones often mean something else or say too little to bill.
    A term whose code is NO_CODE is a shadow: it names nothing codable and hides what it holds, as "stress test" hides
    "stress". `where` is "file:line".
    """

    term: str
    code: str
    upper: bool
    weak: bool
    note: str
    where: str

    @property
    def is_shadow(self) -> bool:
        """Whether the term names nothing codable."""
        return self.code == NO_CODE


def lexicon_files(system: System) -> list[Path]:
    """List the lexicon files of a system, in a fixed order."""
    return sorted((FOLDER / system.value).glob("*.tsv"))


def lexicon_hash(system: System) -> str:
    """Return the SHA-256 (hex) over a system's lexicon files and their names."""
    digest = hashlib.sha256()
    for path in lexicon_files(system):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=4)
def read_lexicon(system: System) -> tuple[LexiconEntry, ...]:
    """Read a system's lexicon; raises LexiconError that names the file and line of a malformed row."""
    return tuple(entry for path in lexicon_files(system) for entry in read_file(path))


def read_file(path: Path) -> Iterator[LexiconEntry]:
    """Yield the entries of one lexicon file; raises LexiconError on a malformed row."""
    for number, line in enumerate(_lines(path), 1):
        cells = tuple(line.split("\t"))
        if not line.strip() or line.startswith("#") or (number == 1 and cells == _HEADING):
            continue
        where = f"{path.name}:{number}"
        if len(cells) != len(_HEADING):
            raise LexiconError(f"{where}: got {len(cells)} cells, want {len(_HEADING)}")
        term, code, flags, note = cells
        named = frozenset(flags.split(",")) - {""}
        if not term.strip() or not code or named - _FLAGS or (code == NO_CODE and "weak" in named):
            raise LexiconError(
                f"{where}: got term {term!r}, code {code!r}, flags {flags!r}; want {', '.join(sorted(_FLAGS))} or none"
            )
        yield LexiconEntry(term, code, "upper" in named, "weak" in named, note, where)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise LexiconError(f"{path.name}: not UTF-8 at byte {error.start}") from None


def contradictions(entries: Iterable[LexiconEntry], snapshot: Snapshot) -> list[str]:
    """List what is untrue in a lexicon: unknown codes, repeated rows, terms with two codes and no stated reason."""
    found: list[str] = []
    meanings: dict[tuple[str, bool], dict[str, LexiconEntry]] = {}
    for entry in entries:
        if not entry.is_shadow and entry.code not in snapshot:
            found.append(f"{entry.where}: {entry.term}: no code {entry.code} in {snapshot.release.version}")
        key = (re.sub(r"[\W_]+", " ", entry.term.replace("'", "")).strip().lower(), entry.upper)
        for code, other in meanings.setdefault(key, {}).items():
            if code == entry.code:
                found.append(f"{entry.where}: {entry.term}: already at {other.where}")
            elif entry.is_shadow or other.is_shadow:
                found.append(f"{entry.where}: {entry.term}: a code and a shadow, at {other.where} too")
            elif not (entry.note and other.note):
                found.append(f"{entry.where}: {entry.term}: also {code} at {other.where}, without a reason on both")
        meanings[key].setdefault(entry.code, entry)
    return found
