"""The stage of the kidney disease that a code of diabetes says, so that it is coded and hypertension is joined to it.

Sources: the use additional note at E08.22 to E13.22 ("to identify stage of chronic kidney disease, N18.1-N18.6"),
Guidelines I.A.17, I.C.14.a.1. Runs before the combinations, since hypertension is presumed related to that kidney
disease (I.C.9.a.2).
"""

import re

from engine.rules.base import Facts, Outcome, Rule, made_from
from engine.rules.surroundings import sentence_around
from engine.types import Reason, Suggestion

SOURCE = "ICD-10-CM Guidelines I.A.17, I.C.14.a.1"
_KIDNEY = ("E08.22", "E09.22", "E10.22", "E11.22", "E13.22")
_STAGED = ("N18", "I12.0", "I13.11", "I13.2")
_STAGE = re.compile(
    r"\bstage\s*(?:(iv|v|iii|ii|i)\b|([1-5])\s?([ab])?\b|(iii)\s?([ab])\b)|\b(end[- ]stage|esrd)\b", re.IGNORECASE
)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
_THIRD = {"": "N18.30", "a": "N18.31", "b": "N18.32"}
_NO_STAGE = "N18.9"


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Add the stage behind a diabetic kidney disease that has none."""
    kidney = next((s for s in suggestions if s.code in _KIDNEY), None)
    if kidney is None or any(s.code.startswith(_STAGED) for s in suggestions):
        return Outcome(suggestions)
    codes = [_code(sentence_around(facts, evidence)) for evidence in kidney.evidence]
    code = next((code for code in codes if code != _NO_STAGE), _NO_STAGE)
    made = made_from(kidney, code, facts.snapshot, Reason(RULE.name, SOURCE, f"the stage of {kidney.code}"))
    place = suggestions.index(kidney) + 1
    return Outcome([*suggestions[:place], made, *suggestions[place:]])


def _code(sentence: str) -> str:
    found = _STAGE.search(sentence)
    if found is None:
        return _NO_STAGE
    if found[6]:
        return "N18.6"
    stage = found[2] or _ROMAN[(found[1] or found[4]).lower()]
    return _THIRD[(found[3] or found[5] or "").lower()] if stage == "3" else f"N18.{stage}"


RULE = Rule("kidney_stage", SOURCE, "2025-10-01", apply)
