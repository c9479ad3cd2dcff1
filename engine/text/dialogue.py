"""Tells the transcript of a visit from a note, and cuts it into turns, parts and utterances.

A transcript has no headings: who speaks and what the clinician does (asks, examines, reads results, concludes) say
which section a sentence belongs to. What was said while talking is the section INTERVIEW. Transcripts of speech often
lack punctuation, so utterances are also cut where a new clause of talk begins ("okay", "so", "i have"). The patterns
are dialogue.toml. Transcripts are rare, so this is plain Python: a note pays only for the look at its first lines.
"""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from engine.text.hesitation import without_hesitation
from engine.types import Section

INTERVIEW = "INTERVIEW"
_HEAD = 200
_FEWEST_TURNS = 3
# Where, as a share of the transcript, an assessment and a plan may come before any examination.
_SOONEST = {"assessment": 0.2, "plan": 0.5}
_SHORT = 12
_SURELY_CLINICAL = 3


class Speaker(IntEnum):
    """Who speaks."""

    CLINICIAN = 0
    PATIENT = 1


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker says before another does; `body_begin` is where the words after the tag start."""

    speaker: Speaker
    begin: int
    body_begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing said in a turn; `turn` is its number."""

    begin: int
    end: int
    turn: int


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A transcript cut up; the sections follow one another from the first character to the last.

    `heard` is the text without its hesitation, of the same length.
    """

    turns: list[Turn]
    utterances: list[Utterance]
    sections: list[Section]
    heard: str = ""


def any_of(patterns: Iterable[str]) -> str:
    """Join patterns of dialogue.toml to one group."""
    # Few spaces, so that time stays linear in text that is all spaces, but as many as a hesitation leaves.
    spaced = (pattern.replace("_?", r"\s{0,3}").replace("_", r"\s{1,24}") for pattern in patterns)
    return "(?:" + "|".join(spaced) + r")(?![\w'-])"


# Where words open a part of the visit, and which.
_Opened = tuple[int, str]


@lru_cache(maxsize=1)
def patterns() -> dict[str, Any]:
    """Read dialogue.toml."""
    return tomllib.loads(Path(__file__).with_name("dialogue.toml").read_text(encoding="utf-8"))


def _names(role: str) -> str:
    return "|".join(name.replace("_", "[_ ]") for name in patterns()["speakers"][role])


@dataclass(frozen=True, slots=True)
class _Patterns:
    """The compiled patterns: the tag of a turn at a line's start, one in a line, and what opens each part."""

    tag: re.Pattern[str]
    parts: re.Pattern[str]


@lru_cache(maxsize=1)
def _compiled() -> _Patterns:
    name = f"(?P<c>{_names('clinician')})|(?P<p>{_names('patient')})|(?P<u>{_names('unnamed')})"
    time = r"(?:[\[(]?(?:\d{1,2}:)?\d{1,2}:\d\d(?:[.,]\d{1,3})?[\])]?[ \t]{0,4}-?[ \t]{0,4}){0,2}"
    inline = r"(?<=[.?!] )(?=Doctor:|Patient:|Guest[_ ][a-z]+:)"
    start = rf"(?:(?:\A|\n)[ \t]{{0,8}}{time}|{inline})"
    tag = rf"{start}(?:[\[<(](?:{name})[\]>)]:?|(?:{_again(name)})[ \t]{{0,4}}(?:{time})?:)"
    parts = "|".join(f"(?P<{part}>{any_of(found)})" for part, found in patterns()["parts"].items())
    return _Patterns(re.compile(tag, re.IGNORECASE), re.compile(rf"(?<![\w'-])(?:{parts})", re.IGNORECASE))


def _again(name: str) -> str:
    return re.sub(r"\?P<(\w)>", r"?P<\g<1>2>", name)


def read_dialogue(text: str, *, kind: str = "") -> Dialogue | None:
    """Cut a transcript up, or return None if the text is none; `kind` is the note type where the caller states it."""
    is_stated = any(word in kind.lower() for word in ("dialog", "transcript", "conversation"))
    if not is_stated and not _tags(text[:_HEAD]):
        return None
    heard = without_hesitation(text)
    opened = [(match.start(), str(match.lastgroup)) for match in _compiled().parts.finditer(heard)]
    turns = _find_turns(text, opened)
    if len({turn.speaker for turn in turns}) < len(Speaker) or not (is_stated or _is_talk(text, turns)):
        return None
    utterances = [
        Utterance(begin, end, number)
        for number, turn in enumerate(turns)
        for begin, end in _cut_utterances(text, turn.body_begin, turn.end)
    ]
    return Dialogue(turns, utterances, _find_sections(text, turns, utterances, opened), heard)


