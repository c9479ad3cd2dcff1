"""Says how a visit's note shows the care of each lasting condition on its claim, and warns where nothing shows it.

Source: ICD-10-CM Guidelines IV.I-J (chronic conditions are coded when they are treated or affect care at the visit);
"MEAT": monitored, evaluated, assessed or treated, as auditors of risk adjustment ask (CMS RADV).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from engine.queries.base import Record, matches
from engine.queries.words import numbers_of, read_table
from engine.rules.gather import LEADING_SECTIONS
from engine.types import Alert, Reason, Setting, Severity, Suggestion

KIND = "care_not_shown"
_SOURCE = "ICD-10-CM Guidelines IV.I-J"
_VISITS = frozenset((Setting.OUTPATIENT, Setting.EMERGENCY))


class _Care(NamedTuple):
    monitored: tuple[int, ...]
    treated: tuple[int, ...]


def ask(record: Record) -> list[Alert]:
    """Add to each lasting condition of a visit how its care shows; return an alert for each of which nothing shows."""
    if record.chart.setting not in _VISITS:
        return []
    mentions = (finding.mention for finding in record.findings)
    assessed = {(mention.document, mention.begin) for mention in mentions if mention.section in LEADING_SECTIONS}
    alerts: list[Alert] = []
    for suggestion in record.suggestions:
        care = _care_of(suggestion.code)
        if care is None:
            continue
        if shown := _shown(suggestion, care, record, assessed):
            suggestion.reasons.append(Reason("care", _SOURCE, ", ".join(shown)))
        else:
            alerts.append(_alert(suggestion))
    return alerts


@lru_cache(maxsize=8192)
def _care_of(code: str) -> _Care | None:
    conditions: Sequence[Mapping[str, Any]] = read_table("chronic")
    words = [word for entry in conditions if matches(code, entry["codes"]) for word in entry["words"]]
    if not words:
        return None
    drugs = [name for entry in read_table("drugs") if matches(code, entry["treats"]) for name in entry["names"]]
    return _Care(numbers_of(words), numbers_of(drugs))


def _shown(suggestion: Suggestion, care: _Care, record: Record, assessed: set[tuple[int, int]]) -> list[str]:
    is_assessed = any((evidence.document, evidence.begin) in assessed for evidence in suggestion.evidence)
    ways = (
        ("monitored or evaluated", record.has_any(care.monitored)),
        ("assessed", is_assessed),
        ("treated", record.has_any(care.treated)),
    )
    return [way for way, is_shown in ways if is_shown]


def _alert(suggestion: Suggestion) -> Alert:
    return Alert(
        kind=KIND,
        severity=Severity.INFO,
        message=f"{suggestion.code}: nothing shows that it was monitored, evaluated, assessed or treated at this visit",
        source=_SOURCE,
        evidence=list(suggestion.evidence),
        codes=[suggestion.code],
    )
