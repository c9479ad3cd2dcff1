"""Reads the ICD-10-PCS index from CMS's XML (icd10pcs_index_YYYY.xml).

Elements: `ICD10PCS.index > version, letter > title, mainTerm > (title, code?, codes?, tab?, see*, use*, term level=n
...)`. `code` is a whole code; `codes` and `tab` are the beginnings of codes (a table, or more of it), which may also
stand inside a `see`; `use` names the value that a body part or device is coded to.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from codesets.errors import SourceError
from codesets.icd10pcs import CODE_LENGTH
from codesets.index import IndexEntry, IndexSource
from codesets.types import System

INDEX_ROOT = "ICD10PCS.index"
KIND = "procedure"
_BEGINNING = re.compile("[0-9A-HJ-NP-Z]{1,7}")
_CODES = ("code", "codes", "tab")


def read_procedure_index(root: ET.Element, *, source: str) -> IndexSource:
    """Read a parsed index XML; raises SourceError on one without entries, or with a code that is none."""
    version = (root.findtext("version") or "").strip()
    if not re.fullmatch("20[0-9]{2}", version):
        raise SourceError(f"{source}: version: got {version[:20]!r}, want a year")
    try:
        entries = tuple(entry for main in root.iter("mainTerm") for entry in _entries(main, (), source))
    except RecursionError:
        raise SourceError(f"{source}: got terms nested without end") from None
    if not entries:
        raise SourceError(f"{source}: got no index entry")
    return IndexSource(KIND, version, source, entries, System.ICD10PCS)


def _entries(term: ET.Element, above: tuple[str, ...], source: str) -> Iterator[IndexEntry]:
    path = (*above, _own_text(term.find("title")))
    for tag in _CODES:
        for element in term.findall(tag):
            yield IndexEntry(path, (), _beginning(element, source))
    for see in term.findall("see"):
        inner = [_beginning(element, source) for tag in _CODES for element in see.findall(tag)]
        yield from (IndexEntry(path, (), code, see=_own_text(see)) for code in inner or [""])
    for use in term.findall("use"):
        yield IndexEntry(path, (), "", use=" ".join("".join(use.itertext()).split()))
    for child in term.findall("term"):
        yield from _entries(child, path, source)


def _beginning(element: ET.Element, source: str) -> str:
    """Return a code, or its beginning with a "-" that says that more follows."""
    text = (element.text or "").strip()
    if not _BEGINNING.fullmatch(text):
        raise SourceError(f"{source}: <{element.tag}>: got {text[:16]!r}, want an ICD-10-PCS code or its beginning")
    return text if len(text) == CODE_LENGTH else f"{text}-"


def _own_text(element: ET.Element | None) -> str:
    """Return the text of an element without that of the codes inside it."""
    if element is None:
        return ""
    parts = [element.text or "", *(child.tail or "" for child in element)]
    return " ".join("".join(parts).split())