def _tags(text: str) -> list[re.Match[str]]:
    # Every tag ends with a bracket or a colon after a word, so a look for the words themselves would be slower.
    return list(_compiled().tag.finditer(text)) if ":" in text or "]" in text or ">" in text else []


def _role(tag: re.Match[str]) -> str:
    return (tag.lastgroup or "")[:1]


def _find_turns(text: str, opened: Sequence[_Opened]) -> list[Turn]:
    tags = _tags(text)
    roles = {_role(tag) for tag in tags}
    # Two clinicians, or speakers without a role: the one who asks is the clinician of the visit.
    asking = _who_asks(text, tags) if roles != {"c", "p"} else ""
    turns: list[Turn] = []
    for number, tag in enumerate(tags):
        end = tags[number + 1].start() if number + 1 < len(tags) else len(text)
        is_clinician = _label(tag) == asking if asking else _role(tag) == "c"
        begin = tag.start() + (1 if text[tag.start()] == "\n" else 0)
        turns.append(Turn(Speaker.CLINICIAN if is_clinician else Speaker.PATIENT, begin, tag.end(), end))
    return _as_they_talk(turns, opened)


def _as_they_talk(turns: list[Turn], opened: Sequence[_Opened]) -> list[Turn]:
    """Mend speakers that the transcript mixed up: only the clinician examines, concludes and orders."""
    counts = [len(_within(opened, turn.body_begin, turn.end)) for turn in turns]
    by = [sum(count for turn, count in zip(turns, counts, strict=True) if turn.speaker is who) for who in Speaker]
    are_swapped = by[Speaker.PATIENT] > _FEWEST_TURNS and by[Speaker.PATIENT] > by[Speaker.CLINICIAN]
    return [
        Turn(Speaker(turn.speaker ^ are_swapped), turn.begin, turn.body_begin, turn.end)
        if count < _SURELY_CLINICAL
        else Turn(Speaker.CLINICIAN, turn.begin, turn.body_begin, turn.end)
        for turn, count in zip(turns, counts, strict=True)
    ]


def _label(tag: re.Match[str]) -> str:
    return tag[tag.lastgroup or 0].lower()


def _who_asks(text: str, tags: Sequence[re.Match[str]]) -> str:
    """Return the speaker who asks most."""
    asked: dict[str, int] = {}
    for number, tag in enumerate(tags):
        end = tags[number + 1].start() if number + 1 < len(tags) else len(text)
        asked[_label(tag)] = asked.get(_label(tag), 0) + text.count("?", tag.end(), end)
    return max(sorted(asked), key=lambda label: asked[label], default="")


def _is_talk(text: str, turns: Sequence[Turn]) -> bool:
    """Whether the tags are turns, and not the lines of a form ("Patient: ...", "Provider: ...")."""
    changes = sum(a.speaker != b.speaker for a, b in pairwise(turns))
    if text[turns[0].body_begin - 1] in "]>)" or len(turns) > _FEWEST_TURNS:
        return changes >= 1 and changes * 3 >= len(turns)
    first = text[turns[0].body_begin : turns[0].end].rstrip()
    return changes >= 1 and (first.endswith("?") or (first.endswith((".", "!")) and _SPOKEN.search(first) is not None))


_SPOKEN = re.compile(r"\b(?:i|you|your|we|me|my|he|she|they|let's)\b", re.IGNORECASE)


# ---- utterances ----------------------------------------------------------------------------------------------------

