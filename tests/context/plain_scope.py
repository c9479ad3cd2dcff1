"""The plain twin of engine/_fasttext_scope.hpp: the cues found by the matcher, their scope, and where it ends.

Within a sentence two sweeps go over cues and spans in order: one carries the cues that reach on, one those that reach
back. A cue is carried until a terminator ends it; whether it still reaches a span is then asked of the text between
them (words, commas, brackets, semicolons), of which no more is looked at than the longest scope, so that time is
linear in spans and cues. After NegEx (Chapman et al. 2001) and ConText (Harkema et al. 2009).
"""

import re
from bisect import bisect_right
from collections.abc import Sequence

from engine.context.cues import SLOT_VALUES, CueRule, CueTable, Does, Slot, Stop, Value
from engine.context.scope import AFFIRMS, ASKED, EMPTY_BOX, MINUS, NEGATIVE, QUERY, SECTION_VALUES
from engine.types import Axis, Context, Cue, Section

# A cue where it stands (begin, end, rule), and where it takes effect.
_Found = tuple[int, int, CueRule]
_Placed = tuple[int, int, CueRule, int]
_Reached = list[list[_Placed]]

_ON, _BACK, _ANSWERS, _ENDS = int(Does.REACHES_ON), int(Does.REACHES_BACK), int(Does.ANSWERS), int(Does.ENDS)
_IS_VERB, _AFTER_COMMA, _INSIDE = int(Does.IS_VERB), int(Does.AFTER_COMMA), int(Does.INSIDE)
_SKIPS_ITEM, _IS_EXACT, _MAY_BELONG = int(Does.SKIPS_ITEM), int(Does.IS_EXACT), int(Does.MAY_BELONG)
_OPENS, _IS_PAST, _IF_DENIED = int(Does.OPENS), int(Does.IS_PAST), int(Does.IF_DENIED)
_SPEAKS = _ON | _BACK | _ANSWERS
_ABSENT, _POSSIBLE, _CONDITIONAL, _HYPOTHETICAL = 0, 1, 2, 3
_COMMA_BEFORE = re.compile(r"[,(\u2013-]\s*(?:(?:the|an?|his|her|their|this)\s+)?\Z", re.IGNORECASE)
# "No. 3" is a number.
_NUMBERED = re.compile(r"\.\s{0,3}\d")
_CLAUSE, _AND = int(Stop.CLAUSE), int(Stop.AND)
_PER_WORD = 12
_LONGEST = 2000

# A verb this close to a cue belongs to it ("denies having", "history is positive for").
_VERB_NEAR_WORDS = 2
_OPENING_WORDS, _OPENING_REACH = 3, 60


# Signs that are not words. "-" denies only where the sentence also marks with "+", or marks item after item.
_BOXES = "\u2610\u25a1\u2611\u2612\u25a0\u2713\u2714"
_LABEL = r"(?:[yY][eE][sS]|[nN][oO]|[yYnN])(?!\w)"
_NEXT_LABEL = re.compile(rf" {{0,2}}{_LABEL}")
_LAST_LABEL = re.compile(rf"(?<!\w){_LABEL} {{0,2}}\Z")
_LAST_YES = re.compile(r"yes {0,2}\Z", re.IGNORECASE | re.ASCII)
_BOX = r"(?:\[[ xX\u2713\u2714]\]|\([ xX\u2713\u2714]\)|[" + _BOXES + "])"
_NEXT_BOX, _LAST_BOX = re.compile(rf" {{0,2}}{_BOX}"), re.compile(rf"{_BOX} {{0,2}}\Z")
_SIGN = re.compile(
    rf"[\[(?+\u2205\u00d8\u00f8\u2298\u2013\u2212{_BOXES}-]"
    rf"(?:(?<=[{_BOXES}])|(?<=\[)(?: ?|[xX\u2713\u2714])\]|(?<![^\s(,;:/].)(?<=\()[ xX\u2713\u2714]\)"
    r"|(?<=\()(?:[-\u2013\u2212]|\+)\)|(?<=[\u2205\u00d8\u00f8\u2298])(?=\s)"
    r"|(?<=[-+\u2013\u2212])ve\b"
    r"|(?<![^\s(,;:/].)(?:(?<=\?)(?= ?\w)|(?<=[-+\u2013\u2212])(?= ?[A-Za-z])))"
)
_SIGN_STARTS = ("[", "?", "+", "(-", "( )", "(x)", "(X)", ", -", ",-", "-ve")
_MARKS = re.compile(r"(?:^|[\s,;(/])\+ ?[A-Za-z]|, ?[-\u2013\u2212][A-Za-z]")


