"""How likely a code is meant: by where it was read and how often its beginning proved right there (priors.tsv)."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.errors import ArtifactError

PRIORS = Path(__file__).with_name("priors.tsv")
# How often what was read so was right, by origin: a whole term; composed, by how loosely the body part hangs on the
# operation. A prior counts as so many cases beside those of its own.
BY_ORIGIN = {"lexicon": 0.5, "composed0": 0.4, "composed1": 0.3, "composed2": 0.12, "composed3": 0.12}
LENGTH = 4
_UNKNOWN = 0.5
# What is stated is worth a coder's look however seldom it is coded: scores lie between these.
_LEAST, _MOST = 0.3, 0.95


@dataclass(frozen=True, slots=True)
class Scores:
    """Of the beginning of a code, which says what is done and where, the prior."""

    priors: dict[str, float]
    content_hash: str

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls) -> "Scores":
        """Read the priors; raises ArtifactError on a malformed file."""
        path = PRIORS
        try:
            rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
            return cls({code: float(prior) for code, prior in rows}, hashlib.sha256(path.read_bytes()).hexdigest())
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{path.name}: {error}") from None

    def of(self, code: str, origin: str) -> float:
        """Return the score of a code by its origin."""
        base = BY_ORIGIN[origin]
        prior = self.priors.get(code[:LENGTH], _UNKNOWN)
        odds = base / (1 - base) * prior / (1 - prior)
        return _LEAST + (_MOST - _LEAST) * odds / (1 + odds)
