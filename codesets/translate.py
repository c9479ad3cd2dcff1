"""Carries codes to another release of their system, or by a crosswalk to another system."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from codesets.crosswalk import Crosswalk, MapKind, MapRelease, MapRow, Relationship
from codesets.errors import CrosswalkError
from codesets.icd11 import is_cluster, parse_cluster
from codesets.map_rules import PatientFacts
from codesets.mapping import MapOption, make_options
from codesets.types import Release, System
from codesets.validate import CodeTitle, ValidatingSnapshot, billable_below
from codesets.written import icd9_procedure, normalise_code

_NO_FACTS = PatientFacts()
_DELETED = "deleted"
_MOST_STEPS = 12  # of a code that was replaced again and again


class TranslationKind(StrEnum):
    """What became of a code, or what a map says of it."""

    UNCHANGED = "UNCHANGED"
    RETITLED = "RETITLED"
    SUBDIVIDED = "SUBDIVIDED"
    DELETED = "DELETED"
    UNKNOWN = "UNKNOWN"
    MAPPED = "MAPPED"
    NO_MAP = "NO_MAP"
    UNMAPPED = "UNMAPPED"


@dataclass(frozen=True, slots=True)
class Translation:
    """What became of one code; `targets` are the codes to use now, `options` what a map says.

    UNKNOWN: the source release lacks the code. NO_MAP: the map says that there is none. UNMAPPED: the map is silent.
    """

    asked: str
    kind: TranslationKind
    targets: tuple[CodeTitle, ...] = ()
    options: tuple[MapOption, ...] = ()


@dataclass(frozen=True, slots=True)
class Translated:
    """Translations in the order asked, with the releases and maps that they were made with."""

    translations: tuple[Translation, ...]
    releases: tuple[Release, ...]
    maps: tuple[MapRelease, ...]


class TranslatingReleases(Protocol):
    """What the translation needs of the store."""

    @property
    def crosswalks(self) -> Sequence[Crosswalk]: ...
    def release(self, system: System, day: date | None = None, /) -> ValidatingSnapshot: ...
    def snapshots(self, system: System, /) -> Sequence[ValidatingSnapshot]: ...


def translate(
    releases: TranslatingReleases,
    codes: Sequence[str],
    *,
    source: System,
    target: System,
    source_day: date | None = None,
    target_day: date | None = None,
    facts: PatientFacts = _NO_FACTS,
) -> Translated:
    """Translate codes from a system (in force on `source_day`) to another, or to another release of their own.

    Without days, a system's own history runs from its oldest release to its newest, and a map's targets are checked
    against the newest release, if one is loaded. Raises NoReleaseError, or CrosswalkError without a map.
    """
    if source is target:
        return _along(releases, codes, system=source, source_day=source_day, target_day=target_day)
    crosswalk, via = _crosswalk(releases.crosswalks, source, target)
    loaded = [releases.release(source, source_day)] if source_day else list(releases.snapshots(source))
    after = releases.release(target, target_day) if target_day or releases.snapshots(target) else None
    made = tuple(_map_code(code, crosswalk, via, loaded, after, source, target, facts) for code in codes)
    used = tuple(snapshot.release for snapshot in (*loaded[:1], *([after] if after else ())))
    return Translated(made, used, (crosswalk.release,))


def _crosswalk(crosswalks: Sequence[Crosswalk], source: System, target: System) -> tuple[Crosswalk, bool]:
    """Return the newest map between two systems, and whether ICD-10-CM is carried by WHO's map of ICD-10."""
    for is_via, pair in ((False, (source, target)), (True, (_who(source), _who(target)))):
        for crosswalk in crosswalks:
            release = crosswalk.release
            if (release.source_system, release.target_system) == pair and release.kind is not MapKind.CONVERSION:
                return crosswalk, is_via
    raise CrosswalkError(
        f"target_system: got {target.value} from {source.value}, want two systems with a loaded crosswalk "
        f"({_pairs(crosswalks) or 'none is loaded'}); import the publisher's map with `chartcoder codesets import`: "
        "the CMS General Equivalence Mappings (ICD-9-CM), WHO's mapping tables (ICD-11), the Extended Map (SNOMED CT)"
    )


def _who(system: System) -> System:
    return System.ICD10 if system is System.ICD10CM else system


def _pairs(crosswalks: Sequence[Crosswalk]) -> str:
    named = (one.release for one in crosswalks if one.release.kind is not MapKind.CONVERSION)
    return ", ".join(
        dict.fromkeys(f"{release.source_system.value} to {release.target_system.value}" for release in named)
    )


def _map_code(
    asked: str,
    crosswalk: Crosswalk,
    is_via: bool,
    before: Sequence[ValidatingSnapshot],
    after: ValidatingSnapshot | None,
    source: System,
    target: System,
    facts: PatientFacts,
) -> Translation:
    code = normalise_code(asked, source)
    rows = crosswalk.rows(code)
    if not rows and source is System.ICD9CM and target is System.ICD10PCS:
        code = icd9_procedure(asked)
        rows = crosswalk.rows(code)
    if is_via:
        rows = _via_icd10(code, crosswalk)
    if not rows and source is System.ICD11 and is_cluster(code):
        return _map_cluster(asked, code, crosswalk, after)
    if not rows:
        is_known = not before or any(snapshot.index_of(code) >= 0 for snapshot in before)
        return Translation(asked, TranslationKind.UNMAPPED if is_known else TranslationKind.UNKNOWN)
    options = tuple(make_options(rows, crosswalk.release.kind, after, facts))
    return Translation(asked, TranslationKind.MAPPED if options else TranslationKind.NO_MAP, options=options)


