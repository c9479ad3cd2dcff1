"""What an edit is: a name, a cited source, and a pure function over a claim that is laid out for the edits."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from codesets.edit_store import EditRelease, EditTables
from codesets.edit_table import EditKind
from codesets.errors import NoReleaseError
from codesets.snapshot import Snapshot
from codesets.store import Releases
from codesets.types import System
from codesets.validate import normalise_code
from engine.claims.check import kind_of
from engine.claims.records import Claim, ClaimAlert, ClaimKind, ClaimLine
from engine.types import Severity, Sex

if TYPE_CHECKING:
    from engine.edits.payer_rules import PayerRule

_HCPCS = re.compile(r"[A-V]\d{4}")
# NCCI and MUE come every quarter.
_QUARTERLY = frozenset(
    (
        EditKind.PTP_PRACTITIONER, EditKind.PTP_OUTPATIENT, EditKind.MUE_PRACTITIONER, EditKind.MUE_OUTPATIENT,
        EditKind.MUE_DME,
    )
)  # fmt: skip
_VISITS = (("92002", "92014"), ("99202", "99499"))
_QUARTER = timedelta(days=92)


@dataclass(slots=True)
class Line:
    """A service line as the edits read it: code and modifiers in capitals, its own day and place.

    `pointed` are the diagnoses that it points at (all where it points at none), `number` its place on the claim.
    """

    number: int
    code: str
    system: System
    modifiers: tuple[str, ...]
    units: int
    day: date
    place: str
    pointed: tuple[str, ...]


@dataclass(slots=True)
class Sheet:
    """A claim laid out for the edits, with the tables and releases of its day; notes which of them were asked for.

    `day` decides what is in force: the last day of a stay, else the first. Codes are written as published.
    """

    claim: Claim
    kind: ClaimKind
    day: date
    age: int | None
    diagnoses: tuple[str, ...]
    procedures: tuple[str, ...]
    lines: tuple[Line, ...]
    tables: EditTables
    releases: Releases
    rules: "Sequence[PayerRule]" = ()
    used_tables: dict[EditKind, EditRelease] = field(default_factory=dict)
    used_releases: dict[System, Snapshot] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    _answered: dict[tuple[EditKind, date], EditRelease | None] = field(default_factory=dict)

    @property
    def sex(self) -> Sex:
        """The patient's administrative sex."""
        return self.claim.sex

    def table(self, kind: EditKind, day: date | None = None) -> EditRelease | None:
        """Return the table that answers for a day (None: the claim's); None, and noted as missing, if none does."""
        wanted = day or self.day
        if (kind, wanted) in self._answered:
            return self._answered[kind, wanted]
        found = self._answered[kind, wanted] = self.tables.on(kind, wanted)
        if found is None:
            have = ", ".join(release.version for release in self.tables.releases(kind))
            self.missing[kind.value] = f"loaded: {have}, none as early as {wanted}" if have else "none is loaded"
        else:
            self.used_tables[kind] = found
            if found.missing_parts:
                parts = ", ".join(found.missing_parts)
                self.missing[kind.value] = f"{found.version} lacks its files {parts}"
        return found

    def release(self, system: System, day: date | None = None, *, is_needed: bool = True) -> Snapshot | None:
        """Return the release of a code system in force on a day; None, and noted as missing if needed, if none is."""
        wanted = day or self.day
        try:
            found = self.releases.release(system, wanted)
        except NoReleaseError:
            if is_needed:
                has_some = bool(self.releases.snapshots(system))
                why = f"no release loaded covers {wanted}" if has_some else "no release is loaded"
                self.missing[system.value] = why
            return None
        self.used_releases[system] = found
        return found

    def outdated(self) -> list[EditRelease]:
        """List the quarterly tables used that are of an earlier quarter than the claim."""
        return [
            release
            for kind, release in self.used_tables.items()
            if kind in _QUARTERLY and self.day >= release.effective_from + _QUARTER
        ]


@dataclass(frozen=True, slots=True)
class Edit:
    """One official edit. `source` cites the manual or table; `effective` is the first day it is applied on."""

    name: str
    source: str
    effective: str
    apply: Callable[[Sheet], Iterable[ClaimAlert]]


def label(release: EditRelease) -> str:
    """Name a table's release, for an alert."""
    return f"{release.kind.value} {release.version}"


def lay_out(claim: Claim, tables: EditTables, releases: Releases, rules: "Sequence[PayerRule]" = ()) -> Sheet:
    """Lay a checked claim out for the edits."""
    kind = kind_of(claim)
    days = [day for line in claim.lines if (day := line.day) is not None]
    first = claim.from_date or claim.through_date or min(days)
    last = claim.through_date or claim.from_date or max(days)
    diagnoses = tuple([normalise_code(diagnosis.code, System.ICD10CM) for diagnosis in claim.diagnoses])
    return Sheet(
        claim=claim,
        kind=kind,
        day=last if kind is ClaimKind.INPATIENT else first,
        age=_age(claim, first),
        diagnoses=diagnoses,
        procedures=tuple([procedure.code.strip().upper() for procedure in claim.procedures]),
        lines=tuple([_line(number, line, claim, first, diagnoses) for number, line in enumerate(claim.lines)]),
        tables=tables,
        releases=releases,
        rules=rules,
    )


def _line(number: int, line: ClaimLine, claim: Claim, first: date, diagnoses: tuple[str, ...]) -> Line:
    code = line.code.strip().upper()
    system = System(line.system) if line.system else System.HCPCS if _HCPCS.fullmatch(code) else System.CPT
    return Line(
        number,
        code,
        system,
        tuple([modifier.strip().upper() for modifier in line.modifiers]),
        line.units,
        line.day or first,
        (line.place or claim.place).strip(),
        tuple([diagnoses[pointer - 1] for pointer in line.pointers]) or diagnoses,
    )


def _age(claim: Claim, day: date) -> int | None:
    """Return the age in years on the first day, which is what the Medicare Code Editor takes (age at admission)."""
    born = claim.birth_date
    if born is None:
        return claim.age_years
    return max(0, day.year - born.year - ((day.month, day.day) < (born.month, born.day)))


@dataclass(slots=True)
class AlertMaker:
    """Makes the alerts of one edit."""

    kind: str
    source: str

    def make(
        self,
        severity: Severity,
        message: str,
        resolve: str,
        *,
        kind: str = "",
        release: str = "",
        codes: Sequence[str] = (),
        lines: Sequence[int] = (),
        diagnoses: Sequence[int] = (),
        procedures: Sequence[int] = (),
        units: int = 0,
    ) -> ClaimAlert:
        """Make an alert, of the edit's own kind unless another is named."""
        return ClaimAlert(
            kind or self.kind,
            severity,
            message,
            self.source,
            resolve,
            release,
            list(codes),
            list(lines),
            list(diagnoses),
            list(procedures),
            units,
        )


def is_visit(code: str) -> bool:
    """Whether a code is of evaluation and management: 99202 to 99499, and the ophthalmological visits."""
    return code.isdigit() and any(first <= code <= last for first, last in _VISITS)


def shown(code: str) -> str:
    """Write a code that came from outside for a message: short, and nothing but letters, digits and dots."""
    return re.sub(r"[^A-Z0-9.]", "?", code.upper())[:10]
