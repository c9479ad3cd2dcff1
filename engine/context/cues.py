"""The cues of context, read from cues.toml: their phrases for the matcher, and what each says to the reader."""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from engine.errors import ArtifactError
from engine.types import Assertion, Axis, Experiencer, Temporality

Value = Assertion | Temporality | Experiencer


class Slot(IntEnum):
    """What a cue can say: a value of an axis that is not its default."""

    ABSENT = 0
    POSSIBLE = 1
    CONDITIONAL = 2
    HYPOTHETICAL = 3
    HISTORICAL = 4
    FAMILY = 5
    OTHER = 6


class Does(IntFlag):
    """What a cue does where it stands."""

    NOTHING = 0
    REACHES_ON = 1
    REACHES_BACK = 2
    ANSWERS = 4
    ENDS = 8
    IS_VERB = 16
    AFTER_COMMA = 32
    INSIDE = 64
    SKIPS_ITEM = 128
    IS_EXACT = 256
    MAY_BELONG = 512
    OPENS = 1024
    IS_PAST = 2048
    IF_DENIED = 4096


class Stop(IntEnum):
    """How far a scope goes: over semicolons too, to the end of the clause, to a comma, or to a comma or an "and"."""

    LIST = 0
    CLAUSE = 1
    COMMA = 2
    AND = 3


@dataclass(frozen=True, slots=True)
class CueRule:
    """One phrase with its meaning.

    `scope_words` is how many words may lie between, `ends` has a bit for each Slot, `first_length` is the length of
    the phrase's first word (the matcher may have found another form of it).
    """

    rule: str
    does: int
    slot: int
    scope_words: int = 0
    stop: int = 1
    ends: int = 0
    first_length: int = 0


SLOT_VALUES: tuple[tuple[Axis, Value], ...] = (
    (Axis.ASSERTION, Assertion.ABSENT),
    (Axis.ASSERTION, Assertion.POSSIBLE),
    (Axis.ASSERTION, Assertion.CONDITIONAL),
    (Axis.ASSERTION, Assertion.HYPOTHETICAL),
    (Axis.TEMPORALITY, Temporality.HISTORICAL),
    (Axis.EXPERIENCER, Experiencer.FAMILY),
    (Axis.EXPERIENCER, Experiencer.OTHER),
)
_DOES = {
    "before": Does.REACHES_ON,
    "after": Does.REACHES_BACK,
    "both": Does.REACHES_ON | Does.REACHES_BACK,
    "answer": Does.ANSWERS,
    "pseudo": Does.NOTHING,
    "terminate": Does.ENDS,
}
_FLAGS = {
    "answers": Does.ANSWERS,
    "verb": Does.IS_VERB,
    "after_comma": Does.AFTER_COMMA,
    "inside": Does.INSIDE,
    "skip_item": Does.SKIPS_ITEM,
    "exact": Does.IS_EXACT,
    "near": Does.MAY_BELONG,
    "opens": Does.OPENS,
    "past": Does.IS_PAST,
    "if_denied": Does.IF_DENIED,
}
_PREFIX = {"before": "pre", "after": "post", "both": "mid", "answer": "answer", "pseudo": "pseudo", "terminate": "end"}
_STOPS = {"list": Stop.LIST, "clause": Stop.CLAUSE, "comma": Stop.COMMA, "and": Stop.AND}
_KEYS = frozenset(("axis", "value", "direction", "scope", "stop", "ends", "phrases", *_FLAGS))
_PLACE = re.compile(r"\{(\w+)\}")


class CueTable:
    """The cues, numbered: `phrases[n]` is what the matcher looks for, `rules[n]` what it means.

    The list is part of the dictionary file: a table and a dictionary built from different lists do not go together.
    """

    def __init__(self, phrases: Sequence[str], rules: Sequence[CueRule], content_hash: str) -> None:
        self.phrases = tuple(phrases)
        self.rules = tuple(rules)
        self.content_hash = content_hash

    @classmethod
    def load(cls, path: Path | None = None) -> "CueTable":
        """Read a cue file (by default the engine's own); raises ArtifactError on a wrong one."""
        return _own_table() if path is None else cls.parse(path.read_bytes())

    @classmethod
    def parse(cls, content: bytes) -> "CueTable":
        """Read the bytes of a cue file; raises ArtifactError on a wrong one."""
        try:
            data = tomllib.loads(content.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ArtifactError(f"cue file: {error}") from None
        words = {name: _word_list(value) for name, value in data.get("words", {}).items()}
        pairs = [pair for number, entry in enumerate(data.get("cue", ())) for pair in _read_entry(number, entry, words)]
        return cls([phrase for phrase, _ in pairs], [rule for _, rule in pairs], hashlib.sha256(content).hexdigest())


@lru_cache(maxsize=1)
def _own_table() -> CueTable:
    return CueTable.parse(Path(__file__).with_name("cues.toml").read_bytes())


def _word_list(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [str(number) for number in range(value["from"], value["to"] + 1)]
    return [str(word) for word in value]


def _read_entry(
    number: int, entry: Mapping[str, Any], words: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, CueRule]]:
    if unknown := sorted(entry.keys() - _KEYS):
        raise ArtifactError(f"cue[{number}]: got unknown key {unknown[0]}, want some of {', '.join(sorted(_KEYS))}")
    try:
        direction = entry["direction"]
        does = _DOES[direction]
        for key, flag in _FLAGS.items():
            does |= flag if entry.get(key) else Does.NOTHING
        slot = int(Slot[entry["value"]]) if "value" in entry else -1
        if slot >= 0 and SLOT_VALUES[slot][0].value != entry["axis"]:
            raise ArtifactError(f"cue[{number}].axis: got {entry['axis']}, want {SLOT_VALUES[slot][0].value}")
        ends = sum(1 << Slot[value] for value in entry.get("ends", ()))
        settings = (slot, int(entry.get("scope", 0)), int(_STOPS[entry.get("stop", "clause")]), ends)
        phrases = entry["phrases"]
    except KeyError as error:
        raise ArtifactError(
            f"cue[{number}]: got no or an unknown {error.args[0]!r}; see engine/context/README.md"
        ) from None
    if slot < 0 and does & (Does.REACHES_ON | Does.REACHES_BACK | Does.ANSWERS):
        raise ArtifactError(f"cue[{number}].value: got none, want one for direction {direction}")
    for phrase in phrases:
        if missing := set(_PLACE.findall(phrase)) - words.keys():
            raise ArtifactError(f"cue[{number}].phrases: got unknown words {{{min(missing)}}}, want a list of [words]")
        for spelled in _spellings(phrase, words):
            yield (
                spelled,
                CueRule(f"{_PREFIX[direction]}:{spelled.lower()}", int(does), *settings, len(spelled.split()[0])),
            )


def _spellings(phrase: str, words: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Also spell each "not" as transcripts do, which set the contraction apart: "do n't have"."""
    for spelled in _expand(phrase, words):
        yield spelled
        if " not " in f" {spelled} ":
            yield " ".join("n't" if word == "not" else word for word in spelled.split(" "))


def _expand(phrase: str, words: Mapping[str, Sequence[str]]) -> Iterator[str]:
    names = _PLACE.findall(phrase)
    if not names:
        yield phrase
        return
    for choice in product(*(words[name] for name in names)):
        chosen = iter(choice)
        yield _PLACE.sub(lambda _, chosen=chosen: next(chosen), phrase)  # type: ignore[misc]
