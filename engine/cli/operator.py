"""Who sits at the command line, for the audit log."""

import getpass
import os
from functools import cache

from engine.audit.record import Origin


@cache
def operator() -> Origin:
    """Name the user of this process, by number where it has no name."""
    try:
        principal = getpass.getuser()
    except (KeyError, OSError):
        principal = f"uid {os.getuid()}"
    return Origin(principal, role="operator", address="command line")
