"""What other clinicians than the provider may document: BMI, pressure ulcer stage, coma scale, NIHSS.

Source: ICD-10-CM Guidelines I.B.14. The associated diagnosis (overweight, obesity, malnutrition ...; the pressure
ulcer; the stroke; the injury of the head) must be the provider's: without it a BMI, a coma scale or an NIHSS is not
coded. Social determinants (Z55-Z65) need no diagnosis. The stage of a pressure ulcer is taken from any document
(I.C.12.a).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from codesets.snapshot import Snapshot
from engine.rules.base import Facts, Outcome, Rule, dropped, made_from
from engine.types import Alert, Reason, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.B.14"
STAGE_SOURCE = "ICD-10-CM Guidelines I.B.14, I.C.12.a"


@dataclass(frozen=True, slots=True)
class _Measure:
    codes: tuple[str, ...]
    needs: tuple[str, ...]
    what: str


# A BMI goes with what the index and the notes at E40-E46, E66, R62-R63, O99.2 send to Z68; a coma scale with injuries
# of the head and diseases that lower consciousness (I.C.18.e); an NIHSS with a cerebral infarction (I.C.18.i).
_MEASURES = (
    _Measure(
        ("Z68",),
        (
            *("E40", "E41", "E42", "E43", "E44", "E45", "E46", "E66", "E64.0", "E88.810", "O99.2", "O25"),
            *("R62", "R63", "R64", "P05", "P92", "F50", "Z71.3", "Z71.82", "Z98.84", "E45", "E65"),
        ),
        "body mass index",
    ),
    _Measure(
        ("R40.2",),
        ("S0", "I6", "G", "T", "R40.1", "R40.0", "R41", "A39", "A8", "E0", "E1", "J96", "I46", "F1"),
        "coma scale",
    ),
    _Measure(("R29.7",), ("I63",), "stroke scale"),
)
_ALL = tuple(code for measure in _MEASURES for code in measure.codes)
_ULCER = "L89"
_NEAR = re.compile(r"\bstage\s*(?:of\s*)?(iv|iii|ii|i|[1-4])\b|\b(unstageable)\b|\bdeep[- ]tissue\b", re.IGNORECASE)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_REACH = 60
_UNKNOWN_STAGE = "9"


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Leave out measures without their diagnosis; give pressure ulcers the stage that anybody documents."""
    if any(s.code.startswith(_ULCER) for s in suggestions):
        suggestions, alerts = _staged(suggestions, facts)
    else:
        alerts = []
    if not any(s.code.startswith(_ALL) for s in suggestions):
        return Outcome(suggestions, alerts)
    codes = [suggestion.code for suggestion in suggestions]
    outcome = Outcome([], alerts)
    for suggestion in suggestions:
        measure = next((m for m in _MEASURES if suggestion.code.startswith(m.codes)), None)
        if measure is None or any(code.startswith(measure.needs) for code in codes if code != suggestion.code):
            outcome.suggestions.append(suggestion)
        else:
            outcome.alerts.append(_without_diagnosis(suggestion, measure))
    return outcome


def _without_diagnosis(lost: Suggestion, measure: _Measure) -> Alert:
    return Alert(
        kind=RULE.name,
        severity=Severity.INFO,
        message=f"{lost.code} left out: a {measure.what} is coded only beside the provider's associated diagnosis",
        source=SOURCE,
        evidence=list(lost.evidence),
        codes=[lost.code],
    )


def _staged(suggestions: list[Suggestion], facts: Facts) -> tuple[list[Suggestion], list[Alert]]:
    kept: list[Suggestion] = []
    alerts: list[Alert] = []
    known = {suggestion.code for suggestion in suggestions}
    for suggestion in suggestions:
        code = suggestion.code
        better = ""
        if code.startswith(_ULCER) and code.endswith(_UNKNOWN_STAGE) and len(code) > len("L89.9"):
            better = _with_stage(facts.snapshot, code, next(_stages(suggestion, facts), ""))
        if not better or better in known:
            kept.append(suggestion)
            continue
        reason = Reason(
            RULE.name, STAGE_SOURCE, "the stage may come from any clinician, the diagnosis is the provider's"
        )
        kept.append(made_from(suggestion, better, facts.snapshot, reason))
        alerts.append(dropped(RULE.name, STAGE_SOURCE, lost=suggestion, kept=kept[-1], why="a stage is documented"))
    return kept, alerts


def _stages(suggestion: Suggestion, facts: Facts) -> Iterator[str]:
    """Yield the stages said right behind or before the mentions of an ulcer."""
    for evidence in suggestion.evidence:
        text = facts.chart.documents[evidence.document].text
        found = _NEAR.search(text, max(0, evidence.begin - _REACH), evidence.end + _REACH)
        if found:
            number = (found[1] or "").lower()
            yield f"stage {_ROMAN.get(number, number)}" if number else "unstageable" if found[2] else "deep tissue"


@lru_cache(maxsize=1024)
def _with_stage(snapshot: Snapshot, code: str, stage: str) -> str:
    """Return the code of the same site with a stage, "" if there is none."""
    if not stage:
        return ""
    beside = snapshot.children(snapshot.parent(code))
    return next((other for other in beside if stage in snapshot.title(other).lower()), "")


RULE = Rule("other_clinicians", SOURCE, "2025-10-01", apply)
