"""Reads the procedures of a document: whole terms of the lexicon, and operations composed with their body parts.

What one pass of the matcher found is all that is looked at; see README.md for the steps.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from codesets.icd10pcs_tables import Tables
from codesets.lexicon.axes import BodyPart, Detail, Modality, OperationWord, read_axes
from codesets.snapshot import Snapshot
from engine.procedures.compose import Composed, Place, compose, longest, word_table
from engine.procedures.resolve import Codes, Fact, Resolver
from engine.procedures.score import Scores
from engine.types import Candidate, Side

MAX_CANDIDATES = 5
# With more body parts than this among its codes, an operation says too little to be a finding.
_MOST_BODY_PARTS = 12
_SIDE_REACH = 40
_DETAIL_REACH = 60
_PER_SIDE = 16
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
        self._words = word_table(read_axes())
        self._resolver = Resolver(snapshot, Tables.of(snapshot))
        self._scores = Scores.load()
        self.content_hash = self._scores.content_hash

    def read(self, text: str, sentences: Sequence[tuple[int, int]], found: Read) -> list[Procedure]:
        """Return the procedures of a document in order of their spans."""
        places = [Place(begin, end, self._words[number]) for begin, end, number in found.words]
        procedures: list[Procedure] = []
        ends = [end for _, end in sentences]
        by_sentence: dict[int, list[Place]] = {}
        for place in places:
            by_sentence.setdefault(bisect_left(ends, place.end), []).append(place)
        terms: dict[int, list[Term]] = {}
        for term in found.terms:
            terms.setdefault(bisect_left(ends, term[1]), []).append(term)
        for number in sorted(by_sentence.keys() | terms.keys()):
            sentence = _Sentence(text, by_sentence.get(number, []), terms.get(number, []), found.sides)
            procedures += self._read_sentence(sentence)
        return sorted(procedures, key=lambda procedure: (procedure.begin, procedure.end))

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
        facts = sentence.facts(begin, end)
        return [
            Procedure(begin, end, self._candidates(codes, origin))
            for codes in self._resolver.resolve(pattern, side, facts)
            if codes.body_parts <= _MOST_BODY_PARTS
        ]

    def _candidates(self, codes: Codes, origin: str) -> list[Candidate]:
        score = self._scores.of(codes.codes[0], origin)
        share = 1.0 if codes.is_settled else 0.999
        return [
            Candidate("icd10pcs", code, self.title(code), round(score * share**rank, 4), origin)
            for rank, code in enumerate(codes.codes[:MAX_CANDIDATES])
        ]

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
        at = bisect_left(self._sides, (begin - _SIDE_REACH, 0))
        while at < len(self._sides) and self._sides[at][0] <= end + _SIDE_REACH:
            first, last = self._sides[at]
            distance = 0 if begin <= first < end else max(begin - last, first - end)
            between = self.text[min(last, end) : max(first, begin)]
            if distance < nearest and "." not in between:
                best, nearest = _SIDES.get(self.text[first:last].lower(), Side.NONE), distance
            at += 1
        return best

    def facts(self, begin: int, end: int) -> tuple[Fact, ...]:
        """Return what the details of the sentence settle, the nearest to a span first."""
        near = sorted(
            [p for p in self.details if max(p.begin - end, begin - p.end) <= _DETAIL_REACH],
            key=lambda place: max(place.begin - end, begin - place.end),
        )
        return tuple((place.word.axis, place.word.values) for place in near if isinstance(place.word, Detail))

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