class PlainReader:
    """Decides assertion, temporality and experiencer of spans, by a table of cues."""

    def __init__(self, cue_table: CueTable) -> None:
        self._rules = cue_table.rules
        self._defaults = {name: (slot, f"section:{name}") for name, slot in SECTION_VALUES.items()}

    def read(
        self,
        text: str,
        *,
        sections: Sequence[Section],
        sentences: Sequence[tuple[int, int]],
        cues: Sequence[tuple[int, int, int]],
        spans: Sequence[tuple[int, int]],
    ) -> list[Context]:
        """Return the context of each span.

        `cues` are all (begin, end, number) of the table's phrases, sorted by begin; `spans` are sorted too and may
        overlap.
        """
        kept, speaking = _outermost(self._rules, cues)
        signs = _signs(text, sentences)
        if signs:
            kept = sorted([*kept, *signs], key=_begin)
            speaking = sorted([*speaking, *(sign[0] for sign in signs)])
        contexts: list[Context] = []
        cue, section, span, voice = 0, 0, 0, 0
        count, last_section, last_cue, voices = len(spans), len(sections) - 1, len(kept), len(speaking)
        starts = [begin for begin, _ in sentences]
        starts.append(len(text) + 1)
        has_questions = "?" in text
        for number, (begin, _) in enumerate(sentences):
            if span >= count:
                break
            limit = starts[number + 1]
            first = span
            while span < count and spans[span][0] < limit:
                span += 1
            if first == span:
                continue
            while voice < voices and speaking[voice] < begin:
                voice += 1
            while section < last_section and sections[section + 1].begin <= begin:
                section += 1
            default = self._defaults.get(sections[section].name) if sections else None
            if (voice == voices or speaking[voice] >= limit) and default is None and not has_questions:
                for _ in range(first, span):
                    contexts.append(Context())
                continue
            while cue < last_cue and kept[cue][0] < begin:
                cue += 1
            first_cue = cue
            while cue < last_cue and kept[cue][0] < limit:
                cue += 1
            found = _read_sentence(text, begin, min(limit, len(text)), kept[first_cue:cue], spans[first:span])
            if default is not None:
                for context in found:
                    _apply_default(context, default, sections[section])
            contexts.extend(found)
        contexts.extend(Context() for _ in range(count - len(contexts)))
        return contexts


def _outermost(rules: Sequence[CueRule], cues: Sequence[tuple[int, int, int]]) -> tuple[list[_Found], list[int]]:
    """Keep the cues that lie in no longer one; also list where those begin that say something."""
    kept: list[_Found] = []
    last_begin = last_end = -1
    for begin, end, number in cues:
        if end > last_end:
            while kept and kept[-1][0] == begin:
                kept.pop()
            last_begin, last_end = begin, end
        elif begin != last_begin or end != last_end:
            continue
        kept.append((begin, end, rules[number]))
    return kept, [found[0] for found in kept if found[2].does & _SPEAKS]


