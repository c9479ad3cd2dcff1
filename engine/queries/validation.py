"""Asks whether a diagnosis holds of which the record shows nothing that usually bears it out (validation.toml).

Source: ICD-10-CM Guidelines I.A.19 (the code rests on the provider's statement) with AHIMA/ACDIS 2022, "clinical
validation": a stated diagnosis without indicators is coded, and its author is asked.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from engine.queries.base import Record, matches, query
from engine.queries.words import numbers_of, read_table
from engine.types import Alert, Setting, Suggestion

KIND = "query_validation"
_OPTIONS = ("the diagnosis is confirmed (please add what supports it)", "the diagnosis was ruled out")
# A visit's note need not repeat what a stay's record must hold.
_SETTINGS = frozenset((Setting.INPATIENT, Setting.OBSERVATION))


def ask(record: Record) -> list[Alert]:
    """Return a query for each diagnosis of a stay that nothing in its record bears out."""
    if record.chart.setting not in _SETTINGS:
        return []
    return [
        _alert(entry, suggestion)
        for suggestion in record.suggestions
        if (entry := _entry_of(suggestion.code)) is not None and not _is_borne_out(entry, record)
    ]


@lru_cache(maxsize=8192)
def _entry_of(code: str) -> Mapping[str, Any] | None:
    return next((entry for entry in read_table("validation") if matches(code, entry["codes"])), None)


def _is_borne_out(entry: Mapping[str, Any], record: Record) -> bool:
    return bool(record.has_any(numbers_of(entry["words"])) or record.signs(tuple(entry["signs"])))


def _alert(entry: Mapping[str, Any], suggestion: Suggestion) -> Alert:
    question = "is this diagnosis borne out in your clinical judgment, and by what?"
    return query(
        KIND, question, _OPTIONS, codes=[suggestion.code], indicators=suggestion.evidence, source=entry["source"]
    )
