"""File operations that survive a power cut once they return."""

import os
from pathlib import Path


def create_file(path: Path, content: bytes) -> None:
    """Create a file of mode 0600, whole or not at all: written beside, synced, renamed; an older one is replaced."""
    unfinished = path.with_name(f"{path.name}.new")
    fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        write_all(fd, content)
        os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(unfinished, path)
    sync_directory(path.parent)


def write_all(fd: int, content: bytes) -> None:
    """Write every byte, however many calls it takes; does not sync."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(fd, rest) :]


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