_CLAUSES = {name: any_of(patterns()["clauses"][name]) for name in ("joints", "questions", "verbs")}
_CUT = re.compile(
    r"[.?!]+(?=\s|\Z)|\n|, (?=(?:that|this|which)(?:\s?'s|\s+is)\b)"
    rf"|(?<=\s)(?:(?P<joint>{_CLAUSES['joints']})|(?P<question>{_CLAUSES['questions']})|(?P<any>any\b)"
    rf"|(?P<clause>(?:i|you|he|she|we|they|it|there)(?:\s?'(?:s|ve|re|m|d|ll)|\s+{_CLAUSES['verbs']})))",
    re.IGNORECASE,
)
# What begins a clause does not do so after one of these words: "i think that you have", "have you had any".
_BINDS = {
    name: frozenset(patterns()["clauses"][f"{name}_goes_on_after"]) for name in ("joint", "question", "any", "clause")
}
_BEFORE = re.compile(r"[\w']+(?=\s\Z)")
_LONGEST_WORD, _LONGEST_FILLERS = 12, 40
_EDGE = " \t\r\n.,"


def _cut_utterances(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut at stops, and where a new clause of talk begins; each ends with its stop."""
    last = begin
    for match in _CUT.finditer(text, begin, end):
        at = match.end() if match[0].startswith((".", "?", "!", ",")) else match.start()
        if not _goes_on(text, match) and not _is_only_fillers(text, last, at):
            yield from _trimmed(text, last, at)
            last = at
    yield from _trimmed(text, last, end)


def _goes_on(text: str, match: re.Match[str]) -> bool:
    """Whether the word before binds what could begin a clause to it."""
    binds = _BINDS.get(match.lastgroup or "")
    if binds is None:
        return False
    before = _BEFORE.search(text, max(0, match.start() - _LONGEST_WORD), match.start())
    return before is not None and before[0].lower() in binds


def _is_only_fillers(text: str, begin: int, end: int) -> bool:
    return end - begin < _LONGEST_FILLERS and _FILLERS.fullmatch(text, begin, end) is not None


def _trimmed(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    part = text[begin:end]
    stripped = part.lstrip(_EDGE)
    if stripped:
        begin += len(part) - len(stripped)
        yield begin, begin + len(stripped.rstrip())


def fillers() -> re.Pattern[str]:
    """Return the pattern of the fillers that an utterance may begin with."""
    return _FILLERS


def _any_filler() -> str:
    return any_of(sorted(patterns()["talk"]["fillers"], key=len, reverse=True))


_FILLERS = re.compile(rf"(?:\s{{0,3}}+(?:{_any_filler()}|[a-z]{{1,12}}-(?=\s))[\s,.]{{0,6}}+)*+", re.IGNORECASE)


# ---- parts ---------------------------------------------------------------------------------------------------------

# Where an utterance opens several parts, the first of these counts.
_SECTION_OF = {
    "assessment": "ASSESSMENT_AND_PLAN",
    "plan": "ASSESSMENT_AND_PLAN",
    "exam": "PHYSICAL_EXAM",
    "results": "RESULTS",
}


def _find_sections(
    text: str, turns: Sequence[Turn], utterances: Sequence[Utterance], opened: Sequence[_Opened]
) -> list[Section]:
    """Name the part that each utterance belongs to; utterances of one turn and part make one section."""
    sections: list[Section] = []
    if turns[0].begin > 0:
        sections.append(Section("", 0, 0, turns[0].begin))
    current, last_turn = INTERVIEW, -1
    for utterance in utterances:
        turn = turns[utterance.turn]
        if turn.speaker is Speaker.CLINICIAN:
            found = {part for _, part in _within(opened, utterance.begin, utterance.end)}
            share = 1.0 if len(turns) < _SHORT else utterance.begin / len(text)
            current = _part(found, current, share)
        name = current if turn.speaker is Speaker.CLINICIAN else INTERVIEW
        if utterance.turn == last_turn and sections[-1].name == name:
            continue
        is_first = utterance.turn != last_turn
        begin = turn.begin if is_first else utterance.begin
        sections.append(Section(name, begin, turn.body_begin if is_first else begin, len(text)))
        last_turn = utterance.turn
    for section, following in pairwise(sections):
        section.end = following.begin
    return sections or [Section("", 0, 0, len(text))]


def _part(found: set[str], current: str, share: float) -> str:
    """Return the part that an utterance of the clinician's belongs to, by what it opens and the part before."""
    if current == INTERVIEW:
        found -= {part for part, soonest in _SOONEST.items() if share < soonest}
    return next((section for part, section in _SECTION_OF.items() if part in found), current)


def _within(opened: Sequence[_Opened], begin: int, end: int) -> Sequence[_Opened]:
    return opened[bisect_left(opened, (begin, "")) : bisect_left(opened, (end, ""))]
