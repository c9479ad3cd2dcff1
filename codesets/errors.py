"""Errors of the code-set layer.

CodeSetError
├── SourceError            a publisher's file is not what it claims: fetch it again or name the right one
├── SnapshotError          a snapshot on disk cannot be used: rebuild it
├── UnknownSystemError     no such code system
├── UnknownCodeError       the release has no such code
├── NoReleaseError         no loaded release covers the date
├── CrosswalkError         no crosswalk between the two systems is loaded: import one
└── LexiconError           our own lexicon contradicts itself or the release

The class says what the caller can do, the message names field, got and want, `REASON` never changes.
"""


class CodeSetError(Exception):
    """Base of every error raised by `codesets`."""

    REASON = "CODESET_ERROR"


class SourceError(CodeSetError):
    """A source file is truncated, of another kind, or fails its counts."""

    REASON = "SOURCE_FILE_INVALID"


class SnapshotError(CodeSetError):
    """A snapshot file is truncated, altered, or of another format version."""

    REASON = "SNAPSHOT_INVALID"


class UnknownSystemError(CodeSetError):
    """The name is not a code system we know."""

    REASON = "CODE_SYSTEM_UNKNOWN"


class UnknownCodeError(CodeSetError):
    """The release does not contain the code."""

    REASON = "CODE_UNKNOWN"


class NoReleaseError(CodeSetError):
    """No loaded release of the system is in force on the date."""

    REASON = "NO_RELEASE_FOR_DATE"


class CrosswalkError(CodeSetError):
    """No crosswalk between the two systems is loaded."""

    REASON = "CROSSWALK_NOT_LOADED"


class LexiconError(CodeSetError):
    """A lexicon file has a malformed row, an unknown code or an unexplained double meaning."""

    REASON = "LEXICON_INVALID"
