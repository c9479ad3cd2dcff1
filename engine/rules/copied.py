"""Copied-forward text: what a later document repeats word for word is no new evidence, and a person should know.

Source: AHIMA, Appropriate Use of the Copy and Paste Functionality in Electronic Health Records (2014): what is copied
must be told apart from what was found anew, and supports a code only as far as the encounter does.
"""

from engine.rules.base import Facts, Outcome, Rule
from engine.types import Alert, Severity, Suggestion

SOURCE = "AHIMA Appropriate Use of the Copy and Paste Functionality (2014)"


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Say which codes rest in part on copied text, and where it stands; nothing is dropped."""
    marked = {
        s.code: again
        for s in suggestions
        if (again := [e for e in s.evidence if (e.document, e.begin) in facts.copied])
    }
    if not marked:
        return Outcome(suggestions)
    alert = Alert(
        kind=RULE.name,
        severity=Severity.INFO,
        message=f"{', '.join(marked)}: also stated in text that repeats an earlier document, not counted as new evidence",
        source=SOURCE,
        evidence=[evidence for again in marked.values() for evidence in again],
        codes=list(marked),
    )
    return Outcome(suggestions, [alert])


RULE = Rule("copied_forward", SOURCE, "2014-03-01", apply)
