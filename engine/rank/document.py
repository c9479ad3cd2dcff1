"""What a document as a whole says of its candidate codes: for each, the probability that it is right there.

A mention's own score (score.py) knows the words of one span. Here one code is seen with all its mentions and its rivals
of the same category, and with how often such a code was right in the training documents. The model is a sum of one
function of each feature (boosted stumps in ONNX), so that what each feature adds can be told exactly.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.rank.ranking import Ranked
from engine.types import Origin

# How many documents' worth the broader group of a code counts as: its chapter for a category, its category for a code.
_CATEGORY_WEIGHT, _CODE_WEIGHT = 8.0, 4.0
# A finding whose best code is less likely than this is not worth a coder's look, but a plain term or resolved
# abbreviation is in any case; an alternative less likely than the other is not either.
LEAST_OF_FINDINGS, LEAST_OF_ALTERNATIVES, KEEPS_ALL = 0.1, 0.02, -1.0
_KINDS = (("R",), ("Z",), ("S", "T"), ("V", "W", "X", "Y"), ("C", "D0", "D1", "D2", "D3", "D4"))
_ORIGINS = tuple(origin.name.lower() for origin in Origin)

FEATURES = (
    "top_score", "best_score", "times_first", "times", "best_rank", "place_among_rivals", "rivals", "behind_best_rival",
    "words", "characters", "is_capitals",
    *(f"origin_{name}" for name in _ORIGINS),
    "rate_of_code", "rate_of_category", "rate_of_chapter", "seen",
    "code_length", "is_symptom", "is_factor", "is_injury", "is_external_cause", "is_neoplasm", "chapter",
)  # fmt: skip

_PLAIN = Origin.LEXICON.name.lower()
_pack = struct.Struct("=11f").pack
_log1p = lru_cache(maxsize=256)(math.log1p)


class Span(NamedTuple):
    """What is looked at of a mention besides its candidates; lengths in words and characters."""

    words: int
    characters: int
    is_capitals: bool


_NO_SPAN = Span(0, 0, False)


class CodeRates:
    """How often codes, categories and chapters were right in the training documents where they were candidates."""

    def __init__(self, counts: dict[str, tuple[int, int]]) -> None:
        """`counts` gives, by code, category or chapter letter, in how many documents it was (right, a candidate)."""
        self._counts = counts
        self.packed = lru_cache(maxsize=16_384)(self._packed)

    def _packed(self, code: str, origin: str) -> bytes:
        """Return the end of a row, which is the same in every document, as float32."""
        is_of = (float(name == origin) for name in _ORIGINS)
        return np.array((*is_of, *self.features(code)), dtype=np.float32).tobytes()

    def features(self, code: str) -> tuple[float, ...]:
        """Return what the counts and the code itself say: the last of FEATURES, from `rate_of_code` on."""
        chapter, _ = self._share(code[:1], 0.5, 2.0)
        category, _ = self._share(code[:3], chapter, _CATEGORY_WEIGHT)
        own, seen = self._share(code, category, _CODE_WEIGHT)
        return (
            _logit(own), _logit(category), _logit(chapter), math.log1p(seen), float(len(code)),
            *(float(code.startswith(kind)) for kind in _KINDS), float(ord(code[0])),
        )  # fmt: skip

    def _share(self, key: str, broader: float, weight: float) -> tuple[float, int]:
        right, seen = self._counts.get(key, (0, 0))
        return (right + weight * broader) / (seen + weight), seen

    def to_text(self) -> str:
        """Write what `of_text` reads, in order of the keys."""
        head = "# code, category or chapter; documents where it was right, was a candidate\n"
        return head + "".join(f"{key}\t{right}\t{seen}\n" for key, (right, seen) in sorted(self._counts.items()))

    @classmethod
    def of_text(cls, text: str) -> "CodeRates":
        """Read a table of key, right, seen; raises ValueError on another."""
        counts: dict[str, tuple[int, int]] = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                key, right, seen = line.split("\t")
                counts[key] = int(right), int(seen)
        return cls(counts)


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))


class _Seen:
    """What the mentions of a document say of one code; the names are those of FEATURES."""

    __slots__ = (
        "behind",
        "best_rank",
        "best_score",
        "first",
        "origin",
        "place",
        "rivals",
        "span",
        "times",
        "top_score",
    )

    def __init__(self, rank: int) -> None:
        self.times = self.first = self.place = self.rivals = 0
        self.top_score, self.best_score, self.behind = 0.0, -1.0, 0.0
        self.best_rank, self.origin, self.span = rank, "", _NO_SPAN


def code_rows(
    spans: Sequence[Span], ranked: Sequence[Ranked], rates: CodeRates
) -> tuple[list[str], NDArray[np.float32]]:
    """Return the codes of a document, in order of first mention, with a row for each: float32[n, len(FEATURES)]."""
    codes = _gather(spans, ranked)
    categories: dict[str, list[tuple[float, str, _Seen]]] = {}
    for code, seen in codes.items():
        categories.setdefault(code[:3], []).append((-seen.best_score, code, seen))
    for group in categories.values():
        if len(group) > 1:
            group.sort()
        for place, (score, _, seen) in enumerate(group):
            seen.place, seen.rivals, seen.behind = place, len(group), score - group[0][0]
    rows = b"".join(
        [
            _pack(
                seen.top_score, seen.best_score, _log1p(seen.first), _log1p(seen.times), seen.best_rank,
                seen.place, seen.rivals, seen.behind, *seen.span,
            )
            + rates.packed(code, seen.origin)
            for code, seen in codes.items()
        ]
    )  # fmt: skip
    return list(codes), np.frombuffer(rows, dtype=np.float32).reshape(-1, len(FEATURES))


def _gather(spans: Sequence[Span], ranked: Sequence[Ranked]) -> dict[str, _Seen]:
    codes: dict[str, _Seen] = {}
    for span, candidates in zip(spans, ranked, strict=True):
        for rank, candidate in enumerate(candidates):
            code, score = candidate.code, candidate.score
            seen = codes.get(code)
            if seen is None:
                seen = codes[code] = _Seen(rank)
            seen.times += 1
            if rank == 0:
                seen.first += 1
                if score > seen.top_score:
                    seen.top_score = score
            if rank < seen.best_rank:
                seen.best_rank = rank
            if score > seen.best_score:
                seen.best_score, seen.span, seen.origin = score, span, candidate.origin
    return codes


def is_plain(candidates: Ranked) -> bool:
    """Whether a mention is a plain term of our lexicon for the code that its own score ranks first."""
    return bool(candidates) and candidates[0].origin == _PLAIN


def count_rates(documents: Iterable[tuple[Iterable[str], Iterable[str]]]) -> dict[str, tuple[int, int]]:
    """Count, from (first candidates, right ones) of documents, what CodeRates takes."""
    counts: dict[str, tuple[int, int]] = {}
    for codes, right in documents:
        right = set(right)
        for code in set(codes):
            for key in dict.fromkeys((code, code[:3], code[:1])):
                was_right, seen = counts.get(key, (0, 0))
                counts[key] = was_right + (code in right), seen + 1
    return counts