def _map_cluster(asked: str, code: str, crosswalk: Crosswalk, after: ValidatingSnapshot | None) -> Translation:
    """Map a cluster of ICD-11 by its stem codes, each of which has a code of its own; extension codes have none."""
    try:
        stems = parse_cluster(code)
    except ValueError:
        return Translation(asked, TranslationKind.UNKNOWN)
    kind = crosswalk.release.kind
    found = [make_options(crosswalk.rows(stem.code), kind, after, _NO_FACTS) for stem in stems]
    if not all(found):
        return Translation(asked, TranslationKind.UNMAPPED)
    parts = tuple(options[0].parts[0] for options in found)
    lost = any(stem.extensions for stem in stems)
    advice = ("the extension codes of the cluster are not carried over",) if lost else ()
    option = MapOption(Relationship.SOURCE_IS_NARROWER if lost else Relationship.RELATED_TO, parts, advice=advice)
    return Translation(asked, TranslationKind.MAPPED, options=(option,))


def _via_icd10(code: str, crosswalk: Crosswalk) -> list[MapRow]:
    """Return the rows of the nearest ICD-10 code at or above a code of ICD-10-CM, which is a finer classification."""
    for length in range(len(code), 2, -1):
        above = code[:length].rstrip(".")
        rows = crosswalk.rows(above)
        if rows:
            related = Relationship.SOURCE_IS_NARROWER if above != code else Relationship.RELATED_TO
            is_icd10 = crosswalk.release.source_system is System.ICD10
            advice = f"by way of ICD-10 {above}" if is_icd10 else "a code of ICD-10, which ICD-10-CM divides further"
            return [MapRow(row.target, related, row.group, row.order, row.title, row.rule, advice) for row in rows]
        if crosswalk.release.source_system is not System.ICD10:
            return []
    return []


def choose_releases(
    releases: TranslatingReleases,
    system: System,
    *,
    source_day: date | None = None,
    target_day: date | None = None,
) -> tuple[ValidatingSnapshot, ValidatingSnapshot]:
    """Return the source release (no day: the oldest) and the target release (no day: the newest) of a system.

    Raises NoReleaseError.
    """
    loaded = releases.snapshots(system)
    before = loaded[-1] if source_day is None and loaded else releases.release(system, source_day)
    return before, releases.release(system, target_day)


def _along(
    releases: TranslatingReleases,
    codes: Sequence[str],
    *,
    system: System,
    source_day: date | None,
    target_day: date | None,
) -> Translated:
    before, after = choose_releases(releases, system, source_day=source_day, target_day=target_day)
    table = next(
        (
            one
            for one in releases.crosswalks
            if one.release.kind is MapKind.CONVERSION and one.release.source_system is system
        ),
        None,
    )
    made = tuple(_became(before, after, code, table) for code in codes)
    is_used = table is not None and any(translation.options for translation in made)
    return Translated(made, (before.release, after.release), (table.release,) if table and is_used else ())


def translate_codes(before: ValidatingSnapshot, after: ValidatingSnapshot, codes: Sequence[str]) -> list[Translation]:
    """Say what became of each code of release `before` in release `after`, in the order given."""
    return [_became(before, after, code, None) for code in codes]


def _became(before: ValidatingSnapshot, after: ValidatingSnapshot, asked: str, table: Crosswalk | None) -> Translation:
    code = normalise_code(asked, before.release.system)
    was, now = before.index_of(code), after.index_of(code)
    if was < 0:
        # A code older than every loaded release may still be in the conversion table.
        older = _replaced(code, 0, after, table) if table and now < 0 else ()
        kind = TranslationKind.DELETED if older else TranslationKind.UNKNOWN
        return Translation(asked, kind, _plain(older), older)
    replaced = _replaced(code, int(before.release.version), after, table) if table else ()
    if now < 0:
        targets = _plain(replaced) or _left_above(code, after)
        return Translation(asked, TranslationKind.DELETED, targets, replaced)
    if before.is_billable(code) and not after.is_billable(code):
        return Translation(asked, TranslationKind.SUBDIVIDED, billable_below(code, after), replaced)
    title = after.title_at(now)
    kind = TranslationKind.UNCHANGED if title == before.title_at(was) else TranslationKind.RETITLED
    return Translation(asked, kind, (CodeTitle(code, title),))


def _replaced(code: str, first: int, after: ValidatingSnapshot, table: Crosswalk) -> tuple[MapOption, ...]:
    """Follow the conversion table from a fiscal year to a release, until codes of that are reached."""
    last = int(after.release.version)
    reached: dict[str, MapRow] = {}
    waiting, steps = [code], 0
    while waiting and steps < _MOST_STEPS:
        steps += 1
        rows = [row for one in waiting for row in table.rows(one) if first < row.group <= last]
        deleted = [row for row in rows if row.advice.startswith(_DELETED)]
        found = {row.target: row for row in deleted or rows if row.target and row.target not in reached}
        reached |= {target: row for target, row in found.items() if after.index_of(target) >= 0}
        waiting = [target for target in found if after.index_of(target) < 0]
    return tuple(make_options(list(reached.values()), MapKind.CONVERSION, after, _NO_FACTS))


def _plain(options: Sequence[MapOption]) -> tuple[CodeTitle, ...]:
    return tuple(CodeTitle(one.code, one.title) for option in options for part in option.parts for one in part.choices)


def _left_above(code: str, after: ValidatingSnapshot) -> tuple[CodeTitle, ...]:
    for length in range(len(code) - 1, 2, -1):
        number = after.index_of(above := code[:length].rstrip("."))
        if number >= 0:
            return (CodeTitle(above, after.title_at(number)),)
    return ()
