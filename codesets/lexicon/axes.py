"""The words of single axes of ICD-10-PCS: operations, body parts, imaging modalities, approaches (see README.md).

They are put together where a text says no whole term: "biopsy" and "of the liver" are one axis each.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from codesets.errors import LexiconError

FOLDER = Path(__file__).parent / "icd10pcs" / "axes"


@dataclass(frozen=True, slots=True)
class OperationWord:
    """What is done: root operations, the likeliest first, and a pattern of the axes after the body part."""

    terms: tuple[str, ...]
    operations: str
    rest: str


@dataclass(frozen=True, slots=True)
class Modality:
    """How an image is made: the third character of the imaging section."""

    terms: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True)
class BodyPart:
    """Where: (body system, pattern of the body part) for operations, the likeliest first, and for images.

    `by_modality` has the modalities that show it under another name, as CT shows a chest with the abdomen.
    """

    terms: tuple[str, ...]
    surgical: tuple[tuple[str, str], ...]
    imaging: tuple[str, str] | None
    by_modality: tuple[tuple[str, tuple[str, str]], ...] = ()

    def image(self, modality: str) -> tuple[str, str] | None:
        """Return where the imaging section has the part under a modality."""
        return dict(self.by_modality).get(modality, self.imaging)


@dataclass(frozen=True, slots=True)
class Detail:
    """A word that settles an axis after the body part: which (from 0), and the values it allows, by their order."""

    terms: tuple[str, ...]
    axis: int
    values: str


Word = OperationWord | Modality | BodyPart | Detail


@dataclass(frozen=True, slots=True)
class Axes:
    """All words of single axes."""

    operations: tuple[OperationWord, ...]
    modalities: tuple[Modality, ...]
    body_parts: tuple[BodyPart, ...]
    details: tuple[Detail, ...]

    @property
    def doings(self) -> tuple[OperationWord | Modality, ...]:
        """What may be done: operations, then images."""
        return (*self.operations, *self.modalities)

    @property
    def rows(self) -> tuple[Word, ...]:
        """All words, in the order of their kinds."""
        return (*self.doings, *self.body_parts, *self.details)


def axes_hash() -> str:
    """Return the SHA-256 (hex) over the files."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.tsv")):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def read_axes() -> Axes:
    """Read the words of all axes; raises LexiconError that names the file and line of a malformed row."""
    return Axes(
        tuple(OperationWord(terms, *cells) for terms, cells in _rows("operations.tsv", 3)),
        tuple(Modality(terms, cells[0]) for terms, cells in _rows("modalities.tsv", 2)),
        tuple(_body_part(terms, cells) for terms, cells in _rows("body_parts.tsv", 4)),
        tuple(Detail(terms, int(cells[0]) - 1, cells[1]) for terms, cells in _rows("details.tsv", 3)),
    )


def _rows(name: str, width: int) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    for number, line in enumerate((FOLDER / name).read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) != width:
            raise LexiconError(f"{name}:{number}: got {len(cells)} cells, want {width}")
        if number > 1:
            yield tuple(term.strip() for term in cells[0].split(";") if term.strip()), cells[1:]


def _body_part(terms: tuple[str, ...], cells: list[str]) -> BodyPart:
    surgical, imaging, by_modality = cells
    return BodyPart(
        terms,
        tuple(_place(cell) for cell in surgical.split()),
        _place(imaging) if imaging else None,
        tuple((cell[0], _place(cell[2:])) for cell in by_modality.split()),
    )


def _place(cell: str) -> tuple[str, str]:
    system, _, part = cell.partition(":")
    return system, part
