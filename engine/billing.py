"""Billed services of a chart: drugs given (HCPCS Level II) and the level of the visit (CPT), by the user's releases.

Both code what is done for outpatients (45 CFR 162.1002): a visit that names no systems gets them where they are on and
a release of its day is loaded; a chart that names one cannot be coded without.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from codesets.errors import NoReleaseError
from codesets.snapshot import Snapshot
from codesets.types import System
from engine.errors import ReleaseError
from engine.reading import Reading, title_in, used_release
from engine.services.drug_codes import DrugIndex
from engine.services.drugs import Dose, Text, finding_of, read_doses, suggest_drugs
from engine.services.visit import code_visit
from engine.types import Alert, Chart, Finding, ReleaseUsed, Setting, Suggestion

SYSTEMS = (System.HCPCS, System.CPT)
_VISITS = frozenset((Setting.OUTPATIENT, Setting.EMERGENCY, Setting.OBSERVATION))


@dataclass(frozen=True, slots=True)
class ServiceTools:
    """What services need of one release; `drugs` is None for CPT."""

    snapshot: Snapshot
    drugs: DrugIndex | None

    @property
    def used(self) -> ReleaseUsed:
        """Say which release this is."""
        return used_release(self.snapshot)

    def title(self, code: str) -> str:
        """Return the title of a code, "" if the release lacks it."""
        return title_in(self.snapshot, code)


ServicesOn = Callable[[System, date | None], ServiceTools]


def no_services(system: System, _: date | None) -> ServiceTools:
    """Stand in where there are none; raises NoReleaseError."""
    raise NoReleaseError(f"system {system.value}: no release is loaded; import one with `chartcoder codesets import`")


def service_tools(chart: Chart, services_on: ServicesOn, systems: Sequence[str]) -> tuple[ServiceTools, ...]:
    """Return what a chart's services are coded with, none where they are not wanted; raises ReleaseError."""
    found: list[ServiceTools] = []
    for system in SYSTEMS:
        is_asked = system.value in chart.systems
        if is_asked or (not chart.systems and system.value in systems and chart.setting in _VISITS):
            try:
                found.append(services_on(system, chart.date_of_service))
            except NoReleaseError as error:
                if is_asked:
                    raise ReleaseError(str(error), field="systems") from None
    return tuple(found)


@dataclass(slots=True)
class Services:
    """The services of one chart, read document by document."""

    tools: Sequence[ServiceTools]
    texts: list[Text] = field(default_factory=list)
    doses: list[Dose] = field(default_factory=list)

    def read(self, reading: Reading, number: int) -> list[Finding]:
        """Read a document; returns the drugs that it says were given."""
        if not self.tools:
            return []
        text = Text(reading.text, reading.sections, reading.sentences)
        self.texts.append(text)
        findings: list[Finding] = []
        for tools in self.tools:
            if tools.drugs is not None:
                doses = read_doses(number, text, tools.drugs)
                self.doses += doses
                findings += [finding_of(dose, text, tools.title) for dose in doses]
        return findings

    def suggest(self, chart: Chart, diagnoses: Sequence[Suggestion]) -> tuple[list[Suggestion], list[Alert]]:
        """Return the services of the claim and what must be asked; `diagnoses` are those of the claim."""
        suggestions: list[Suggestion] = []
        alerts: list[Alert] = []
        for tools in self.tools:
            if tools.drugs is not None:
                drugs, asked = suggest_drugs(self.doses, tools.title)
                suggestions, alerts = [*suggestions, *drugs], [*alerts, *asked]
            else:
                visit, asked = code_visit(chart, diagnoses, self.texts, tools.title)
                suggestions, alerts = [*suggestions, *([visit] if visit else [])], [*alerts, *asked]
        return suggestions, alerts
