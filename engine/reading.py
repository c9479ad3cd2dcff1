"""What documents are read with: the tools of one release each, what both kinds of code read of a text, and procedures.

Diagnoses are read by the pipeline itself; this is what it shares with the reading of procedures, and that reading.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple, TypeVar

from codesets.edit_store import EditRelease
from codesets.snapshot import Snapshot
from engine.match.disambiguate import AbbreviationReader
from engine.match.mentions import Found, MentionFinder
from engine.match.reread import Rereader
from engine.match.term_span import TermSpan
from engine.procedures.performed import context_of_procedure
from engine.procedures.read import Procedure, ProcedureReader, Read
from engine.queries.words import Named, Place, section_at
from engine.rank.candidates import CandidateMaker, ChoiceSet
from engine.rank.document import Span
from engine.rank.document_rows import RankedMention
from engine.rank.features import MentionFacts
from engine.rank.ranking import CodeRanking, Ranked
from engine.text.copied import find_copied
from engine.text.dialogue import Dialogue
from engine.types import Context, Finding, Mention, ReleaseUsed, Section

# A span of either kind of code.
AnySpan = TypeVar("AnySpan", TermSpan, Procedure)


@dataclass(frozen=True, slots=True)
class ReleaseTools:
    """What the stages need of one release of ICD-10-CM."""

    snapshot: Snapshot
    mentions: MentionFinder
    abbreviations: AbbreviationReader
    rereader: Rereader
    candidates: CandidateMaker

    @property
    def used(self) -> ReleaseUsed:
        """Say which release this is."""
        return used_release(self.snapshot)

    def title(self, code: str) -> str:
        """Return the title of a code, "" if the release lacks it."""
        return title_in(self.snapshot, code)


@dataclass(frozen=True, slots=True)
class ProcedureTools:
    """What the stages need of one release of ICD-10-PCS."""

    snapshot: Snapshot
    mentions: MentionFinder
    reader: ProcedureReader

    @property
    def used(self) -> ReleaseUsed:
        """Say which release this is."""
        return used_release(self.snapshot)


@dataclass(frozen=True, slots=True)
class Reading:
    """A document, cut up and matched, as both kinds of code read it; `dialogue` is None for a note.

    `text` is without the headers and footers of pages, in white space; `written` is as it came.
    """

    text: str
    kind: str
    sections: list[Section]
    sentences: list[tuple[int, int]]
    found: Found
    dialogue: Dialogue | None = None
    written: str = ""


@lru_cache(maxsize=64)
def used_release(snapshot: Snapshot) -> ReleaseUsed:
    """Say which release a snapshot is."""
    release = snapshot.release
    return ReleaseUsed(release.system.value, release.version, release.content_hash)


@lru_cache(maxsize=16)
def edits_used(release: EditRelease) -> ReleaseUsed:
    """Say which release of a table of edits this is."""
    return ReleaseUsed(release.kind.value, release.version, release.content_hash)


@lru_cache(maxsize=16_384)
def title_in(snapshot: Snapshot, code: str) -> str:
    """Return the title of a code, "" if the release lacks it."""
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


class ReadDocument(NamedTuple):
    """A document's mentions with their candidates by their own scores, as the document ranker is given them."""

    mentions: Sequence[ReadMention]
    given: Sequence[RankedMention]


def mention_facts(mention: ReadMention) -> MentionFacts:
    """Return what ranking asks of a mention besides its choices."""
    return MentionFacts(mention.span.words, mention.span.is_capitals, mention.section, mention.span.is_resolved)


def rank_choices(ranking: CodeRanking, tools: ReleaseTools, mentions: Sequence[ReadMention]) -> list[Ranked]:
    """Rank the choices of each mention by its own score."""
    return ranking.rank(
        [mention_facts(mention) for mention in mentions],
        [mention.choices for mention in mentions],
        system=tools.snapshot.release.system.value,
        title=tools.title,
    )


