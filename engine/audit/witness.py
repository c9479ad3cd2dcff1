"""Checkpoints kept where the log's writer cannot take them back: a folder, on another server as a rule.

    <folder>/<log id>/<size, 18 digits>.checkpoint     signed notes (see `note`), never replaced
    <folder>/<log id>/log.vkey                         the key to check them with

Whoever holds one can show that the log was cut back or rewritten since, by its key alone.
"""

from contextlib import suppress
from pathlib import Path

from engine.audit.durable import create_file
from engine.audit.note import Checkpoint, VerifierKey, parse_checkpoint
from engine.errors import AuditCorruptError, AuditError

SUFFIX = ".checkpoint"


def drop_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Leave a checkpoint in a folder and return its file; one of the same size stays as it is.

    Raises AuditCorruptError if that one has another root: the log was rewritten. Raises OSError.
    """
    place = folder / checkpoint.origin.rpartition("/")[2]
    path = place / f"{checkpoint.size:018}{SUFFIX}"
    place.mkdir(parents=True, exist_ok=True)
    if path.exists():
        seen = parse_checkpoint(path.read_text(encoding="utf-8"))
        if (seen.origin, seen.root) != (checkpoint.origin, checkpoint.root):
            raise AuditCorruptError(f"witness: saw another root at size {checkpoint.size}: the log was rewritten")
        return path
    with suppress(FileNotFoundError):  # another process left the same file meanwhile
        create_file(path, checkpoint.text().encode())
    return path


def drop_key(folder: Path, key: VerifierKey) -> None:
    """Leave the log's key in a folder; one that is there stays as it is. Raises OSError."""
    place = folder / key.origin.rpartition("/")[2]
    place.mkdir(parents=True, exist_ok=True)
    path = place / "log.vkey"
    if not path.exists():
        with suppress(FileNotFoundError):  # another process left it meanwhile
            create_file(path, key.text().encode() + b"\n")


def read_checkpoints(path: Path) -> list[tuple[str, Checkpoint]]:
    """Read the checkpoints of a witness, by name: one file, or a folder with those below it, oldest first.

    Raises AuditError if there are none or a file is none.
    """
    try:
        files = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        found = [(file.name, parse_checkpoint(file.read_text(encoding="utf-8", errors="replace"))) for file in files]
    except OSError as error:
        raise AuditError(f"witness: cannot read: {error.strerror or 'unknown reason'}") from None
    if not found:
        raise AuditError(f"witness: got no file *{SUFFIX} in {path}, want the checkpoints that were exported")
    return found
