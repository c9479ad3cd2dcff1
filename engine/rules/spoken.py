"""How a clinician names a diagnosis in speech: announced as an item, concluded, or only said in passing.

"For your second problem, the cough" and "in terms of your back pain" announce; "i think you have a sprain", "this is
called tennis elbow" and "your asthma is under control" conclude. What is said without either ("people with diabetes",
"and scar tissue around it") explains.
"""

import re

_ORDER = "first|second|third|fourth|fifth|sixth|next|last|other|final|main|primary|only|acute|chronic"
_COUNT = "one|two|three|four|five|six"
_MATTER = "problem|issue|concern|complaint|condition|diagnosis|thing|one"
_WHOSE = "your?|his|her|their|the|this|that"
# What announces an item in speech, up to the words that describe it.
_ANNOUNCED = re.compile(
    rf"""(?:\b(?:{_WHOSE})\s+(?:{_ORDER})\s+(?:{_MATTER})|\bfor\s+(?:{_WHOSE})\s+(?:{_MATTER})
    |\b(?:{_MATTER}|number|item)\s+(?:{_COUNT})
    |(?:\A|[.,:?!\]]\s|\b(?:so|and|now|okay|then|alright|well|um|uh)\s)\s*
    (?:for|as\s+far\s+as|in\s+terms\s+of|regarding|concerning|with\s+regards?\s+to|when\s+it\s+comes\s+to)\s+(?:{_WHOSE}))
    (?:[\s,]+(?:is|was|of|for|an?|{_WHOSE}|um|uh|you\s+know|which|with|problem|new)\b)*+
    [\s,]+(?:[a-z][\w'-]*\s+){{0,2}}\Z""",
    re.IGNORECASE | re.VERBOSE,
)
_HAVE = "have|has|had|are|is|was|were|be|got|get|see|call|think|show(?:s|ed)?"
# What a conclusion begins with, in the same breath.
_CONCLUDED = re.compile(
    rf"""(?:\b(?:you|he|she|we|it|this|that|these|those|they|i|what)(?:\s?'(?:ve|s|re)|\s(?:\w+ly\s|do\s|does\s|still\s|also\s|just\s)*(?:{_HAVE}))
    |\b(?:diagnos\w+|impression|assessment|consistent\s+with|called|due\s+to|caused\s+by|evidence\s+of|(?:case|signs|exacerbation|flare|flare-up)\s+of
    |(?:looks|sounds|seems)\s+like|positive\s+for|dealing\s+with|reveal(?:s|ed)|from\s+an?|(?:manage|managing|treat|treating|control|controlling|monitor)\s+(?:{_WHOSE})))\b
    [^.?!\n]{{0,45}}\Z""",
    re.IGNORECASE | re.VERBOSE,
)
_STANDS = re.compile(
    r"\s*,?\s*(?:is|are|was|looks?|seems?|appears?|remains?|has|have|standpoint|perspective)\b", re.IGNORECASE
)
_OWN = re.compile(rf"\b(?:{_WHOSE})\s+(?:[a-z][\w'-]*\s+){{0,2}}\Z", re.IGNORECASE)
_REACH = 80


def is_announced(text: str, begin: int) -> bool:
    """Whether the words before a mention announce it as an item."""
    return _ANNOUNCED.search(text, _start(text, begin), begin) is not None


def is_concluded(text: str, begin: int, end: int) -> bool:
    """Whether a mention is stated as a conclusion, or as the matter of a statement ("your asthma is better")."""
    start = _start(text, begin)
    if _CONCLUDED.search(text, start, begin):
        return True
    return _STANDS.match(text, end) is not None and _OWN.search(text, start, begin) is not None


def _start(text: str, begin: int) -> int:
    return max(text.rfind("\n", 0, begin) + 1, begin - _REACH)