def _place(text: str, begin: int, kept: Sequence[_Found], spans: Sequence[tuple[int, int]]) -> list[_Placed]:
    """Drop the cues of a sentence that lie in a span, and say where the others take effect."""
    placed: list[_Placed] = []
    span, covered, before = 0, -1, begin
    for at, end, rule in kept:
        while span < len(spans) and spans[span][0] <= at:
            if spans[span][1] > covered:
                covered = spans[span][1]
            span += 1
        does = rule.does
        if covered >= end and not does & _INSIDE:
            continue
        if does & _IS_EXACT and text[at + rule.first_length : at + rule.first_length + 1].isalnum():
            continue
        if does & _OPENS and not (at - begin <= _OPENING_REACH and len(text[begin:at].split()) <= _OPENING_WORDS):
            continue
        if does & _ANSWERS and _label_of(text, at, end) == "empty":
            continue
        if does & _ANSWERS and text[end : end + 1] == "." and _NUMBERED.match(text, end):
            continue
        effect = at
        if does & _ENDS:
            if does & _AFTER_COMMA and not _COMMA_BEFORE.search(text, max(begin, at - 16), at):
                continue
            if does & _IS_VERB:
                effect = _verb_starts(text, before, at, may_belong=bool(does & _MAY_BELONG))
                if effect < 0:
                    continue
        elif does and not does & _IF_DENIED:
            before = end
        placed.append((at, end, rule, effect))
    return placed


def _read_sentence(
    text: str, begin: int, end: int, kept: Sequence[_Found], spans: Sequence[tuple[int, int]]
) -> list[Context]:
    cues = _place(text, begin, kept, spans)
    on = _sweep_on(text, begin, end, cues, spans)
    back = _sweep_back(text, begin, end, cues, spans)
    return [_decide(text, spans[n][1], on[n], back[n]) for n in range(len(spans))]


def _apply_default(context: Context, default: tuple[Slot, str], section: Section) -> None:
    axis, value = SLOT_VALUES[default[0]]
    if any(found.axis is axis for found in context.cues):
        return
    _set(context, axis, value)
    context.cues = (*context.cues, Cue(axis, section.begin, max(section.begin, section.body_begin), default[1]))


def _begin(found: _Found) -> int:
    return found[0]


def _set(context: Context, axis: Axis, value: Value) -> None:
    if axis is Axis.ASSERTION:
        context.assertion = value  # type: ignore[assignment]
    elif axis is Axis.TEMPORALITY:
        context.temporality = value  # type: ignore[assignment]
    else:
        context.experiencer = value  # type: ignore[assignment]


def _verb_starts(text: str, before: int, begin: int, *, may_belong: bool) -> int:
    """Return where a verb's clause starts: after the last comma, or at the verb; -1 if it belongs to the cue before."""
    gap = text[max(before, begin - _LONGEST) : begin]
    comma = gap.rfind(", ")
    if comma < 0:
        is_near = may_belong and len(gap) <= 24 and " and " not in gap and len(gap.split()) <= _VERB_NEAR_WORDS
        return -1 if is_near else begin
    clause = gap[comma + 2 :].lstrip()
    if clause.startswith(("or ", "nor ", "and ")):
        return begin
    return begin - len(gap) + comma


def _sweep_on(text: str, begin: int, end: int, cues: list[_Placed], spans: Sequence[tuple[int, int]]) -> _Reached:
    reached: _Reached = []
    active: list[_Placed] = []
    number, count = 0, len(cues)
    for at, stop in spans:
        while number < count:
            placed = cues[number]
            if placed[3] >= at and not (placed[2].does & _INSIDE and placed[0] == at and placed[1] <= stop):
                break
            number += 1
            rule = placed[2]
            if rule.does & _ENDS or rule.ends:
                active = [c for c in active if c[0] >= placed[0] or not _ends(rule, c[2])]
            if rule.does & _ON and not (rule.does & _ANSWERS and _is_answer(text, begin, end, placed)):
                active = _carry(text, active, placed)
        reached.append([carried for carried in active if _reaches_on(text, carried, at)] if active else active)
    return reached


def _ends(rule: CueRule, carried: CueRule) -> bool:
    """Whether a terminator ends a carried cue.

    One that needs a comma before it does not end a list, nor does that or a verb in the past end a cue that opens its
    sentence.
    """
    return (
        bool(rule.ends >> carried.slot & 1)
        and not (rule.does & _AFTER_COMMA and carried.stop == 0)
        and not (rule.does & (_IS_PAST | _AFTER_COMMA) and carried.does & _OPENS)
    )


