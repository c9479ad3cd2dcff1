"""Official code sets as dated, immutable, content-hashed snapshots; knows nothing of the engine."""

from codesets.errors import CodeSetError
from codesets.types import Code, Note, NoteKind, Release, System

__all__ = ["Code", "CodeSetError", "Note", "NoteKind", "Release", "System"]
