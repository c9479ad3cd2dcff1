"""Records that say why a suggestion scores as it does; made where a caller asks (explainer.py)."""

from dataclasses import dataclass, field


@dataclass(slots=True, unsafe_hash=True)
class Influence:
    """What a feature of a model adds to a score, in log-odds of that model, and what it says, in words."""

    model: str
    feature: str
    words: str
    weight: float


@dataclass(slots=True, unsafe_hash=True)
class Contrast:
    """Why an alternative lost: what set it back most, in words, and by how much, in log-odds."""

    code: str
    words: str
    weight: float


@dataclass(slots=True)
class Explanation:
    """Why a suggestion scores as it does; `code` is the one that was ranked, with its `score` in that document."""

    code: str
    score: float
    influences: list[Influence] = field(default_factory=list)
    contrasts: list[Contrast] = field(default_factory=list)
