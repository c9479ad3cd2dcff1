"""Reads the diagnoses of a document: its cutting up, its mentions with context and candidates, and their ranking.

sections -> sentences -> matches -> abbreviations -> context -> candidates -> ranking. Each stage is pure; the order of
what comes after, over the whole chart, is the pipeline's.
"""

from collections.abc import Mapping, Sequence

from engine.context.scope import ContextReader
from engine.context.transcript import read_transcript
from engine.match.definitions import read_definitions
from engine.match.term_span import TermSpan
from engine.rank.axes import AxisIndex
from engine.rank.axis_words import read_axes
from engine.rank.document import KEEPS_ALL, LEAST_OF_FINDINGS, is_plain
from engine.rank.document_ranker import DocumentRanker
from engine.rank.document_rows import RankedMention
from engine.rank.encounter import EncounterIndex
from engine.rank.features import feature_rows
from engine.rank.hints import sort_places
from engine.rank.ranking import LEAST_ALONE, LEAST_BEFORE_DOCUMENT, CodeRanking, Ranked, doubtful_candidates
from engine.rank.score import Ranker
from engine.reading import (
    NoContext,
    ReadDocument,
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
from engine.text.furniture import without_furniture
from engine.text.kinds import infer_kind
from engine.text.sections import find_sections
from engine.text.sentences import find_sentences
from engine.text.sides import as_heard, read_sides, with_side
from engine.types import Context, Document, Finding, Origin, Section, Sex

# A title or inclusion term of so many words is no accident.
_WORDS_OF_OFFICIAL_TERM = 3
_OFFICIAL = (Origin.TITLE.name.lower(), Origin.INCLUSION.name.lower())
_SEX_VALUES = {Sex.FEMALE: {"sex": "female"}, Sex.MALE: {"sex": "male"}}


def _is_said_outright(mention: ReadMention, candidates: Ranked) -> bool:
    """Whether a mention is a term of our lexicon, a resolved abbreviation or an official term in full."""
    if mention.span.is_resolved or is_plain(candidates):
        return True
    is_long = mention.span.words >= _WORDS_OF_OFFICIAL_TERM
    return is_long and bool(candidates) and candidates[0].origin in _OFFICIAL


def _values_near(tools: ReleaseTools, axes: AxisIndex, span: TermSpan) -> Mapping[str, str]:
    """Return the values on axes that hold for a span."""
    begin, end = span.site or (span.begin, span.end)
    near = axes.near(begin, end)
    if tools.candidates.is_of_eye(span.senses) and "side" not in near and (eye := axes.eye_near(begin, end)):
        return {**near, "eye": eye}
    return near


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
        text = without_furniture(text) if self._has_sections else text
        dialogue = read_dialogue(text, kind=kind) if self._has_sections else None
        if dialogue is not None:
            sections, sentences = dialogue.sections, [(said.begin, said.end) for said in dialogue.utterances]
        else:
            sections = find_sections(text) if self._has_sections else [Section("", 0, 0, len(text))]
            sentences = find_sentences(text, sections)
        kind = kind or ("transcript" if dialogue is not None else infer_kind(text, sections))
        return Reading(
            text, kind, sections, sentences, tools.mentions.find(as_heard(text, dialogue)), dialogue, document.text
        )

    def contexts(self, reading: Reading, spans: Sequence[tuple[int, int]]) -> list[Context]:
        """Return the context of each span; they are sorted."""
        text, dialogue = reading.text, reading.dialogue
        heard = as_heard(text, dialogue)
        contexts = self._context.read(
            heard, sections=reading.sections, sentences=reading.sentences, cues=reading.found.cues, spans=spans
        )
        if dialogue is not None:
            read_transcript(heard, dialogue, spans, contexts)
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
            text,
            in_bodies(tools.rereader.read(text, spans), reading.sections),
            kind=reading.kind,
            definitions=definitions,
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
                    with_side(_values_near(tools, axes, span), sides, text[span.begin : span.end]),
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
        self,
        tools: ReleaseTools,
        reading: Reading,
        number: int,
        *,
        sex: Sex,
        definitions: Mapping[str, str],
        keep: dict[int, ReadDocument] | None = None,
    ) -> list[Finding]:
        """Return the diagnoses that the document of that number names; how it was read is put into `keep`."""
        mentions = self.read_mentions(tools, reading, definitions, _SEX_VALUES.get(sex))
        system = tools.snapshot.release.system.value
        ranked = rank_choices(self._ranking, tools, mentions)
        if keep is not None:
            keep[number] = ReadDocument(mentions, ranked_mentions(reading.text, mentions, ranked))
        if self._documents is not None:
            least = [
                KEEPS_ALL if _is_said_outright(mention, candidates) else LEAST_OF_FINDINGS
                for mention, candidates in zip(mentions, ranked, strict=True)
            ]
            ranked = self._documents.rescore(ranked_mentions(reading.text, mentions, ranked), least, tools.title)
        return [
            Finding(make_mention(mention.span, mention.section, mention.context, reading.written, number), codes)
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
