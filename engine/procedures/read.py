"""Reads the procedures of a document: whole terms of the lexicon, and operations composed with their body parts.

What one pass of the matcher found is all that is looked at; see README.md for the steps.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from codesets.icd10pcs_tables import Tables
from codesets.lexicon.axes import BodyPart, Detail, Modality, OperationWord, read_axes
from codesets.snapshot import Snapshot
from codesets.types import System
from engine.procedures.compose import Composed, Place, compose, longest, word_table
from engine.procedures.duration import duration
from engine.procedures.resolve import Codes, Fact, Resolver
from engine.procedures.score import Scores
from engine.types import Candidate, Side

MAX_CANDIDATES = 5
# With more body parts than this among its codes, an operation says too little to be a finding.
_MOST_BODY_PARTS = 12
_SIDE_REACH = 40
_DETAIL_REACH = 60
_PER_SIDE = 16
# Codes that differ in what the text does not say are ranked, not judged.
_PER_RANK = 0.999
_SYSTEM = System.ICD10PCS.value
_SIDES = {
    "right": Side.RIGHT, "rt": Side.RIGHT, "left": Side.LEFT, "lt": Side.LEFT, "bilateral": Side.BILATERAL,
    "bilaterally": Side.BILATERAL, "both": Side.BILATERAL,
}  # fmt: skip
WHOLE_TERM = "lexicon"
COMPOSED = "composed"


Senses = tuple[tuple[int, int], ...]
Term = tuple[int, int, Senses]


@dataclass(slots=True)
class Procedure:
    """A span that names a procedure, with its candidate codes, the likeliest first."""

    begin: int
    end: int
    codes: list[Candidate]


@dataclass(frozen=True, slots=True)
class Read:
    """What the matcher found: whole terms as (begin, end, senses), words of axes as (begin, end, number of the word),
    side words as (begin, end), each in order. A sense is (pattern number, origin + 16 * side that the term names)."""

    terms: Sequence[Term]
    words: Sequence[tuple[int, int, int]]
    sides: Sequence[tuple[int, int]]


class ProcedureReader:
    """Reads with one release of ICD-10-PCS; `patterns` are those of the dictionary, by number."""

    def __init__(self, snapshot: Snapshot, patterns: Sequence[str]) -> None:
        self._snapshot = snapshot
        self._patterns = patterns
        axes = read_axes()
        self._words = word_table(axes)
        # Words are numbered by kind: operations and modalities, body parts, details.
        self._doings = sum(len(row.terms) for row in axes.doings)
        self._details = self._doings + sum(len(row.terms) for row in axes.body_parts)
        self._resolver = Resolver(snapshot, Tables.of(snapshot))
        self._scores = Scores.load()
        self._known: dict[tuple[tuple[str, ...], str], list[Candidate]] = {}
        self.content_hash = self._scores.content_hash

    def read(self, text: str, sentences: Sequence[tuple[int, int]], found: Read) -> list[Procedure]:
        """Return the procedures of a document in order of their spans.

        Only sentences with a whole term, an operation or an image are looked at: few of most notes.
        """
        last_doing = self._doings
        begins = {term[0] for term in found.terms}
        begins.update(begin for begin, _, number in found.words if number < last_doing)
        procedures: list[Procedure] = []
        end = -1
        for begin in sorted(begins):
            if begin >= end:
                first, end = sentences[max(0, bisect_left(sentences, (begin + 1, 0)) - 1)]
                sentence = self._sentence(text, first, end, found)
                if sentence is not None:
                    procedures += self._read_sentence(sentence)
        procedures.sort(key=lambda procedure: (procedure.begin, procedure.end))
        return procedures

    def _sentence(self, text: str, begin: int, end: int, found: Read) -> "_Sentence | None":
        """Return the words of a sentence, None if it has neither a whole term nor a body part."""
        words = found.words[bisect_left(found.words, (begin, 0, 0)) : bisect_left(found.words, (end, 0, 0))]
        terms = found.terms[bisect_left(found.terms, (begin, 0, ())) : bisect_left(found.terms, (end, 0, ()))]
        if not terms and not any(self._doings <= number < self._details for _, _, number in words):
            return None
        sides = found.sides[bisect_left(found.sides, (begin, 0)) : bisect_left(found.sides, (end, 0))]
        return _Sentence(text, [Place(first, last, self._words[number]) for first, last, number in words], terms, sides)

    def _read_sentence(self, sentence: "_Sentence") -> list[Procedure]:
        procedures: list[Procedure] = []
        for begin, end, senses in sentence.terms:
            for number in _meant(senses, sentence.side(begin, end)):
                pattern = sentence.with_part(self._patterns[number], begin, end, self._resolver)
                procedures += self._procedures(sentence, begin, end, pattern, WHOLE_TERM)
        for made in compose(sentence.text, sentence.doings, sentence.parts, self._resolver.has):
            procedures += self._composed(sentence, made)
        return procedures

    def _composed(self, sentence: "_Sentence", made: Composed) -> list[Procedure]:
        begin, end = made.begin, made.end
        if made.looseness == 0:
            begin, end = min(begin, made.part.begin), max(end, made.part.end)
        return self._procedures(sentence, begin, end, made.pattern, f"{COMPOSED}{made.looseness}")

    def _procedures(self, sentence: "_Sentence", begin: int, end: int, pattern: str, origin: str) -> list[Procedure]:
        side = sentence.side(begin, end)
        facts = (*sentence.facts(begin, end), *duration(sentence.text, end, pattern))
        return [
            Procedure(begin, end, self._candidates(codes, origin))
            for codes in self._resolver.resolve(pattern, side, facts)
            if codes.body_parts <= _MOST_BODY_PARTS
        ]

    def _candidates(self, codes: Codes, origin: str) -> list[Candidate]:
        """Return the candidates of a set of codes; they are shared between procedures, so nothing may change them."""
        key = (codes.codes, origin)
        known = self._known.get(key)
        if known is None:
            score = self._scores.of(codes.codes[0], origin)
            known = self._known[key] = [
                Candidate(_SYSTEM, code, self.title(code), round(score * _PER_RANK**rank, 4), origin)
                for rank, code in enumerate(codes.codes[:MAX_CANDIDATES])
            ]
        return known

    def title(self, code: str) -> str:
        """Return the title of a code, "" if the release lacks it."""
        number = self._snapshot.index_of(code)
        return self._snapshot.title_at(number) if number >= 0 else ""


def _meant(senses: Senses, side: Side) -> list[int]:
    """Return the patterns that a term means: those of the side named, or else those of no side.

    The matcher reads through sides, so "right hemicolectomy" and "left hemicolectomy" are one phrase to it.
    """
    sided = [number for number, origin in senses if side is not Side.NONE and origin // _PER_SIDE == side]
    return sided or [number for number, origin in senses if origin < _PER_SIDE] or [number for number, _ in senses[:1]]


class _Sentence:
    """The words of one sentence, sorted by what they say."""

    def __init__(
        self,
        text: str,
        places: Sequence[Place],
        terms: Sequence[Term],
        sides: Sequence[tuple[int, int]],
    ) -> None:
        self.text = text
        self.terms = terms
        self._sides = sides
        doings = longest([p for p in places if isinstance(p.word, OperationWord | Modality)])
        self.doings = [p for p in doings if not any(begin < p.end and p.begin < end for begin, end, _ in terms)]
        self.parts = longest([p for p in places if isinstance(p.word, BodyPart)])
        self.details = longest([p for p in places if isinstance(p.word, Detail)])

    def side(self, begin: int, end: int) -> Side:
        """Return the side named nearest a span, within a few words of the same sentence."""
        best, nearest = Side.NONE, _SIDE_REACH + 1
        for first, last in self._sides:
            distance = 0 if begin <= first < end else max(begin - last, first - end)
            if distance < nearest:
                best, nearest = _SIDES.get(self.text[first:last].lower(), Side.NONE), distance
        return best

    def facts(self, begin: int, end: int) -> tuple[Fact, ...]:
        """Return what the details of the sentence settle, the nearest to a span first."""
        near = [(max(place.begin - end, begin - place.end), place.word) for place in self.details]
        near.sort(key=lambda pair: pair[0])
        return tuple(
            (word.axis, word.values) for far, word in near if far <= _DETAIL_REACH and isinstance(word, Detail)
        )

    def with_part(self, pattern: str, begin: int, end: int, resolver: Resolver) -> str:
        """Complete a pattern that says no body part by the nearest one of the sentence that its tables have."""
        if len(pattern) != 3 or not self.parts:
            return pattern
        for part in sorted(self.parts, key=lambda place: max(place.begin - end, begin - place.end)):
            assert isinstance(part.word, BodyPart)
            places = [*part.word.surgical, *([part.word.imaging] if part.word.imaging else [])]
            for system, value in places:
                if system == pattern[:2] and resolver.has(pattern + value):
                    return pattern + value
        return pattern
