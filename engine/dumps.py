"""No core files: memory that holds charts is not written to a disk when the process crashes."""

import contextlib

# Linux gives up a dump under this limit whether it goes to a file or to a program (core(5): a limit of 0 does not
# stop a dump that is piped, as to systemd-coredump or apport).
_LIMIT_BYTES = 1


def forbid_core_files() -> None:
    """Let this process, and those it starts, leave no core file; does nothing where the system has no such limit."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    most = _LIMIT_BYTES if hard == resource.RLIM_INFINITY else min(_LIMIT_BYTES, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))
