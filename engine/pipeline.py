"""The order of the stages: documents to findings, findings to suggestions.

sections -> sentences -> matches -> abbreviations -> context -> candidates -> ranking -> findings -> drafts -> rules
-> routing.
This is the only file that knows the stages together; each stage is pure, and so is `Pipeline.code`.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from codesets.errors import NoReleaseError
from codesets.snapshot import Snapshot
from codesets.types import System
from engine import __version__
from engine.charts import check_chart
from engine.context.scope import ContextReader
from engine.context.transcript import read_transcript
from engine.errors import ReleaseError, UnsupportedSystemError
from engine.match.definitions import read_definitions
from engine.match.disambiguate import AbbreviationReader
from engine.match.mentions import MentionFinder
from engine.match.term_span import TermSpan
from engine.rank.axes import AxisIndex, read_axes
from engine.rank.candidates import CandidateMaker, ChoiceSet
from engine.rank.encounter import EncounterIndex
from engine.rank.features import MentionFacts, feature_rows
from engine.rank.hints import sort_places
from engine.rank.ranking import CodeRanking, doubtful_candidates
from engine.rank.score import Ranker
from engine.routing import route_suggestions
from engine.rules.base import Facts
from engine.rules.gather import gather_suggestions
from engine.rules.run import RULES, apply_rules
from engine.text.dialogue import Dialogue, read_dialogue
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
    Mention,
    ReleaseUsed,
    Section,
    Sex,
)

_SEX_VALUES = {Sex.FEMALE: {"sex": "female"}, Sex.MALE: {"sex": "male"}}


@dataclass(frozen=True, slots=True)
class ReleaseTools:
    """What the stages need of one release of ICD-10-CM."""

    snapshot: Snapshot
    mentions: MentionFinder
    abbreviations: AbbreviationReader
    candidates: CandidateMaker

    @property
    def used(self) -> ReleaseUsed:
        """Say which release this is."""
        return _used(self.snapshot)

    def title(self, code: str) -> str:
        """Return the title of a code, "" if the release lacks it."""
        return _title(self.snapshot, code)


@lru_cache(maxsize=64)
def _used(snapshot: Snapshot) -> ReleaseUsed:
    release = snapshot.release
    return ReleaseUsed(release.system.value, release.version, release.content_hash)


@lru_cache(maxsize=16_384)
def _title(snapshot: Snapshot, code: str) -> str:
    number = snapshot.index_of(code)
    return snapshot.title_at(number) if number >= 0 else ""


@dataclass(slots=True)
class ReadMention:
    """A span of a document with its section, context and candidate codes, before ranking.

    `doubts` are the meanings of an abbreviation that could not be told apart, each with its weight.
    """

    span: TermSpan
    section: str
    context: Context
    choices: ChoiceSet
    doubts: tuple[tuple[float, ChoiceSet], ...] = ()


@dataclass(slots=True)
class _Layout:
    """A document cut up; `dialogue` is None for a note."""

    sections: list[Section]
    sentences: list[tuple[int, int]]
    dialogue: Dialogue | None = None


class Pipeline:
    """Codes charts; `tools_on` gives the tools of the release in force on a day (None: the latest).

    `without` names the parts that are left out (switches.py); an answer's header says so.
    """

    def __init__(
        self,
        tools_on: Callable[[date | None], ReleaseTools],
        *,
        context: ContextReader,
        ranker: Ranker,
        systems: Sequence[str] = (System.ICD10CM.value,),
        max_chart_bytes: int = 4 * 1024 * 1024,
        without: Sequence[str] = (),
    ) -> None:
        self._tools_on = tools_on
        self._ranker = ranker
        self._ranking = CodeRanking(ranker)
        self._systems = tuple(systems)
        self._max_chart_bytes = max_chart_bytes
        self._without = "+".join(sorted(without))
        self._has_sections = "sections" not in without
        self._context = _NoContext() if "context" in without else context
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
        tools = self._tools(chart.date_of_service)
        findings: list[Finding] = []
        definitions = read_definitions(document.text for document in chart.documents)
        for number in range(len(chart.documents)):
            found = self._read(tools, chart, number, definitions)
            if on_findings is not None:
                on_findings(found)
            findings += found
        drafts = gather_suggestions(findings, chart, tools.title)
        suggestions, alerts = apply_rules(drafts, Facts(chart, tools.snapshot, findings), self._rules)
        route_suggestions(suggestions, alerts)
        elapsed_ms = (time.perf_counter() - started) * 1000
        return CodedChart(chart.chart_id, header, findings, suggestions, alerts, elapsed_ms)

    def header(self, chart: Chart, request_id: str = "") -> Header:
        """Check the chart and say what it will be coded with; raises as `code` does."""
        check_chart(chart, max_bytes=self._max_chart_bytes)
        for number, system in enumerate(chart.systems):
            if system not in self._systems:
                raise UnsupportedSystemError(
                    f"systems[{number}]: got {system[:32]!r}, want one of {', '.join(self._systems)}",
                    field=f"systems[{number}]",
                )
        tools = self._tools(chart.date_of_service)
        return Header(__version__, (tools.used,), self._models(tools), request_id)

    def _models(self, tools: ReleaseTools) -> tuple[tuple[str, str], ...]:
        models = (
            ("dictionary", tools.mentions.content_hash),
            ("abbreviations", tools.abbreviations.content_hash),
            (f"ranker:{self._ranker.name}", self._ranker.content_hash),
        )
        if not self._without:
            return models
        return (*models, (f"without:{self._without}", hashlib.sha256(self._without.encode()).hexdigest()))

    def read_context(self, text: str, spans: list[tuple[int, int]]) -> list[Context]:
        """Return what the text says of any given spans, whether or not they name something codable."""
        layout = self._cut(text)
        cues = self._tools(None).mentions.find(as_heard(text, layout.dialogue)).cues
        order = sorted(range(len(spans)), key=lambda number: spans[number])
        contexts = self._contexts(text, layout, cues, [spans[number] for number in order])
        found = dict(zip(order, contexts, strict=True))
        return [found[number] for number in range(len(spans))]

    def _tools(self, day: date | None) -> ReleaseTools:
        try:
            return self._tools_on(day)
        except NoReleaseError as error:
            raise ReleaseError(str(error), field="date_of_service") from None

    def read_mentions(self, document: Document, *, day: date | None = None) -> list[ReadMention]:
        """Return what a document names, with context and candidates, before ranking."""
        return self._read_mentions(self._tools(day), document, read_definitions((document.text,)))

    def score_choices(self, mention: ReadMention) -> list[float]:
        """Return the score of each choice of a mention, those that are too unlikely to be candidates among them."""
        rows = feature_rows([_facts(mention)], [mention.choices], self._ranker.priors)
        return [float(score) for score in self._ranker.scores(rows)]

    def title(self, code: str) -> str:
        """Return the title of a code in the latest release, "" if that lacks it."""
        return self._tools(None).title(code)

    def _read_mentions(
        self,
        tools: ReleaseTools,
        document: Document,
        definitions: Mapping[str, str],
        known: Mapping[str, str] | None = None,
    ) -> list[ReadMention]:
        text, layout = document.text, self._cut(document.text, document.kind)
        found = tools.mentions.find(as_heard(text, layout.dialogue))
        hints = sort_places(found.hints, found.sides)
        spans = tools.abbreviations.add_defined(text, found.spans, definitions)
        placed = tools.abbreviations.resolve(
            text, _in_bodies(spans, layout.sections), kind=document.kind, definitions=definitions
        )
        contexts = self._contexts(text, layout, found.cues, [(span.begin, span.end) for span, _ in placed])
        axes = AxisIndex(text, read_axes(text, hints) if self._has_axes else [], known)
        sides = read_sides(text) if layout.dialogue else None
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

    def _cut(self, text: str, kind: str = "") -> _Layout:
        """Cut a document up; without the part `sections` it is one, and no dialogue."""
        if not self._has_sections:
            sections = [Section("", 0, 0, len(text))]
            return _Layout(sections, find_sentences(text, sections))
        dialogue = read_dialogue(text, kind=kind)
        if dialogue is not None:
            return _Layout(dialogue.sections, [(said.begin, said.end) for said in dialogue.utterances], dialogue)
        sections = find_sections(text)
        return _Layout(sections, find_sentences(text, sections))

    def _contexts(
        self, text: str, layout: _Layout, cues: Sequence[tuple[int, int, int]], spans: Sequence[tuple[int, int]]
    ) -> list[Context]:
        """Return the context of each span; they are sorted."""
        contexts = self._context.read(
            text, sections=layout.sections, sentences=layout.sentences, cues=cues, spans=spans
        )
        if layout.dialogue is not None:
            read_transcript(text, layout.dialogue, spans, contexts)
        return contexts

    def _read(self, tools: ReleaseTools, chart: Chart, number: int, definitions: Mapping[str, str]) -> list[Finding]:
        document = chart.documents[number]
        mentions = self._read_mentions(tools, document, definitions, _SEX_VALUES.get(chart.sex))
        system = tools.snapshot.release.system.value
        ranked = self._ranking.rank(
            [_facts(mention) for mention in mentions],
            [mention.choices for mention in mentions],
            system=system,
            title=tools.title,
        )
        return [
            Finding(_mention(mention, document.text, number), codes)
            for mention, sure in zip(mentions, ranked, strict=True)
            if (codes := list(sure or doubtful_candidates(mention.doubts, system=system, title=tools.title)))
        ]


class _NoContext:
    """Stands in for the reader of context where that is left out: everything is present, current, the patient's."""

    def read(self, text: str, *, spans: Sequence[tuple[int, int]], **_: object) -> list[Context]:
        """Return the context of each span."""
        return [Context() for _ in spans]


def _facts(mention: ReadMention) -> MentionFacts:
    return MentionFacts(mention.span.words, mention.span.is_capitals, mention.section, mention.span.is_resolved)


def _mention(read: ReadMention, text: str, document: int) -> Mention:
    begin, end = read.span.begin, read.span.end
    return Mention(document, begin, end, text[begin:end], read.section, read.context)


def _in_bodies(spans: Sequence[TermSpan], sections: Sequence[Section]) -> list[tuple[TermSpan, str]]:
    """Pair the spans that are no part of a heading with the names of their sections; both are in order."""
    placed: list[tuple[TermSpan, str]] = []
    number, last = 0, len(sections) - 1
    for span in spans:
        while number < last and sections[number + 1].begin <= span.begin:
            number += 1
        section = sections[number]
        if span.end > section.body_begin:
            placed.append((span, section.name))
    return placed
