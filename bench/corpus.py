"""Texts and dictionaries of the benches: real notes where the development data is, else made-up ones; all seeded."""

import gzip
import json
import random
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path

from codesets.lexicon import read_lexicon
from codesets.types import System
from engine.live import Live
from engine.match.automaton import phrase_words
from engine.match.lexicon import Term, lexicon_terms, tabular_terms
from engine.match.reference import UPPER_ONLY, fold_words

FOLDER = Path(__file__).parent
REAL_NOTES = FOLDER.parents[1] / "shared" / "data" / "notes" / "mtsamples.jsonl.gz"
SEED = 20260401
MILLION = 1_000_000
_JOINS = ("with", "and", "due to", "after", "without")


@cache
def real_notes() -> tuple[str, ...]:
    """Transcribed reports of the development data (MTSamples), those in ASCII; none where it is absent."""
    if not REAL_NOTES.exists():
        return ()
    with gzip.open(REAL_NOTES, "rt", encoding="utf-8") as file:
        return tuple(text for line in file if (text := json.loads(line)["text"]).isascii())


@cache
def made_up_notes(size: int = 2 * MILLION) -> tuple[str, ...]:
    """Notes of about 5 kB: lines of our own notes, shuffled."""
    paths = [FOLDER / "note.txt", *sorted((FOLDER.parent / "samples").glob("*.txt"))]
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    chance = random.Random(SEED)
    notes: list[str] = []
    while sum(len(note) for note in notes) < size:
        pieces: list[str] = []
        while sum(len(piece) for piece in pieces) < 5000:
            pieces.append(chance.choice(lines))
        notes.append("\n".join(pieces))
    return tuple(notes)


def notes_named(kind: str) -> tuple[str, ...]:
    """Notes by the name that results carry."""
    return real_notes() if kind == "MTSamples" else made_up_notes()


def best_notes() -> tuple[str, tuple[str, ...]]:
    """Real notes if they are at hand, else made-up ones, with their name."""
    return ("MTSamples", real_notes()) if real_notes() else ("made-up notes", made_up_notes())


def notes_of_5_kb(count: int) -> list[str]:
    """Notes of 4 to 6 kB, spread evenly over all that there are."""
    fitting = [note for note in best_notes()[1] if 4000 <= len(note) <= 6000]
    return fitting[:: max(1, len(fitting) // count)][:count]


def fold_text(text: str) -> str:
    """Fold a text to single-spaced words, a space at both ends."""
    return f" {' '.join(fold_words(text))} "


def joined(texts: Sequence[str], size: int) -> str:
    """Join texts, up to a size in characters."""
    return "\n\n".join(texts)[:size]


def all_terms(live: Live) -> list[Term]:
    """Every term of the tabular list and our lexicon."""
    snapshot = live.releases.release(System.ICD10CM)
    return [*tabular_terms(snapshot), *lexicon_terms(read_lexicon(System.ICD10CM), snapshot)]


def matcher_phrases(terms: Sequence[Term], size: int | None = None) -> list[str]:
    """The distinct phrases of terms as folded words: all, a sample, or, above what there is, some joined in pairs."""
    phrases = sorted({" ".join(phrase_words(term.text)) for term in terms})
    if size is None:
        return phrases
    chance = random.Random(SEED)
    if size <= len(phrases):
        return sorted(chance.sample(phrases, size))
    short = [phrase for phrase in phrases if phrase.count(" ") < 2 and len(phrase) < 20]
    found = set(phrases)
    for number in count():
        found.add(f"{chance.choice(short)} {_JOINS[number % len(_JOINS)]} {chance.choice(short)}")
        if len(found) == size:
            return sorted(found)
    raise AssertionError


def pipeline_phrases(terms: Sequence[Term]) -> list[str]:
    """What pipelines of other makers get: terms as folded words, sides and articles kept, without those that count in
    capitals only."""
    return sorted({" ".join(fold_words(term.text)) for term in terms if not term.flags & UPPER_ONLY})
