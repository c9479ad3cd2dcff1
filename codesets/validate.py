"""Says of a code whether it may be reported on a day, and if not, what may; the shell and the server share it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from codesets.icd10pcs_tables import AxisFault, Tables
from codesets.types import Code, Release, System

MAX_ALTERNATIVES = 20
_CATEGORY = 3
_LONGEST = 10
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# How codes of each system are written: ICD-10-CM by Guidelines I.A.1-2, ICD-10-PCS without I and O
# (ICD-10-PCS Reference Manual), HCPCS Level II A-V, CPT with its F, T, U, M and A suffixes.
_FORMS = {
    System.ICD10CM: (
        re.compile(r"[A-Z]\d[A-Z0-9](\.[A-Z0-9]{1,4})?"),
        "a letter, a digit, a letter or digit, then up to four more after a dot",
    ),
    System.ICD10PCS: (re.compile(r"[0-9A-HJ-NP-Z]{7}"), "seven letters or digits without I and O"),
    System.HCPCS: (re.compile(r"[A-V]\d{4}"), "a letter A to V and four digits"),
    System.CPT: (re.compile(r"\d{4}[0-9FTUMA]"), "four digits and a digit or letter"),
    System.ICD9CM: (
        re.compile(r"(\d{3}|V\d{2})(\.\d{1,2})?|E\d{3}(\.\d)?|\d{2}\.\d{1,2}"),
        "three digits, V and two, or E and three, then up to two more after a dot",
    ),
    System.ICD11: (re.compile(r"[0-9A-Z]{2,}([&/][0-9A-Z]+)*"), "letters and digits, stems joined by & or /"),
}


class CodeStatus(StrEnum):
    """Whether a code may be reported."""

    VALID = "VALID"
    NOT_BILLABLE = "NOT_BILLABLE"
    DELETED = "DELETED"
    NOT_YET_EFFECTIVE = "NOT_YET_EFFECTIVE"
    UNKNOWN = "UNKNOWN"
    MALFORMED = "MALFORMED"


@dataclass(frozen=True, slots=True)
class CodeTitle:
    """A code with its title."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """The verdict on one code: `asked` as given, `code` as published ("" where no release has it)."""

    asked: str
    code: str
    status: CodeStatus
    message: str
    title: str = ""
    alternatives: tuple[CodeTitle, ...] = ()


class ValidatingSnapshot(Protocol):
    """What the checks need of a release."""

    @property
    def release(self) -> Release: ...
    def find(self, code: str) -> Code: ...
    def index_of(self, code: str) -> int: ...
    def title_at(self, number: int) -> str: ...
    def is_billable(self, code: str) -> bool: ...
    def children(self, code: str) -> tuple[str, ...]: ...
    def codes(self) -> Iterable[str]: ...
    def __hash__(self) -> int: ...


class ValidatingReleases(Protocol):
    """What the checks need of the store."""

    def release(self, system: System, day: date | None = None, /) -> ValidatingSnapshot: ...
    def snapshots(self, system: System, /) -> Sequence[ValidatingSnapshot]: ...


def normalise_code(code: str, system: System) -> str:
    """Write a code as its publisher does: upper case, and ICD-10-CM and ICD-9-CM with the dot that claims leave out."""
    text = code.strip().upper()
    if system is System.ICD10CM:
        return _dotted(text, 3)
    if system is System.ICD9CM:
        return _dotted(text, 4 if text.startswith("E") else 3)
    return text


def is_written_rightly(code: str, system: System) -> bool:
    """Whether a code, normalised, has the form of its system's codes."""
    return _FORMS[system][0].fullmatch(code) is not None


def _dotted(text: str, before: int) -> str:
    return f"{text[:before]}.{text[before:]}" if len(text) > before and text.isalnum() else text


def validate_codes(
    releases: ValidatingReleases, system: System, codes: Sequence[str], day: date | None = None
) -> list[CodeCheck]:
    """Check codes against the release in force on a day (None: the newest), in the order given.

    Raises NoReleaseError.
    """
    snapshot = releases.release(system, day)
    others = [other for other in releases.snapshots(system) if other is not snapshot]
    return [_check(code, snapshot, others, day) for code in codes]


def _check(
    asked: str, snapshot: ValidatingSnapshot, others: Sequence[ValidatingSnapshot], day: date | None
) -> CodeCheck:
    system = snapshot.release.system
    code = normalise_code(asked, system)
    release = snapshot.release
    if snapshot.index_of(code) >= 0:
        return _check_known(asked, code, snapshot, day)
    pattern, form = _FORMS[system]
    if pattern.fullmatch(code) is None:
        message = f"not written as {system.value} codes are: want {form}"
        return CodeCheck(asked, "", CodeStatus.MALFORMED, message, alternatives=near_codes(code, snapshot))
    for other in others:
        if (number := other.index_of(code)) >= 0:
            return _check_elsewhere(asked, code, snapshot, other, other.title_at(number))
    message = f"not a code of {system.value} {release.version} or any loaded release"
    if system is System.ICD10PCS:
        return _check_by_axes(asked, code, snapshot, message)
    return CodeCheck(asked, "", CodeStatus.UNKNOWN, message, alternatives=near_codes(code, snapshot))


