"""Carries codes from one release of a system to another; crosswalks between systems come with their own import."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from codesets.errors import CrosswalkError
from codesets.types import System
from codesets.validate import CodeTitle, ValidatingSnapshot, billable_below, normalise_code


class TranslationKind(StrEnum):
    """What became of a code."""

    UNCHANGED = "UNCHANGED"
    RETITLED = "RETITLED"
    SUBDIVIDED = "SUBDIVIDED"
    DELETED = "DELETED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Translation:
    """What became of one code; `targets` are the codes to use now. UNKNOWN: the source release lacks the code."""

    asked: str
    kind: TranslationKind
    targets: tuple[CodeTitle, ...] = ()


class TranslatingReleases(Protocol):
    """What the translation needs of the store."""

    def release(self, system: System, day: date | None = None, /) -> ValidatingSnapshot: ...
    def snapshots(self, system: System, /) -> Sequence[ValidatingSnapshot]: ...


def choose_releases(
    releases: TranslatingReleases,
    source: System,
    target: System,
    *,
    source_day: date | None = None,
    target_day: date | None = None,
) -> tuple[ValidatingSnapshot, ValidatingSnapshot]:
    """Return the source release (no day: the oldest) and the target release (no day: the newest).

    Raises NoReleaseError, or CrosswalkError where the systems differ.
    """
    if source is not target:
        raise CrosswalkError(
            f"target_system: got {target.value} from {source.value}, want the same system: no crosswalk is loaded; "
            "it will come with `chartcoder codesets import` of the CMS General Equivalence Mappings"
        )
    loaded = releases.snapshots(source)
    before = loaded[-1] if source_day is None and loaded else releases.release(source, source_day)
    return before, releases.release(target, target_day)


def translate_codes(before: ValidatingSnapshot, after: ValidatingSnapshot, codes: Sequence[str]) -> list[Translation]:
    """Say what became of each code of release `before` in release `after`, in the order given."""
    return [_translate(before, after, code) for code in codes]


def _translate(before: ValidatingSnapshot, after: ValidatingSnapshot, asked: str) -> Translation:
    code = normalise_code(asked, before.release.system)
    was, now = before.index_of(code), after.index_of(code)
    if was < 0:
        return Translation(asked, TranslationKind.UNKNOWN)
    if now < 0:
        return Translation(asked, TranslationKind.DELETED, _left_above(code, after))
    if before.is_billable(code) and not after.is_billable(code):
        return Translation(asked, TranslationKind.SUBDIVIDED, billable_below(code, after))
    title = after.title_at(now)
    kind = TranslationKind.UNCHANGED if title == before.title_at(was) else TranslationKind.RETITLED
    return Translation(asked, kind, (CodeTitle(code, title),))


def _left_above(code: str, after: ValidatingSnapshot) -> tuple[CodeTitle, ...]:
    for length in range(len(code) - 1, 2, -1):
        number = after.index_of(above := code[:length].rstrip("."))
        if number >= 0:
            return (CodeTitle(above, after.title_at(number)),)
    return ()
