"""Long-term drugs of type 2 and secondary diabetes: insulin, oral drugs, injectables.

Source: ICD-10-CM Guidelines I.C.4.a.3 (Z79.4, Z79.84, Z79.85, each that applies; not for insulin given for a time to
bring the sugar down) and the use additional notes at E08, E09, E11 and E13. Type 1 needs no Z79.4, nor does a
gestational diabetes, whose code says the treatment (I.C.15.i).
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from codesets.snapshot import Snapshot
from engine.rules.base import Facts, Outcome, Rule
from engine.rules.surroundings import sentence_around
from engine.types import Alert, Evidence, Reason, Setting, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.C.4.a.3"
_TYPES = ("E08", "E09", "E11", "E13")
_INSULIN, _ORAL, _INJECTABLE = "Z79.4", "Z79.84", "Z79.85"
_DRUGS = {
    "insulin": "insulin lantus basaglar toujeo levemir tresiba humalog novolog humulin novolin apidra",
    "oral": "metformin glucophage glipizide glimepiride glyburide sitagliptin januvia linagliptin saxagliptin "
    "alogliptin empagliflozin jardiance dapagliflozin farxiga canagliflozin invokana ertugliflozin pioglitazone "
    "rosiglitazone repaglinide nateglinide acarbose miglitol janumet rybelsus",
    "injectable": "semaglutide ozempic dulaglutide trulicity liraglutide victoza exenatide byetta bydureon tirzepatide "
    "mounjaro lixisenatide pramlintide",
}
_KIND_OF = {name: kind for kind, names in _DRUGS.items() for name in names.split()}
_CODE_OF = {"insulin": _INSULIN, "oral": _ORAL, "injectable": _INJECTABLE}
_LINE_END = re.compile(r"[.;](?=\s|$)|\n")
# What makes it no long-term drug of this patient.
_NOT_TAKEN = re.compile(
    r"""\b(?:stop(?:ped|s)?|discontinu\w+|allerg\w+|intoleran\w+|off|hold|held|denies|declin\w+|refus\w+|never|
    no\ longer|not\ (?:on|taking|using)|without|avoid|previously|formerly|consider\w*|would|could|may\ need|
    sliding\ scale|drip|infusion|bolus|resistance|resistant|sensitiv\w+|level|pump\ failure|units?\ (?:given|x1)|
    in\ the\ (?:ED|hospital)|while\ (?:inpatient|in)|mother|father|wife|husband|sister|brother|start(?:ed|ing)?|
    initiat\w+)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_REACH = 120
# At a visit a drug that is merely named is offered in an alert: whether it is reported differs from house to house.
_VISITS = (Setting.OUTPATIENT, Setting.EMERGENCY)
_LONG_TERM = re.compile(r"\b(?:long[- ]term|chronic(?:ally)?|maintained on|for (?:many )?years)\b", re.IGNORECASE)
_HEADING = re.compile(r"^[ \t]*([A-Z][A-Za-z /&]{2,40}):", re.MULTILINE)
# Under these a drug is given for a time.
_FOR_A_TIME = re.compile(r"course|emergency|\bed\b|allerg|procedure|anesthe|family", re.IGNORECASE)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Add the long-term drugs that the chart names to a diabetes that is coded, and take them off type 1."""
    diabetes = next((s for s in suggestions if s.code.startswith(_TYPES)), None)
    if diabetes is None:
        return _without_insulin(suggestions)
    known = {suggestion.code for suggestion in suggestions}
    is_visit = facts.chart.setting in _VISITS
    made: dict[str, Suggestion] = {}
    for code, evidence in _taken(facts):
        if code in known:
            continue
        if code in made:
            made[code].evidence.append(evidence)
        else:
            made[code] = _drug(diabetes, code, evidence, facts.snapshot)
    drugs = [made[code] for code in sorted(made)]
    stated = [drug for drug in drugs if not is_visit or any(_is_long_term(e, facts) for e in drug.evidence)]
    asked = [_offer(drug, diabetes) for drug in drugs if drug not in stated]
    return Outcome([*suggestions, *stated], asked)


def _is_long_term(evidence: Evidence, facts: Facts) -> bool:
    """Whether the provider says that a drug is taken for long, and not a list alone."""
    return _LONG_TERM.search(sentence_around(facts, evidence)) is not None


def _offer(drug: Suggestion, diabetes: Suggestion) -> Alert:
    message = (
        f"{drug.code} belongs beside {diabetes.code} if the drug that the chart names is taken on a long-term basis"
    )
    return Alert(RULE.name, Severity.INFO, message, SOURCE, list(drug.evidence), [drug.code, diabetes.code])


def _taken(facts: Facts) -> Iterator[tuple[str, Evidence]]:
    """Yield what the documents name as taken on a long-term basis, with its place."""
    for number, document in enumerate(facts.chart.documents):
        text, headings = document.text, None
        lowered = text.lower()
        # Looking for each name takes a fraction of what one pattern of them all does.
        named = [name for name in _KIND_OF if name in lowered]
        for begin, end, name in sorted(place for one in named for place in _places(text, one)):
            if headings is None:
                headings = [(heading.start(), heading[1]) for heading in _HEADING.finditer(text)]
            if _is_taken(text, begin, end) and not _is_for_a_time(headings, begin):
                yield _CODE_OF[_KIND_OF[name]], Evidence(number, begin, end)


def _places(text: str, name: str) -> Iterator[tuple[int, int, str]]:
    """Yield where a name stands as a word, in the ways that notes write one."""
    for form in (name, name.capitalize(), name.upper()):
        begin = text.find(form)
        while begin >= 0:
            end = begin + len(form)
            if not (text[begin - 1 : begin].isalnum() or text[end : end + 1].isalnum()):
                yield begin, end, name
            begin = text.find(form, end)


def _is_taken(text: str, begin: int, end: int) -> bool:
    start = max(0, begin - _REACH)
    for stop in _LINE_END.finditer(text, start, begin):
        start = stop.end()
    closing = _LINE_END.search(text, end, end + _REACH)
    return _NOT_TAKEN.search(text[start : closing.start() if closing else end + _REACH]) is None


def _is_for_a_time(headings: list[tuple[int, str]], begin: int) -> bool:
    """Whether the heading above a place tells of what was given in the stay."""
    above = bisect_left(headings, (begin, ""))
    return above > 0 and _FOR_A_TIME.search(headings[above - 1][1]) is not None


def _drug(diabetes: Suggestion, code: str, evidence: Evidence, snapshot: Snapshot) -> Suggestion:
    reason = Reason(RULE.name, SOURCE, f"a long-term drug of {diabetes.code} is documented")
    return Suggestion(
        diabetes.system,
        code,
        snapshot.title(code),
        diabetes.role,
        diabetes.confidence,
        diabetes.route,
        [evidence],
        [],
        [reason],
    )


def _without_insulin(suggestions: list[Suggestion]) -> Outcome:
    """Take long-term insulin off a gestational diabetes that says its control (I.C.15.i)."""
    says = next((s for s in suggestions if s.code.startswith("O24.4")), None)
    insulin = next((s for s in suggestions if s.code == _INSULIN), None)
    if says is None or insulin is None:
        return Outcome(suggestions)
    message = f"{insulin.code} left out beside {says.code}: the code of gestational diabetes says its control"
    source = "ICD-10-CM Guidelines I.C.15.i"
    alert = Alert(RULE.name, Severity.INFO, message, source, list(insulin.evidence), [insulin.code, says.code])
    return Outcome([s for s in suggestions if s is not insulin], [alert])


RULE = Rule("diabetes_drugs", SOURCE, "2025-10-01", apply)
