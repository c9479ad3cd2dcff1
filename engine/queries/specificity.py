"""Asks for the one fact by which a code of the claim would say more (specificity.toml).

Sources: ICD-10-CM Guidelines I.B.2 (highest level of detail documented), I.B.18 (unspecified codes only when the record
says no more).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from engine.queries.base import Record, evidence_at, matches, query
from engine.queries.words import numbers_of, read_table
from engine.types import Alert, Suggestion

KIND = "query_specificity"
_SOURCE = "ICD-10-CM Guidelines I.B.2, I.B.18"


def ask(record: Record) -> list[Alert]:
    """Return a query for each suggestion that leaves open what the record may be able to say."""
    asked: list[Alert] = []
    for suggestion in record.suggestions:
        entry = _entry_of(suggestion.code)
        if entry is not None and (alert := _alert(entry, suggestion, record)):
            asked.append(alert)
    return asked


@lru_cache(maxsize=8192)
def _entry_of(code: str) -> Mapping[str, Any] | None:
    return next((entry for entry in read_table("specificity") if matches(code, entry["codes"])), None)


def _alert(entry: Mapping[str, Any], suggestion: Suggestion, record: Record) -> Alert | None:
    indicators = [
        *evidence_at(record.places(numbers_of(entry["words"]))),
        *record.signs(tuple(entry["signs"])),
    ]
    if not indicators and entry.get("needs_indicator"):
        return None
    question = f"can {entry['asks']} be documented, in your clinical judgment?"
    return query(
        KIND,
        question,
        entry["options"],
        codes=[suggestion.code],
        indicators=[*suggestion.evidence[:2], *indicators] if indicators else [],
        source=_SOURCE,
    )
