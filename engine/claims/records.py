"""Records of a claim as it comes in, and of what the edits say of it."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from engine.types import Header, Severity, Sex


class ClaimKind(StrEnum):
    """Who bills, which decides the tables that apply."""

    UNSPECIFIED = "UNSPECIFIED"
    PROFESSIONAL = "PROFESSIONAL"
    OUTPATIENT = "OUTPATIENT"
    INPATIENT = "INPATIENT"
    DME = "DME"


@dataclass(frozen=True, slots=True)
class ClaimDiagnosis:
    """One diagnosis, in ICD-10-CM, with or without its dot; the first of a claim is the principal (first-listed) one.

    `present_on_admission` is Y, N, U, W, 1 or "".
    """

    code: str = field(repr=False)
    present_on_admission: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ClaimProcedure:
    """One inpatient procedure, in ICD-10-PCS."""

    code: str = field(repr=False)
    day: date | None = None


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One service line. `day` is None where the claim's own dates say it; `pointers` count diagnoses from 1.

    `system` is "hcpcs", "cpt" or "" (told by the code); `place` is a place-of-service code, "" for the claim's.
    """

    code: str = field(repr=False)
    system: str = field(default="", repr=False)
    modifiers: tuple[str, ...] = field(default=(), repr=False)
    units: int = 1
    day: date | None = None
    place: str = field(default="", repr=False)
    pointers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PriorService:
    """A service of an earlier claim of the same patient, for limits on frequency."""

    code: str = field(repr=False)
    day: date
    units: int = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of one provider for one patient.

    `bill_type` is the UB-04 type of bill ("0131"), which tells the kind where `kind` does not. `contractor` is the
    number of the Medicare contractor, for coverage policies ("" tries all). `documentation` names what goes with it.
    """

    claim_id: str = field(default="", repr=False)
    kind: ClaimKind = ClaimKind.UNSPECIFIED
    bill_type: str = field(default="", repr=False)
    from_date: date | None = None
    through_date: date | None = None
    sex: Sex = Sex.UNSPECIFIED
    birth_date: date | None = field(default=None, repr=False)
    age_years: int | None = None
    payer: str = field(default="", repr=False)
    plan: str = field(default="", repr=False)
    contractor: str = field(default="", repr=False)
    place: str = field(default="", repr=False)
    discharge_status: str = field(default="", repr=False)
    diagnoses: tuple[ClaimDiagnosis, ...] = ()
    procedures: tuple[ClaimProcedure, ...] = ()
    lines: tuple[ClaimLine, ...] = ()
    history: tuple[PriorService, ...] = ()
    documentation: tuple[str, ...] = field(default=(), repr=False)


@dataclass(slots=True)
class ClaimAlert:
    """What an edit says of a claim.

    `release` is the table's edition, "" where the edit rests on none. `codes` are as published; `lines`, `diagnoses`
    and `procedures` count from 0 as they stand on the claim. `units` is how many units are concerned, 0 where none
    are. `resolve` says what would resolve it.
    """

    kind: str
    severity: Severity
    message: str = field(repr=False)
    source: str
    resolve: str = field(repr=False)
    release: str = ""
    codes: list[str] = field(default_factory=list, repr=False)
    lines: list[int] = field(default_factory=list)
    diagnoses: list[int] = field(default_factory=list)
    procedures: list[int] = field(default_factory=list)
    units: int = 0


@dataclass(slots=True)
class CheckedClaim:
    """The answer for one claim; `audit_record` is "" until recorded, `elapsed_ms` is the time of the edits.

    `edits` names every edit that was applied, in order.
    """

    claim_id: str = field(repr=False)
    header: Header
    alerts: list[ClaimAlert]
    edits: tuple[str, ...] = ()
    elapsed_ms: float = 0.0
    audit_record: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether no alert says that the claim would be wrong."""
        return not any(alert.severity is Severity.ERROR for alert in self.alerts)