def _carry(text: str, active: list[_Placed], placed: _Placed) -> list[_Placed]:
    slot = placed[2].slot
    gone = 1 << slot
    if active and _opens_bracket(text, active[-1][1], placed[0]):
        return [active[-1], placed]
    if slot == _ABSENT:
        gone |= 1 << _POSSIBLE | 1 << _HYPOTHETICAL
    elif slot == _CONDITIONAL:
        gone |= 1 << _POSSIBLE | 1 << _ABSENT
    elif slot == _POSSIBLE and active:
        denied = next((carried for carried in active if carried[2].slot == _ABSENT), None)
        if denied is not None and (placed[0] - denied[1] > _LONGEST or "," in text[denied[1] : placed[0]]):
            gone |= 1 << _ABSENT
    # A narrow cue of the same kind is carried beside a wide one: "denies positive or negative findings, pain".
    scope = placed[2].scope_words
    return [
        *(c for c in active if not gone >> c[2].slot & 1 or (c[2].slot == slot and c[2].scope_words > scope)),
        placed,
    ]


def _opens_bracket(text: str, begin: int, end: int) -> bool:
    """Whether a bracket opened between two cues is still open, so that the first goes on after it."""
    opened = text.rfind("(", max(begin, end - 80), end)
    return opened >= 0 and ")" not in text[opened:end]


def _reaches_on(text: str, placed: _Placed, at: int) -> bool:
    _, end, rule, _ = placed
    if at <= end:
        return True
    width = at - end
    if width > _LONGEST or width > rule.scope_words * _PER_WORD + 24:
        return False
    gap = text[end:at]
    if rule.does & _SKIPS_ITEM and "," not in gap and " or " not in gap:
        return False
    return _is_open(gap, rule) and ": " not in gap[2:]


def _is_open(gap: str, rule: CueRule) -> bool:
    """Whether nothing between a cue and a span ends the scope."""
    stop = rule.stop
    if stop and (";" in gap or (stop > _CLAUSE and ("," in gap or (stop == _AND and " and " in gap)))):
        return False
    if ")" in gap and gap.find(")") < (gap.find("(") if "(" in gap else len(gap)):
        return False
    return len(gap) < 2 * rule.scope_words or len(gap.replace("-", " ").replace("(", " ").split()) <= rule.scope_words


def _sweep_back(text: str, begin: int, end: int, cues: list[_Placed], spans: Sequence[tuple[int, int]]) -> _Reached:
    reached: _Reached = []
    active: list[_Placed] = []
    number = len(cues) - 1
    for _, stop in reversed(spans):
        while number >= 0:
            placed = cues[number]
            if placed[0] < stop:
                break
            number -= 1
            rule = placed[2]
            if rule.does & _IS_VERB:
                continue
            if rule.does & _ENDS:
                active = [c for c in active if c[1] <= placed[1] or not rule.ends >> c[2].slot & 1]
            elif rule.does & _BACK or (rule.does & _ANSWERS and _is_answer(text, begin, end, placed)):
                active = [*(c for c in active if c[2].slot != rule.slot or c[0] == placed[0]), placed]
        reached.append(
            [carried for carried in active if _reaches_back(text, begin, end, carried, stop)] if active else active
        )
    reached.reverse()
    return reached


def _reaches_back(text: str, begin: int, end: int, placed: _Placed, stop: int) -> bool:
    at, _, rule, _ = placed
    width = at - stop
    if width > _LONGEST:
        return False
    gap = text[stop:at]
    if rule.does & _ANSWERS and _is_answer(text, begin, end, placed):
        return width < 80 and "," not in gap and ";" not in gap and gap.count(":") <= 1
    if width > rule.scope_words * _PER_WORD + 24:
        return False
    return _is_open_back(gap, rule)


def _is_open_back(gap: str, rule: CueRule) -> bool:
    if "(" in gap and ")" in gap and gap.find(")") < gap.find("("):
        return _is_open(gap.replace(")", " "), rule)
    return ": " not in gap and _is_open(gap, rule)


