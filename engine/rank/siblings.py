"""Which sibling may stand before what a term was read as: one that says less, where the term does not say more.

"Lymphadenopathy" may become "enlarged lymph nodes, unspecified" where coded documents have that, and not "generalized";
a side, acuity or stage that was read, and whatever else the term says, is never given up, and nothing is added.
"""

from functools import lru_cache

from engine.rank.axes import title_shape
from engine.rank.precedents import title_words


@lru_cache(maxsize=16_384)
def may_lead(sibling: str, first: str, term: str) -> bool:
    """Whether a sibling's title says no more than the first candidate's, and leaves out nothing that the term says."""
    has, had, said = title_words(sibling.lower()), title_words(first.lower()), title_words(term.lower())
    is_unspecified = "unspecified" in sibling.lower()
    same_axes = title_shape(sibling).values == title_shape(first).values
    # A term of several words says a site or a kind with one of them, unless the sibling's title has them all.
    keeps_all = not (had - has) & said and (len(said) < 2 or said <= has)
    return is_unspecified and same_axes and has <= had and keeps_all
