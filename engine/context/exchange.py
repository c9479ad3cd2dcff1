"""Reads questions and answers: what an utterance of a transcript asks, and how it is answered.

"Any chest pain?" "No." is a denial of chest pain; "Yes." makes it a statement; with neither, nothing is said of it.
What a question takes for granted ("how is your asthma?") stays as it is. The words are those of
engine/text/dialogue.toml.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import attrgetter

from engine.text.dialogue import Dialogue, Speaker, Utterance, any_of, fillers, patterns

_GIVEN_REACH = 40
_LATER, _ITEM_WORDS = 12, 8


class Answer(Enum):
    """How a question is answered."""

    YES = 0
    NO = 1
    OTHER = 2


class Ask(Enum):
    """What kind of question an utterance is: one that asks whether, or a statement that asks to be confirmed."""

    WHETHER = 0
    CONFIRM = 1


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked and answered; `begin` and `end` are those of the words that answer."""

    ask: Ask
    answer: Answer
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Words:
    whether: re.Pattern[str]
    about: re.Pattern[str]
    yes: re.Pattern[str]
    no: re.Pattern[str]
    given: re.Pattern[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    talk = patterns()["talk"]

    def compiled(name: str) -> re.Pattern[str]:
        return re.compile(any_of(talk[name]), re.IGNORECASE)

    given = re.compile(rf"\b{any_of(talk['given'])}(?:\s+\w+){{0,2}}\s+\Z", re.IGNORECASE)
    return _Words(compiled("whether"), compiled("about"), compiled("yes"), compiled("no"), given)


def is_given(text: str, utterance: Utterance, span: tuple[int, int]) -> bool:
    """Whether a question takes a thing for granted: "is your asthma well controlled", but not "is your leg swollen"."""
    begin, end = span
    given = _words().given.search(text[max(utterance.begin, begin - _GIVEN_REACH) : begin])
    return given is not None and (" " not in given[0].strip() or bool(text[end : utterance.end].strip(" ?")))


def find_question(text: str, dialogue: Dialogue, number: int) -> Question | None:
    """Return what an utterance asks and how it is answered, None if it asks nothing."""
    utterance = dialogue.utterances[number]
    ask = _ask(text, dialogue, number)
    if ask is None:
        return None
    if dialogue.turns[utterance.turn].speaker is Speaker.PATIENT:
        return Question(ask, Answer.OTHER, utterance.begin, utterance.end)
    reply = _reply(dialogue, number)
    if reply is None:
        return Question(ask, Answer.OTHER, utterance.begin, utterance.end)
    answer, begin, end = _read_answer(text, reply)
    # A yes to the last of several questions leaves the earlier ones open; a no denies them all.
    if answer is Answer.YES and _asks_later(text, dialogue, number):
        answer = Answer.OTHER
    return Question(ask, answer, begin, end)


def find_own_denial(text: str, dialogue: Dialogue, number: int, span: tuple[int, int]) -> tuple[int, int] | None:
    """Return where an utterance that only says a thing again is answered with no by its own speaker.

    "Do you have any allergies?" "Ohh, allergies. Uh, no."
    """
    utterance = dialogue.utterances[number]
    is_all = _skip_fillers(text, utterance.begin, utterance.end) >= span[0] and not text[span[1] : utterance.end].strip(
        " .?!,"
    )
    if not is_all or number + 1 == len(dialogue.utterances):
        return None
    following = dialogue.utterances[number + 1]
    if following.turn != utterance.turn:
        return None
    answer, begin, end = _read_answer(text, following)
    return (begin, end) if answer is Answer.NO else None


def _ask(text: str, dialogue: Dialogue, number: int) -> Ask | None:
    utterance = dialogue.utterances[number]
    start = _skip_fillers(text, utterance.begin, utterance.end)
    if start >= utterance.end or not text[start : utterance.end].strip(" ?"):
        return None  # "okay?" only
    marked = text[utterance.end - 1] == "?"
    if _words().about.match(text, start, utterance.end) and not _words().whether.match(text, start, utterance.end):
        return None
    if _words().whether.match(text, start, utterance.end):
        return Ask.WHETHER
    if not marked:
        return None
    # "Nausea, vomiting, diarrhea?": the items of a question that is not said again.
    is_short = text.count(" ", start, utterance.end) <= _ITEM_WORDS
    return Ask.WHETHER if is_short and not _states(text, start, utterance.end) else Ask.CONFIRM


_STATES = re.compile(r"(?:i|you|he|she|we|they|it|that|this|there)\b", re.IGNORECASE)


def _states(text: str, begin: int, end: int) -> bool:
    return _STATES.match(text, begin, end) is not None


def _skip_fillers(text: str, begin: int, end: int) -> int:
    match = fillers().match(text, _skip_space(text, begin, end), end)
    return match.end() if match else begin


def _skip_space(text: str, begin: int, end: int) -> int:
    return begin + len(text[begin:end]) - len(text[begin:end].lstrip())


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
        if _ask(text, dialogue, later) is Ask.WHETHER:
            return True
    return False


_HESITATION = re.compile(
    r"(?:(?:thankfully|luckily|fortunately|thank god|thank goodness|uh|um|uhm|er|ah|oh|hmm|well|so|and|okay|ok|you know"
    r"|i mean|actually|honestly|like|[a-z]{1,12}-(?=\s))\b-?[\s,.]{0,6}+)*+",
    re.IGNORECASE,
)


def _read_answer(text: str, reply: Utterance) -> tuple[Answer, int, int]:
    begin = _skip_space(text, reply.begin, reply.end)
    start = _HESITATION.match(text, begin, reply.end).end()  # type: ignore[union-attr]
    for pattern, answer in ((_words().no, Answer.NO), (_words().yes, Answer.YES)):
        if found := pattern.match(text, start, reply.end):
            return answer, found.start(), found.end()
    return Answer.OTHER, reply.begin, reply.end
