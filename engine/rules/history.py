"""Past conditions and relatives' conditions: which code says so, if any.

Sources: ICD-10-CM Guidelines I.C.21.c.4, I.C.2.m, I.C.9.d, I.C.9.e.4 and IV.I; the table is history.toml.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.types import Axis, Context, Experiencer, Reason, Temporality

SOURCE = "ICD-10-CM Guidelines I.C.21.c.4"
CHRONIC_SOURCE = "ICD-10-CM Guidelines IV.I"
_PATIENT, _CURRENT, _TEMPORALITY = Experiencer.PATIENT, Temporality.CURRENT, Axis.TEMPORALITY


@dataclass(frozen=True, slots=True)
class _Tables:
    chronic: tuple[str, ...]
    past: dict[str, str]
    past_if_said: dict[str, str]
    family: dict[str, str]


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    data = tomllib.loads(Path(__file__).with_name("history.toml").read_text(encoding="utf-8"))
    said = [row for row in data["past"] if row.get("needs_words", False)]
    past = [row for row in data["past"] if row not in said]
    return _Tables(tuple(data["chronic"]["codes"]), _by_prefix(past), _by_prefix(said), _by_prefix(data["family"]))


def _by_prefix(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {prefix: row["becomes"] for row in rows for prefix in row["codes"]}


@lru_cache(maxsize=16384)
def is_lasting(code: str) -> bool:
    """Whether a condition lasts by its nature, so that "history of" it in a chart is the condition itself (IV.I)."""
    return code.startswith(_tables().chronic)


def _longest(table: dict[str, str], code: str) -> str:
    return next((table[code[:n]] for n in range(len(code), 2, -1) if code[:n] in table), "")


def code_in_context(code: str, context: Context) -> tuple[str, Reason | None]:
    """Return the code that a condition has when it is past or a relative's, "" if none, with the reason of a change."""
    if context.experiencer is _PATIENT and context.temporality is _CURRENT:
        return code, None
    is_said = context.temporality is not _CURRENT and _is_said(context)
    return _of_another_time_or_person(code, context.experiencer, is_said=is_said)


@lru_cache(maxsize=8192)
def _of_another_time_or_person(code: str, experiencer: Experiencer, *, is_said: bool) -> tuple[str, Reason | None]:
    """Return the code of what is a relative's, or in the past; `is_said` tells that words say it is past."""
    tables = _tables()
    if code.startswith("Z"):
        # A status or history code says by itself whose and when.
        is_family = "Z80" <= code[:3] <= "Z84"
        return (code if is_family or experiencer is _PATIENT else ""), None
    if experiencer is Experiencer.FAMILY:
        found = _longest(tables.family, code)
        return found, Reason("family_history", SOURCE, f"{code} of a relative") if found else None
    if experiencer is not _PATIENT:
        return "", None
    said = _longest(tables.past_if_said, code) if is_said else ""
    if said:
        return said, Reason("personal_history", SOURCE, f"{code} in the past")
    if is_lasting(code):
        return code, Reason("history_of_chronic_condition", CHRONIC_SOURCE, "lasting by nature, so coded as current")
    found = _longest(tables.past, code)
    return found, Reason("personal_history", SOURCE, f"{code} in the past") if found else None


def _is_said(context: Context) -> bool:
    """Whether words, and not a heading alone, put the thing in the past."""
    return any(cue.axis is _TEMPORALITY and not cue.rule.startswith("section:") for cue in context.cues)
