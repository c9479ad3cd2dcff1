"""Reads questions and answers: in a transcript a question asserts nothing, and its answer says whether the thing is so.

"Any chest pain?" "No." is a denial of chest pain; "Yes." makes it a statement; with neither, nothing is said of it.
What a question takes for granted ("how is your asthma?") stays as it is. The words are those of
engine/text/dialogue.toml.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import attrgetter

from engine.context.scope import ASKED
from engine.text.dialogue import Dialogue, Speaker, Utterance, any_of, fillers, patterns
from engine.types import Assertion, Axis, Context, Cue

_GIVEN_REACH, _ASIDE_REACH = 40, 120
_LATER, _ITEM_WORDS = 12, 8


class _Answer(Enum):
    YES = "yes"
    NO = "no"
    OTHER = "other"


class _Ask(Enum):
    """What kind of question an utterance is: one that asks whether, or a statement that asks to be confirmed."""

    WHETHER = 0
    CONFIRM = 1


@dataclass(frozen=True, slots=True)
class _Question:
    ask: _Ask
    answer: _Answer
    begin: int  # of the words of the answer
    end: int


@dataclass(frozen=True, slots=True)
class _Words:
    whether: re.Pattern[str]
    about: re.Pattern[str]
    yes: re.Pattern[str]
    no: re.Pattern[str]
    given: re.Pattern[str]
    asides: re.Pattern[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    talk = patterns()["talk"]

    def compiled(name: str) -> re.Pattern[str]:
        return re.compile(any_of(talk[name]), re.IGNORECASE)

    given = re.compile(rf"\b{any_of(talk['given'])}(?:\s+\w+){{0,2}}\s+\Z", re.IGNORECASE)
    asides = re.compile(r"\b" + any_of(talk["asides"]), re.IGNORECASE)
    return _Words(compiled("whether"), compiled("about"), compiled("yes"), compiled("no"), given, asides)


def read_exchanges(
    text: str, dialogue: Dialogue, spans: Sequence[tuple[int, int]], contexts: Sequence[Context]
) -> None:
    """Change the contexts of the spans (sorted by begin) that stand in questions."""
    questions: dict[int, _Question | None] = {}
    number, last = 0, len(dialogue.utterances) - 1
    for (begin, _), context in zip(spans, contexts, strict=True):
        while number < last and dialogue.utterances[number + 1].begin <= begin:
            number += 1
        if number > last:
            return
        if number not in questions:
            questions[number] = _question(text, dialogue, number)
        question, utterance = questions[number], dialogue.utterances[number]
        _forget_query(context)
        if context.assertion is not Assertion.PRESENT:
            continue
        if question is not None:
            _apply(text, utterance, begin, question, context)
        elif dialogue.turns[utterance.turn].speaker is Speaker.CLINICIAN:
            _read_aside(text, utterance, begin, context)


def _forget_query(context: Context) -> None:
    """Take back what "?" says in a note, a guess; in a transcript it ends a question."""
    if context.assertion is Assertion.POSSIBLE and any(cue.rule == ASKED.rule for cue in context.cues):
        context.assertion = Assertion.PRESENT
        context.cues = tuple(cue for cue in context.cues if cue.axis is not Axis.ASSERTION)


def _apply(text: str, utterance: Utterance, begin: int, question: _Question, context: Context) -> None:
    if question.ask is _Ask.WHETHER and _is_given(text, utterance, begin):
        return
    if question.answer is _Answer.NO:
        _say(context, Assertion.ABSENT, question.begin, question.end, "answer:no")
    elif question.answer is _Answer.OTHER and question.ask is _Ask.WHETHER:
        _say(context, Assertion.HYPOTHETICAL, utterance.begin, utterance.end, "question:unanswered")


def _read_aside(text: str, utterance: Utterance, begin: int, context: Context) -> None:
    """Take back what a clinician only explains, hopes for or hedges."""
    aside = _words().asides.search(text, max(utterance.begin, begin - _ASIDE_REACH), begin)
    if aside is not None:
        _say(context, Assertion.HYPOTHETICAL, aside.start(), aside.end(), "aside")


def _say(context: Context, assertion: Assertion, begin: int, end: int, rule: str) -> None:
    context.assertion = assertion
    context.cues = (Cue(Axis.ASSERTION, begin, end, rule), *context.cues)


def _is_given(text: str, utterance: Utterance, begin: int) -> bool:
    """Whether a question takes a thing for granted: "is your asthma well controlled"."""
    return _words().given.search(text[max(utterance.begin, begin - _GIVEN_REACH) : begin]) is not None


def _question(text: str, dialogue: Dialogue, number: int) -> _Question | None:
    utterance = dialogue.utterances[number]
    ask = _ask(text, dialogue, number)
    if ask is None:
        return None
    if dialogue.turns[utterance.turn].speaker is Speaker.PATIENT:
        return _Question(ask, _Answer.OTHER, utterance.begin, utterance.end)
    reply = _reply(dialogue, number)
    if reply is None:
        return _Question(ask, _Answer.OTHER, utterance.begin, utterance.end)
    answer, begin, end = _read_answer(text, reply)
    # A yes to the last of several questions leaves the earlier ones open; a no denies them all.
    if answer is _Answer.YES and _asks_later(text, dialogue, number):
        answer = _Answer.OTHER
    return _Question(ask, answer, begin, end)


def _ask(text: str, dialogue: Dialogue, number: int) -> _Ask | None:
    utterance = dialogue.utterances[number]
    start = _skip_fillers(text, utterance.begin, utterance.end)
    if start >= utterance.end or not text[start : utterance.end].strip(" ?"):
        return None  # "okay?" only
    marked = text[utterance.end - 1] == "?"
    if _words().about.match(text, start, utterance.end) and not _words().whether.match(text, start, utterance.end):
        return None
    if _words().whether.match(text, start, utterance.end):
        return _Ask.WHETHER
    if not marked:
        return None
    # "Nausea, vomiting, diarrhea?": the items of a question that is not said again.
    is_short = text.count(" ", start, utterance.end) <= _ITEM_WORDS
    return _Ask.WHETHER if is_short and not _states(text, start, utterance.end) else _Ask.CONFIRM


_STATES = re.compile(r"(?:i|you|he|she|we|they|it|that|this|there)\b", re.IGNORECASE)


def _states(text: str, begin: int, end: int) -> bool:
    return _STATES.match(text, begin, end) is not None


def _skip_fillers(text: str, begin: int, end: int) -> int:
    match = fillers().match(text, begin, end)
    return match.end() if match else begin


def _reply(dialogue: Dialogue, number: int) -> Utterance | None:
    """Return the first utterance of the turn right after, if it is the patient's."""
    turn = dialogue.utterances[number].turn
    following = bisect_right(dialogue.utterances, turn, lo=number, key=attrgetter("turn"))
    if following == len(dialogue.utterances):
        return None
    reply = dialogue.utterances[following]
    return reply if dialogue.turns[reply.turn].speaker is Speaker.PATIENT else None


def _asks_later(text: str, dialogue: Dialogue, number: int) -> bool:
    turn = dialogue.utterances[number].turn
    for later in range(number + 1, min(number + 1 + _LATER, len(dialogue.utterances))):
        utterance = dialogue.utterances[later]
        if utterance.turn != turn:
            break
        if _ask(text, dialogue, later) is _Ask.WHETHER:
            return True
    return False


_HESITATION = re.compile(
    r"(?:(?:uh|um|uhm|er|ah|oh|hmm|well|so|and|okay|ok|you know|i mean|actually|honestly|like|[a-z]{1,12}-(?=\s))\b-?"
    r"[\s,.]{0,6}+)*+",
    re.IGNORECASE,
)


def _read_answer(text: str, reply: Utterance) -> tuple[_Answer, int, int]:
    start = _HESITATION.match(text, reply.begin, reply.end).end()  # type: ignore[union-attr]
    for pattern, answer in ((_words().no, _Answer.NO), (_words().yes, _Answer.YES)):
        if found := pattern.match(text, start, reply.end):
            return answer, found.start(), found.end()
    return _Answer.OTHER, reply.begin, reply.end
