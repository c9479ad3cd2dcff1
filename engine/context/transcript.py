"""Reads what a transcript says of spans beyond the cues of each utterance.

A question asserts nothing until it is answered, what a clinician explains or hopes for asserts nothing at all, and "he"
may be a relative named a turn before. The words are those of engine/text/dialogue.toml.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.context.exchange import Answer, Ask, Question, find_own_denial, find_question, is_given
from engine.context.scope import ASKED
from engine.text.dialogue import Dialogue, Speaker, Utterance, any_of, fillers, patterns
from engine.types import Assertion, Axis, Context, Cue, Experiencer

_ASIDE_REACH, _PERSON_REACH, _RELATIVE_REACH = 120, 120, 240
_OWN_REACH, _LIST_REACH, _FAMILY_REACH = 40, 400, 40
_IFS = frozenset(("pre:if", "pre:any of following", "pre:unless"))
_FAMILY = re.compile(
    r"\b(?:my|your)\s(?:whole\s|entire\s|immediate\s)?family\b(?!\s(?:doctor|physician))", re.IGNORECASE
)
_FAMILY_BEFORE = re.compile(r"\bin\s(?:my|your|the)\sfamily\b[\s,]{0,4}\Z", re.IGNORECASE)
_NAMES = re.compile(r"(?:which|that|it)(?:\s?'s|\s+is)\s+called\b", re.IGNORECASE)
_NO_KIN = re.compile(r"\b(?:friend|neighbou?r|colleague|coworker|co-worker|boss|flatmate|roommate)", re.IGNORECASE)
_PERSON = re.compile(r"\b(?:i|my|me|we|you|your|he|she|they|his|her)\b", re.IGNORECASE)
_HIMSELF = re.compile(r"\b(?:patient|client|pt|p|speaker|spk|s|participant)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Words:
    asides: re.Pattern[str]
    general: re.Pattern[str]
    mishaps: re.Pattern[str]
    own: re.Pattern[str]
    opening: re.Pattern[str]
    fears: re.Pattern[str]
    distant: re.Pattern[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    talk = patterns()["talk"]
    names = ("asides", "general", "mishaps", "given", "fears", "distant")
    asides, general, mishaps, given, fears, distant = (any_of(talk[name]) for name in names)
    return _Words(
        re.compile(rf"\b{asides}", re.IGNORECASE),
        re.compile(rf"\s{{1,3}}{general}", re.IGNORECASE),
        re.compile(rf"\b{mishaps}", re.IGNORECASE),
        re.compile(rf"\b{given}(?:\s+[\w'-]+){{0,2}}\s+\Z", re.IGNORECASE),
        re.compile(
            r"(?:.*\b(?:that|because|since|as|know|correct|say|where))?[\s,]*"
            + fillers().pattern
            + r"(?:(?:in|with)\s{1,3})?",
            fillers().flags,
        ),
        re.compile(rf"\b{fears}", re.IGNORECASE),
        re.compile(rf"\b{distant}", re.IGNORECASE),
    )


@lru_cache(maxsize=1)
def _relatives() -> re.Pattern[str]:
    names = any_of(patterns()["talk"]["relatives"])
    return re.compile(rf"\b(?:my|your|our)\s(?:[a-z']{{1,14}}\s){{0,2}}{names}", re.IGNORECASE)


def read_transcript(
    text: str, dialogue: Dialogue, spans: Sequence[tuple[int, int]], contexts: Sequence[Context]
) -> None:
    """Change the contexts of spans, which are sorted by begin, to what the talk around them says."""
    questions: dict[int, Question | None] = {}
    number, last = 0, len(dialogue.utterances) - 1
    told: dict[str, tuple[int, Context]] = {}
    for span, context in zip(spans, contexts, strict=True):
        begin = span[0]
        while number < last and dialogue.utterances[number + 1].begin <= begin:
            number += 1
        if number > last:
            return
        if number not in questions:
            questions[number] = find_question(text, dialogue, number)
        question, utterance = questions[number], dialogue.utterances[number]
        _forget_query(context, is_asked=question is not None)
        if context.experiencer is Experiencer.PATIENT:
            _read_person(text, dialogue, utterance, begin, context)
        _read_echo(text, utterance, span, context, told)
        if context.assertion is not Assertion.PRESENT:
            continue
        if question is not None:
            _apply(text, utterance, span, question, context)
        elif dialogue.turns[utterance.turn].speaker is Speaker.CLINICIAN:
            _read_aside(text, dialogue, utterance, span, context)
        else:
            _read_patient(text, dialogue, number, span, context)


def _read_echo(
    text: str, utterance: Utterance, span: tuple[int, int], context: Context, told: dict[str, tuple[int, Context]]
) -> None:
    """Say of a thing that is a relative's that it still is where the next speaker says it again: "Bowel cancer, OK"."""
    name = text[span[0] : span[1]].lower()
    turn, before = told.get(name, (-1, context))
    is_echo = turn == utterance.turn - 1 and not _PERSON.search(text, utterance.begin, span[0])
    if context.experiencer is Experiencer.PATIENT and is_echo:
        context.experiencer = before.experiencer
        context.cues = (*context.cues, *(cue for cue in before.cues if cue.axis is Axis.EXPERIENCER))
    told[name] = (utterance.turn, context)


