"""Complications of care need a stated link: a condition after an operation is not yet one of it.

Source: ICD-10-CM Guidelines I.B.16. The code stays, since the provider's words led to it, and a person is asked where
those words say only when, not why.
"""

import re

from engine.rules.base import Facts, Outcome, Rule
from engine.rules.surroundings import sentence_around
from engine.types import Alert, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.B.16"
_COMPLICATIONS = ("D78", "E89", "G97", "H59", "H95", "I97", "J95", "K91", "L76", "M96", "N99", "T80", "T81", "T82",
                  "T83",
                  "T84", "T85", "T86", "T87", "T88")  # fmt: skip
# Codes whose title is a state after an operation, which is its result and needs no further link.
_EXPECTED = (
    "E89.0",
    "E89.1",
    "E89.2",
    "E89.3",
    "E89.4",
    "E89.5",
    "E89.6",
    "I97.2",
    "K91.5",
    "M96.1",
    "T88.7",
    "N99.3",
    "K91.2",
)
_LINK = re.compile(
    r"\b(?:complicat\w+|due to|caused by|secondary to|as a result of|result(?:ing|ed) from|related to|following|from|"
    r"induced|associated with|injury (?:to|of)|accidental|lead|device|catheter|graft|implant|prosthe\w+|rejection|"
    r"dehiscence|surgical site|incisional|wound infection|stump)\b",
    re.IGNORECASE,
)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Ask about complications that the text ties to care only in time."""
    found = [s for s in suggestions if s.code.startswith(_COMPLICATIONS) and not s.code.startswith(_EXPECTED)]
    loose = [s for s in found if not any(_LINK.search(sentence_around(facts, e)) for e in s.evidence)]
    return Outcome(suggestions, [_alert(suggestion) for suggestion in loose])


def _alert(suggestion: Suggestion) -> Alert:
    return Alert(
        kind=RULE.name,
        severity=Severity.WARNING,
        message=f"{suggestion.code} is a complication of care: the provider must state the link, not only the time",
        source=SOURCE,
        evidence=list(suggestion.evidence),
        codes=[suggestion.code],
    )


RULE = Rule("complications", SOURCE, "2025-10-01", apply)
