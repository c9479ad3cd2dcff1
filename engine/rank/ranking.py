"""From the choices of mentions to their ranked candidates; what was once ranked is remembered.

A score rests on its row alone (score.py), and a row on the choices and on three facts of the mention, so what is
remembered is what would be found again. Charts repeat themselves: few mentions of a chart are new to a warm engine.
"""

from collections.abc import Callable, Sequence

from engine.rank.candidates import ChoiceSet, SenseChoice
from engine.rank.features import MOST_WORDS, MentionFacts, feature_rows, section_column
from engine.rank.score import Ranker
from engine.types import UNRESOLVED, Candidate, Origin

# What a mention's own score must reach at least: where the document is looked at next, and where it is all there is.
LEAST_BEFORE_DOCUMENT, LEAST_ALONE = 0.05, 0.3
MAX_CANDIDATES = 5
# The most that a meaning of an unresolved abbreviation scores: under what a person would let pass (engine.routing).
DOUBTFUL_SCORE = 0.3
_ORIGIN_NAMES = tuple(origin.name.lower() for origin in Origin)
_MOST_REMEMBERED = 16_384

# Choices, words, whether in capitals, column of the section, whether there is one, whether a resolved abbreviation.
_Key = tuple[ChoiceSet, int, bool, int, bool, bool]
Ranked = tuple[Candidate, ...]


class CodeRanking:
    """Ranks with one ranker; candidates are shared between mentions, so nothing may change them."""

    def __init__(self, ranker: Ranker, *, least: float = LEAST_ALONE) -> None:
        """Candidates of a score under `least` are left out."""
        self._ranker = ranker
        self._least = least
        self._ranked: dict[_Key, Ranked] = {}

    def rank(
        self, facts: Sequence[MentionFacts], choices: Sequence[ChoiceSet], *, system: str, title: Callable[[str], str]
    ) -> list[Ranked]:
        """Return the candidates of each mention, best first; none if no choice is likely enough.

        The best choice of a resolved abbreviation stays however unlikely: that it is meant was found out already.
        """
        keys = [
            (of_mention, min(words, MOST_WORDS), is_capitals, section_column(section), bool(section), is_resolved)
            for (words, is_capitals, section, is_resolved), of_mention in zip(facts, choices, strict=True)
        ]
        found = [self._ranked.get(key) for key in keys]
        new = {key: fact for key, fact, known in zip(keys, facts, found, strict=True) if known is None}
        if not new:
            return [known for known in found if known is not None]
        ranked = self._rank_new(new, system, title)
        # Threads share this: what one forgets here another has in hand.
        if len(self._ranked) > _MOST_REMEMBERED:
            self._ranked.clear()
        self._ranked.update(ranked)
        return [ranked[key] if known is None else known for key, known in zip(keys, found, strict=True)]

    def _rank_new(self, new: dict[_Key, MentionFacts], system: str, title: Callable[[str], str]) -> dict[_Key, Ranked]:
        rows = feature_rows(list(new.values()), [key[0] for key in new], self._ranker.priors)
        scores = self._ranker.scores(rows).tolist()
        ranked: dict[_Key, Ranked] = {}
        row = 0
        for key in new:
            options = key[0].options
            best = _best(scores[row : row + len(options)], options, self._least, keeps_one=key[5])
            row += len(options)
            ranked[key] = tuple(
                Candidate(system, choice.code, title(choice.code), round(score, 4), _ORIGIN_NAMES[choice.origin])
                for score, choice in best
            )
        return ranked


def doubtful_candidates(
    doubts: Sequence[tuple[float, ChoiceSet]], *, system: str, title: Callable[[str], str]
) -> list[Candidate]:
    """Return the meanings of an abbreviation that nothing tells apart, as given, each with its share of a low score."""
    return [
        Candidate(system, code, title(code), round(DOUBTFUL_SCORE * weight, 4), UNRESOLVED)
        for weight, choices in doubts[:MAX_CANDIDATES]
        for code in [choice.code for choice in choices.options[:1]]
    ]


def _best(
    scores: Sequence[float], options: Sequence[SenseChoice], least: float, *, keeps_one: bool
) -> list[tuple[float, SenseChoice]]:
    ranked = sorted(zip(scores, options, strict=True), key=lambda pair: (-pair[0], pair[1].code))[:MAX_CANDIDATES]
    likely = [pair for pair in ranked if pair[0] >= least]
    return likely or ranked[:keeps_one]
