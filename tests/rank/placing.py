"""Finds the places of hints in a text, with a dictionary of hints alone."""

from functools import lru_cache

from engine._fastmatch import NO_PHRASE, Matcher
from engine.match.automaton import Phrase, compile_phrases
from engine.match.reference import ACROSS_COMMA
from engine.rank.hints import HINTS, Places, sort_places


@lru_cache(maxsize=1)
def _matcher() -> Matcher:
    return Matcher(compile_phrases([Phrase(hint, ACROSS_COMMA, inflect=False) for hint in HINTS]).image())


def places_in(text: str) -> Places:
    """Return where words of axes, gestation and encounter stand."""
    found, _ = _matcher().find_apart(text)
    hints = [hit for hit in found if hit[2] != NO_PHRASE]
    return sort_places(hints, [(begin, end) for begin, end, phrase in found if phrase == NO_PHRASE])