def ranked_mentions(text: str, mentions: Sequence[ReadMention], ranked: Sequence[Ranked]) -> list[RankedMention]:
    """Return what the document ranker asks of mentions: their words, their spans and their candidates."""
    return [
        (text[span.begin : span.end], Span(span.words, span.end - span.begin, span.is_capitals), candidates)
        for span, candidates in zip((mention.span for mention in mentions), ranked, strict=True)
    ]


ReadContexts = Callable[[Reading, Sequence[tuple[int, int]]], list[Context]]


def read_procedures(tools: ProcedureTools, reading: Reading, number: int, *, contexts: ReadContexts) -> list[Finding]:
    """Return the procedures that the document of that number names, in order; `contexts` reads those of spans."""
    text = reading.text
    found = tools.mentions.find(text)
    terms = [(span.begin, span.end, span.senses) for span in found.spans]
    named = tools.reader.read(text, reading.sentences, Read(terms, found.hints, found.sides))
    placed = in_bodies(named, reading.sections)
    places = [(procedure.begin, procedure.end) for procedure, _ in placed]
    findings: list[Finding] = []
    for (procedure, section), around in zip(placed, contexts(reading, places), strict=True):
        own = context_of_procedure(text, procedure.begin, procedure.end, around)
        findings.append(Finding(make_mention(procedure, section, own, reading.written, number), procedure.codes))
    return findings


def copied_places(findings: Sequence[Finding], readings: Sequence[Reading]) -> Set[tuple[int, int]]:
    """Return where (document, begin) findings stand in text that is copied from an earlier document of the chart."""
    if len(readings) < 2:
        return frozenset()
    passages = find_copied([(reading.text, reading.sentences) for reading in readings])
    begins = [[begin for begin, _ in found] for found in passages]
    marked: set[tuple[int, int]] = set()
    for finding in findings:
        number, begin = finding.mention.document, finding.mention.begin
        at = bisect_right(begins[number], begin) - 1
        if at >= 0 and begin < passages[number][at][1]:
            marked.add((number, begin))
    return frozenset(marked)


class QueryWords:
    """Where the words of documentation queries stand in a chart: `places` by number, in text order.

    They are the hints from the number `first` on.
    """

    def __init__(self, readings: Sequence[Reading], contexts: ReadContexts, *, first: int) -> None:
        self._readings, self._contexts = readings, contexts
        self.places: dict[int, list[Place]] = {}
        for document, reading in enumerate(readings):
            for begin, end, hint in reading.found.hints:
                if hint >= first:
                    self.places.setdefault(hint - first, []).append(Place(document, begin, end))

    def read_around(self, places: Sequence[Place]) -> list[Named]:
        """Return places (in text order) with the headings they stand under and what the text says of them."""
        named: list[Named] = []
        for document, group in groupby(places, key=lambda place: place.document):
            reading, of_document = self._readings[document], list(group)
            contexts = self._contexts(reading, [(place.begin, place.end) for place in of_document])
            named += [
                Named(place, section_at(reading.sections, place.begin), context)
                for place, context in zip(of_document, contexts, strict=True)
            ]
        return named


class NoContext:
    """Stands in for the reader of context where that is left out: everything is present, current, the patient's."""

    def read(self, text: str, *, spans: Sequence[tuple[int, int]], **_: object) -> list[Context]:
        """Return the context of each span."""
        return [Context() for _ in spans]


def make_mention(span: AnySpan, section: str, context: Context, text: str, document: int) -> Mention:
    """Cut a span's mention out of its document."""
    begin, end = span.begin, span.end
    return Mention(document, begin, end, text[begin:end], section, context)


def in_bodies(spans: Sequence[AnySpan], sections: Sequence[Section]) -> list[tuple[AnySpan, str]]:
    """Pair the spans that are no part of a heading with the names of their sections; both are in order."""
    placed: list[tuple[AnySpan, str]] = []
    number, last = 0, len(sections) - 1
    for span in spans:
        while number < last and sections[number + 1].begin <= span.begin:
            number += 1
        section = sections[number]
        if span.end > section.body_begin:
            placed.append((span, section.name))
    return placed
