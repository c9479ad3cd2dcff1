"""What the words near a mention say of its encounter: the phase of care, the state of a fracture, stage, tophi, fetus.

These decide seventh characters. Sources: ICD-10-CM Guidelines I.C.19.a (active treatment, routine care after it,
sequela) and I.C.19.c (a fracture not said to be open is closed; nonunion and malunion are subsequent care), and the
seventh-character lists of M1A, H40, O31-O36 and S52.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

_REACH = 80
# Only the phase of care may be told in another sentence than the condition.
_CUTS = re.compile(r"[;\n]|[.!?]\s")

# Plans are not visits: "follow up with", "follow-up in two weeks". Neither is what made the patient come ("s/p fall").
_PHASE = r"""
    (?P<sequela> \b(?: sequelae? | late\ effects? | residuals?\ of | due\ to\ (?:an\ |a\ )?(?:old|previous|prior) )\b )
  | (?P<subsequent> \b(?:
        subsequent\ (?:encounter|visit|care) | healing | healed | re-?check | aftercare
      | post-?operative\ (?:visit|check|day)
      | follow(?:ing|ed)?[-\ ]?ups?(?!\ (?:with|in|as|at|within|on|prn|if|next|appointments?|instructions?|care)\b)
      | cast\ (?:removal|removed|change) | (?:suture|staple|hardware|pin)\ removal
      | (?:status[\ -]post|s/p)\ (?:[\w-]+\ ){0,4}
        (?:ORIF|fixation|repair|reduction|pinning|nailing|surgery|casting|arthroplasty)
    )\b )
  | (?P<initial> \b(?: initial\ encounter | active\ treatment )\b )
"""
_FRACTURE = r"""
    (?P<delayed> \bdelayed[-\ ](?:union|healing)\b )
  | (?P<nonunion> \b(?: non-?\ ?(?:union|united) | ununited | pseudo?arthrosis )\b )
  | (?P<malunion> \bmal-?\ ?(?:union|united)\b )
  | (?P<open_iii> \b(?: Gustilo(?:[-\ ]Anderson)?,?\ (?:type\ |grade\ |class\ )? | (?:type|grade)\ )
        (?:III|3)\ ?-?[ABC]?\b )
  | (?P<open> \bGustilo\b | \bcompound\ (?:[\w-]+\ ){0,3}(?:fractures?|fx)\b
      | \bopen\ (?!reduction|wound|repair|treatment|surg|fixation|biops)(?:[\w-]+\ ){0,4}?(?:fractures?|fx)\b
      | \b(?:fracture|fx),?\ \(?open\b(?!\ (?:reduction|treat)) )
  | (?P<closed> \bclosed\ (?!reduction|treatment)(?:[\w-]+\ ){0,4}?(?:fractures?|fx)\b
      | \b(?:fracture|fx),?\ \(?closed\b(?!\ (?:reduction|treat)) )
"""
_OTHER = r"""
    (?P<stage> \b(?:mild|moderate|severe|indeterminate)[-\ ]stage\b )
  | (?P<tophus> \b(?:tophus|tophi|tophaceous)\b )
  | (?P<fetus> \bfetus\ (?:no\.\ ?|number\ |\#)?[1-5]\b )
"""
_DENIED = re.compile(r"\b(?:no|not|without) (?:(?:radiographic |clinical )?(?:evidence|signs?) of )?$", re.IGNORECASE)
_DENIED_REACH = 40
_WORDS = re.compile(rf"{_PHASE} | {_FRACTURE} | {_OTHER}", re.IGNORECASE | re.VERBOSE)
_FIELD_OF = {
    "sequela": "phase", "subsequent": "phase", "initial": "phase", "delayed": "healing", "nonunion": "healing",
    "malunion": "healing", "open_iii": "opening", "open": "opening", "closed": "opening", "stage": "stage",
    "tophus": "tophus", "fetus": "fetus",
}  # fmt: skip


class Encounter(NamedTuple):
    """What is said of the encounter of a condition; the defaults hold where nothing is said.

    `phase` is initial, subsequent or sequela; `healing` is routine, delayed, nonunion or malunion; `opening` is closed,
    open or open_iii (Gustilo type III). `stage` (of glaucoma), `tophus` and `fetus` (its number) are "" if not said.
    """

    phase: str = "initial"
    healing: str = "routine"
    opening: str = "closed"
    stage: str = ""
    tophus: str = ""
    fetus: str = ""


_NOTHING_SAID = Encounter()


class EncounterIndex:
    """The encounter words of one document (which begin at `places`), ready to be asked what stands near a span."""

    def __init__(self, text: str, places: Sequence[int]) -> None:
        self._text = text
        self._readings: list[tuple[int, int, str, str]] = []
        passed = 0
        for begin in places:
            if begin >= passed and (found := _WORDS.match(text, begin)):
                passed = found.end()
                if not _DENIED.search(text, max(0, begin - _DENIED_REACH), begin):
                    self._readings.append((begin, passed, found.lastgroup or "", found[0]))
        self._begins = [reading[0] for reading in self._readings]

    def near(self, begin: int, end: int) -> Encounter:
        """Return what the nearest words within reach of a span say of its encounter."""
        if not self._readings:
            return _NOTHING_SAID
        first = bisect_left(self._begins, begin - _REACH)
        last = bisect_right(self._begins, end + _REACH)
        if first == last:
            return _NOTHING_SAID
        nearest: dict[str, tuple[int, str]] = {}
        is_type_iii = False
        for word_begin, word_end, kind, word in self._readings[first:last]:
            distance = max(begin - word_end, word_begin - end, 0)
            name = _FIELD_OF[kind]
            if name != "phase" and self._is_cut(begin, end, word_begin, word_end):
                continue
            is_type_iii = is_type_iii or kind == "open_iii"
            if name not in nearest or distance < nearest[name][0]:
                nearest[name] = (distance, _value(kind, word))
        said = {name: value for name, (_, value) in nearest.items()}
        if is_type_iii and said["opening"] == "open":
            said["opening"] = "open_iii"
        return _encounter(said)

    def _is_cut(self, begin: int, end: int, word_begin: int, word_end: int) -> bool:
        between = self._text[word_end:begin] if word_end <= begin else self._text[end:word_begin]
        return _CUTS.search(between) is not None


def _value(kind: str, word: str) -> str:
    if kind == "stage":
        return word.lower()[: -len("-stage")]
    return word[-1] if kind == "fetus" else kind


def _encounter(said: dict[str, str]) -> Encounter:
    if not said:
        return _NOTHING_SAID
    # Guidelines I.C.19.c.1: complications of healing are reported with the characters for subsequent care.
    if "healing" in said and "phase" not in said:
        said["phase"] = "subsequent"
    return _NOTHING_SAID._replace(**said)
