"""Some infections are coded only when the provider confirms them, for inpatients too.

The rule that a stay's uncertain diagnosis is coded as if it existed (II.H, III.C) has exceptions: HIV (I.C.1.a.1), Zika
(I.C.1.f.1), COVID-19 (I.C.1.g.1.a), and avian and other novel influenza (I.C.10.c). Exposure to COVID-19 is not coded
beside the confirmed disease (I.C.1.g.1.e). Nor is a test that is sent, pending or negative a diagnosis, in any
setting.
"""

import re

from engine.rules.base import Facts, Outcome, Rule
from engine.rules.surroundings import after
from engine.types import Alert, Assertion, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.C.1.a.1, I.C.1.f.1, I.C.1.g.1.a, I.C.10.c"
_CONFIRMED = ("B20", "Z21", "A92.5", "U07.1", "J12.82", "J09", "M35.81")
_POSSIBLE = Assertion.POSSIBLE
# The name of a test is no diagnosis, unless it is positive.
_TEST = re.compile(
    r"\A[ \t]*(?:rna |viral load |antibody )?(?:pcr|tests?|testing|swab|antigen|screen(?:ing)?|serology|panel|assay)\b"
    r"(?!.*\b(?:positive|detected|confirmed|reactive)\b)",
    re.IGNORECASE,
)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Leave out what only a guess states, of the infections that must be confirmed."""
    if not any(s.code.startswith(_CONFIRMED) for s in suggestions):
        return Outcome(suggestions)
    guessed = {
        (finding.mention.document, finding.mention.begin)
        for finding in facts.findings
        if finding.mention.context.assertion is _POSSIBLE
    }
    outcome = Outcome([])
    for suggestion in suggestions:
        is_guess = suggestion.code.startswith(_CONFIRMED) and all(
            (evidence.document, evidence.begin) in guessed or _TEST.match(after(facts, evidence)) is not None
            for evidence in suggestion.evidence
        )
        if is_guess:
            outcome.alerts.append(_alert(suggestion))
        else:
            outcome.suggestions.append(suggestion)
    return outcome


def _alert(lost: Suggestion) -> Alert:
    return Alert(
        kind=RULE.name,
        severity=Severity.WARNING,
        message=f"{lost.code} left out: coded only when the provider confirms it; code symptoms or exposure instead",
        source=SOURCE,
        evidence=list(lost.evidence),
        codes=[lost.code],
    )


RULE = Rule("confirmed_only", SOURCE, "2025-10-01", apply)
