"""Reads the official ICD-10-CM tabular list (CDC/NCHS XML) whole, and the yearly changes to it.

Source: `icd10cm-tabular-YYYY.xml`: chapter > section > diag > diag ..., each with its notes; `sevenChrDef` at any
level holds for every code below it that has no nearer one. Codes are expanded by Guidelines I.A.4-5: a code under a
seventh-character definition is billable only with that character, and X fills the places before it.
"""

import csv
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

from codesets.errors import SourceError
from codesets.types import Node, Note, NoteKind, ReleaseSource, System

_NOTE_TAGS = {
    "includes": NoteKind.INCLUDES,
    "inclusionTerm": NoteKind.INCLUSION_TERM,
    "excludes1": NoteKind.EXCLUDES1,
    "excludes2": NoteKind.EXCLUDES2,
    "codeFirst": NoteKind.CODE_FIRST,
    "useAdditionalCode": NoteKind.USE_ADDITIONAL,
    "codeAlso": NoteKind.CODE_ALSO,
    "notes": NoteKind.NOTES,
    "sevenChrNote": NoteKind.NOTES,
}
PACKAGED_TABULAR = "icd10c-tabular-April-1-2026.xml"
# The counts of the packaged edition (DATA.md); a file of that edition that yields others is damaged or misread.
PACKAGED_DIAG_COUNT = 46_881
PACKAGED_BILLABLE_COUNT = 74_719
_CODE = re.compile(r"[A-Z][0-9A-Z]{2}(?:\.[0-9A-Z]{1,4})?")


def dotted(code: str) -> str:
    """Write an ICD-10-CM code with its dot: "E1122" is "E11.22"."""
    bare = code.strip().upper().replace(".", "")
    return bare if len(bare) <= 3 else f"{bare[:3]}.{bare[3:]}"


def fiscal_year(year: int) -> tuple[date, date]:
    """Return the first and last day of a US fiscal year: FY2026 is 2025-10-01 to 2026-09-30."""
    return date(year - 1, 10, 1), date(year, 9, 30)


def packaged_tabular() -> bytes:
    """Read the tabular XML that the `simple-icd-10-cm` package carries; raises SourceError if it is not installed."""
    # Found, not imported: the package reads and indexes its data on import, of which we need nothing.
    spec = find_spec("simple_icd_10_cm")
    if spec is None or not spec.submodule_search_locations:
        raise SourceError("simple-icd-10-cm: not installed; it carries the tabular list")
    return (Path(spec.submodule_search_locations[0]) / "data" / PACKAGED_TABULAR).read_bytes()


def read_tabular(xml: bytes, *, source: str) -> ReleaseSource:
    """Read a tabular XML file into nodes in document order, expanded to all billable codes.

    Raises SourceError on a file that is truncated, of another kind, or has a code twice.
    """
    return read_tabular_root(parse_xml(xml, source), source=source)


def read_tabular_root(root: ET.Element, *, source: str) -> ReleaseSource:
    """Read a parsed tabular XML; raises SourceError as `read_tabular` does."""
    if root.tag != "ICD10CM.tabular":
        raise SourceError(f"{source}: got <{root.tag}>, want <ICD10CM.tabular>")
    year = (root.findtext("version") or "").strip()
    if not re.fullmatch("20[0-9]{2}", year):
        raise SourceError(f"{source}: version: got {year[:20]!r}, want a year")
    try:
        nodes = [node for chapter in root.iter("chapter") for node in _chapter(chapter)]
    except RecursionError:
        raise SourceError(f"{source}: got diagnoses nested without end") from None
    _check_nodes(nodes, source)
    first, last = fiscal_year(int(year))
    return ReleaseSource(System.ICD10CM, year, first, last, source, tuple(nodes))


class _DeclarationError(Exception):
    """The XML declares a document type, and with it perhaps entities that expand without end."""


