"""Copied-forward text: what a later document repeats word for word is no new evidence, and a person should know.

Sources: ICD-10-CM Guidelines III and IV.J (what is reported is what this encounter's care took up), and AHIMA,
Appropriate Use of the Copy and Paste Functionality in Electronic Health Records (2014): what is copied must be told
apart from what was found anew.
"""

from engine.rules.base import Facts, Outcome, Rule
from engine.types import Alert, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines III, IV.J; AHIMA Copy and Paste Functionality (2014)"


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Say which codes rest in part on copied text, and where it stands; nothing is dropped."""
    if not facts.copied:
        return Outcome(suggestions)
    found = ((s.code, [e for e in s.evidence if (e.document, e.begin) in facts.copied]) for s in suggestions)
    marked = {code: again for code, again in found if again}
    if not marked:
        return Outcome(suggestions)
    alert = Alert(
        kind=RULE.name,
        severity=Severity.INFO,
        message=f"{', '.join(marked)}: also stated in text that repeats an earlier document; no new evidence",
        source=SOURCE,
        evidence=[evidence for again in marked.values() for evidence in again],
        codes=list(marked),
    )
    return Outcome(suggestions, [alert])


RULE = Rule("copied_forward", SOURCE, "2025-10-01", apply)
