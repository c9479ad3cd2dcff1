"""The order of the stages: documents to findings, findings to suggestions.

sections -> sentences -> matches -> context -> candidates -> ranking -> findings -> drafts -> rules -> routing.
This is the only file that knows the stages together; each stage is pure, and so is `Pipeline.code`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from codesets.errors import NoReleaseError
from codesets.snapshot import Snapshot
from codesets.types import System
from engine import __version__
from engine.charts import check_chart
from engine.context.scope import ContextReader
from engine.errors import ReleaseError, UnsupportedSystemError
from engine.match.mentions import MentionFinder, TermSpan
from engine.rank.axes import AxisIndex, read_axes
from engine.rank.candidates import CandidateMaker, ChoiceSet, SenseChoice
from engine.rank.encounter import EncounterIndex
from engine.rank.features import MentionFacts, feature_rows
from engine.rank.hints import sort_places
from engine.rank.score import Ranker
from engine.routing import route_suggestions
from engine.rules.base import Facts
from engine.rules.gather import gather_suggestions
from engine.rules.run import apply_rules
from engine.text.sections import find_sections, section_at
from engine.text.sentences import find_sentences
from engine.types import (
    Candidate,
    Chart,
    CodedChart,
    Context,
    Document,
    Finding,
    Header,
    Mention,
    Origin,
    ReleaseUsed,
    Section,
    Sex,
)

# A candidate less likely than this is not worth a coder's look.
MIN_SCORE = 0.3
MAX_CANDIDATES = 5
ORIGIN_NAMES = tuple(origin.name.lower() for origin in Origin)
_SEX_VALUES = {Sex.FEMALE: {"sex": "female"}, Sex.MALE: {"sex": "male"}}


@dataclass(frozen=True, slots=True)
class ReleaseTools:
    """What the stages need of one release of ICD-10-CM."""

    snapshot: Snapshot
    mentions: MentionFinder
    candidates: CandidateMaker

    titles: dict[str, str] = field(default_factory=dict)

    def title(self, code: str) -> str:
        """Return the official title of a code."""
        found = self.titles.get(code)
        if found is None:
            found = self.titles[code] = self.snapshot.title(code)
        return found

    def title_or_none(self, code: str) -> str:
        """Return the title of a code, "" if the release lacks it."""
        number = self.snapshot.index_of(code)
        return self.snapshot.title_at(number) if number >= 0 else ""


@dataclass(slots=True)
class ReadMention:
    """A span of a document with its section, context and candidate codes, before ranking."""

    span: TermSpan
    section: str
    context: Context
    choices: ChoiceSet


class Pipeline:
    """Codes charts; `tools_on` gives the tools of the release in force on a day (None: the latest)."""

    def __init__(
        self,
        tools_on: Callable[[date | None], ReleaseTools],
        *,
        context: ContextReader,
        ranker: Ranker,
        systems: Sequence[str] = (System.ICD10CM.value,),
        max_chart_bytes: int = 4 * 1024 * 1024,
    ) -> None:
        self._tools_on = tools_on
        self._context = context
        self._ranker = ranker
        self._systems = tuple(systems)
        self._max_chart_bytes = max_chart_bytes

    def code(self, chart: Chart, *, request_id: str = "") -> CodedChart:
        """Code a chart.

        Raises ChartError, ChartTooLargeError, UnsupportedSystemError or ReleaseError.
        """
        started = time.perf_counter()
        header = self.header(chart, request_id)
        tools = self._tools(chart.date_of_service)
        findings = [f for number in range(len(chart.documents)) for f in self._read(tools, chart, number)]
        drafts = gather_suggestions(findings, chart, tools.title_or_none)
        suggestions, alerts = apply_rules(drafts, Facts(chart, tools.snapshot, findings))
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
        release = tools.snapshot.release
        return Header(
            engine_version=__version__,
            releases=(ReleaseUsed(release.system.value, release.version, release.content_hash),),
            models=(
                ("dictionary", tools.mentions.content_hash),
                (f"ranker:{self._ranker.name}", self._ranker.content_hash),
            ),
            request_id=request_id,
        )

    def read_context(self, text: str, spans: list[tuple[int, int]]) -> list[Context]:
        """Return what the text says of any given spans, whether or not they name something codable."""
        sections = find_sections(text)
        cues = self._tools(None).mentions.find(text).cues
        order = sorted(range(len(spans)), key=lambda number: spans[number])
        contexts = self._context.read(
            text,
            sections=sections,
            sentences=find_sentences(text, sections),
            cues=cues,
            spans=[spans[number] for number in order],
        )
        found = dict(zip(order, contexts, strict=True))
        return [found[number] for number in range(len(spans))]

    def _tools(self, day: date | None) -> ReleaseTools:
        try:
            return self._tools_on(day)
        except NoReleaseError as error:
            raise ReleaseError(str(error), field="date_of_service") from None

    def read_mentions(self, document: Document, *, day: date | None = None) -> list[ReadMention]:
        """Return what a document names, with context and candidates, before ranking."""
        return self._read_mentions(self._tools(day), document)

    def _read_mentions(
        self, tools: ReleaseTools, document: Document, known: Mapping[str, str] | None = None
    ) -> list[ReadMention]:
        text = document.text
        sections = find_sections(text)
        sentences = find_sentences(text, sections)
        found = tools.mentions.find(text)
        hints = sort_places(found.hints, found.sides)
        within = [(span, section_at(sections, span.begin)) for span in found.spans]
        placed = [(span, section.name) for span, section in within if not _is_heading(section, span.begin, span.end)]
        places = [(span.begin, span.end) for span, _ in placed]
        contexts = self._context.read(text, sections=sections, sentences=sentences, cues=found.cues, spans=places)
        axes = AxisIndex(text, read_axes(text, hints), known)
        encounters = EncounterIndex(text, hints.encounter)
        return [
            ReadMention(
                span,
                section,
                context,
                tools.candidates.choices(
                    span.senses,
                    axes.near(span.begin, span.end),
                    encounter=encounters.near(span.begin, span.end),
                ),
            )
            for (span, section), context in zip(placed, contexts, strict=True)
        ]

    def _read(self, tools: ReleaseTools, chart: Chart, number: int) -> list[Finding]:
        document = chart.documents[number]
        mentions = self._read_mentions(tools, document, _SEX_VALUES.get(chart.sex))
        facts = [MentionFacts(mention.span.words, mention.span.is_capitals, mention.section) for mention in mentions]
        choices = [mention.choices for mention in mentions]
        scores = self._ranker.scores(feature_rows(facts, choices, self._ranker.priors)).tolist()
        findings: list[Finding] = []
        row = 0
        for mention in mentions:
            options = mention.choices.options
            codes = _ranked(tools, scores[row : row + len(options)], options)
            row += len(options)
            if codes:
                findings.append(Finding(_mention(mention, document.text, number), codes))
        return findings


def _ranked(tools: ReleaseTools, scores: list[float], options: Sequence[SenseChoice]) -> list[Candidate]:
    system = tools.snapshot.release.system.value
    best = list(zip(scores, options, strict=True))
    if len(best) > 1:
        best.sort(key=lambda pair: (-pair[0], pair[1].code))
    return [
        Candidate(system, option.code, tools.title(option.code), round(score, 4), ORIGIN_NAMES[option.origin])
        for score, option in best[:MAX_CANDIDATES]
        if score >= MIN_SCORE
    ]


def _mention(read: ReadMention, text: str, document: int) -> Mention:
    begin, end = read.span.begin, read.span.end
    return Mention(document, begin, end, text[begin:end], read.section, read.context)


def _is_heading(section: Section, begin: int, end: int) -> bool:
    return section.begin <= begin and end <= section.body_begin
