"""How likely a code is meant: by where it was read and how often its beginning proved right there (priors.tsv)."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.errors import ArtifactError

_FOLDER = Path(__file__).parent
# By origin: a whole term; composed, by how loosely the body part hangs on the operation.
_BY_ORIGIN = {"lexicon": 0.6, "composed0": 0.6, "composed1": 0.4, "composed2": 0.25, "composed3": 0.15}
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Scores:
    """The part of a code that says what is done and where, with its prior."""

    priors: dict[str, float]
    content_hash: str

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls) -> "Scores":
        """Read the priors; raises ArtifactError on a malformed file."""
        path = _FOLDER / "priors.tsv"
        try:
            rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
            return cls({code: float(prior) for code, prior in rows}, hashlib.sha256(path.read_bytes()).hexdigest())
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{path.name}: {error}") from None

    def of(self, code: str, origin: str) -> float:
        """Return the score of a code by its origin, in (0, 1)."""
        base = _BY_ORIGIN[origin]
        prior = self.priors.get(code[:_LENGTH])
        return base if prior is None else base * prior / (base * prior + (1 - base) * (1 - prior))
