"""Knows a publisher's file by its content, and reads it with the reader of its kind."""

import re
from collections.abc import Callable
from typing import Protocol

from codesets import conversion, cpt, gems, hcpcs, icd9cm, icd10cm, icd10pcs, icd11, icd11_maps, snomed_map
from codesets import icd10pcs_reference as reference
from codesets.crosswalk import CrosswalkSource
from codesets.errors import SourceError
from codesets.icd10pcs_index import INDEX_ROOT, read_procedure_index
from codesets.index import IndexSource, read_index
from codesets.source_file import Given
from codesets.types import ReleaseSource

Read = (
    ReleaseSource
    | IndexSource
    | CrosswalkSource
    | icd11_maps.Equivalents
    | icd9cm.TitleList
    | cpt.Descriptors
    | reference.ReferenceSource
)
_ROOT_WITHIN = 65_536
_ROOTS = re.compile(rb"<(?:ICD10CM\.(?:tabular|index)|ICD10PCS\.(?:tabular|index|definitions))\b")
_WANTED = (
    "want, as downloaded: ICD-10-CM tabular or index XML or its yearly changes (CDC/NCHS); ICD-10-PCS order file, "
    "tables, index or definitions XML, HCPCS ANWEB text, ICD-9-CM titles or General Equivalence Mappings (CMS); "
    "conversion tables; CPT data files (AMA); ICD-11 simple tabulation or ICD-10 map (WHO); SNOMED CT map (RF2)"
)


class _Reader(Protocol):
    def __call__(self, text: str, *, name: str) -> Read: ...


# Whether a text is of a kind, and its reader. The first that knows a text reads it: those whose lines could be taken
# for another's stand later.
_TEXTS: tuple[tuple[Callable[[str], bool], _Reader], ...] = (
    (gems.looks_like, gems.read_gem),  # its lines begin as those of a list of codes do
    (icd10pcs.looks_like, icd10pcs.read_codes),
    (snomed_map.looks_like, snomed_map.read_extended_map),
    (icd11.looks_like, icd11.read_tabulation),
    (icd11_maps.looks_like, icd11_maps.read_map),
    (conversion.looks_like, conversion.read_conversion),
    (hcpcs.looks_like, hcpcs.read_anweb),
    (icd9cm.looks_like, icd9cm.read_titles),
)
_TEXT_SUFFIXES = (".txt", ".tsv", ".csv")


def is_known(given: Given) -> bool:
    """Whether a member of a zip is a file of a known kind; the publishers' zips also hold schemas, PDFs and notes."""
    if b"\0" in given.data:
        return False
    if _ROOTS.search(given.data[:_ROOT_WITHIN]):
        return True
    return given.name.lower().endswith(_TEXT_SUFFIXES) and _reader(given, given.text()) is not None


def read(given: Given) -> Read:
    """Read a file; raises SourceError on one that is of no known kind, or that its reader refuses."""
    if given.data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        return _read_xml(given)
    text = given.text()
    reader = _reader(given, text)
    if reader is None:
        raise SourceError(f"{given.name}: not a code-set file we know; {_WANTED}")
    return reader(text, name=given.name)


def _reader(given: Given, text: str) -> _Reader | None:
    # CMS's own files name the AMA too, so a file of CPT is known by its name or notice and its rows together.
    if cpt.looks_like(text, name=given.name) and not hcpcs.looks_like(text):
        return cpt.read_descriptors
    return next((reader for looks_like, reader in _TEXTS if looks_like(text)), None)


def _read_xml(given: Given) -> Read:
    root = icd10cm.parse_xml(given.data, given.name)
    match root.tag:
        case "ICD10CM.tabular":
            return icd10cm.read_tabular_root(root, source=given.name)
        case "ICD10CM.index":
            return read_index(root, source=given.name)
        case reference.TABLES_ROOT:
            return reference.read_tables(root, source=given.name)
        case reference.DEFINITIONS_ROOT:
            return reference.read_definitions(root, source=given.name)
        case tag if tag == INDEX_ROOT:
            return read_procedure_index(root, source=given.name)
    got = root.tag.rpartition("}")[2][:40]
    raise SourceError(f"{given.name}: got <{got}>, want <ICD10CM.tabular> or <ICD10CM.index>, or one of ICD10PCS")
