"""The words of axes (side, acuity, stage ...), as titles and charts write them, and their reading at known places."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.rank.hints import Places

AXIS_OF_WORD = {
    "right": ("side", "right"), "rt": ("side", "right"), "left": ("side", "left"), "lt": ("side", "left"),
    "bilateral": ("side", "bilateral"), "bilaterally": ("side", "bilateral"), "both": ("side", "bilateral"),
    "acute": ("acuity", "acute"), "chronic": ("acuity", "chronic"), "subacute": ("acuity", "subacute"),
    "displaced": ("displacement", "displaced"), "nondisplaced": ("displacement", "nondisplaced"),
    "undisplaced": ("displacement", "nondisplaced"),
    "mild": ("severity", "mild"), "moderate": ("severity", "moderate"), "severe": ("severity", "severe"),
    "recurrent": ("course", "recurrent"), "female": ("sex", "female"), "male": ("sex", "male"),
}  # fmt: skip
# Words that titles do not use.
_ONLY_IN_TEXT = {
    "woman": ("sex", "female"), "lady": ("sex", "female"), "man": ("sex", "male"), "gentleman": ("sex", "male"),
    "non-displaced": ("displacement", "nondisplaced"),
}  # fmt: skip
# Which eye, as ophthalmologists write it; in capitals, and only of an eye's codes: "OD" is also once daily.
_EYE_OF_WORD = {"od": "right", "re": "right", "os": "left", "le": "left", "ou": "bilateral"}
ACUTE_ON_CHRONIC = r"acute[- ](?:on|upon|and)[- ](?:top[- ]of[- ])?chronic"
_TRIMESTER = r"(?:first|second|third|1st|2nd|3rd)\s+trimester"
# Regions of the spine, as titles and charts name them, and the level that a chart gives instead.
_REGIONS = ("cervical", "cervicothoracic", "thoracic", "thoracolumbar", "lumbar", "lumbosacral")
_REGION_OF_WORD = {**{region: region for region in _REGIONS}, "dorsal": "thoracic", "dorsolumbar": "thoracolumbar"}
_REGION = rf"(?:{'|'.join(_REGIONS)}) region"
_LEVEL = re.compile(r"(?P<upper>[CTL])\d{1,2}(?: ?[-/] ?(?P<lower>[CTLS])?\d{1,2}\b)?(?![-\w])")
_REGION_OF_LEVELS = {"C": "cervical", "T": "thoracic", "L": "lumbar"}
_REGION_OF_JUNCTION = {"CT": "cervicothoracic", "TL": "thoracolumbar", "LS": "lumbosacral"}
# These are weightings of an image, or stages of a tumor, unless a level follows.
_NO_LEVEL_ALONE = frozenset(("T1", "T2"))
_STAGE = r"stage (?:[1-4]|unspecified)|unspecified stage|unstageable"
_STAGE_OF_TEXT = re.compile(
    r"(?:stage|grade)[ -]?(?P<stage>IV|I{1,3}|[1-4])(?![-\w./])|(?P<no_stage>unstageable)\b", re.IGNORECASE
)
_STAGE_OF_WORD = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
# Fingers and toes; charts also count them, the thumb and the great toe first.
_DIGITS_OF_TITLE = r"(?:index|middle|ring|little) finger|(?:great|lesser) toe"
_DIGIT = re.compile(
    r"(?P<which>index|pointer|middle|long|ring|little|small|pinky|great|big|lesser|second|third|fourth|fifth|2nd|3rd"
    r"|4th|5th)(?: digits?(?= of (?:the |his |her )?(?:right |left )?(?P<limb>hand|foot))"
    r"| (?P<digit>finger|toe)s?)\b|(?P<hallux>hallux)\b|(?P<pinky>pinky)\b",
    re.IGNORECASE,
)
_FINGERS = {
    "index": "index", "pointer": "index", "second": "index", "2nd": "index", "middle": "middle", "long": "middle",
    "third": "middle", "3rd": "middle", "ring": "ring", "fourth": "ring", "4th": "ring", "little": "little",
    "small": "little", "pinky": "little", "fifth": "little", "5th": "little",
}  # fmt: skip
_GREAT_TOE = ("great", "big")
_TRIMESTER_OF_WORD = {
    "first": "first",
    "1st": "first",
    "second": "second",
    "2nd": "second",
    "third": "third",
    "3rd": "third",
}
# Weeks of gestation; a number of weeks alone may be the length of anything.
_GESTATION = re.compile(
    r"\b(?P<weeks>\d{1,2})(?: ?\+ ?\d|w\d?d?|[ -]?(?:wks?|weeks?))(?:[ ,]+(?:and )?\d (?:days?|/7))?['\u2019]?,?\s+"
    r"(?:of\s+)?(?:gestation(?:al)?|pregnan(?:t|cy)|IUP|EGA|GA)\b"
    r"|\b(?:gestational age|EGA|GA|IUP|pregnan(?:t|cy))(?:,| of| is| at|:)?\s+(?:at )?(?P<weeks_after>\d{1,2})"
    r"(?= ?\+ ?\d| ?\d/7|w| ?-?(?:wks?|weeks?)\b)",
    re.IGNORECASE,
)
# How far the number of weeks may stand from the word that ends (or begins) the phrase.
_WEEKS_BEFORE, _WEEKS_AFTER = 60, 24
# Values that titles give in more than one word, and fingers and toes.
IN_TITLES = re.compile(rf"\b(?:{ACUTE_ON_CHRONIC}|{_TRIMESTER}|{_REGION}|{_STAGE}|{_DIGITS_OF_TITLE})\b", re.IGNORECASE)
_AXIS_WORDS = re.compile(
    rf"(?:{ACUTE_ON_CHRONIC}|{_TRIMESTER}|"
    + "|".join(sorted([*AXIS_OF_WORD, *_ONLY_IN_TEXT, *_EYE_OF_WORD, *_REGION_OF_WORD], key=len, reverse=True))
    + r")\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AxisReading:
    """A value read for an axis, with the span that says so."""

    axis: str
    value: str
    begin: int
    end: int


def read_special(words: str) -> tuple[str, str]:
    """Return the axis and the value that words of IN_TITLES give."""
    lowered = words.lower()
    if lowered.startswith("acute"):
        return "acuity", "acute on chronic"
    if lowered.endswith((" finger", " toe")):
        return "digit", lowered.split()[0]
    if lowered.endswith(" region"):
        return "region", lowered.removesuffix(" region")
    if "stage" in lowered:
        return "stage", lowered.removeprefix("stage ").removesuffix(" stage")
    return "trimester", _TRIMESTER_OF_WORD[lowered.split()[0]]


def trimester_of(weeks: int) -> str:
    """Return the trimester of a week of gestation (ICD-10-CM chapter 15: under 14 weeks, under 28, from there on)."""
    if weeks < 14:
        return "first"
    return "second" if weeks < 28 else "third"


def read_axes(text: str, places: Places) -> list[AxisReading]:
    """Read the values that a document gives on axes, at the places where words of an axis stand."""
    found: list[AxisReading] = []
    passed = 0
    for begin in places.axes:
        if begin >= passed and (reading := _read_at(text, begin)):
            passed = reading.end
            found.append(reading)
    found.extend(_gestation(text, places.gestation))
    return sorted(found, key=lambda reading: reading.begin)


def _read_at(text: str, begin: int) -> AxisReading | None:
    """Read the axis word that begins at a place."""
    if matched := _AXIS_WORDS.match(text, begin):
        word = matched[0].lower()
        if word in _EYE_OF_WORD:
            return AxisReading("eye", _EYE_OF_WORD[word], begin, matched.end()) if matched[0].isupper() else None
        if word in _REGION_OF_WORD:
            return AxisReading("region", _REGION_OF_WORD[word], begin, matched.end())
        axis, value = AXIS_OF_WORD.get(word) or _ONLY_IN_TEXT.get(word) or read_special(word)
        return AxisReading(axis, value, begin, matched.end())
    if (matched := _LEVEL.match(text, begin)) and matched[0] not in _NO_LEVEL_ALONE:
        upper, lower = matched["upper"], matched["lower"] or matched["upper"]
        region = _REGION_OF_LEVELS[upper] if upper == lower else _REGION_OF_JUNCTION.get(upper + lower, "")
        return AxisReading("region", region, begin, matched.end()) if region else None
    if (matched := _DIGIT.match(text, begin)) and (digit := _digit_of(matched)):
        return AxisReading("digit", digit, begin, matched.end())
    if matched := _STAGE_OF_TEXT.match(text, begin):
        stage = (matched["stage"] or matched["no_stage"]).lower()
        return AxisReading("stage", _STAGE_OF_WORD.get(stage, stage), begin, matched.end())
    return None


def _digit_of(matched: re.Match[str]) -> str:
    """Return the finger or toe that words name, as titles do; "" for a second digit of no limb."""
    which, kind = (matched["which"] or "").lower(), (matched["digit"] or matched["limb"] or "").lower()
    if matched["hallux"] or (kind in ("toe", "foot") and which in _GREAT_TOE):
        return "great"
    if kind in ("toe", "foot"):
        return "lesser"
    return "little" if matched["pinky"] else _FINGERS.get(which, "")


def _gestation(text: str, ends: Sequence[int]) -> Iterator[AxisReading]:
    passed = 0
    for end in ends:
        for matched in _GESTATION.finditer(text, max(passed, end - _WEEKS_BEFORE), end + _WEEKS_AFTER):
            passed = matched.end()
            weeks = int(matched["weeks"] or matched["weeks_after"])
            yield AxisReading("trimester", trimester_of(weeks), matched.start(), matched.end())
