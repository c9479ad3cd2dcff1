"""From the choices of mentions to their ranked candidates; what was once ranked is remembered.

A score rests on its row alone (score.py), and a row on the choices and on three facts of the mention, so what is
remembered is what would be found again. Charts repeat themselves: few mentions of a chart are new to a warm engine.
"""

from collections.abc import Callable, Sequence

from engine.rank.candidates import ChoiceSet, SenseChoice
from engine.rank.features import MOST_WORDS, MentionFacts, feature_rows, section_column
from engine.rank.score import Ranker
from engine.types import Candidate, Origin

# A candidate less likely than this is not worth a coder's look.
MIN_SCORE = 0.3
MAX_CANDIDATES = 5
_ORIGIN_NAMES = tuple(origin.name.lower() for origin in Origin)
_MOST_REMEMBERED = 16_384

# Choices, words, whether in capitals, column of the section, whether there is a section.
_Key = tuple[ChoiceSet, int, bool, int, bool]
Ranked = tuple[Candidate, ...]


class CodeRanking:
    """Ranks with one ranker; candidates are shared between mentions, so nothing may change them."""

    def __init__(self, ranker: Ranker) -> None:
        self._ranker = ranker
        self._ranked: dict[_Key, Ranked] = {}

    def rank(
        self, facts: Sequence[MentionFacts], choices: Sequence[ChoiceSet], *, system: str, title: Callable[[str], str]
    ) -> list[Ranked]:
        """Return the candidates of each mention, best first; none if no choice is likely enough."""
        keys = [
            (of_mention, min(words, MOST_WORDS), is_capitals, section_column(section), bool(section))
            for (words, is_capitals, section), of_mention in zip(facts, choices, strict=True)
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
            best = _best(scores[row : row + len(options)], options)
            row += len(options)
            ranked[key] = tuple(
                Candidate(system, choice.code, title(choice.code), round(score, 4), _ORIGIN_NAMES[choice.origin])
                for score, choice in best
            )
        return ranked


def _best(scores: Sequence[float], options: Sequence[SenseChoice]) -> list[tuple[float, SenseChoice]]:
    ranked = sorted(zip(scores, options, strict=True), key=lambda pair: (-pair[0], pair[1].code))
    return [pair for pair in ranked[:MAX_CANDIDATES] if pair[0] >= MIN_SCORE]