def _read_patient(text: str, dialogue: Dialogue, number: int, span: tuple[int, int], context: Context) -> None:
    """Take back what a patient only fears or has read of, or says again to deny it: "Allergies? Uh, no."."""
    begin, utterance = span[0], dialogue.utterances[number]
    if denied := find_own_denial(text, dialogue, number, span):
        _say(context, Assertion.ABSENT, *denied, "answer:no")
    elif fear := _words().fears.search(text, max(utterance.begin, begin - _ASIDE_REACH), begin):
        _say(context, Assertion.HYPOTHETICAL, fear.start(), fear.end(), "aside")


def _forget_query(context: Context, *, is_asked: bool) -> None:
    """Take back what "?" says in a note, a guess, and "if" in a question: "tell me if you have any pain?"."""
    rules = {cue.rule for cue in context.cues if cue.axis is Axis.ASSERTION}
    if ASKED.rule in rules or (is_asked and not rules.isdisjoint(_IFS)):
        context.assertion = Assertion.PRESENT
        context.cues = tuple(cue for cue in context.cues if cue.axis is not Axis.ASSERTION)


def _apply(text: str, utterance: Utterance, span: tuple[int, int], question: Question, context: Context) -> None:
    if question.ask is Ask.WHETHER and is_given(text, utterance, span):
        return
    if question.answer is Answer.NO:
        _say(context, Assertion.ABSENT, question.begin, question.end, "answer:no")
    elif question.answer is Answer.OTHER and question.ask is Ask.WHETHER:
        _say(context, Assertion.HYPOTHETICAL, utterance.begin, utterance.end, "question:unanswered")


def _read_aside(text: str, dialogue: Dialogue, utterance: Utterance, span: tuple[int, int], context: Context) -> None:
    """Take back what a clinician only explains, warns of, hopes for or hedges."""
    begin, end = span
    words = _words()
    aside = words.asides.search(text, max(_start_of_saying(text, dialogue, utterance), begin - _ASIDE_REACH), begin)
    if aside is None and not words.own.search(text, max(utterance.begin, begin - _OWN_REACH), begin):
        is_subject = words.opening.fullmatch(text, max(utterance.begin, begin - _OWN_REACH), begin) is not None
        aside = words.general.match(text, end, dialogue.turns[utterance.turn].end) if is_subject else None
        aside = aside or words.distant.search(text, max(utterance.begin, begin - _ASIDE_REACH), begin)
        aside = aside or _mishaps(text, dialogue, utterance, begin)
    if aside is not None:
        _say(context, Assertion.HYPOTHETICAL, aside.start(), aside.end(), "aside")


def _start_of_saying(text: str, dialogue: Dialogue, utterance: Utterance) -> int:
    """Return where what is said begins, if the utterance only goes on with a name: "..., it's called lyme disease"."""
    if not _NAMES.match(text, utterance.begin, utterance.end):
        return utterance.begin
    body = dialogue.turns[utterance.turn].body_begin
    stop = max(text.rfind(mark, body, utterance.begin) for mark in (". ", "? ", "! "))
    return max(body, stop)


def _mishaps(text: str, dialogue: Dialogue, utterance: Utterance, begin: int) -> re.Match[str] | None:
    """Return what opens a list of mishaps earlier in the turn, if the mention stands in a phrase of that list."""
    # What opens the list would be before the utterance, and too far away: a long one is not searched for every mention.
    if begin - _LIST_REACH > utterance.begin or _PERSON.search(text, utterance.begin, begin):
        return None
    turn = dialogue.turns[utterance.turn]
    return _words().mishaps.search(text, max(turn.body_begin, begin - _LIST_REACH), utterance.begin)


def _say(context: Context, assertion: Assertion, begin: int, end: int, rule: str) -> None:
    context.assertion = assertion
    context.cues = (Cue(Axis.ASSERTION, begin, end, rule), *context.cues)


def _read_person(text: str, dialogue: Dialogue, utterance: Utterance, begin: int, context: Context) -> None:
    """Say that it is a relative's, of whom "he" or "she" speaks, or the family's."""
    start = max(utterance.begin, begin - _PERSON_REACH)
    named = _FAMILY.search(text, start, begin) or _relative_meant(text, dialogue, utterance, begin)
    named = named or _in_family(text, dialogue, utterance)
    if named is not None:
        context.experiencer = Experiencer.OTHER if _NO_KIN.search(named[0]) else Experiencer.FAMILY
        context.cues = (*context.cues, Cue(Axis.EXPERIENCER, named.start(), named.end(), "topic:relative"))


def _in_family(text: str, dialogue: Dialogue, utterance: Utterance) -> re.Match[str] | None:
    """Return the family, if that is what the words right before the utterance name: "in my family, there's gout"."""
    begin = dialogue.turns[utterance.turn].body_begin
    return _FAMILY_BEFORE.search(text, max(begin, utterance.begin - _FAMILY_REACH), utterance.begin)


def _relative_meant(text: str, dialogue: Dialogue, utterance: Utterance, begin: int) -> re.Match[str] | None:
    """Return the relative named last, if the patient or who asks the patient says "he" or "she" of one."""
    turn = dialogue.turns[utterance.turn]
    if turn.speaker is Speaker.PATIENT and not _HIMSELF.search(text, turn.begin, turn.body_begin):
        return None  # a parent speaks of the patient
    persons = _PERSON.findall(text, max(utterance.begin, begin - _PERSON_REACH), begin)
    if not persons or persons[-1].lower() not in ("he", "she", "they", "his", "her"):
        return None
    named = list(_relatives().finditer(text, max(0, begin - _RELATIVE_REACH), begin))
    return named[-1] if named else None
