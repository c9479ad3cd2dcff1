"""The inventory made ready to weigh: for each abbreviation its meanings, what speaks for each, and by how much.

Scores are natural logarithms of odds: the logarithm of a meaning's prior, and what each piece of evidence adds. They
are set by hand, in the order in which a reader trusts them: words beside the abbreviation, words near it, the section,
what else the document names.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from codesets.lexicon.abbreviations import Abbreviation, AbbreviationSense
from codesets.snapshot import Snapshot
from engine.types import Origin

BESIDE = 4.0
NEAR = 2.2
# Further words near it say less each: they tell of the same thing.
NEAR_AGAIN = 1.0
MOST_NEAR = 4.2
IN_SECTION = 1.5
NOT_IN_SECTION = -2.0
IN_KIND = 1.5
SPELLED_OUT = 2.0
OF_CHAPTER = 0.5
MOST_OF_CHAPTER = 1.5
# It is the word that it also is, in a passage of capitals.
PLAIN_WORD = math.log(8.0)
# A measurement stands after it: "CA 15.3", "SGA 75 mm".
MEASURED = 3.0
# An abbreviation of one meaning is sure by itself from this prior on; under it may stand for something not listed.
SURE_PRIOR = 50.0

_FOLD = {number: " " for number in range(128) if not chr(number).isalnum() and chr(number) != "#"} | {
    **{ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    **{ord(digit): "#" for digit in "0123456789"},
}


def fold(text: str) -> str:
    """Write a text in small letters, each digit "#", all else a space; words keep one space about them."""
    folded = f" {' '.join(text.translate(_FOLD).split())} "
    while "##" in folded:
        folded = folded.replace("##", "#")
    return folded


@dataclass(frozen=True, slots=True)
class Meaning:
    """A meaning as it is weighed; `number` is its code's in the release, -1 if it names no diagnosis.

    Cues near it are `words`, found whole, and `parts`, found in the folded text: beginnings of words, several words.
    """

    name: str
    number: int
    origin: Origin
    prior: float
    words: frozenset[str]
    parts: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    by_section: Mapping[str, float]
    kinds: tuple[str, ...]
    category: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An abbreviation with its meanings; `is_plain` means that there is nothing to weigh."""

    text: str
    is_exact: bool
    may_be_plural: bool
    is_upper: bool
    is_plain: bool
    meanings: tuple[Meaning, ...]

    @property
    def is_sure(self) -> bool:
        """Whether it has one meaning that everybody knows."""
        return self.is_plain and self.meanings[0].prior >= math.log(SURE_PRIOR)

    def origin_of(self, number: int) -> Origin:
        """Return the origin of the meaning with a code's number."""
        return next(meaning.origin for meaning in self.meanings if meaning.number == number)

    def is_written(self, found: str) -> bool:
        """Whether a span that the matcher found is written as this abbreviation is: no "SMAS" for SMA."""
        if self.may_be_plural:
            return found in (self.text, f"{self.text}s")
        is_free = not self.is_exact and not (self.is_upper and self.text.isalnum())
        return is_free or found == self.text


def read_entries(inventory: Iterable[Abbreviation], snapshot: Snapshot) -> tuple[Entry, ...]:
    """Make an inventory ready for a release; a meaning whose code the release lacks names no diagnosis there."""
    return tuple(
        Entry(
            abbreviation.text,
            abbreviation.case == "exact",
            abbreviation.case == "plural",
            abbreviation.case in ("upper", "plural"),
            len(abbreviation.senses) == 1,
            tuple(_meaning(sense, snapshot.index_of) for sense in abbreviation.senses),
        )
        for abbreviation in inventory
    )


def _meaning(sense: AbbreviationSense, index_of: Callable[[str], int]) -> Meaning:
    near = _cues(sense.cues, "")
    words = frozenset(cue.strip() for cue in near if cue.endswith(" ") and len(cue.split()) == 1)
    return Meaning(
        sense.meaning.lower(),
        index_of(sense.code) if sense.is_diagnosis else -1,
        Origin.LEXICON_WEAK if sense.weak else Origin.LEXICON,
        math.log(sense.prior),
        words,
        tuple(cue for cue in near if cue.strip() not in words or not cue.endswith(" ")),
        _cues(sense.cues, "<"),
        _cues(sense.cues, ">"),
        {name.lstrip("!"): NOT_IN_SECTION if name[0] == "!" else IN_SECTION for name in sense.sections},
        sense.kinds,
        sense.code[:3] if sense.is_diagnosis else "",
    )


def _cues(cues: Sequence[str], place: str) -> tuple[str, ...]:
    """Fold the cues of one place into what is looked for in a folded text."""
    chosen = [cue for cue in cues if (cue[0] if cue[0] in "<>" else "") == place]
    folded = []
    for cue in chosen:
        words = fold(cue.lstrip("<>").rstrip("*"))
        folded.append(words.rstrip() if cue.endswith("*") else words)
    return tuple(folded)
