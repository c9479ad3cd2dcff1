"""From a release, its index files and our own lexicon to the phrases and senses of the dictionary.

A sense is a code number of the release, the origin of the term (which ranks it) and the side the term names.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesets.index import IndexFile
from codesets.lexicon import LexiconEntry
from codesets.lexicon.abbreviations import Abbreviation
from codesets.snapshot import Snapshot
from codesets.types import NoteKind
from engine.match.automaton import Compiled, Phrase, compile_phrases, is_matchable, phrase_words, write_dictionary
from engine.match.index_terms import entry_code, entry_forms
from engine.match.parts import Parts, read_parts
from engine.match.reference import ACROSS_COMMA, CUE, TERM, UPPER_ONLY, fold_words
from engine.match.variants import bracketed_abbreviations, says_no_less, term_variants
from engine.match.words import read_words
from engine.types import Origin, Side

SIDE_WORDS = {
    "right": Side.RIGHT, "rt": Side.RIGHT, "left": Side.LEFT, "lt": Side.LEFT, "bilateral": Side.BILATERAL,
    "bilaterally": Side.BILATERAL, "both": Side.BILATERAL,
}  # fmt: skip

# The code number of a term that names nothing codable: a longest match that yields no mention.
SHADOW = 0xFFFFFFFF
# Added to the number that an abbreviation has in the inventory; what it means is weighed where it stands.
ABBREVIATION = 0x80000000

# One-word terms of the tabular list (and their plurals) that in a chart are mostly ordinary words or a place, not a
# diagnosis. Longer ones that misfire are shadows of the lexicon.
_COMMON_WORDS = read_words("common_words.txt")


@dataclass(frozen=True, slots=True)
class Term:
    """A way to say a code."""

    text: str
    code: int
    origin: Origin
    flags: int = 0

    @property
    def side(self) -> Side:
        """The side the term names."""
        return next((SIDE_WORDS[word] for word in fold_words(self.text) if word in SIDE_WORDS), Side.NONE)


def tabular_terms(snapshot: Snapshot) -> Iterator[Term]:
    """Yield every title and inclusion term of a release, with its variants.

    Codes with a seventh character are left to the seventh-character rule: their titles add only the encounter.
    """
    for number in range(len(snapshot)):
        code = snapshot.code_at(number)
        if len(code.replace(".", "")) > 6 or not code[:1].isalpha() or "-" in code:
            continue
        yield from _variants(snapshot.title_at(number), number, exact=Origin.TITLE, other=Origin.TITLE_VARIANT)
        for note in snapshot.notes(code, NoteKind.INCLUSION_TERM):
            yield from _variants(note, number, exact=Origin.INCLUSION, other=Origin.INCLUSION_VARIANT)


def _says_too_little(words: Sequence[str]) -> bool:
    """Whether a term of the tabular list or index is one short or common word, or the plural of one."""
    if len(words) != 1:
        return False
    return len(words[0]) < 4 or bool({words[0], words[0].removesuffix("s")} & _COMMON_WORDS)


def _variants(text: str, number: int, *, exact: Origin, other: Origin) -> Iterator[Term]:
    for variant in term_variants(text):
        words = phrase_words(variant)
        if is_matchable(words) and not _says_too_little(words):
            yield Term(variant, number, exact if says_no_less(text, variant) else other, ACROSS_COMMA)
    for abbreviation in bracketed_abbreviations(text):
        yield Term(abbreviation, number, Origin.ABBREVIATION, UPPER_ONLY)


def lexicon_terms(entries: Iterable[LexiconEntry], snapshot: Snapshot) -> Iterator[Term]:
    """Yield our own terms whose code the release has, and the shadows."""
    for entry in entries:
        number = SHADOW if entry.is_shadow else snapshot.index_of(entry.code)
        if number >= 0 and is_matchable(phrase_words(entry.term)):
            origin = Origin.LEXICON_WEAK if entry.weak else Origin.LEXICON
            flags = UPPER_ONLY if entry.upper else 0
            yield Term(entry.term, number, origin, flags | (ACROSS_COMMA if "," in entry.term else 0))


def abbreviation_terms(inventory: Sequence[Abbreviation]) -> Iterator[Term]:
    """Yield the abbreviations of the inventory, each for its number there; those without a diagnosis are shadows."""
    for number, abbreviation in enumerate(inventory):
        code = ABBREVIATION + number if any(sense.is_diagnosis for sense in abbreviation.senses) else SHADOW
        flags = UPPER_ONLY if abbreviation.case == "upper" else 0
        yield Term(abbreviation.text, code, Origin.ABBREVIATION, flags)


def index_terms(index: IndexFile, snapshot: Snapshot) -> Iterator[Term]:
    """Yield the ways that the entries of an imported index name codes the release has."""
    origin = Origin.INDEX if index.kind == "alphabetic" else Origin.TABLE
    for entry in index.entries():
        number = snapshot.index_of(entry_code(entry))
        if number < 0:
            continue
        for form in entry_forms(entry, index.kind):
            words = phrase_words(form)
            if is_matchable(words) and not _says_too_little(words):
                yield Term(form, number, origin)


# No "a" stands before these.
_NO_ARTICLE_BEFORE = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "but",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "if",
        "in",
        "is",
        "may",
        "no",
        "not",
        "of",
        "on",
        "or",
        "than",
        "that",
        "the",
        "this",
        "to",
        "was",
        "were",
        "who",
        "with",
    ]
)


def cue_forms(cue: str) -> list[str]:
    """List a cue as written, and with "a" wherever it may stand inside: "has history of", "has a history of"."""
    words = cue.split()
    gaps = [at for at in range(1, len(words)) if words[at] not in _NO_ARTICLE_BEFORE]
    return [cue, *(" ".join([*words[:at], "a", *words[at:]]) for at in gaps)]


def gather_senses(
    terms: Sequence[Term], cues: Sequence[str]
) -> tuple[list[tuple[int, ...]], list[int], dict[str, int], list[list[tuple[int, int]]], list[int]]:
    """Merge terms and cues that read the same into one phrase each.

    Returns phrases as word ids, their flags, the spellings, the senses of each phrase as (code number,
    origin + 16 * side), and the phrase number of each cue. A shadow takes every sense from the phrases that read the
    same, save those that are matched only in capitals. An abbreviation of the inventory takes them from all: the
    inventory alone says what it may mean.
    """
    phrases = [Phrase(term.text, term.flags) for term in terms]
    compiled = compile_phrases([*phrases, *(Phrase(cue, ACROSS_COMMA, inflect=False) for cue in cues)])
    numbers: dict[tuple[tuple[int, ...], int], int] = {}
    senses: list[dict[tuple[int, int], int]] = []
    cue_numbers: list[int] = []
    for position, key in enumerate(zip(compiled.phrases, compiled.flags, strict=True)):
        number = numbers.setdefault(key, len(numbers))
        if number == len(senses):
            senses.append({})
        if position >= len(terms):
            cue_numbers.append(number)
            continue
        term = terms[position]
        sense = (term.code, int(Side.NONE if term.code >= ABBREVIATION else term.side))
        senses[number][sense] = min(int(term.origin), senses[number].get(sense, 99))
    owned = {number: own for number, of in enumerate(senses) if (own := _inventory_senses(of))}
    shadows = {words for (words, _), number in numbers.items() if (SHADOW, int(Side.NONE)) in senses[number]}
    for (words, flags), number in numbers.items():
        is_hidden = senses[number] and words in shadows and not flags & UPPER_ONLY
        if is_hidden or (SHADOW, int(Side.NONE)) in senses[number]:
            senses[number] = {(SHADOW, int(Side.NONE)): int(Origin.LEXICON)}
    taken = {words for (words, _), number in numbers.items() if number in owned}
    for (words, _), number in numbers.items():
        if words in taken:
            senses[number] = owned.get(number, {})
    flat = [[(code, origin + 16 * side) for (code, side), origin in sorted(found.items())] for found in senses]
    words_of_context = set(cue_numbers)
    flags_of = [
        flags | (TERM if senses[number] else 0) | (CUE if number in words_of_context else 0)
        for number, (_, flags) in enumerate(numbers)
    ]
    return [key[0] for key in numbers], flags_of, compiled.surfaces, flat, cue_numbers


def _inventory_senses(senses: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    return {sense: origin for sense, origin in senses.items() if ABBREVIATION <= sense[0] < SHADOW}


def build_dictionary(
    path: Path,
    *,
    terms: Sequence[Term],
    cues: Sequence[str],
    hints: Sequence[str] = (),
    parts: Parts | None = None,
    about: dict[str, Any],
) -> str:
    """Compile terms, cues and hints into the dictionary file at `path`; returns its content hash (hex).

    Hints are words that later stages want to know the places of; they are found like cues and numbered after them, and
    so are the forms of parts (parts.py).
    """
    parts = parts or Parts()
    forms = [cue_forms(cue) for cue in [*cues, *hints]]
    every = [*forms, *parts.forms]
    phrases, flags, surfaces, senses, form_numbers = gather_senses(terms, [form for of_cue in every for form in of_cue])
    numbers = iter(form_numbers)
    cue_numbers = [[next(numbers) for _ in of_cue] for of_cue in forms]
    part_numbers = [[next(numbers) for _ in of_part] for of_part in parts.forms]
    pairs = [[*pair, code, side] for pair, by_side in parts.pairs.items() for side, code in by_side.items()]
    begins = array("I", [0])
    flat = array("I")
    for found in senses:
        flat.extend(value for sense in found for value in sense)
        begins.append(begins[-1] + len(found))
    return write_dictionary(
        path,
        image=Compiled(surfaces, phrases, flags).image(),
        begins=begins.tobytes(),
        senses=flat.tobytes(),
        about={
            **about,
            "cues": cue_numbers,
            "hints": len(hints),
            "parts": {
                "forms": part_numbers,
                "findings": parts.findings,
                "pairs": pairs,
                "alone": parts.alone,
                "kept": parts.kept,
            },
            "terms": len(terms),
            "phrases": len(phrases),
        },
    )


def find_parts(terms: Iterable[Term]) -> Parts:
    """Find the pairs of finding and site that terms name; a term of our own decides before one of the release."""
    said = (term for term in terms if term.code != SHADOW)
    return read_parts((term.text, term.code, term.flags, int(term.origin), int(term.side)) for term in said)
