"""The order of the stages: documents to findings, findings to suggestions.

sections -> sentences -> matches -> abbreviations -> context -> candidates -> ranking -> findings -> drafts -> rules
-> routing. Procedures are read beside the diagnoses, from the same sentences and cues, where ICD-10-PCS is wanted.
This is the only file that knows the stages together; each stage is pure, and so is `Pipeline.code`.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date

from codesets.errors import NoReleaseError
from codesets.types import System
from engine import __version__
from engine.charts import check_chart
from engine.context.scope import ContextReader
from engine.context.transcript import read_transcript
from engine.errors import ReleaseError, UnsupportedSystemError
from engine.match.definitions import read_definitions
from engine.rank.axes import AxisIndex, read_axes
from engine.rank.document import KEEPS_ALL, LEAST_OF_FINDINGS, DocumentRanker, Span, is_plain
from engine.rank.encounter import EncounterIndex
from engine.rank.features import feature_rows
from engine.rank.hints import sort_places
from engine.rank.ranking import LEAST_ALONE, LEAST_BEFORE_DOCUMENT, CodeRanking, Ranked, doubtful_candidates
from engine.rank.score import Ranker
from engine.reading import (
    NoContext,
    ProcedureTools,
    Reading,
    ReadMention,
    ReleaseTools,
    in_bodies,
    make_mention,
    mention_facts,
    rank_choices,
    ranked_span,
    read_procedures,
)
from engine.routing import route_suggestions
from engine.rules.base import Facts
from engine.rules.gather import gather_suggestions
from engine.rules.procedures import NO_RELEASE, gather_procedures
from engine.rules.run import RULES, apply_rules
from engine.text.dialogue import read_dialogue
from engine.text.sections import find_sections
from engine.text.sentences import find_sentences
from engine.text.sides import as_heard, read_sides, with_side
from engine.types import (
    Chart,
    CodedChart,
    Context,
    Document,
    Finding,
    Header,
    Section,
    Setting,
    Sex,
)

_SEX_VALUES = {Sex.FEMALE: {"sex": "female"}, Sex.MALE: {"sex": "male"}}


def _no_procedures(_: date | None) -> ProcedureTools:
    raise NoReleaseError(
        f"system {System.ICD10PCS.value}: no release is loaded; import one with `chartcoder codesets import`"
    )


class Pipeline:
    """Codes charts; `tools_on` gives the tools of the release in force on a day (None: the latest).

    `procedures_on` does so for ICD-10-PCS; it raises NoReleaseError where none is loaded. `without` names the parts
    that are left out (switches.py); an answer's header says so.
    """

    def __init__(
        self,
        tools_on: Callable[[date | None], ReleaseTools],
        *,
        context: ContextReader,
        ranker: Ranker,
        procedures_on: Callable[[date | None], ProcedureTools] = _no_procedures,
        documents: DocumentRanker | None = None,
        systems: Sequence[str] = (System.ICD10CM.value,),
        max_chart_bytes: int = 4 * 1024 * 1024,
        without: Sequence[str] = (),
    ) -> None:
        self._tools_on = tools_on
        self._procedures_on = procedures_on
        self._ranker = ranker
        self._documents = documents
        self._ranking = CodeRanking(ranker, least=LEAST_ALONE if documents is None else LEAST_BEFORE_DOCUMENT)
        self._systems = tuple(systems)
        self._max_chart_bytes = max_chart_bytes
        self._without = "+".join(sorted(without))
        self._has_sections = "sections" not in without
        self._context = NoContext() if "context" in without else context
        self._has_axes = "axes" not in without
        self._has_encounter = "encounter" not in without
        self._rules = () if "rules" in without else RULES

    def code(
        self, chart: Chart, *, request_id: str = "", on_findings: Callable[[list[Finding]], None] | None = None
    ) -> CodedChart:
        """Code a chart.

        `on_findings` is given each document's findings as it is read; what it raises ends the work.
        Raises ChartError, ChartTooLargeError, UnsupportedSystemError or ReleaseError.
        """
        started = time.perf_counter()
        header = self.header(chart, request_id)
        tools, procedures = self._tools(chart.date_of_service), self._procedure_tools(chart)
        findings: list[Finding] = []
        done: list[Finding] = []
        definitions = read_definitions(document.text for document in chart.documents)
        for number in range(len(chart.documents)):
            reading = self._open(tools, chart.documents[number])
            diagnoses = self._read(tools, chart, reading, number, definitions) if _wants_diagnoses(chart) else []
            named = [] if procedures is None else read_procedures(procedures, reading, number, contexts=self._contexts)
            if on_findings is not None:
                on_findings([*diagnoses, *named])
            findings += diagnoses
            done += named
        drafts = gather_suggestions(findings, chart, tools.title)
        suggestions, alerts = apply_rules(drafts, Facts(chart, tools.snapshot, findings), self._rules)
        if done:
            performed, questions = gather_procedures(done)
            suggestions, alerts = [*suggestions, *performed], [*alerts, *questions]
            findings = [*findings, *done] if len(chart.documents) == 1 else _by_document(findings, done)
        if procedures is None and self._lacks_procedures(chart):
            alerts = [*alerts, NO_RELEASE]
        route_suggestions(suggestions, alerts)
        elapsed_ms = (time.perf_counter() - started) * 1000
        return CodedChart(chart.chart_id, header, findings, suggestions, alerts, elapsed_ms)

    def loaded_systems(self) -> tuple[str, ...]:
        """List the systems that are on and have a release, whatever its days."""
        loaded = {System.ICD10CM.value}
        with suppress(NoReleaseError):
            loaded.add(self._procedures_on(None).used.system)
        return tuple(system for system in self._systems if system in loaded)

    def _lacks_procedures(self, chart: Chart) -> bool:
        """Whether procedures of a stay are on, and a release is loaded, but none for its date."""
        is_stay = chart.setting is Setting.INPATIENT and not chart.systems
        return is_stay and System.ICD10PCS.value in self.loaded_systems()

    def header(self, chart: Chart, request_id: str = "") -> Header:
        """Check the chart and say what it will be coded with; raises as `code` does."""
        check_chart(chart, max_bytes=self._max_chart_bytes)
        for number, system in enumerate(chart.systems):
            if system not in self._systems:
                raise UnsupportedSystemError(
                    f"systems[{number}]: got {system[:32]!r}, want one of {', '.join(self._systems)}",
                    field=f"systems[{number}]",
                )
        tools, procedures = self._tools(chart.date_of_service), self._procedure_tools(chart)
        used = (tools.used,) if procedures is None else (tools.used, procedures.used)
        return Header(__version__, used, self._models(tools, procedures), request_id)

    def _models(self, tools: ReleaseTools, procedures: ProcedureTools | None) -> tuple[tuple[str, str], ...]:
        models: tuple[tuple[str, str], ...] = (
            ("dictionary", tools.mentions.content_hash),
            ("abbreviations", tools.abbreviations.content_hash),
            (f"ranker:{self._ranker.name}", self._ranker.content_hash),
            *((("ranker:document", self._documents.content_hash),) if self._documents is not None else ()),
        )
        if procedures is not None:
            models += (
                ("dictionary:icd10pcs", procedures.mentions.content_hash),
                ("scores:icd10pcs", procedures.reader.content_hash),
            )
        if not self._without:
            return models
        return (*models, (f"without:{self._without}", hashlib.sha256(self._without.encode()).hexdigest()))

    def read_context(self, text: str, spans: list[tuple[int, int]]) -> list[Context]:
        """Return what the text says of any given spans, whether or not they name something codable."""
        reading = self._open(self._tools(None), Document(text))
        order = sorted(range(len(spans)), key=lambda number: spans[number])
        contexts = self._contexts(reading, [spans[number] for number in order])
        found = dict(zip(order, contexts, strict=True))
        return [found[number] for number in range(len(spans))]

    def _tools(self, day: date | None) -> ReleaseTools:
        try:
            return self._tools_on(day)
        except NoReleaseError as error:
            raise ReleaseError(str(error), field="date_of_service") from None

    def _procedure_tools(self, chart: Chart) -> ProcedureTools | None:
        """Return what procedures are read with; None where ICD-10-PCS is not wanted.

        It codes what is done to hospital inpatients (45 CFR 162.1002), so a chart that names no systems gets it if it
        is an inpatient's and a release of its day is loaded; one that names it cannot be coded without.
        """
        system = System.ICD10PCS.value
        is_asked = system in chart.systems
        is_due = not chart.systems and system in self._systems and chart.setting is Setting.INPATIENT
        if not is_asked and not is_due:
            return None
        try:
            return self._procedures_on(chart.date_of_service)
        except NoReleaseError as error:
            if is_asked:
                raise ReleaseError(str(error), field="systems") from None
            return None

    def read_mentions(self, document: Document, *, day: date | None = None) -> list[ReadMention]:
        """Return what a document names, with context and candidates, before ranking."""
        tools = self._tools(day)
        return self._read_mentions(tools, self._open(tools, document), read_definitions((document.text,)))

    def score_choices(self, mention: ReadMention) -> list[float]:
        """Return the score of each choice of a mention, those that are too unlikely to be candidates among them."""
        rows = feature_rows([mention_facts(mention)], [mention.choices], self._ranker.priors)
        return [float(score) for score in self._ranker.scores(rows)]

    def title(self, code: str) -> str:
        """Return the title of a code in the latest release, "" if that lacks it."""
        return self._tools(None).title(code)

    def _read_mentions(
        self,
        tools: ReleaseTools,
        reading: Reading,
        definitions: Mapping[str, str],
        known: Mapping[str, str] | None = None,
    ) -> list[ReadMention]:
        text, found = reading.text, reading.found
        hints = sort_places(found.hints, found.sides)
        spans = tools.abbreviations.add_defined(text, found.spans, definitions)
        placed = tools.abbreviations.resolve(
            text, in_bodies(spans, reading.sections), kind=reading.kind, definitions=definitions
        )
        contexts = self._contexts(reading, [(span.begin, span.end) for span, _ in placed])
        axes = AxisIndex(text, read_axes(text, hints) if self._has_axes else [], known)
        sides = read_sides(text) if reading.dialogue is not None else None
        encounters = EncounterIndex(text, hints.encounter if self._has_encounter else ())
        read = [
            ReadMention(
                span,
                section,
                context,
                tools.candidates.choices(
                    span.senses,
                    with_side(axes.near(span.begin, span.end), sides, text[span.begin : span.end]),
                    encounter=encounters.near(span.begin, span.end),
                ),
            )
            for (span, section), context in zip(placed, contexts, strict=True)
        ]
        for mention in read:
            if mention.span.doubts:
                near = mention.span.begin, mention.span.end
                mention.doubts = tuple(
                    (weight, tools.candidates.choices(senses, axes.near(*near), encounter=encounters.near(*near)))
                    for weight, senses in mention.span.doubts
                )
        return read

    def _open(self, tools: ReleaseTools, document: Document) -> Reading:
        """Cut a document up and match it; without the part `sections` it is one section, and no dialogue."""
        text, kind = document.text, document.kind
        dialogue = read_dialogue(text, kind=kind) if self._has_sections else None
        if dialogue is not None:
            sections, sentences = dialogue.sections, [(said.begin, said.end) for said in dialogue.utterances]
        else:
            sections = find_sections(text) if self._has_sections else [Section("", 0, 0, len(text))]
            sentences = find_sentences(text, sections)
        return Reading(text, kind, sections, sentences, tools.mentions.find(as_heard(text, dialogue)), dialogue)

    def _contexts(self, reading: Reading, spans: Sequence[tuple[int, int]]) -> list[Context]:
        """Return the context of each span; they are sorted."""
        text = reading.text
        contexts = self._context.read(
            text, sections=reading.sections, sentences=reading.sentences, cues=reading.found.cues, spans=spans
        )
        if reading.dialogue is not None:
            read_transcript(text, reading.dialogue, spans, contexts)
        return contexts

    def rank_mentions(self, document: Document) -> list[tuple[Span, Ranked]]:
        """Return what the document ranker is given: each mention with its candidates by its own score."""
        tools = self._tools(None)
        mentions = self._read_mentions(tools, self._open(tools, document), read_definitions((document.text,)))
        ranking = CodeRanking(self._ranker, least=LEAST_BEFORE_DOCUMENT)
        return list(zip(map(ranked_span, mentions), rank_choices(ranking, tools, mentions), strict=True))

    def _read(
        self, tools: ReleaseTools, chart: Chart, reading: Reading, number: int, definitions: Mapping[str, str]
    ) -> list[Finding]:
        """Return the diagnoses that the document of that number names."""
        mentions = self._read_mentions(tools, reading, definitions, _SEX_VALUES.get(chart.sex))
        system = tools.snapshot.release.system.value
        ranked = rank_choices(self._ranking, tools, mentions)
        if self._documents is not None:
            least = [
                KEEPS_ALL if mention.span.is_resolved or is_plain(candidates) else LEAST_OF_FINDINGS
                for mention, candidates in zip(mentions, ranked, strict=True)
            ]
            ranked = self._documents.rescore([ranked_span(mention) for mention in mentions], ranked, least)
        return [
            Finding(make_mention(mention.span, mention.section, mention.context, reading.text, number), codes)
            for mention, sure in zip(mentions, ranked, strict=True)
            if (codes := list(sure or doubtful_candidates(mention.doubts, system=system, title=tools.title)))
        ]


def _wants_diagnoses(chart: Chart) -> bool:
    return not chart.systems or System.ICD10CM.value in chart.systems


def _by_document(diagnoses: Sequence[Finding], procedures: Sequence[Finding]) -> list[Finding]:
    """Put together what the documents name: of each its diagnoses, then its procedures, as `on_findings` was given."""
    return sorted([*diagnoses, *procedures], key=lambda finding: finding.mention.document)
