"""An abbreviation that could mean several things is a question for its author, not a code.

Source: Guidelines I.A.19 (a code rests on the provider's statement) and the AHIMA/ACDIS "Guidelines for Achieving a
Compliant Query Practice" (2022): what is ambiguous is asked, not assumed.
"""

from engine.rules.base import Facts, Outcome, Rule
from engine.types import UNRESOLVED, Alert, Assertion, Evidence, Finding, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.A.19"
_SAID = (Assertion.PRESENT, Assertion.POSSIBLE)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Leave the suggestions and tell of each unresolved abbreviation whose meanings none of them has."""
    unresolved = [finding for finding in facts.findings if finding.codes[0].origin == UNRESOLVED]
    if not unresolved:
        return Outcome(suggestions)
    known = {suggestion.code[:3] for suggestion in suggestions}
    asked: dict[tuple[str, ...], list[Evidence]] = {}
    for finding in unresolved:
        if _matters(finding, known):
            codes = tuple(sorted(candidate.code for candidate in finding.codes))
            mention = finding.mention
            asked.setdefault(codes, []).append(Evidence(mention.document, mention.begin, mention.end))
    return Outcome(suggestions, [_alert(codes, evidence) for codes, evidence in asked.items()])


def _matters(finding: Finding, known: set[str]) -> bool:
    is_said = finding.mention.context.assertion in _SAID
    return is_said and known.isdisjoint(candidate.code[:3] for candidate in finding.codes)


def _alert(codes: tuple[str, ...], evidence: list[Evidence]) -> Alert:
    return Alert(
        kind=RULE.name,
        severity=Severity.INFO,
        message=f"an abbreviation may mean {' or '.join(codes)} or none of them: ask its author",
        source=SOURCE,
        evidence=evidence,
        codes=list(codes),
    )


RULE = Rule("unclear_abbreviation", SOURCE, "2025-10-01", apply)
