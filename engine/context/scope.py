"""Reads what the text around a span says of it: the cues found by the matcher, their scope, and where it ends.

Within a sentence two sweeps go over cues and spans in order: one carries the cues that reach on, one those that reach
back. A cue is carried until a terminator ends it; whether it still reaches a span is then asked of the text between
them (words, commas, brackets, semicolons). After NegEx (Chapman et al. 2001) and ConText (Harkema et al. 2009). The
reading is native (engine/_fasttext_scope.hpp); its plain twin is tests/context/plain_scope.py.
"""

from collections.abc import Sequence

from engine._fasttext import ScopeFinder
from engine.context.cues import SLOT_VALUES, CueRule, CueTable, Does, Slot, Stop
from engine.types import Assertion, Axis, Context, Cue, Experiencer, Section, Temporality

SECTION_VALUES: dict[str, Slot] = {
    "FAMILY_HISTORY": Slot.FAMILY,
    "PAST_MEDICAL_HISTORY": Slot.HISTORICAL,
    "PAST_SURGICAL_HISTORY": Slot.HISTORICAL,
    "SOCIAL_HISTORY": Slot.HISTORICAL,
    "ALLERGIES": Slot.HISTORICAL,
    "DIFFERENTIAL": Slot.POSSIBLE,
    "DISCHARGE_INSTRUCTIONS": Slot.HYPOTHETICAL,
}

_END_ALL = 1 << Slot.ABSENT | 1 << Slot.POSSIBLE


def _sign(name: str, slot: int, does: int = Does.REACHES_ON, *, scope: int = 8, ends: int = 0) -> CueRule:
    return CueRule(f"sign:{name}", int(does), int(slot), scope, int(Stop.COMMA), ends)


# The signs that are not words, in the order of Sign in engine/_fasttext_cues.hpp. "-" denies only where the sentence
# also marks with "+", or marks item after item; the last is a "?" right after a span.
EMPTY_BOX = _sign("empty box", Slot.ABSENT, ends=_END_ALL)
MINUS = _sign("minus", Slot.ABSENT, Does.REACHES_ON | Does.ANSWERS, ends=_END_ALL)
NEGATIVE = CueRule("sign:-ve", int(Does.REACHES_ON | Does.ANSWERS), int(Slot.ABSENT), 60)
QUERY = _sign("?", Slot.POSSIBLE)
AFFIRMS = CueRule("sign:plus", int(Does.ENDS), -1, ends=_END_ALL)
ASKED = _sign("?", Slot.POSSIBLE, Does.REACHES_BACK, scope=0)
SIGNS = (EMPTY_BOX, MINUS, NEGATIVE, QUERY, AFFIRMS, ASKED)

# What a section says that has no default.
_NOTHING = (-1, -1)
_FIELDS = {Axis.ASSERTION: "assertion", Axis.TEMPORALITY: "temporality", Axis.EXPERIENCER: "experiencer"}


def _values(slot: int) -> tuple[Axis, Assertion, Temporality, Experiencer]:
    """Return the axis of a slot, and the values that a span has of which it alone is said."""
    axis, value = SLOT_VALUES[slot]
    context = Context()
    setattr(context, _FIELDS[axis], value)
    return axis, context.assertion, context.temporality, context.experiencer


_SAID = tuple(_values(slot) for slot in Slot)


class ContextReader:
    """Decides assertion, temporality and experiencer of spans, by a table of cues."""

    def __init__(self, cue_table: CueTable) -> None:
        rules = (*cue_table.rules, *SIGNS)
        self._finder = ScopeFinder(rules, first_sign=len(cue_table.rules))
        self._names = [rule.rule for rule in rules]
        self._defaults: dict[str, tuple[int, int]] = {}
        for name, slot in SECTION_VALUES.items():
            self._defaults[name] = (int(slot), len(self._names))
            self._names.append(f"section:{name}")

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
        defaults = self._defaults
        found = self._finder.read(
            text,
            sections=[(s.begin, s.body_begin, *defaults.get(s.name, _NOTHING)) for s in sections],
            sentences=sentences,
            cues=cues,
            spans=spans,
        )
        return [self._context(said) if said else Context() for said in found]

    def _context(self, said: tuple[tuple[int, int, int, int], ...]) -> Context:
        names = self._names
        if len(said) == 1:
            slot, rule, begin, end = said[0]
            axis, assertion, temporality, experiencer = _SAID[slot]
            return Context(assertion, temporality, experiencer, (Cue(axis, begin, end, names[rule]),))
        context = Context()
        for slot, *_ in said:
            axis, value = SLOT_VALUES[slot]
            setattr(context, _FIELDS[axis], value)
        context.cues = tuple([Cue(_SAID[slot][0], begin, end, names[rule]) for slot, rule, begin, end in said])
        return context
