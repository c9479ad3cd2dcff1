"""The newborn's own record: the birth is its principal diagnosis, and nothing of the mother's stands on it.

Sources: ICD-10-CM Guidelines I.C.16.a.1 (chapter 16 is for the child's record, chapter 15 for the mother's),
I.C.16.a.2 (Z38 once, as principal diagnosis, on the birth record), I.C.15.b.5 (Z37 is for the mother's record).
"""

import re

from engine.rules.base import Facts, Outcome, Rule, dropped, made_from
from engine.rules.declared import age_of
from engine.rules.surroundings import sentence_around
from engine.types import Alert, Reason, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.C.16.a"
_BIRTH = ("Z37", "Z38")
_OF_MOTHER = ("O", "Z39", "Z3A", "Z33", "Z34")
_CESAREAN = re.compile(r"\b(?:ces[ae]rean|c-section|c/s)\b", re.IGNORECASE)
_VAGINAL = re.compile(r"\bvaginal", re.IGNORECASE)
# Of a birth in hospital, by how it went: the single, and the twin whose mate was liveborn.
_SINGLE = ("Z38.2", "Z37.0", "Z37.9")
_TWIN = ("Z38.5", "Z37.2")


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Put the birth on a newborn's record, and take the mother's codes off it."""
    if not any(s.code.startswith((*_BIRTH, *_OF_MOTHER)) for s in suggestions) or not _is_newborns(suggestions, facts):
        return Outcome(suggestions)
    outcome = Outcome([])
    births: list[Suggestion] = []
    for suggestion in suggestions:
        if suggestion.code.startswith(_BIRTH):
            births.append(suggestion)
        elif suggestion.code.startswith(_OF_MOTHER):
            outcome.alerts.append(_of_mother(suggestion))
        else:
            outcome.suggestions.append(suggestion)
    if births:
        made = _birth(births, facts)
        outcome.suggestions.insert(0, made)
        why = "the newborn's record has one code of its birth"
        gone = [birth for birth in births if birth.code != made.code]
        outcome.alerts += [dropped(RULE.name, SOURCE, lost=birth, kept=made, why=why) for birth in gone]
    return outcome


def _is_newborns(suggestions: list[Suggestion], facts: Facts) -> bool:
    """Whether the patient is of age 0, or of no known age with a condition of the perinatal period (I.C.16.a.1)."""
    age = age_of(facts.chart)
    return age == 0 or (age is None and any(s.code.startswith("P") for s in suggestions))


def _birth(births: list[Suggestion], facts: Facts) -> Suggestion:
    """Return the one code of the birth: as it is said, or by how the child was delivered."""
    said = next(
        (birth for birth in births if birth.code.startswith("Z38") and birth.code not in ("Z38.2", "Z38.5")), None
    )
    if said is not None:
        return said
    code = _code(births, facts)
    best = births[0]
    if code == best.code:
        return best
    reason = Reason(RULE.name, SOURCE, f"{best.code}: the chart is the newborn's")
    return made_from(best, code, facts.snapshot, reason, births[1:])


def _code(births: list[Suggestion], facts: Facts) -> str:
    texts = [sentence_around(facts, evidence) for birth in births for evidence in birth.evidence]
    texts += [document.text for document in facts.chart.documents]
    is_twin = any(birth.code.startswith(_TWIN) for birth in births)
    for text in texts:
        if _CESAREAN.search(text):
            return "Z38.31" if is_twin else "Z38.01"
        if _VAGINAL.search(text):
            return "Z38.30" if is_twin else "Z38.00"
    return _TWIN[0] if is_twin else _SINGLE[0]


def _of_mother(lost: Suggestion) -> Alert:
    return Alert(
        kind=RULE.name,
        severity=Severity.INFO,
        message=f"{lost.code} left out: a code of the mother's record, and this is the newborn's",
        source=SOURCE,
        evidence=list(lost.evidence),
        codes=[lost.code],
    )


RULE = Rule("newborn", SOURCE, "2025-10-01", apply)
