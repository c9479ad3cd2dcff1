"""Records that are made without running Python."""

from typing import TypeVar

Kind = TypeVar("Kind", bound=type)

def made_quickly(kind: Kind) -> Kind:
    """Let a dataclass with slots be called without its `__init__`, where values are given by position.

    Everything else about it stays. Raises TypeError on a class that has a `__post_init__`, a field without a slot, or
    one that is not given by position.
    """
