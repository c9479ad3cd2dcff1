"""What the matcher finds that names something codable."""

from dataclasses import dataclass

Senses = tuple[tuple[int, int], ...]
Place = tuple[int, int, int]


@dataclass(slots=True)
class TermSpan:
    """A span with the senses of the phrases found there, as (code number, origin + 16 * side)."""

    begin: int
    end: int
    words: int
    is_capitals: bool
    senses: Senses
