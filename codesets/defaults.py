"""The billable code that a category stands for when nothing more is said.

A title that says "without complications" or "unspecified" is the default of its category (ICD-10-CM conventions,
Guidelines I.A.9.b and I.A.18); an injury that is spoken of is at its initial encounter (I.C.19.a: A), a fracture
not said to be open is closed (I.C.19.c), and a fetus or stage that is not named is 0.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from codesets.types import System

NO_DEFAULT = 0xFFFFFFFF
_SEVENTH_LENGTH = len("S62.109A")
_SEVENTH_DEFAULTS = "A0"
_PLAIN = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (r"without complication", "unspecified"))


class Hierarchy(Protocol):
    """What the choice needs of a release."""

    def index_of(self, code: str) -> int: ...
    def title_at(self, number: int) -> str: ...
    def billable_at(self, number: int) -> bool: ...
    def children(self, code: str) -> tuple[str, ...]: ...


def default_code(code: str, tree: Hierarchy, *, system: System) -> int:
    """Return the number of the billable code a code stands for: its own, a default below it, or NO_DEFAULT."""
    if tree.billable_at(number := tree.index_of(code)):
        return number
    if system is not System.ICD10CM or "-" in code or not code[:1].isalpha():
        return NO_DEFAULT
    child = _default_child(tree.children(code), tree)
    return default_code(child, tree, system=system) if child else NO_DEFAULT


def _default_child(children: Sequence[str], tree: Hierarchy) -> str:
    for last in _SEVENTH_DEFAULTS:
        found = next((code for code in children if len(code) == _SEVENTH_LENGTH and code[-1] == last), "")
        if found:
            return found
    if len(children) == 1:
        return children[0]
    # The residual code ends in 9, else in 0 or A; elsewhere a part is unspecified ("with unspecified complications").
    ranked = [code for last in "90A" for code in children if code[-1] == last]
    for pattern in _PLAIN:
        for code in ranked:
            if pattern.search(tree.title_at(tree.index_of(code))):
                return code
    return ""
