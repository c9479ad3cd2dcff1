"""What the matcher finds that names something codable."""

from dataclasses import dataclass

Senses = tuple[tuple[int, int], ...]
Place = tuple[int, int, int]


@dataclass(slots=True)
class TermSpan:
    """A span with the senses of the phrases found there, as (code number, origin + 16 * side).

    `abbreviation` is its number in the inventory if it is one that is still to be resolved, else -1. `is_resolved` says
    that the text around one told its meaning; `doubts` are the meanings of one that could not be told: the weight of
    each, and its senses. `site` is where the site of a composed one stands if that is not within it: what side is meant
    is said there.
    """

    begin: int
    end: int
    words: int
    is_capitals: bool
    senses: Senses
    abbreviation: int = -1
    is_resolved: bool = False
    doubts: tuple[tuple[float, Senses], ...] = ()
    site: tuple[int, int] | None = None
