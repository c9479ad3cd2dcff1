"""The rules of the SNOMED CT to ICD-10-CM map, evaluated where the facts of the patient are known.

Source: SNOMED International, "SNOMED CT to ICD-10-CM Map Technical Specification" (NLM): in each map group the rows are
tried by priority, and the first whose rule holds is the target. A rule is TRUE, OTHERWISE TRUE, or IFA conditions
joined by AND: `IFA 445518008 | Age at onset of clinical finding (observable entity) | < 18.0 years`, `IFA 248152002 |
Female (finding) |`, or another concept that must be present too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from codesets.crosswalk import MapRow

_FEMALE, _MALE = "248152002", "248153007"
_AGES = frozenset(("445518008", "424144002"))  # age at onset; current chronological age
_CONDITION = re.compile(
    r"IFA\s+(?P<concept>\d{6,18})\s*\|[^|]*\|\s*(?:(?P<sign><=|>=|<|>|=)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[a-z]+))?"
)
_YEARS = {"year": 1.0, "month": 1 / 12, "week": 7 / 365.25, "day": 1 / 365.25, "hour": 1 / 8766}
_ALWAYS = frozenset(("TRUE", "OTHERWISE TRUE", ""))


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What is known of the patient: age in years, sex ("female", "male"), and concepts that are present besides.

    None, "" and no concepts: not known.
    """

    age_years: float | None = None
    sex: str = ""
    concepts: frozenset[str] = frozenset()


@lru_cache(maxsize=65_536)  # a map has some hundred thousand rows and a few thousand rules
def is_rule(rule: str) -> bool:
    """Whether a map rule is written as the specification says."""
    return rule.strip() in _ALWAYS or all(_CONDITION.fullmatch(part.strip()) for part in _conditions(rule))


def choose_rows(rows: Sequence[MapRow], facts: PatientFacts) -> list[MapRow]:
    """Return the rows of one map group that may hold, by priority: one, or several while a fact is missing."""
    may_hold: list[MapRow] = []
    for row in rows:
        holds = _holds(row.rule, facts)
        if holds is not False:
            may_hold.append(row)
        if holds:
            break
    return may_hold


def _holds(rule: str, facts: PatientFacts) -> bool | None:
    """Whether a rule holds; None where what is known does not say."""
    if rule.strip() in _ALWAYS:
        return True
    held = [_condition_holds(part, facts) for part in _conditions(rule)]
    if any(one is False for one in held):
        return False
    return None if None in held else True


def _conditions(rule: str) -> list[str]:
    return re.split(r"\s+AND\s+(?=IFA)", rule.strip())


def _condition_holds(condition: str, facts: PatientFacts) -> bool | None:
    found = _CONDITION.fullmatch(condition.strip())
    if found is None:
        return None
    concept = found["concept"]
    if concept in (_FEMALE, _MALE):
        return facts.sex == ("female" if concept == _FEMALE else "male") if facts.sex in ("female", "male") else None
    if concept in _AGES and found["number"]:
        return _age_holds(found["sign"], float(found["number"]), found["unit"], facts)
    # A concept that is not told of may still be present, so its absence is never taken for granted.
    return True if concept in facts.concepts else None


def _age_holds(sign: str, number: float, unit: str, facts: PatientFacts) -> bool | None:
    scale = _YEARS.get(unit.rstrip("s"))
    if facts.age_years is None or scale is None:
        return None
    age, bound = facts.age_years, number * scale
    return {"<": age < bound, "<=": age <= bound, ">": age > bound, ">=": age >= bound, "=": age == bound}[sign]
