"""How long assistance or performance went on: the duration axis of ventilation and the like.

Source: ICD-10-PCS tables 5A0 and 5A1: 3 less than 24 consecutive hours, 4 24 to 96, 5 more than 96.
"""

import re

_SECTION, _AXIS = "5A", 4
_REACH = 60
_HOURS = {"hour": 1, "hr": 1, "h": 1, "day": 24, "week": 168, "month": 720}
_FOR = re.compile(
    r"[^.;]*?\b(?:for|during|lasting)\s+(?:a\s+total\s+of\s+)?(\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)"
    r"[\s-]*(hours?|hrs?|h|days?|weeks?|months?)\b",
    re.IGNORECASE,
)
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: number for number, word in enumerate(_WORDS, 1)}


def duration(text: str, end: int, pattern: str) -> tuple[tuple[int, str], ...]:
    """Return the duration that is told right after a span as (axis, value); nothing where none is, or has no axis."""
    told = _FOR.match(text, end, end + _REACH) if pattern.startswith(_SECTION) else None
    if told is None:
        return ()
    count, unit = told[1].lower(), told[2].lower()
    hours = (_NUMBERS.get(count) or int(count)) * _HOURS[unit if unit == "h" else unit.rstrip("s")]
    return ((_AXIS, "3" if hours < 24 else "4" if hours <= 96 else "5"),)
