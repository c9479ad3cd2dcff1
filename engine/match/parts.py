"""Which findings and sites of the body the lexicon knows together, read from its own terms.

"Kidney mass" and "mass of kidney" both say a finding and a site and no more; so does "a 4 cm mass in the upper pole of
the right kidney", which no lexicon can list. The words of findings and sites are data (finding_words.txt, sites.txt);
the code of each pair is that of the terms that consist of just the two.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.match.automaton import phrase_words
from engine.match.inflection import americanise, singular
from engine.match.reference import UPPER_ONLY

_BETWEEN = frozenset(("a", "at", "in", "involving", "of", "on", "over", "to", "unspecified"))
_LONGEST_PART = 4
_Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """Forms of each part, findings first and then sites, and the code number of each pair (finding, site) by side.

    `alone` are the code numbers of terms that say a finding without a site; `kept` the findings whose words also name
    something else, which stays beside them (a dog bite is a bite, and its cause).
    """

    forms: list[list[str]] = field(default_factory=list)
    findings: int = 0
    pairs: dict[tuple[int, int], dict[int, int]] = field(default_factory=dict)
    alone: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)


def read_parts(terms: Iterable[tuple[str, int, int, int, int]]) -> Parts:
    """Find the pairs among terms given as (text, code number, flags, rank, side); of two codes the lower rank wins.

    Of two codes of one rank the one with more terms wins, then the one that is named first.
    """
    findings, sites = _read_forms("finding_words.txt"), _read_forms("sites.txt")
    kept = {number: forms.pop(0)[1:].strip() for number, forms in enumerate(findings) if forms[0].startswith("+")}
    forms = [*findings, *sites]
    numbers = {_canonical(form): number for number, of_part in enumerate(forms) for form in of_part}
    votes: defaultdict[tuple[int, int], defaultdict[int, Counter[tuple[int, int]]]]
    votes = defaultdict(lambda: defaultdict(Counter))
    alone: set[int] = set()
    for text, code, flags, rank, side in terms:
        if flags & UPPER_ONLY:
            continue
        words = _canonical(text)
        if pair := _parse(words, numbers, len(findings)):
            votes[pair][side][rank, code] += 1
        elif numbers.get(words, len(findings)) < len(findings):
            alone.add(code)
    pairs = {pair: {side: _elect(of[side]) for side in sorted(of)} for pair, of in sorted(votes.items())}
    for number, name in kept.items():
        of = numbers[_canonical(name)]
        pairs.update({(number, site): code for (finding, site), code in list(pairs.items()) if finding == of})
    return Parts(forms, len(findings), pairs, sorted(alone), sorted(kept))


def _elect(votes: Counter[tuple[int, int]]) -> int:
    # What a dictionary holds is in order: of equals `min` takes the first.
    return min(votes, key=lambda vote: (vote[0], -votes[vote]))[1]


def _read_forms(name: str) -> list[list[str]]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return [[form.strip() for form in line.split(",")] for line in lines if line and not line.startswith("#")]


def _canonical(text: str) -> _Words:
    return tuple(singular(americanise(word)) for word in phrase_words(text))


def _parse(words: Sequence[str], numbers: dict[_Words, int], findings: int) -> tuple[int, int] | None:
    """Return the finding and the site that words name, if they name one of each and nothing more."""
    finding = site = -1
    place = 0
    while place < len(words):
        length, number = _longest_part(words, place, numbers)
        if number < 0:
            if words[place] not in _BETWEEN:
                return None
        elif number < findings:
            if finding >= 0:
                return None
            finding = number
        else:
            if site >= 0:
                return None
            site = number
        place += length
    return (finding, site) if finding >= 0 and site >= 0 else None


def _longest_part(words: Sequence[str], place: int, numbers: dict[_Words, int]) -> tuple[int, int]:
    for length in range(min(_LONGEST_PART, len(words) - place), 0, -1):
        number = numbers.get(tuple(words[place : place + length]), -1)
        if number >= 0:
            return length, number
    return 1, -1
