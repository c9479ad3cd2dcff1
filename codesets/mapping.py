"""What a crosswalk says of a code, put as options: each a code, or several that are reported together.

The rows of a map are read by its kind (`crosswalk.MapKind`): a combination of the GEMs stays one option with a part for
each choice list, and the map groups of a rule-based map one option with a part for each group.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Protocol

from codesets.crosswalk import MapKind, MapRow, Relationship
from codesets.map_rules import PatientFacts, choose_rows
from codesets.types import Release, System

_JOINTS = str.maketrans("&/", "  ")


class TitledSnapshot(Protocol):
    """What the answers need of the release that the targets are of."""

    @property
    def release(self) -> Release: ...
    def index_of(self, code: str) -> int: ...
    def title_at(self, number: int) -> str: ...
    def is_billable(self, code: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class MappedCode:
    """A target: `note` says why it may not be reported in the release asked for, or when it applies; else ""."""

    code: str
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class MapPart:
    """One of these codes is reported."""

    choices: tuple[MappedCode, ...]


@dataclass(frozen=True, slots=True)
class MapOption:
    """One way to say the source in the target system: a code of each part, together.

    `scenario` is the publisher's number of a combination, 0 for a single code.
    """

    relationship: Relationship
    parts: tuple[MapPart, ...]
    scenario: int = 0
    advice: tuple[str, ...] = ()


def make_options(
    rows: Sequence[MapRow], kind: MapKind, after: TitledSnapshot | None, facts: PatientFacts
) -> list[MapOption]:
    """Return the options that the rows of one source code say, in the publisher's order; none if it says no map."""
    return _MAKERS[kind]([row for row in rows if row.target or kind is MapKind.RULES], after, facts)


def _gem(rows: Sequence[MapRow], after: TitledSnapshot | None, facts: PatientFacts) -> list[MapOption]:
    singles = [_single(row, after) for row in rows if not row.group]
    clusters = sorted((row for row in rows if row.group), key=lambda row: (row.group, row.order))
    return singles + [_cluster(list(of), after) for _, of in groupby(clusters, key=lambda row: row.group)]


def _single(row: MapRow, after: TitledSnapshot | None) -> MapOption:
    advice = (row.advice,) if row.advice else ()
    return MapOption(row.relationship, (MapPart((_target(row, after),)),), advice=advice)


def _cluster(rows: Sequence[MapRow], after: TitledSnapshot | None) -> MapOption:
    parts = tuple(
        MapPart(tuple(_target(row, after) for row in of)) for _, of in groupby(rows, key=lambda row: row.order)
    )
    is_exact = all(row.relationship is Relationship.EQUIVALENT for row in rows)
    return MapOption(Relationship.EQUIVALENT if is_exact else Relationship.RELATED_TO, parts, rows[0].group)


def _who(rows: Sequence[MapRow], after: TitledSnapshot | None, facts: PatientFacts) -> list[MapOption]:
    first_of: dict[str, MapRow] = {}
    for row in sorted(rows, key=lambda row: (row.group, row.order)):
        first_of.setdefault(row.target, row)
    return [_single(row, after) for row in first_of.values()]


def _rules(rows: Sequence[MapRow], after: TitledSnapshot | None, facts: PatientFacts) -> list[MapOption]:
    parts: list[MapPart] = []
    advice: list[str] = []
    for _, of in groupby(sorted(rows, key=lambda row: (row.group, row.order)), key=lambda row: row.group):
        chosen = choose_rows(list(of), facts)
        advice.extend(row.advice for row in chosen if row.advice and row.advice not in advice)
        is_open = len(chosen) > 1
        choices = tuple(
            replace(_target(row, after), note=row.rule if is_open else _target(row, after).note)
            for row in chosen
            if row.target
        )
        if choices:
            parts.append(MapPart(choices))
    # The map gives a category to assign, and does not say how much broader it is.
    return [MapOption(Relationship.RELATED_TO, tuple(parts), advice=tuple(advice))] if parts else []


def _conversion(rows: Sequence[MapRow], after: TitledSnapshot | None, facts: PatientFacts) -> list[MapOption]:
    return [_single(row, after) for row in sorted(rows, key=lambda row: (row.group, row.order))]


_Maker = Callable[[Sequence[MapRow], TitledSnapshot | None, PatientFacts], list[MapOption]]
_MAKERS: dict[MapKind, _Maker] = {
    MapKind.GEM: _gem,
    MapKind.WHO: _who,
    MapKind.RULES: _rules,
    MapKind.CONVERSION: _conversion,
}


def _target(row: MapRow, after: TitledSnapshot | None) -> MappedCode:
    if after is None:
        return MappedCode(row.target, row.title)
    release = after.release
    # A cluster of ICD-11 is a code to its map, and several to its release.
    codes = row.target.translate(_JOINTS).split() if release.system is System.ICD11 else [row.target]
    missing = [code for code in codes if after.index_of(code) < 0]
    title = row.title or ("" if missing else after.title_at(after.index_of(codes[0])))
    if len(codes) == 1 and not missing:
        title = after.title_at(after.index_of(codes[0]))
    if missing:
        return MappedCode(row.target, title, f"{missing[0]} is not in {release.system.value} {release.version}")
    if not after.is_billable(codes[0]):
        return MappedCode(
            row.target, title, f"a heading in {release.system.value} {release.version}: report a code below it"
        )
    return MappedCode(row.target, title)
