"""Reads the diagnoses of a document: its cutting up, its mentions with context and candidates, and their ranking.

sections -> sentences -> matches -> abbreviations -> context -> candidates -> ranking. Each stage is pure; the order of
what comes after, over the whole chart, is the pipeline's.
"""

from collections.abc import Mapping, Sequence

from engine.context.scope import ContextReader
from engine.context.transcript import read_transcript
from engine.match.definitions import read_definitions
from engine.rank.axes import AxisIndex, read_axes
from engine.rank.document import KEEPS_ALL, LEAST_OF_FINDINGS, is_plain
from engine.rank.document_ranker import DocumentRanker
from engine.rank.document_rows import RankedMention
from engine.rank.encounter import EncounterIndex
from engine.rank.features import feature_rows
from engine.rank.hints import sort_places
from engine.rank.ranking import LEAST_ALONE, LEAST_BEFORE_DOCUMENT, CodeRanking, doubtful_candidates
from engine.rank.score import Ranker
from engine.reading import (
    NoContext,
    Reading,
    ReadMention,
    ReleaseTools,
    in_bodies,
    make_mention,
    mention_facts,
    rank_choices,
    ranked_mentions,
)
from engine.text.dialogue import read_dialogue
from engine.text.sections import find_sections
from engine.text.sentences import find_sentences
from engine.text.sides import as_heard, read_sides, with_side
from engine.types import Context, Document, Finding, Section, Sex

_SEX_VALUES = {Sex.FEMALE: {"sex": "female"}, Sex.MALE: {"sex": "male"}}


class DiagnosisReader:
    """Reads documents; the tools of the release come with each call.

    `without` names the parts that are left out (switches.py).
    """

    def __init__(
        self,
        *,
        context: ContextReader,
        ranker: Ranker,
        documents: DocumentRanker | None,
        without: Sequence[str] = (),
    ) -> None:
        self._ranker = ranker
        self._documents = documents
        self._ranking = CodeRanking(ranker, least=LEAST_ALONE if documents is None else LEAST_BEFORE_DOCUMENT)
        self._has_sections = "sections" not in without
        self._context = NoContext() if "context" in without else context
        self._has_axes = "axes" not in without
        self._has_encounter = "encounter" not in without

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        """Name the models that rank, each with its hash."""
        documents = (("ranker:document", self._documents.content_hash),) if self._documents is not None else ()
        return ((f"ranker:{self._ranker.name}", self._ranker.content_hash), *documents)

    def open(self, tools: ReleaseTools, document: Document) -> Reading:
        """Cut a document up and match it; without the part `sections` it is one section, and no dialogue."""
        text, kind = document.text, document.kind
        dialogue = read_dialogue(text, kind=kind) if self._has_sections else None
        if dialogue is not None:
            sections, sentences = dialogue.sections, [(said.begin, said.end) for said in dialogue.utterances]
        else:
            sections = find_sections(text) if self._has_sections else [Section("", 0, 0, len(text))]
            sentences = find_sentences(text, sections)
        return Reading(text, kind, sections, sentences, tools.mentions.find(as_heard(text, dialogue)), dialogue)

    def contexts(self, reading: Reading, spans: Sequence[tuple[int, int]]) -> list[Context]:
        """Return the context of each span; they are sorted."""
        text = reading.text
        contexts = self._context.read(
            text, sections=reading.sections, sentences=reading.sentences, cues=reading.found.cues, spans=spans
        )
        if reading.dialogue is not None:
            read_transcript(text, reading.dialogue, spans, contexts)
        return contexts

    def read_mentions(
        self,
        tools: ReleaseTools,
        reading: Reading,
        definitions: Mapping[str, str],
        known: Mapping[str, str] | None = None,
    ) -> list[ReadMention]:
        """Return what a document names, with context and candidates, before ranking; `known` are values of axes."""
        text, found = reading.text, reading.found
        hints = sort_places(found.hints, found.sides)
        spans = tools.abbreviations.add_defined(text, found.spans, definitions)
        placed = tools.abbreviations.resolve(
            text, in_bodies(spans, reading.sections), kind=reading.kind, definitions=definitions
        )
        contexts = self.contexts(reading, [(span.begin, span.end) for span, _ in placed])
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

    def read(
        self, tools: ReleaseTools, reading: Reading, number: int, *, sex: Sex, definitions: Mapping[str, str]
    ) -> list[Finding]:
        """Return the diagnoses that the document of that number names."""
        mentions = self.read_mentions(tools, reading, definitions, _SEX_VALUES.get(sex))
        system = tools.snapshot.release.system.value
        ranked = rank_choices(self._ranking, tools, mentions)
        if self._documents is not None:
            least = [
                KEEPS_ALL if mention.span.is_resolved or is_plain(candidates) else LEAST_OF_FINDINGS
                for mention, candidates in zip(mentions, ranked, strict=True)
            ]
            ranked = self._documents.rescore(ranked_mentions(reading.text, mentions, ranked), least, tools.title)
        return [
            Finding(make_mention(mention.span, mention.section, mention.context, reading.text, number), codes)
            for mention, sure in zip(mentions, ranked, strict=True)
            if (codes := list(sure or doubtful_candidates(mention.doubts, system=system, title=tools.title)))
        ]

    def rank_mentions(self, tools: ReleaseTools, document: Document) -> list[RankedMention]:
        """Return what the document ranker is given: each mention with its candidates by its own score."""
        mentions = self.read_mentions(tools, self.open(tools, document), read_definitions((document.text,)))
        ranking = CodeRanking(self._ranker, least=LEAST_BEFORE_DOCUMENT)
        return ranked_mentions(document.text, mentions, rank_choices(ranking, tools, mentions))

    def score_choices(self, mention: ReadMention) -> list[float]:
        """Return the score of each choice of a mention, those that are too unlikely to be candidates among them."""
        rows = feature_rows([mention_facts(mention)], [mention.choices], self._ranker.priors)
        return [float(score) for score in self._ranker.scores(rows)]
