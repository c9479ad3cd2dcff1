"""Records of the code-set layer: systems, releases, codes and their notes."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class System(StrEnum):
    """A code system, by its name in the API."""

    ICD10CM = "icd10cm"
    ICD10PCS = "icd10pcs"
    HCPCS = "hcpcs"
    CPT = "cpt"
    ICD11 = "icd11"
    ICD9CM = "icd9cm"
    # Only ever a side of a crosswalk: WHO's ICD-10, and SNOMED CT.
    ICD10 = "icd10"
    SNOMEDCT = "snomedct"


# Systems whose last release is no longer reported: ICD-9-CM since 2015-10-01 (45 CFR 162.1002).
ENDED = frozenset((System.ICD9CM,))


class NoteKind(StrEnum):
    """The kinds of instructional note in the ICD-10-CM tabular list, and what other publishers say of a code."""

    INCLUSION_TERM = "inclusion_term"
    INCLUDES = "includes"
    EXCLUDES1 = "excludes1"
    EXCLUDES2 = "excludes2"
    CODE_FIRST = "code_first"
    USE_ADDITIONAL = "use_additional"
    CODE_ALSO = "code_also"
    NOTES = "notes"
    SEVENTH_CHARACTER = "seventh_character"
    # Not an instruction: name, value and meaning, with tabs between; a Code has it as an Attribute.
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Note:
    """One note, as printed, on the node that carries it."""

    kind: NoteKind
    text: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a publisher's file says of a code besides its title: coverage "D", "special coverage instructions apply".

    `meaning` is "" where the file's layout does not say.
    """

    name: str
    value: str
    meaning: str = ""

    def as_note(self) -> Note:
        """Return it as a reader gives it to a snapshot."""
        return Note(NoteKind.ATTRIBUTE, f"{self.name}\t{self.value}\t{self.meaning}")


@dataclass(frozen=True, slots=True)
class Axis:
    """One character of an ICD-10-PCS code: its place (from 1), what the axis is called, and what the value means.

    `label`, `definition`, `explanation` and `includes` (what the keys file under the value) are empty where no
    tables or definitions are imported.
    """

    position: int
    name: str
    value: str
    label: str = ""
    definition: str = ""
    explanation: str = ""
    includes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """One dated, immutable edition of one code system.

    `effective_to` is the last day in force, or None while no successor is known. `content_hash` is
    the SHA-256 (hex) of the snapshot's content.
    """

    system: System
    version: str
    effective_from: date
    effective_to: date | None
    content_hash: str
    source: str
    code_count: int
    billable_count: int


@dataclass(frozen=True, slots=True)
class Node:
    """One node as a reader gives it: what the publisher's file says of one chapter, block, category or code."""

    code: str
    title: str
    parent: str
    billable: bool
    notes: tuple[Note, ...] = ()
    short_title: str = ""
    added: date | None = None
    terminated: date | None = None


@dataclass(frozen=True, slots=True)
class ReleaseSource:
    """A whole release as read from its files, in document order, before it becomes a snapshot."""

    system: System
    version: str
    effective_from: date
    effective_to: date | None
    source: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """One node of a release: chapter, section, category or code.

    `code` is written as published (ICD-10-CM with its dot). `parent` is "" at the top. `added` and
    `terminated` are None where the source gives no date. `axes` are those of ICD-10-PCS, by `Releases.find`.
    """

    system: System
    code: str
    title: str
    billable: bool
    parent: str = ""
    children: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    short_title: str = ""
    added: date | None = None
    terminated: date | None = None
    attributes: tuple[Attribute, ...] = ()
    axes: tuple[Axis, ...] = ()
