"""The canonical form of audit records, checked natively (see _canonical.hpp)."""

def is_canonical(record: bytes, begin: int, end: int) -> bool:
    """Whether bytes `begin` to `end` are surely a canonical JSON object; False may also mean: not decided."""
