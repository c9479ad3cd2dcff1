"""Asks what a drug is given for, where the record names nothing that it is commonly given for (drugs.toml).

Source: ICD-10-CM Guidelines I.A.19 and III (a diagnosis is coded when the provider states it; treatment without a
stated diagnosis is asked about, not assumed).
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from engine.queries.base import Record, evidence_at, query
from engine.queries.words import Place, numbers_of, read_table
from engine.types import Alert, Assertion, Temporality

KIND = "query_indication"
_OPTIONS = ("a condition being treated (please name it)", "prevention only (please name of what)", "no longer taken")
# Said shortly before a drug in its sentence: it is not, or no longer, taken.
_STOPPED = re.compile(
    r"\b(?:stop(?:ped)?|discontinue[ds]?|no longer|not (?:tak\w+|on|been on)|off(?: of)?|hold|held|avoid|intoleran\w+"
    r"|allerg\w+|refus\w+|declin\w+)\b[^.;\n]*$",
    re.IGNORECASE,
)
_BEFORE = 40
# Where a drug is named that is not taken.
_NOT_TAKEN = frozenset(("ALLERGIES", "FAMILY_HISTORY", "SOCIAL_HISTORY"))


def ask(record: Record) -> list[Alert]:
    """Return a query for each kind of drug that is given for nothing the record names."""
    asked: list[Alert] = []
    kinds = _kinds()
    for number in sorted({kinds[word] for word in record.words if word in kinds}):
        entry = read_table("drugs")[number]
        if not record.names_any(tuple(entry["treats"])) and (taken := _taken(record, entry["names"])):
            name = entry["names"][0]
            question = f"which condition is {name} (or a drug of its kind) given for?"
            asked.append(query(KIND, question, _OPTIONS, codes=[], indicators=evidence_at(taken)))
    return asked


@lru_cache(maxsize=1)
def _kinds() -> Mapping[int, int]:
    """Return the number of the entry of each drug's word."""
    return {word: number for number, entry in enumerate(read_table("drugs")) for word in numbers_of(entry["names"])}


def _taken(record: Record, names: Sequence[str]) -> list[Place]:
    return [
        named.place
        for named in record.said(record.places(numbers_of(names)))
        if named.section not in _NOT_TAKEN
        and not _is_stopped(record.chart.documents[named.place.document].text, named.place.begin)
        and named.context.assertion is Assertion.PRESENT
        and named.context.temporality is Temporality.CURRENT
    ]


def _is_stopped(text: str, begin: int) -> bool:
    return _STOPPED.search(text, max(0, begin - _BEFORE), begin) is not None
