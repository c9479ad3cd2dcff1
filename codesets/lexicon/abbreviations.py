"""Our inventory of abbreviations and what each may mean (README.md beside this says how a row is read)."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from codesets.errors import LexiconError
from codesets.lexicon import FOLDER, NO_CODE
from codesets.snapshot import Snapshot
from codesets.types import System

_HEADING = ("abbreviation", "meaning", "code", "flags", "prior", "cues", "sections", "kinds")
_CASES = frozenset(("upper", "plural", "any", "exact"))
_WEAK = "weak"


@dataclass(frozen=True, slots=True)
class AbbreviationSense:
    """One meaning of an abbreviation, and what speaks for it.

    `code` is NO_CODE for what names no diagnosis. `prior` is its weight beside the other meanings where nothing else
    speaks. `cues` are words near the abbreviation, "<" before one that stands directly before it and ">" directly
    after, "*" after one that is the beginning of a word. `sections` are canonical names of sections that speak for it
    ("!" before one that speaks against it), `kinds` words of note types.
    """

    meaning: str
    code: str
    weak: bool
    prior: float
    cues: tuple[str, ...]
    sections: tuple[str, ...]
    kinds: tuple[str, ...]
    where: str

    @property
    def is_diagnosis(self) -> bool:
        """Whether the meaning names something codable."""
        return self.code != NO_CODE


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """An abbreviation with all its meanings; `case` is "upper", "plural" (capitals, with a small s or without), "any"
    or "exact"."""

    text: str
    case: str
    senses: tuple[AbbreviationSense, ...]


def abbreviation_file(system: System) -> Path:
    """Return the inventory of a system; it need not exist."""
    return FOLDER / f"abbreviations_{system.value}.tsv"


def inventory_hash(system: System) -> str:
    """Return the SHA-256 (hex) of a system's inventory, of nothing if it has none."""
    path = abbreviation_file(system)
    return hashlib.sha256(path.read_bytes() if path.exists() else b"").hexdigest()


@lru_cache(maxsize=4)
def read_abbreviations(system: System) -> tuple[Abbreviation, ...]:
    """Read a system's inventory, empty if it has none.

    Raises LexiconError that names the file and line of a malformed row, of an abbreviation in two places, and of one
    whose rows differ in case.
    """
    path = abbreviation_file(system)
    return read_inventory(path) if path.exists() else ()


def read_inventory(path: Path) -> tuple[Abbreviation, ...]:
    """Read one inventory file; raises as `read_abbreviations` does."""
    found: dict[str, Abbreviation] = {}
    for text, group in groupby(_rows(path), key=lambda row: row[0]):
        rows = list(group)
        where = rows[0][2].where
        if text in found:
            raise LexiconError(f"{where}: {text}: got rows in two places, want all its rows together")
        if len({case for _, case, _ in rows}) != 1:
            raise LexiconError(f"{where}: {text}: got rows of different case, want one case")
        found[text] = Abbreviation(text, rows[0][1], tuple(sense for *_, sense in rows))
    return tuple(found.values())


def _rows(path: Path) -> Iterator[tuple[str, str, AbbreviationSense]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = tuple(line.split("\t"))
        if not line.strip() or line.startswith("#") or (number == 1 and cells == _HEADING):
            continue
        where = f"{path.name}:{number}"
        if len(cells) != len(_HEADING):
            raise LexiconError(f"{where}: got {len(cells)} cells, want {len(_HEADING)}")
        text, meaning, code, flags, prior, cues, sections, kinds = cells
        named = frozenset(flags.split(","))
        if len(named & _CASES) != 1 or named - _CASES - {_WEAK} or not (text and meaning and code):
            raise LexiconError(f"{where}: got {text!r}, {meaning!r}, {code!r}, {flags!r}; want a case in the flags")
        if not re.fullmatch(r"[1-9]\d?", prior):
            raise LexiconError(f"{where}: prior: got {prior!r}, want 1 to 99")
        sense = AbbreviationSense(
            meaning, code, _WEAK in named, float(prior), _list(cues), _list(sections), _list(kinds), where
        )
        yield text, next(iter(named & _CASES)), sense


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(",") if part.strip())


def inventory_problems(inventory: tuple[Abbreviation, ...], snapshot: Snapshot) -> list[str]:
    """List what is untrue in an inventory: unknown codes, meanings given twice, cues without a word."""
    found: list[str] = []
    for abbreviation in inventory:
        meanings = [sense.meaning.lower() for sense in abbreviation.senses]
        for sense in abbreviation.senses:
            if sense.is_diagnosis and sense.code not in snapshot:
                found.append(f"{sense.where}: {abbreviation.text}: no code {sense.code}")
            if meanings.count(sense.meaning.lower()) > 1:
                found.append(f"{sense.where}: {abbreviation.text}: {sense.meaning} stands twice")
            if not all(re.search(r"[^\W_]|#", cue) for cue in sense.cues):
                found.append(f"{sense.where}: {abbreviation.text}: a cue of marks alone, which nothing matches")
    return found