class _PlainXml(ET.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise _DeclarationError


def parse_xml(xml: bytes, source: str) -> ET.Element:
    """Parse an XML file of the publisher; raises SourceError on one that is truncated or declares entities."""
    try:
        return ET.fromstring(xml, ET.XMLParser(target=_PlainXml()))
    except _DeclarationError:
        raise SourceError(f"{source}: got a document type or entity declaration, want plain XML") from None
    except (ET.ParseError, ValueError, LookupError) as error:
        raise SourceError(
            f"{source}: not well-formed XML ({error}); the file may be truncated, fetch it again"
        ) from None


def _text(element: ET.Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def _chapter(chapter: ET.Element) -> Iterator[Node]:
    number = _text(chapter.find("name"))
    yield Node(number, _text(chapter.find("desc")), "", billable=False, notes=tuple(_notes(chapter)))
    for section in chapter.findall("section"):
        name = section.get("id", "")
        title = re.sub(r"\s*\([^()]*\)$", "", _text(section.find("desc")))
        # A block of one category ("U07" alone) has the category's name: the category then stands for both.
        notes = tuple(_notes(section))
        if "-" in name:
            yield Node(name, title, number, billable=False, notes=notes)
            notes = ()
        for diag in section.findall("diag"):
            yield from _diagnosis(diag, name if "-" in name else number, Sevenths(), section_notes=notes)


def _notes(element: ET.Element) -> Iterator[Note]:
    for child in element:
        kind = _NOTE_TAGS.get(child.tag)
        if kind is not None:
            yield from (Note(kind, _text(note)) for note in child.findall("note"))
        elif child.tag == "sevenChrDef":
            for extension in child.findall("extension"):
                yield Note(NoteKind.SEVENTH_CHARACTER, f"{extension.get('char', '')}={_text(extension)}")


def seventh_characters_of(notes: Iterable[Note]) -> dict[str, str]:
    """Read the seventh characters that a node's own notes define."""
    pairs = (note.text.split("=", 1) for note in notes if note.kind is NoteKind.SEVENTH_CHARACTER)
    return dict(pairs)


@dataclass(frozen=True, slots=True)
class Sevenths:
    """The seventh characters in force below a node, and the (sixth, seventh) pairs that its note bars."""

    meanings: dict[str, str] = field(default_factory=dict)
    barred: frozenset[tuple[str, str]] = frozenset()


# "7th characters D and S do not apply to codes in category S06 with 6th character 7 - death ..., or 8 - death ..."
_BARRED = re.compile(r"7th characters? (?P<sevenths>.+?) do(?:es)? not apply .*? with 6th character (?P<sixths>.+)")


def _barred(notes: Iterable[Note]) -> frozenset[tuple[str, str]]:
    matches = [matched for note in notes if (matched := _BARRED.search(note.text))]
    return frozenset(
        (sixth, seventh)
        for matched in matches
        for sixth in re.findall(r"\b([0-9A-Z]) -", matched["sixths"])
        for seventh in re.findall(r"\b[0-9A-Z]\b", matched["sevenths"])
    )


def _diagnosis(
    diag: ET.Element, parent: str, sevenths: Sevenths, section_notes: tuple[Note, ...] = ()
) -> Iterator[Node]:
    code, title = _text(diag.find("name")), _text(diag.find("desc"))
    notes = section_notes + tuple(_notes(diag))
    own = seventh_characters_of(notes)
    if own:
        sevenths = Sevenths(own, _barred(notes))
    children = diag.findall("diag")
    yield Node(code, title, parent, billable=not children and not sevenths.meanings, notes=notes)
    for child in children:
        yield from _diagnosis(child, code, sevenths)
    if not children:
        yield from expand_seventh(code, title, sevenths)


def expand_seventh(code: str, title: str, sevenths: Sevenths) -> Iterator[Node]:
    """Yield the billable codes that a code without children becomes by its seventh characters."""
    stem = (code if "." in code else code + ".").ljust(7, "X")
    for character, meaning in sevenths.meanings.items():
        if (stem[-1], character) not in sevenths.barred:
            yield Node(stem + character, f"{title}, {meaning}", code, billable=True)


def _check_nodes(nodes: Sequence[Node], source: str) -> None:
    seen: set[str] = set()
    for node in nodes:
        if not node.code or not node.title:
            raise SourceError(f"{source}: got a node without code or title after {len(seen)} nodes")
        if node.code in seen:
            raise SourceError(f"{source}: code {node.code}: got it twice, want it once")
        _check_code(node, source)
        seen.add(node.code)
    if not any(node.billable for node in nodes):
        raise SourceError(f"{source}: got no billable code")


def _check_code(node: Node, source: str) -> None:
    is_heading = "-" in node.code or node.code.isdigit()
    if not is_heading and not _CODE.fullmatch(node.code):
        raise SourceError(f"{source}: got {node.code[:16]!r}, want an ICD-10-CM code")
    if _CODE.fullmatch(node.parent) and not node.code.startswith(node.parent):
        raise SourceError(f"{source}: code {node.code}: got it below {node.parent}, want it below its own beginning")
    for character in seventh_characters_of(node.notes):
        if not re.fullmatch("[0-9A-Z]", character):
            raise SourceError(
                f"{source}: code {node.code}: seventh character: got {character[:8]!r}, want a digit or capital"
            )


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new fiscal year changes: added codes (code, title, billable), new titles, codes no longer billable."""

    added: tuple[tuple[str, str, bool], ...]
    retitled: tuple[tuple[str, str], ...]
    not_billable: tuple[str, ...]


def read_added(text: str, *, source: str) -> tuple[tuple[str, str, bool], ...]:
    """Read the added codes of a year: TSV with columns code, billable, long_title."""
    rows = _tsv(text, ("code", "billable", "long_title"), source)
    for row in rows:
        if row["billable"] not in ("0", "1") or not row["long_title"].strip():
            raise SourceError(f"{source}: code {row['code'][:16]}: want billable 0 or 1, and a title")
    return tuple((_checked(row["code"], source), row["long_title"], row["billable"] == "1") for row in rows)


def read_revised(text: str, *, source: str) -> tuple[tuple[str, str], ...]:
    """Read the revised titles of a year: TSV with columns code, old_long, new_long."""
    rows = _tsv(text, ("code", "old_long", "new_long"), source)
    return tuple((_checked(row["code"], source), row["new_long"]) for row in rows)


def read_not_billable(text: str, *, source: str) -> tuple[str, ...]:
    """Read the codes that are deleted or subdivided in a year: one a line."""
    return tuple(_checked(line, source) for line in text.splitlines() if line.strip())


def _tsv(text: str, columns: tuple[str, ...], source: str) -> list[dict[str, str]]:
    reader = csv.DictReader(StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(reader.fieldnames or ()) != columns:
        raise SourceError(f"{source}: columns: got {reader.fieldnames}, want {', '.join(columns)}")
    rows = list(reader)
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise SourceError(f"{source}: line {number}: got another number of cells than {len(columns)}")
    return rows


def _checked(code: str, source: str) -> str:
    written = dotted(code)
    if not _CODE.fullmatch(written):
        raise SourceError(f"{source}: got {code[:16]!r}, want an ICD-10-CM code")
    return written


def apply_changes(base: ReleaseSource, changes: Changes, *, source: str) -> ReleaseSource:
    """Make the next fiscal year's release from one year's nodes and the changes.

    A code of `not_billable` that gains children becomes a category of them; one that gains none is deleted.
    Raises SourceError if a change names a code that the base does not have.
    """
    nodes = {node.code: node for node in base.nodes}
    for code, title in changes.retitled:
        _want_known(code, nodes, source)
        nodes[code] = replace(nodes[code], title=title)
    first, last = fiscal_year(int(base.version) + 1)
    for code, title, billable in sorted(changes.added):
        known = nodes.get(code)
        if known is None:
            nodes[code] = Node(code, title, _nearest(code, nodes), billable=billable, added=first)
        elif known.billable != billable:
            nodes[code] = replace(known, title=title, billable=billable, added=first)
        else:
            raise SourceError(f"{source}: code {code}: got it as added, but the release it changes has it")
    parents = {node.parent for node in nodes.values()}
    for code in changes.not_billable:
        _want_known(code, nodes, source)
        if code in parents:
            nodes[code] = replace(nodes[code], billable=False)
        else:
            del nodes[code]
    ordered = _in_tree_order(nodes)
    return ReleaseSource(base.system, str(int(base.version) + 1), first, last, source, tuple(ordered))


def _want_known(code: str, nodes: dict[str, Node], source: str) -> None:
    if code not in nodes:
        raise SourceError(f"{source}: code {code}: the release it changes has no such code")


def _nearest(code: str, nodes: dict[str, Node]) -> str:
    for length in range(len(code) - 1, 2, -1):
        stem = code[:length].rstrip(".")
        if stem in nodes:
            return stem
    # A new category joins the block of the category before it.
    before = max((other for other in nodes if len(other) == 3 and other[0].isalpha() and other < code), default="")
    if len(code) != 3 or not before or before[0] != code[0]:
        raise SourceError(f"code {code}: the release it is added to has no category for it")
    return nodes[before].parent


def _in_tree_order(nodes: dict[str, Node]) -> list[Node]:
    children: dict[str, list[str]] = {}
    for node in nodes.values():
        children.setdefault(node.parent, []).append(node.code)
    ordered: list[Node] = []
    stack = list(reversed(children.get("", [])))
    while stack:
        code = stack.pop()
        ordered.append(nodes[code])
        below = children.get(code, [])
        is_coded = bool(below) and "-" not in code and code[:1].isalpha()
        stack.extend(reversed(sorted(below) if is_coded else below))
    return ordered
