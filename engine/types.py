"""Records that pass between the stages of the engine.

Every span is `begin, end`: half-open, in Unicode code points of the original document. The server
converts to the caller's offset unit at the edge.
"""

from dataclasses import dataclass, field
from datetime import date

from engine.enums import (
    Assertion as Assertion,
)
from engine.enums import (
    Axis as Axis,
)
from engine.enums import (
    Experiencer as Experiencer,
)
from engine.enums import (
    Origin as Origin,
)
from engine.enums import (
    Role as Role,
)
from engine.enums import (
    Route as Route,
)
from engine.enums import (
    Setting as Setting,
)
from engine.enums import (
    Severity as Severity,
)
from engine.enums import (
    Sex as Sex,
)
from engine.enums import (
    Side as Side,
)
from engine.enums import (
    Temporality as Temporality,
)
from engine.explanation import Explanation


@dataclass(frozen=True, slots=True)
class Document:
    """One plain-text document; `kind` is its note type ("discharge summary"), "" if unknown."""

    text: str = field(repr=False)
    kind: str = field(default="", repr=False)
    document_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Chart:
    """One encounter's documentation to be coded.

    Inpatients are coded by the codes in force on the day of discharge, others by those of the date of service
    (ICD-10-CM and ICD-10-PCS Official Guidelines, "effective with discharges"; CMS Claims Processing Manual 3, 10).
    """

    chart_id: str = field(repr=False)
    documents: tuple[Document, ...]
    setting: Setting = Setting.UNSPECIFIED
    date_of_service: date | None = None
    sex: Sex = Sex.UNSPECIFIED
    age_years: int | None = None
    birth_date: date | None = field(default=None, repr=False)
    discharge_disposition: str = field(default="", repr=False)
    payer: str = field(default="", repr=False)
    known_codes: tuple[str, ...] = field(default=(), repr=False)
    systems: tuple[str, ...] = field(default=(), repr=False)
    discharge_date: date | None = None

    @property
    def release_day(self) -> date | None:
        """The day that picks the releases: of discharge for an inpatient, where it is known; None: the newest."""
        is_inpatient = self.setting is Setting.INPATIENT
        return self.discharge_date if is_inpatient and self.discharge_date else self.date_of_service

    @property
    def release_day_field(self) -> str:
        """The name of the field that `release_day` is from."""
        is_inpatient = self.setting is Setting.INPATIENT
        return "discharge_date" if is_inpatient and self.discharge_date else "date_of_service"


@dataclass(slots=True)
class Section:
    """A headed part of a document; `name` is canonical ("ASSESSMENT"), `begin` is where the heading starts.

    `body_begin` is where the text after the heading starts; "" names text before any heading.
    """

    name: str
    begin: int
    body_begin: int
    end: int


# Cues, evidence and reasons are made by the hundred for a chart: frozen, each would cost three times as much
# (PERFORMANCE.md). Nothing changes one all the same.
@dataclass(slots=True, unsafe_hash=True)
class Cue:
    """The words that decided one axis of a mention's context."""

    axis: Axis
    begin: int
    end: int
    rule: str = ""


@dataclass(slots=True)
class Context:
    """What the text around a span says of it, with the cues that decided."""

    assertion: Assertion = Assertion.PRESENT
    temporality: Temporality = Temporality.CURRENT
    experiencer: Experiencer = Experiencer.PATIENT
    cues: tuple[Cue, ...] = ()


@dataclass(slots=True)
class Mention:
    """A span that names something codable, with its context."""

    document: int
    begin: int
    end: int
    text: str = field(repr=False)
    section: str
    context: Context


# The origin of the candidates of an abbreviation that nothing in the chart resolves: each is one of its meanings.
UNRESOLVED = "unresolved_abbreviation"


# Less likely candidates are findings for a person to see; they answer nothing by themselves.
LEAST_TO_SUGGEST = 0.3
# Of external causes (chapter 20), which the case reports that the ranker learnt from seldom code.
LEAST_TO_SUGGEST_OF_CAUSES = 0.2
_EXTERNAL_CAUSES = ("V", "W", "X", "Y")


def least_to_suggest(code: str) -> float:
    """Return the score from which a candidate answers by itself."""
    return LEAST_TO_SUGGEST_OF_CAUSES if code.startswith(_EXTERNAL_CAUSES) else LEAST_TO_SUGGEST


@dataclass(slots=True)
class Candidate:
    """A code a mention might mean; `score` is in [0, 1]; `origin` says which source of terms gave it, or UNRESOLVED."""

    system: str
    code: str
    display: str
    score: float
    origin: str = ""


@dataclass(slots=True)
class Finding:
    """A mention with its ranked candidates, best first."""

    mention: Mention
    codes: list[Candidate]

    @property
    def is_unresolved(self) -> bool:
        """Whether it is an abbreviation whose candidates are its meanings, none of them likely enough."""
        return self.codes[0].origin == UNRESOLVED


@dataclass(slots=True, unsafe_hash=True)
class Evidence:
    """Where a suggestion is stated."""

    document: int
    begin: int
    end: int


@dataclass(slots=True, unsafe_hash=True)
class Reason:
    """A decision that moved a suggestion: which rule, on what authority, in words (never chart text)."""

    rule: str
    source: str
    detail: str = ""


@dataclass(slots=True)
class Suggestion:
    """A code proposed for the chart after the rules; `units` are billing units of a service or drug.

    `explanation` is None unless it was asked for.
    """

    system: str
    code: str
    display: str
    role: Role
    confidence: float
    route: Route
    evidence: list[Evidence]
    alternatives: list[Candidate] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    units: int = 1
    explanation: Explanation | None = None


@dataclass(slots=True)
class Query:
    """A question to the provider, and the answers it offers; neither holds chart text."""

    question: str
    options: list[str]


@dataclass(slots=True)
class Alert:
    """Something a person should see; `message` names codes and fields, never chart text.

    `query` is what to ask the provider; its clinical indicators are the evidence.
    """

    kind: str
    severity: Severity
    message: str
    source: str
    evidence: list[Evidence] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    query: Query | None = None


@dataclass(frozen=True, slots=True)
class ReleaseUsed:
    """A code-set release that an answer rests on."""

    system: str
    version: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Header:
    """What an answer was made with; the same input under the same header gives the same bytes."""

    engine_version: str
    releases: tuple[ReleaseUsed, ...]
    models: tuple[tuple[str, str], ...]
    request_id: str = ""


@dataclass(slots=True)
class CodedChart:
    """The whole answer for one chart; `audit_record` is "" until recorded, `elapsed_ms` is engine time."""

    chart_id: str = field(repr=False)
    header: Header
    findings: list[Finding]
    suggestions: list[Suggestion]
    alerts: list[Alert]
    elapsed_ms: float = 0.0
    audit_record: str = ""
