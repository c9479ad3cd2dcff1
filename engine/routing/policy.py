"""What a routing policy is: thresholds, escalations and caps, each with a name and with what it is limited to."""

from dataclasses import dataclass
from enum import StrEnum

from engine.routing.families import EVERY, Families
from engine.types import Route, Setting, Severity


class When(StrEnum):
    """What an escalation looks at; the first six look at one code, the others at the chart."""

    CODES = "codes"
    UNSPECIFIED = "unspecified"
    NEW_CODE = "new_code"
    ALERT = "alert"
    DOCUMENT_QUALITY = "document_quality"
    ANY = "any"
    ALERTS = "alerts"
    MANY_CODES = "many_codes"
    AGE = "age"
    CHART_HAS = "chart_has"


class Unit(StrEnum):
    """What a cap draws: whole charts, or each code of a chart for itself."""

    CHART = "chart"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a part of a policy is limited to; an empty list limits nothing.

    `documents` are kinds of documents in small letters: a code is meant if all its evidence stands in such ones.
    """

    systems: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    documents: tuple[str, ...] = ()
    codes: Families = EVERY

    @property
    def is_everything(self) -> bool:
        """Whether it limits nothing."""
        return not (self.systems or self.settings or self.documents or self.codes.written)

    def has_code(self, system: str, code: str) -> bool:
        """Whether a code may be meant, as far as the code alone tells."""
        return (not self.systems or system in self.systems) and self.codes.has(code)

    def has_setting(self, setting: Setting) -> bool:
        """Whether an encounter in that setting may be meant."""
        return not self.settings or setting in self.settings


@dataclass(frozen=True, slots=True)
class Threshold:
    """From `auto` on nobody need act, under `hold` a question comes first; between them a person looks."""

    name: str
    scope: Scope
    auto: float
    hold: float


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers of escalations; each kind (`When`) reads its own, None: not looked at.

    Ages are whole years, shares are of the characters that are no white space (quality.py).
    """

    severity: Severity = Severity.WARNING
    least: int = 1
    most: int = 0
    under_years: int | None = None
    from_years: int | None = None
    least_letters: float | None = None
    most_odd: float | None = None
    least_characters: int | None = None
    any_of: Families = EVERY
    any_of_system: str = ""


@dataclass(frozen=True, slots=True)
class Escalation:
    """Sends a code to a person, or holds it, whatever its confidence; with `below`, only under that confidence."""

    name: str
    when: When
    route: Route
    scope: Scope
    below: float | None
    limits: Limits
    why: str


@dataclass(frozen=True, slots=True)
class Cap:
    """At most this share of what would go AUTO does; the rest is drawn by a hash of the chart, never by a state."""

    name: str
    scope: Scope
    share: float
    unit: Unit
    salt: str


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A whole policy. The first threshold that means a code holds; the last means every code.

    `content_hash` is the SHA-256 of the file, in hex.
    """

    name: str
    version: str
    content_hash: str
    thresholds: tuple[Threshold, ...]
    escalations: tuple[Escalation, ...]
    caps: tuple[Cap, ...]

    @property
    def source(self) -> str:
        """Name the policy as the source of a decision."""
        return f"routing policy {self.name} {self.version} ({self.content_hash[:12]})"
