"""What the Medicare Code Editor notes of a claim's codes on its day, shared by the edits that rest on it."""

import re

from codesets.edit_table import EditKind
from codesets.mce import find_flags
from codesets.snapshot import Snapshot
from codesets.types import NoteKind
from engine.edits.base import Sheet, label

# MCE flags, as its tables write them.
ADULT, MATERNITY, NEWBORN, PEDIATRIC = "adult", "maternity", "newborn", "pediatric"
FEMALE, MALE = "female", "male"
MANIFESTATION, UNACCEPTABLE, EXTERNAL_CAUSE = "manifestation", "unacceptable", "ecodepdx"
NEEDS_SECONDARY, QUESTIONABLE, WRONG_PROCEDURE, UNSPECIFIED = "reqsdx", "qadm", "wrngproc", "unspecified"
_NOTHING: frozenset[str] = frozenset()
_ELSEWHERE = re.compile(
    r"\b(in|due to) (other )?([a-z-]+ )*(diseases|conditions) classified elsewhere"
    r"|^diabetes mellitus due to underlying condition"
)


def diagnosis_flags(sheet: Sheet) -> tuple[list[frozenset[str]], str]:
    """Return the flags of each diagnosis, and the table's release; none and "" where no table answers for the day."""
    return _flags(sheet, EditKind.MCE_DIAGNOSES, sheet.diagnoses)


def procedure_flags(sheet: Sheet) -> tuple[list[frozenset[str]], str]:
    """Return the flags of each procedure, and the table's release."""
    return _flags(sheet, EditKind.MCE_PROCEDURES, sheet.procedures)


def _flags(sheet: Sheet, kind: EditKind, codes: tuple[str, ...]) -> tuple[list[frozenset[str]], str]:
    release = sheet.table(kind) if codes else None
    if release is None:
        return [_NOTHING] * len(codes), ""
    return [find_flags(release, code, sheet.day).flags for code in codes], label(release)


def is_external_cause(code: str) -> bool:
    """Whether a code says an external cause of morbidity: chapter 20, V00 to Y99 (Guidelines I.C.20)."""
    return "V00" <= code[:3] <= "Y99"


def is_manifestation(snapshot: Snapshot | None, code: str) -> bool:
    """Whether the tabular list marks a code as a manifestation: by its title and a code-first note (I.A.13)."""
    if snapshot is None or snapshot.index_of(code) < 0:
        return False
    if not _ELSEWHERE.search(snapshot.title(code).lower()):
        return False
    return any(snapshot.notes(above, NoteKind.CODE_FIRST) for above in snapshot.ancestors(code))