def _check_by_axes(asked: str, code: str, snapshot: ValidatingSnapshot, message: str) -> CodeCheck:
    """Say which axis of a code of ICD-10-PCS is wrong; the alternatives differ from it in one axis."""
    fault = pcs_tables(snapshot).check(code)
    assert fault is not None, "a known code came here"
    fit = [code[:axis] + value + code[axis + 1 :] for axis, values in _nearest_first(fault) for value in values]
    named = tuple(_titled(one, snapshot) for one in fit[:MAX_ALTERNATIVES])
    alternatives = named or near_codes(code, snapshot)
    return CodeCheck(asked, "", CodeStatus.UNKNOWN, f"{message}: {fault}", alternatives=alternatives)


def _nearest_first(fault: AxisFault) -> list[tuple[int, tuple[str, ...]]]:
    return sorted(fault.repairs, key=lambda repair: (repair[0] != fault.axis, repair[0]))


@lru_cache(maxsize=4)
def pcs_tables(snapshot: ValidatingSnapshot) -> Tables:
    """Return the tables of a release of ICD-10-PCS, kept once read."""
    return Tables.of(snapshot)


def _check_known(asked: str, code: str, snapshot: ValidatingSnapshot, day: date | None) -> CodeCheck:
    found = snapshot.find(code)
    title = found.title
    version = f"{snapshot.release.system.value} {snapshot.release.version}"
    if day and found.terminated and day > found.terminated:
        message = f"deleted: last in force on {found.terminated.isoformat()}"
        return CodeCheck(asked, code, CodeStatus.DELETED, message, title, near_codes(code, snapshot))
    if day and found.added and day < found.added:
        message = f"in force from {found.added.isoformat()}"
        return CodeCheck(asked, code, CodeStatus.NOT_YET_EFFECTIVE, message, title, near_codes(code, snapshot))
    if snapshot.is_billable(code):
        return CodeCheck(asked, code, CodeStatus.VALID, f"valid in {version}", title)
    below = billable_below(code, snapshot)
    message = f"not billable in {version}: a heading, report a code below it"
    return CodeCheck(asked, code, CodeStatus.NOT_BILLABLE, message, title, below)


def _check_elsewhere(
    asked: str, code: str, snapshot: ValidatingSnapshot, other: ValidatingSnapshot, title: str
) -> CodeCheck:
    here, there = snapshot.release, other.release
    if there.effective_from > here.effective_from:
        message = f"comes with {there.system.value} {there.version}, in force from {there.effective_from.isoformat()}"
        return CodeCheck(asked, code, CodeStatus.NOT_YET_EFFECTIVE, message, title, near_codes(code, snapshot))
    message = f"deleted: in {there.system.value} {there.version}, no more in {here.version}"
    return CodeCheck(asked, code, CodeStatus.DELETED, message, title, near_codes(code, snapshot))


def billable_below(code: str, snapshot: ValidatingSnapshot) -> tuple[CodeTitle, ...]:
    """List the billable codes under a node, in order, at most MAX_ALTERNATIVES."""
    found: list[CodeTitle] = []
    waiting = [code]
    while waiting and len(found) < MAX_ALTERNATIVES:
        node = waiting.pop()
        if snapshot.is_billable(node):
            found.append(_titled(node, snapshot))
        waiting.extend(reversed(snapshot.children(node)))
    return tuple(found)


def near_codes(code: str, snapshot: ValidatingSnapshot) -> tuple[CodeTitle, ...]:
    """List what may be meant by a code that the release lacks: the nearest node above, then codes one slip away."""
    found = dict.fromkeys(_above(code, snapshot))
    flat = code.replace(".", "")
    has_category = snapshot.release.system is not System.ICD10CM or snapshot.index_of(flat[:_CATEGORY]) >= 0
    # Where no code begins so, the slip is in the beginning.
    variants = _one_slip_away(flat, within=len(flat) + 1 if has_category else _CATEGORY)
    for variant in variants if len(code) <= _LONGEST else ():
        written = normalise_code(variant, snapshot.release.system)
        if snapshot.index_of(written) >= 0 and snapshot.is_billable(written):
            found[_titled(written, snapshot)] = None
        if len(found) >= MAX_ALTERNATIVES:
            break
    return tuple(found)[:MAX_ALTERNATIVES]


def _above(code: str, snapshot: ValidatingSnapshot) -> tuple[CodeTitle, ...]:
    flat = code.replace(".", "")[:_LONGEST]
    for length in range(len(flat) - 1, 2, -1):
        node = normalise_code(flat[:length], snapshot.release.system)
        if snapshot.index_of(node) >= 0:
            return billable_below(node, snapshot)[: MAX_ALTERNATIVES // 2]
    return ()


def _one_slip_away(flat: str, *, within: int) -> Iterator[str]:
    """Yield what a code becomes by one slip in its first `within` places: a swap, a character lost, wrong or added."""
    for at in range(min(len(flat) - 1, within)):
        yield flat[:at] + flat[at + 1] + flat[at] + flat[at + 2 :]
    for at in reversed(range(min(len(flat), within))):
        yield flat[:at] + flat[at + 1 :]
        yield from (flat[:at] + character + flat[at + 1 :] for character in _ALPHABET)
    for at in range(min(len(flat) + 1, within)):
        yield from (flat[:at] + character + flat[at:] for character in _ALPHABET)


def _titled(code: str, snapshot: ValidatingSnapshot) -> CodeTitle:
    return CodeTitle(code, snapshot.title_at(snapshot.index_of(code)))
