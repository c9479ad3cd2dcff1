"""What each part of the engine is worth: the headline corpora again, with one part left out at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.config import Config
from engine.evaluation.bootstrap import Estimate, difference
from engine.live import Live
from engine.switches import SWITCHES
from tools.accuracy.corpora import DIALOGUES, HEADLINES, MAP, NOTES, Measured, measure

SHOWN = (
    ("codiesp dev", "full"),
    ("codiesp dev", "category"),
    ("codiesp dev", MAP),
    ("negex dev", "negation"),
    ("negex dev", "historical"),
    (NOTES, "exact"),
    (DIALOGUES, "exact"),
)


@dataclass(frozen=True)
class Worth:
    """By how much a figure changes when a part is left out, paired."""

    without: str
    corpus: str
    measure: str
    change: Estimate


def find_worth(
    gold: Path,
    home: Path,
    whole: Mapping[str, Measured],
    tell: Callable[[str], None],
    parts: Mapping[str, str] = SWITCHES,
) -> Iterator[Worth]:
    """Yield what each part is worth on the figures shown, beside the whole engine."""
    for part in parts:
        pipeline = Live.open(Config(home=home, without=(part,)), progress=tell).pipeline
        found = measure(gold, pipeline, HEADLINES)
        for corpus, name in SHOWN:
            now, before = found[corpus].counted, whole[corpus].counted
            yield Worth(part, corpus, name, difference(now.figure(name), before.figure(name), now.documents))
