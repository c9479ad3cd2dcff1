"""The order of the stages over a chart: documents to findings, findings to suggestions.

documents -> findings (diagnoses.py, and reading.py for procedures) -> drafts -> rules -> routing. Procedures are read
beside the diagnoses, from the same sentences and cues, where ICD-10-PCS is wanted. Each stage is pure, and so is
`Pipeline.code`.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from codesets.edit_store import EditRelease, EditTables
from codesets.errors import NoReleaseError
from codesets.snapshot import Snapshot
from codesets.types import System
from engine import __version__
from engine.billing import Services, ServicesOn, ServiceTools, no_services, service_tools
from engine.charts import check_chart
from engine.context.scope import ContextReader
from engine.diagnoses import DiagnosisReader
from engine.edits.chart import check_suggestions, day_of, editor_on
from engine.errors import ReleaseError, UnsupportedSystemError
from engine.explainer import Explainer
from engine.match.definitions import read_definitions
from engine.queries.base import Record
from engine.queries.run import raise_queries
from engine.rank.calibration import Calibration
from engine.rank.document_ranker import DocumentRanker
from engine.rank.document_rows import RankedMention
from engine.rank.hints import HINTS
from engine.rank.score import Ranker
from engine.reading import (
    ProcedureTools,
    QueryWords,
    ReadDocument,
    Reading,
    ReadMention,
    ReleaseTools,
    copied_places,
    edits_used,
    read_procedures,
)
from engine.routing.policy import Policy
from engine.routing.read import read_policy
from engine.routing.route import Router
from engine.rules.base import Facts, Rule
from engine.rules.gather import gather_suggestions
from engine.rules.procedures import NO_RELEASE, gather_procedures
from engine.rules.run import RULES, apply_rules
from engine.types import Chart, CodedChart, Context, Document, Finding, Header, ReleaseUsed, Setting


def _no_procedures(_: date | None) -> ProcedureTools:
    raise NoReleaseError(
        f"system {System.ICD10PCS.value}: no release is loaded; import one with `chartcoder codesets import`"
    )


def _is_never_new(_: Snapshot, __: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Tools:
    """What one chart is coded with; `lacks_procedures` if it is a stay, and no release of its day codes procedures."""

    diagnoses: ReleaseTools
    procedures: ProcedureTools | None
    lacks_procedures: bool = False
    editor: EditRelease | None = None
    services: tuple[ServiceTools, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """What the documents of a chart name, and how they were read."""

    diagnoses: list[Finding]
    procedures: list[Finding]
    readings: list[Reading]
    services: Services
    given: list[Finding]


class Pipeline:
    """Codes charts; `tools_on` gives the tools of the release in force on a day (None: the latest).

    `procedures_on` does so for ICD-10-PCS; it raises NoReleaseError where none is loaded. `edits` are the tables of
    compliance edits, for those that concern a chart. `policy` routes (None: the packaged one); `is_new_in` says whether
    a code is new in a release. `without` names the parts that are left out (switches.py); an answer's header says so,
    as it names the hash of a user's rules.
    """

    def __init__(
        self,
        tools_on: Callable[[date | None], ReleaseTools],
        *,
        context: ContextReader,
        ranker: Ranker,
        procedures_on: Callable[[date | None], ProcedureTools] = _no_procedures,
        documents: DocumentRanker | None = None,
        edits: EditTables | None = None,
        systems: Sequence[str] = (System.ICD10CM.value,),
        max_chart_bytes: int = 4 * 1024 * 1024,
        without: Sequence[str] = (),
        rules: Sequence[Rule] = RULES,
        rules_hash: str = "",
        services_on: ServicesOn = no_services,
        policy: Policy | None = None,
        is_new_in: Callable[[Snapshot, str], bool] = _is_never_new,
    ) -> None:
        self._tools_on = tools_on
        self._procedures_on = procedures_on
        self._reader = DiagnosisReader(context=context, ranker=ranker, documents=documents, without=without)
        self._services_on = services_on
        self._edits = edits
        self._explainer = Explainer(documents, ranker)
        self._calibration = documents.calibration if documents is not None else Calibration()
        self._systems = tuple(systems)
        self._max_chart_bytes = max_chart_bytes
        self._without = "+".join(sorted(without))
        self._rules = () if "rules" in without else tuple(rules)
        self._rules_hash = rules_hash
        self._has_queries = "queries" not in without
        self._router = Router(policy or read_policy())
        self._is_new_in = is_new_in

    def code(
        self,
        chart: Chart,
        *,
        request_id: str = "",
        on_findings: Callable[[list[Finding]], None] | None = None,
        explain: bool = False,
    ) -> CodedChart:
        """Code a chart; `explain` has each suggestion say what moved its score, which takes longer.

        `on_findings` is given each document's findings as it is read; what it raises ends the work.
        Raises ChartError, ChartTooLargeError, UnsupportedSystemError or ReleaseError.
        """
        started = time.perf_counter()
        tools = self._tools_of(chart)
        keep: dict[int, ReadDocument] | None = {} if explain else None
        read = self._read(chart, tools, on_findings, keep)
        diagnoses, procedures = read.diagnoses, read.procedures
        kinds, copied = [reading.kind for reading in read.readings], copied_places(diagnoses, read.readings)
        drafts = gather_suggestions(diagnoses, chart, tools.diagnoses.title, kinds=kinds, copied=copied)
        facts = Facts(chart, tools.diagnoses.snapshot, diagnoses, copied)
        suggestions, alerts = apply_rules(drafts, facts, self._rules)
        findings = diagnoses
        if procedures:
            performed, questions = gather_procedures(procedures)
            suggestions, alerts = [*suggestions, *performed], [*alerts, *questions]
        if procedures or read.given:
            findings = sorted([*diagnoses, *procedures, *read.given], key=_document)  # as `on_findings` was given them
        if tools.lacks_procedures:
            alerts = [*alerts, NO_RELEASE]
        alerts = [*alerts, *check_suggestions(suggestions, chart, tools.diagnoses.snapshot, tools.editor)]
        if self._has_queries:
            words = QueryWords(read.readings, self._reader.contexts, first=len(HINTS))
            alerts = [*alerts, *raise_queries(Record(chart, diagnoses, suggestions, words.places, words.read_around))]
        self._calibration.apply(suggestions, chart.setting)
        services, asked = read.services.suggest(chart, suggestions)
        suggestions, alerts = [*suggestions, *services], [*alerts, *asked]
        self._router.route(chart, suggestions, alerts, is_new=partial(self._is_new, tools))
        if keep is not None:
            self._explainer.explain(chart, suggestions, findings, keep, title=tools.diagnoses.title)
        header = self._header(tools, request_id)
        elapsed_ms = (time.perf_counter() - started) * 1000
        return CodedChart(chart.chart_id, header, findings, suggestions, alerts, elapsed_ms)

    def loaded_systems(self) -> tuple[str, ...]:
        """List the systems that are on and have a release, whatever its days."""
        loaded = {System.ICD10CM.value} | ({System.ICD10PCS.value} if self._has_procedure_release() else set())
        return tuple(system for system in self._systems if system in loaded)

    def header(self, chart: Chart, request_id: str = "") -> Header:
        """Check the chart and say what it will be coded with; raises as `code` does."""
        return self._header(self._tools_of(chart), request_id)

    def read_context(self, text: str, spans: list[tuple[int, int]]) -> list[Context]:
        """Return what the text says of any given spans, whether or not they name something codable."""
        reading = self._reader.open(self._diagnosis_tools(None), Document(text))
        order = sorted(range(len(spans)), key=lambda number: spans[number])
        contexts = self._reader.contexts(reading, [spans[number] for number in order])
        found = dict(zip(order, contexts, strict=True))
        return [found[number] for number in range(len(spans))]

    def read_mentions(self, document: Document, *, day: date | None = None) -> list[ReadMention]:
        """Return what a document names, with context and candidates, before ranking."""
        tools = self._diagnosis_tools(day)
        return self._reader.read_mentions(tools, self._reader.open(tools, document), read_definitions((document.text,)))

    def rank_mentions(self, document: Document) -> list[RankedMention]:
        """Return what the document ranker is given: each mention with its candidates by its own score."""
        return self._reader.rank_mentions(self._diagnosis_tools(None), document)

    def score_choices(self, mention: ReadMention) -> list[float]:
        """Return the score of each choice of a mention, those that are too unlikely to be candidates among them."""
        return self._reader.score_choices(mention)

    def title(self, code: str) -> str:
        """Return the title of a code in the latest release, "" if that lacks it."""
        return self._diagnosis_tools(None).title(code)

    def _read(
        self,
        chart: Chart,
        tools: _Tools,
        on_findings: Callable[[list[Finding]], None] | None,
        keep: dict[int, ReadDocument] | None,
    ) -> _Read:
        """Read what the documents name."""
        has_diagnoses = not chart.systems or System.ICD10CM.value in chart.systems
        definitions = read_definitions(document.text for document in chart.documents)
        found = _Read([], [], [], Services(tools.services), [])
        for number, document in enumerate(chart.documents):
            reading = self._reader.open(tools.diagnoses, document)
            named: list[Finding] = []
            done: list[Finding] = []
            if has_diagnoses:
                named = self._reader.read(
                    tools.diagnoses, reading, number, sex=chart.sex, definitions=definitions, keep=keep
                )
            if tools.procedures is not None:
                done = read_procedures(tools.procedures, reading, number, contexts=self._reader.contexts)
            given = found.services.read(reading, number)
            if on_findings is not None:
                on_findings([*named, *done, *given])
            found.diagnoses.extend(named)
            found.procedures.extend(done)
            found.given.extend(given)
            found.readings.append(reading)
        return found

    def _tools_of(self, chart: Chart) -> _Tools:
        """Check a chart and return what it is coded with."""
        check_chart(chart, max_bytes=self._max_chart_bytes)
        for number, system in enumerate(chart.systems):
            if system not in self._systems:
                raise UnsupportedSystemError(
                    f"systems[{number}]: got another name, want one of {', '.join(self._systems)}",
                    field=f"systems[{number}]",
                )
        diagnoses = self._diagnosis_tools(chart.release_day, field=chart.release_day_field)
        services = service_tools(chart, self._services_on, self._systems)
        editor = editor_on(self._edits, day_of(chart, diagnoses.snapshot))
        # ICD-10-PCS codes what is done to hospital inpatients (45 CFR 162.1002): a chart that names no systems gets it
        # if it is an inpatient's and a release of its day is loaded; one that names it cannot be coded without.
        system = System.ICD10PCS.value
        is_asked = system in chart.systems
        is_due = not chart.systems and system in self._systems and chart.setting is Setting.INPATIENT
        if not is_asked and not is_due:
            return _Tools(diagnoses, None, editor=editor, services=services)
        try:
            return _Tools(diagnoses, self._procedures_on(chart.release_day), editor=editor, services=services)
        except NoReleaseError as error:
            if is_asked:
                raise ReleaseError(str(error), field="systems") from None
            return _Tools(diagnoses, None, self._has_procedure_release(), editor, services)

    def _diagnosis_tools(self, day: date | None, *, field: str = "date_of_service") -> ReleaseTools:
        try:
            return self._tools_on(day)
        except NoReleaseError as error:
            raise ReleaseError(str(error), field=field) from None

    def _has_procedure_release(self) -> bool:
        try:
            self._procedures_on(None)
        except NoReleaseError:
            return False
        return True

    def _header(self, tools: _Tools, request_id: str) -> Header:
        used: tuple[ReleaseUsed, ...] = (tools.diagnoses.used,)
        if tools.procedures is not None:
            used = (*used, tools.procedures.used)
        used = (*used, *(service.used for service in tools.services))
        if tools.editor is not None:
            used = (*used, edits_used(tools.editor))
        return Header(__version__, used, self._models(tools), request_id)

    @property
    def replaceable(self) -> tuple[tuple[str, str], ...]:
        """Name the models and the policy that may be replaced while charts are coded, each with its hash."""
        policy = self._router.policy
        return (*self._reader.models, (f"routing:{policy.name}", policy.content_hash))

    def _is_new(self, tools: _Tools, system: str, code: str) -> bool:
        """Whether a code is new in the release of its system that a chart is coded with."""
        of_system = tools.diagnoses if tools.diagnoses.used.system == system else tools.procedures
        return of_system is not None and self._is_new_in(of_system.snapshot, code)

    def _models(self, tools: _Tools) -> tuple[tuple[str, str], ...]:
        models: tuple[tuple[str, str], ...] = (
            ("dictionary", tools.diagnoses.mentions.content_hash),
            ("abbreviations", tools.diagnoses.abbreviations.content_hash),
            *self.replaceable,
        )
        if tools.procedures is not None:
            models += (
                ("dictionary:icd10pcs", tools.procedures.mentions.content_hash),
                ("scores:icd10pcs", tools.procedures.reader.content_hash),
            )
        if self._rules_hash:
            models += (("rules:user", self._rules_hash),)
        if not self._without:
            return models
        return (*models, (f"without:{self._without}", hashlib.sha256(self._without.encode()).hexdigest()))


def _document(finding: Finding) -> int:
    return finding.mention.document
