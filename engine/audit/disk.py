"""Whether the disk of a log will take more records."""

import os
from pathlib import Path

# With less room than this the next records are about to be refused.
LEAST_FREE_BYTES = 8 * 1024 * 1024


def disk_problem(directory: Path) -> str:
    """Return why a folder will not take more records: no room, read-only, gone; "" if it will."""
    try:
        found = os.statvfs(directory)
    except OSError as error:
        return f"audit directory: {error.strerror or 'cannot be reached'}"
    if found.f_flag & os.ST_RDONLY:
        return "audit directory: on a disk that is read-only"
    is_full = found.f_bavail * found.f_frsize < LEAST_FREE_BYTES
    return f"audit directory: got less than {LEAST_FREE_BYTES} bytes free, want more" if is_full else ""
