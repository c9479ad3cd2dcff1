"""Reads ICD-11 for Mortality and Morbidity Statistics from WHO's simple tabulation, and takes clusters apart.

Source: WHO, "SimpleTabulation-ICD-11-MMS-en.txt": tab-separated, quoted, UTF-8 with a byte order mark; one line an
entity in document order, its depth in the dashes before its title; chapters and blocks bear no code, and some blocks no
identifier. WHO, "ICD-11 Reference Guide" 2.10: in a cluster "/" joins stem codes and "&" a stem code's extension codes,
which are those of chapter X and never stand alone. What is read is the user's own download (CC BY-ND 3.0 IGO).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from codesets.errors import SourceError
from codesets.tab_rows import read_rows, want_columns
from codesets.types import Attribute, Node, ReleaseSource, System

EXTENSION_CHAPTER = "X"
_COLUMNS = ("Foundation URI", "Linearization URI", "Code", "BlockId", "Title", "ClassKind", "DepthInKind", "IsResidual")
_EDITION = re.compile(r"Version:\s*(\d{4}) (\w{3})")
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_CODE = re.compile(r"[0-9A-Z]{4}(?:\.[0-9A-Z]{1,2})?|X[A-Z][0-9A-Z]{2,5}(?:\.[0-9A-Z]{1,2})?")
_DASHES = re.compile(r"^((?:- )*)(.*)$")
_MOST_PARTS = 32


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem code of a cluster, with its extension codes in order."""

    code: str
    extensions: tuple[str, ...] = ()


def looks_like(text: str) -> bool:
    """Whether a text is a simple tabulation: its first line is the header."""
    return tuple(text[:400].lstrip("\ufeff").split("\n", 1)[0].split("\t")[: len(_COLUMNS)]) == _COLUMNS


def read_tabulation(text: str, *, name: str) -> ReleaseSource:
    """Read a simple tabulation into nodes in document order.

    Raises SourceError on a header without its edition, a row cut short, a code twice, or a title out of its depth.
    """
    header, _, body = text.lstrip("\ufeff").partition("\n")
    edition = _EDITION.search(header)
    if edition is None or edition[2] not in _MONTHS:
        raise SourceError(f"{name}: got a header without its edition, want Version:2024 Jan ... at its end")
    nodes: dict[str, Node] = {}
    for node in _nodes(header.rstrip("\r").split("\t"), body, name):
        if node.code in nodes:
            raise SourceError(f"{name}: code {node.code}: got it twice, want it once")
        nodes[node.code] = node
    if not any(node.billable for node in nodes.values()):
        raise SourceError(f"{name}: got no category that may be coded")
    first = date(int(edition[1]), _MONTHS[edition[2]], 1)
    return ReleaseSource(System.ICD11, f"{first:%Y-%m}", first, None, name, tuple(nodes.values()))


def _nodes(columns: Sequence[str], body: str, name: str) -> Iterator[Node]:
    want_columns(columns, (*_COLUMNS, "ChapterNo", "isLeaf"), source=name)
    place = {column: number for number, column in enumerate(columns)}
    above: list[str] = []
    for number, cells in enumerate(read_rows(body, source=name), 2):
        where = f"{name} line {number}"
        if len(cells) < len(columns) - 1:
            raise SourceError(f"{where}: got {len(cells)} cells, want {len(columns)}; fetch the file again")
        row = {column: cells[at] for column, at in place.items() if at < len(cells)}
        found = _DASHES.match(row["Title"])
        depth = len(found[1]) // len("- ") if found else 0
        if found is None or not found[2].strip() or depth > len(above):
            raise SourceError(f"{where}: title: got {row['Title'][:24]!r}, want one at most a level below the last")
        node = _node(row, found[2].strip(), above[depth - 1] if depth else "", where)
        yield node
        above[depth:] = [node.code]


def _node(row: dict[str, str], title: str, parent: str, where: str) -> Node:
    kind, code = row["ClassKind"], row["Code"]
    if kind == "category":
        if not _CODE.fullmatch(code):
            raise SourceError(f"{where}: code: got {code[:16]!r}, want an ICD-11 code")
    elif kind == "chapter":
        code = row["ChapterNo"]
    elif kind == "block":
        code = row["BlockId"] or f"Block-{row['Linearization URI'].rpartition('/')[2]}"
    else:
        raise SourceError(f"{where}: ClassKind: got {kind[:16]!r}, want chapter, block or category")
    is_extension = row["ChapterNo"] == EXTENSION_CHAPTER
    notes = [Attribute("uri", row["Linearization URI"]).as_note()]
    if is_extension and kind == "category":
        notes.append(Attribute("extension", "yes", "an extension code, joined to a stem code by &").as_note())
    is_coded = kind == "category" and row["isLeaf"] == "True" and not is_extension
    return Node(code, title, parent, billable=is_coded, notes=tuple(notes))


def is_cluster(code: str) -> bool:
    """Whether a code is written as a cluster."""
    return "&" in code or "/" in code


def parse_cluster(text: str) -> tuple[Stem, ...]:
    """Take a cluster apart: `1A09.Y/FA11.Y&XK8G` is two stem codes, the second with an extension code.

    Raises ValueError on an empty part, one that is no ICD-11 code, or more than 32 parts.
    """
    stems: list[Stem] = []
    parts = re.split("[&/]", text.strip().upper())
    if len(parts) > _MOST_PARTS:
        raise ValueError(f"cluster: got {len(parts)} parts, want at most {_MOST_PARTS}")
    for part in parts:
        if not _CODE.fullmatch(part):
            raise ValueError(f"cluster: got part {part[:16]!r}, want an ICD-11 code")
    for written in text.strip().upper().split("/"):
        stem, *extensions = written.split("&")
        stems.append(Stem(stem, tuple(extensions)))
    return tuple(stems)
