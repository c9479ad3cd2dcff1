"""Checks what stands on a claim line beyond a plain code: a HCPCS or CPT code with modifiers, a cluster of ICD-11.

Modifiers follow the code after "-", ":", "," or a space: "A4253-NU-KX". Those of HCPCS Level II are checked in the
release of the day, with their own dates; those of CPT (two digits, P1-P6, 1P-8P) only where the user's CPT files have
them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from codesets.errors import NoReleaseError
from codesets.icd11 import parse_cluster
from codesets.types import System
from codesets.validate import CodeCheck, CodeStatus, ValidatingReleases, ValidatingSnapshot, validate_codes

MAX_MODIFIERS = 4  # on a line of the CMS-1500 form and of the 837
_LINE = re.compile(r"([A-Z]\d{4}|\d{4}[0-9A-Z])((?:[-:, ]+[A-Z0-9]{2})+)")
_LEVEL_ONE = re.compile(r"\d\d|P[1-6]|[1-8]P")
_WITH_MODIFIERS = frozenset((System.HCPCS, System.CPT))


def validate_lines(
    releases: ValidatingReleases, system: System, codes: Sequence[str], day: date | None = None
) -> list[CodeCheck]:
    """Check codes, codes with modifiers and clusters against the release in force on a day (None: the newest).

    Raises NoReleaseError.
    """
    return [check for code in codes for check in _validate_line(releases, system, code, day)]


def _validate_line(releases: ValidatingReleases, system: System, asked: str, day: date | None) -> list[CodeCheck]:
    text = asked.strip().upper()
    line = _LINE.fullmatch(text) if system in _WITH_MODIFIERS else None
    if line is not None:
        return [_with_modifiers(releases, system, asked, line, day)]
    if system is System.ICD11 and re.search("[&/]", text):
        return [_cluster(releases, asked, text, day)]
    return validate_codes(releases, system, [asked], day)


def _with_modifiers(
    releases: ValidatingReleases, system: System, asked: str, line: re.Match[str], day: date | None
) -> CodeCheck:
    (check,) = validate_codes(releases, system, [line[1]], day)
    modifiers = re.findall("[A-Z0-9]{2}", line[2])
    written = "-".join((line[1], *modifiers))
    if check.status is not CodeStatus.VALID:
        return replace(check, asked=asked)
    if len(set(modifiers)) < len(modifiers):
        return _fault(check, asked, f"got modifier {_repeated(modifiers)} twice, want it once", CodeStatus.MALFORMED)
    if len(modifiers) > MAX_MODIFIERS:
        fault = f"got {len(modifiers)} modifiers, want at most {MAX_MODIFIERS} on a line"
        return _fault(check, asked, fault, CodeStatus.MALFORMED)
    unchecked: list[str] = []
    for modifier in modifiers:
        found = _modifier(releases, modifier, day)
        if found is None:
            unchecked.append(modifier)
        elif found.status is not CodeStatus.VALID:
            return _fault(check, asked, f"modifier {modifier}: {found.message}", found.status)
    named = ", ".join(unchecked)
    note = f"; {named} not checked: no release of the day is loaded that could have it" if unchecked else ""
    return replace(check, asked=asked, code=written, message=f"{check.message}, with its modifiers{note}")


def _repeated(modifiers: Sequence[str]) -> str:
    return next(modifier for modifier in modifiers if modifiers.count(modifier) > 1)


def _fault(check: CodeCheck, asked: str, message: str, status: CodeStatus) -> CodeCheck:
    return CodeCheck(asked, check.code, status, message, check.title)


def _modifier(releases: ValidatingReleases, modifier: str, day: date | None) -> CodeCheck | None:
    """Check a modifier; None where its release is not loaded, or is of CPT and says nothing of modifiers."""
    is_level_one = _LEVEL_ONE.fullmatch(modifier) is not None
    try:
        snapshot = releases.release(System.CPT if is_level_one else System.HCPCS, day)
    except NoReleaseError:
        return None
    return None if is_level_one and snapshot.index_of(modifier) < 0 else _alone(snapshot, modifier, day)


def _alone(snapshot: ValidatingSnapshot, modifier: str, day: date | None) -> CodeCheck:
    release = f"{snapshot.release.system.value} {snapshot.release.version}"
    if snapshot.index_of(modifier) < 0:
        return CodeCheck(modifier, "", CodeStatus.UNKNOWN, f"not a modifier of {release}")
    found = snapshot.find(modifier)
    last = day or snapshot.release.effective_from
    if found.terminated and last > found.terminated:
        message = f"deleted: last in force on {found.terminated.isoformat()}"
        return CodeCheck(modifier, modifier, CodeStatus.DELETED, message, found.title)
    if day and found.added and day < found.added:
        message = f"in force from {found.added.isoformat()}"
        return CodeCheck(modifier, modifier, CodeStatus.NOT_YET_EFFECTIVE, message, found.title)
    return CodeCheck(modifier, modifier, CodeStatus.VALID, f"valid in {release}", found.title)


def _cluster(releases: ValidatingReleases, asked: str, text: str, day: date | None) -> CodeCheck:
    """Check a cluster: each code is in the release, stems may be coded, and extensions are extension codes."""
    snapshot = releases.release(System.ICD11, day)
    release = f"icd11 {snapshot.release.version}"
    try:
        stems = parse_cluster(text)
    except ValueError as error:
        return CodeCheck(asked, "", CodeStatus.MALFORMED, str(error))
    titles: list[str] = []
    for stem in stems:
        for code, is_extension in ((stem.code, False), *((extension, True) for extension in stem.extensions)):
            fault = _part_fault(snapshot, code, is_extension)
            if fault is not None:
                status, message = fault
                return CodeCheck(asked, "", status, f"cluster: {code}: {message} {release}".rstrip())
            titles.append(snapshot.title_at(snapshot.index_of(code)))
    return CodeCheck(asked, text, CodeStatus.VALID, f"valid cluster in {release}", "; ".join(titles))


def _part_fault(snapshot: ValidatingSnapshot, code: str, is_extension: bool) -> tuple[CodeStatus, str] | None:
    if snapshot.index_of(code) < 0:
        return CodeStatus.UNKNOWN, "not a code of"
    found = snapshot.find(code)
    of_extension = any(attribute.name == "extension" for attribute in found.attributes)
    if is_extension and not of_extension:
        return CodeStatus.MALFORMED, "got a stem code after &, want an extension code of"
    if of_extension and not is_extension:
        return CodeStatus.MALFORMED, "got an extension code first, want a stem code of"
    if not is_extension and not found.billable:
        return CodeStatus.NOT_BILLABLE, "a heading: want a code below it in"
    return None