def _is_answer(text: str, begin: int, end: int, placed: _Placed) -> bool:
    """Whether a cue stands alone after a colon, dash or bracket, as in a form: "Fever: no", "Fever (-)"."""
    if _label_of(text, placed[0], placed[1]) == "ticked":
        return True
    tail = text[placed[1] : min(end, placed[1] + 3)].lstrip(" ")
    if tail and tail[0] not in ".,;)]|/\n\r\t":
        return False
    if text[placed[0]] == "(":
        return True
    head = text[max(begin, placed[0] - 4) : placed[0]]
    left = head.rstrip(" ")
    letter = placed[0] - (len(head) - len(left)) - 2
    if left.endswith("[") and letter >= 0 and text[letter].isascii() and text[letter].isalpha():
        return False
    if not left or left[-1] not in ":=-\u2013\u2014([\t?":
        return False
    return left[-1] not in "-\u2013" or (head != left and left[:-1].endswith(" "))


def _label_of(text: str, begin: int, end: int) -> str:
    """Return whether a word is the label of a box that is "empty" or "ticked", "" of none."""
    before, after = _LAST_BOX.search(text, max(0, begin - 5), begin), _NEXT_BOX.match(text, end)
    box = before or after
    if box is None:
        return ""
    if before and after:
        yes = _LAST_YES.search(text, max(0, before.start() - 5), before.start())
        if yes and not _LAST_BOX.search(text, max(0, yes.start() - 5), yes.start()):
            box = after
    return "empty" if box[0].strip() in ("[ ]", "( )", "\u2610", "\u25a1") else "ticked"


def _decide(text: str, stop: int, on: Sequence[_Placed], back: Sequence[_Placed]) -> Context:
    context = Context()
    found: list[_Placed] = [*back, *on]
    if text[stop : stop + 1] == "?":
        found.append((stop, stop + 1, ASKED, stop))
    if not found:
        return context
    if all(placed[2].slot != _ABSENT for placed in found):
        found = [placed for placed in found if not placed[2].does & _IF_DENIED]
    best: list[_Placed | None] = [None] * len(SLOT_VALUES)
    for placed in reversed(found):
        best[placed[2].slot] = best[placed[2].slot] or placed
    cues: list[Cue] = []
    for slots in (
        (_CONDITIONAL, _HYPOTHETICAL, _ABSENT, _POSSIBLE),
        (int(Slot.HISTORICAL),),
        (int(Slot.FAMILY), int(Slot.OTHER)),
    ):
        for slot in slots:
            if (placed_or_none := best[slot]) is not None:
                axis, value = SLOT_VALUES[slot]
                _set(context, axis, value)
                cues.append(Cue(axis, placed_or_none[0], placed_or_none[1], placed_or_none[2].rule))
                break
    context.cues = tuple(cues)
    return context


def _signs(text: str, sentences: Sequence[tuple[int, int]]) -> list[_Found]:
    """Find the cues that are signs and not words."""
    if text.isascii() and not any(start in text for start in _SIGN_STARTS):
        return []
    found: list[_Found] = []
    sentence, has_marks = -1, False
    for match in _SIGN.finditer(text):
        begin, end = match.span()
        if text[begin] in "-+\u2013\u2212" and end - begin == 1:
            here = bisect_right(sentences, (begin, len(text) + 1)) - 1
            if here != sentence:
                sentence = here
                has_marks = here >= 0 and _MARKS.search(text, sentences[here][0], sentences[here][1]) is not None
            if not has_marks:
                continue
        is_box = text[begin] in "[" + _BOXES or (text[begin] == "(" and text[begin + 1] not in "-+\u2013\u2212")
        if is_box and (_NEXT_LABEL.match(text, end) or _LAST_LABEL.search(text, max(0, begin - 6), begin)):
            continue
        found.append((begin, end, _sign_rule(match[0])))
    return found


def _sign_rule(sign: str) -> CueRule:
    first = sign[0]
    if first in "[(" + _BOXES and sign[1:2] not in ("+", "-", "\u2013", "\u2212"):
        return EMPTY_BOX if not sign.strip("[]() \u2610\u25a1") else AFFIRMS
    if first == "?":
        return QUERY
    if "+" in sign:
        return AFFIRMS
    return NEGATIVE if sign.endswith("ve") else MINUS
