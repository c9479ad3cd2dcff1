"""The newest result that git holds of another commit than this: what a run is compared with."""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.report import RESULTS, ROOT
from engine.evaluation.metrics import Score
from tools.accuracy.corpora import MAP, Counted


@dataclass(frozen=True)
class Previous:
    """An earlier result; empty where there is none."""

    about: dict[str, str] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)

    def figure(self, corpus: str, measure: str) -> float | None:
        """Return the figure of a measure on a corpus, None if it was not taken."""
        of_corpus = self.scores.get(corpus, {})
        value = of_corpus.get("map") if measure == MAP else of_corpus.get(measure, {}).get("f1")
        return None if value is None else float(value)

    def score(self, kind: str, corpus: str, label: str) -> Score | None:
        """Return the score of a chapter or section (`kind`) of a corpus, None if it had none."""
        counts = self.parts.get(kind, {}).get(corpus, {}).get(label)
        return None if counts is None else Score(*counts)

    def counted(self, corpus: str) -> Counted | None:
        """Return the counts by document, None if none were kept."""
        return Counted.from_json(self.counts[corpus]) if corpus in self.counts else None


def read_previous(commit: str) -> Previous:
    """Return the result that was committed last, of another commit than the one named."""
    for name in _committed():
        found = _of_json(json.loads(_git("show", f"HEAD:{name}")))
        if found.about["commit"].removesuffix("+") != commit.removesuffix("+"):
            return found
    return Previous()


def read_result(name: str) -> Previous:
    """Return the result of a file of the results folder; empty if it is not there."""
    path = RESULTS / name
    return _of_json(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else Previous()


def _of_json(kept: dict[str, Any]) -> Previous:
    # Results of before counts were kept have figures alone.
    return Previous(kept["about"], kept["scores"], kept.get("counts", {}), kept.get("parts", {}))


def _committed() -> list[str]:
    """List the results in HEAD, the last committed first."""
    folder = RESULTS.relative_to(ROOT)
    try:
        names = _git("ls-tree", "--name-only", "HEAD", f"{folder}/").splitlines()
        found = [name for name in names if Path(name).name.startswith("accuracy-") and name.endswith(".json")]
        return sorted(found, key=lambda name: (int(_git("log", "-1", "--format=%ct", "--", name)), name), reverse=True)
    except (OSError, subprocess.CalledProcessError):  # no git, or no history
        return []


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
