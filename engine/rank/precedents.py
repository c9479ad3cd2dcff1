"""What coded documents tell of terms and of codes that are taken for one another: how often each turned out right.

Three tables of counts, each (key: documents that had it, and by code in how many of them that code was right):
of a term (its words in small letters, hashed, so that a file holds no text), of a first candidate, and of a category.
The last two name siblings: codes of the same category that were right where another was read.
"""

import math
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

_TERM_WEIGHT, _FIRST_WEIGHT = 3.0, 3.0
# Siblings that are looked at: so many of a category, each right in so great a part of the documents that had it.
_MOST_SIBLINGS, _LEAST_SHARE = 3, 0.04
_REMEMBERED = 16_384
_WORD = re.compile(r"[a-z]{3,}")
_EMPTY = frozenset(
    [
        "and",
        "the",
        "with",
        "without",
        "other",
        "unspecified",
        "not",
        "due",
        "specified",
        "for",
        "disease",
        "diseases",
        "elsewhere",
        "classified",
        "nec",
        "nos",
        "type",
        "site",
        "from",
        "into",
        "part",
        "parts",
    ]
)
FEATURES = (
    "rate_of_term", "term_seen", "title_in_term", "term_in_title",
    "title_words", "is_unspecified", "is_other", "share_of_category", "share_after_first", "first_seen", "is_sibling",
)  # fmt: skip
# The first so many of them are of a term and a code.
OF_TERM = 4

# Documents that had the key, and by code in how many the code was right.
Counts = tuple[int, Mapping[str, int]]
NOTHING: Counts = (0, {})
_KINDS = ("term", "first", "category")


@dataclass(frozen=True, slots=True)
class CodedDocument:
    """What is counted of a document: its terms with their candidates, best first, and the codes that are right."""

    terms: tuple[tuple[str, tuple[str, ...]], ...]
    right: frozenset[str]


class Precedents:
    """The tables, asked for the features of a code in its place."""

    def __init__(self, tables: Mapping[str, Mapping[str, Counts]]) -> None:
        """`tables` gives counts by kind (term, first, category) and key."""
        self._terms, self._firsts, self._categories = (tables.get(kind, {}) for kind in _KINDS)
        self.siblings = lru_cache(maxsize=_REMEMBERED)(self._siblings)

    def of_term(self, term: str, code: str, title: str, rate: float) -> tuple[float, ...]:
        """Return the features of a code for a term: how often it was right there, and the words both share.

        `rate` is the log-odds that the code is right whatever the term.
        """
        seen, right = self._terms.get(term_key(term), NOTHING)
        share = (right.get(code, 0) + _TERM_WEIGHT * _logistic(rate)) / (seen + _TERM_WEIGHT)
        own, named = title_words(term.lower()), title_words(title.lower())
        both = len(own & named)
        return _logit(share), math.log1p(seen), both / max(1, len(named)), both / max(1, len(own))

    def of_code(self, code: str, title: str, first: str) -> tuple[float, ...]:
        """Return the features of a code in a document whose best candidate of the category is `first`."""
        lowered = title.lower()
        seen, right = self._categories.get(code[:3], NOTHING)
        share = (right.get(code, 0) + 0.3 / max(3, len(right) + 2)) / (seen + 1)
        first_seen, after = self._firsts.get(first, NOTHING)
        after_first = (after.get(code, 0) + _FIRST_WEIGHT * share) / (first_seen + _FIRST_WEIGHT)
        return (
            float(len(title_words(lowered))), float("unspecified" in lowered), float("other" in lowered),
            _logit(share), _logit(after_first), math.log1p(first_seen),
        )  # fmt: skip

    def _siblings(self, category: str) -> tuple[str, ...]:
        """Return the codes of a category that were right where it was read, the oftenest first."""
        seen, right = self._categories.get(category, NOTHING)
        likely = [code for code, count in right.items() if count >= _LEAST_SHARE * seen]
        return tuple(sorted(likely, key=lambda code: (-right[code], code))[:_MOST_SIBLINGS])

    @classmethod
    def of_text(cls, text: str) -> "Precedents":
        """Read a table of kind, key, documents, code=count ...; raises ValueError on another."""
        tables: dict[str, dict[str, Counts]] = {kind: {} for kind in _KINDS}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                kind, key, seen, *right = line.split("\t")
                if kind not in tables:
                    raise ValueError(f"kind: got {kind[:16]!r}, want one of {', '.join(_KINDS)}")
                pairs = (cell.split("=") for cell in right)
                tables[kind][key] = int(seen), {code: int(count) for code, count in pairs}
        return cls(tables)

    def to_text(self) -> str:
        """Write what `of_text` reads, in a fixed order."""
        head = "# kind, key, documents that had it, and code=documents of them where that code was right\n"
        tables = zip(_KINDS, (self._terms, self._firsts, self._categories), strict=True)
        lines = [
            "\t".join((kind, key, str(seen), *(f"{code}={right[code]}" for code in sorted(right))))
            for kind, table in tables
            for key, (seen, right) in sorted(table.items())
        ]
        return head + "".join(f"{line}\n" for line in lines)


def count_precedents(documents: Iterable[CodedDocument], *, least: int = 1) -> Precedents:
    """Count documents; terms, first candidates and categories that fewer than `least` had are left out."""
    tables: dict[str, dict[str, tuple[list[int], dict[str, int]]]] = {kind: {} for kind in _KINDS}
    for document in documents:
        for (kind, key), categories in sorted(_keys_of(document).items()):
            seen, right = tables[kind].setdefault(key, ([0], {}))
            seen[0] += 1
            for code in document.right:
                if code[:3] in categories:
                    right[code] = right.get(code, 0) + 1
    kept = {kind: {key: (seen[0], right) for key, (seen, right) in tables[kind].items()} for kind in _KINDS}
    return Precedents(
        {kind: {key: counts for key, counts in table.items() if counts[0] >= least} for kind, table in kept.items()}
    )


def _keys_of(document: CodedDocument) -> dict[tuple[str, str], set[str]]:
    """Return what a document counts for, each with the categories whose right codes tell of it."""
    keys: dict[tuple[str, str], set[str]] = {}
    for term, candidates in document.terms:
        if candidates:
            keys.setdefault(("term", term_key(term)), set()).update(code[:3] for code in candidates)
            keys.setdefault(("first", candidates[0]), set()).add(candidates[0][:3])
            for code in candidates:
                keys.setdefault(("category", code[:3]), set()).add(code[:3])
    return keys


@lru_cache(maxsize=_REMEMBERED)
def term_key(term: str) -> str:
    """Return the name that a term has in the table."""
    return f"{zlib.crc32(term.lower().encode()):08x}"


@lru_cache(maxsize=_REMEMBERED)
def title_words(text: str) -> frozenset[str]:
    """Return the words of a title or term that tell conditions apart, singular."""
    return frozenset(_singular(word) for word in _WORD.findall(text)) - _EMPTY


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word


def _logistic(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds))


def _logit(share: float) -> float:
    bounded = min(max(share, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))
