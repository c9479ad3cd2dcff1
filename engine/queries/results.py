"""Asks what a result out of range means, where it was acted on and the record names no condition (results.toml).

Source: ICD-10-CM Guidelines III.B: abnormal findings are not coded unless the provider says what they mean; where they
are outside the normal range and something was ordered or given for them, it is appropriate to ask.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from engine.queries.base import Record, evidence_at, query
from engine.queries.words import Place, numbers_of, read_table
from engine.types import Alert, Evidence

KIND = "query_result"
_SOURCE = "ICD-10-CM Guidelines III.B"
# "potassium level was low at 2.8", "Na 128", "SpO2: 84%"; a trend ("3.4 -> 2.8") is read by its first value.
_VALUE = re.compile(
    r"(?:[ \t]+(?:level|levels|value|count|saturation|was|is|were|of|at|to|found|noted|measured|low|high|down|up|fell"
    r"|dropped|rose|elevated|critical|critically|initial|initially|on|admission|room|air|today|now|percent)){0,6}"
    r"[ \t]*[:=]?[ \t]*(?:<|>|~)?[ \t]*(\d{1,4}(?:\.\d{1,2})?)"
    # A dose, a time, a date or the first of a range.
    r"(?![\d.]*[ \t]?(?:mg(?!/)|meq(?!/)|mcg(?!/)|g\b(?!/)|gm(?!/)|units|tab|ml|:\d|/\d|-\d|,\d))",
    re.IGNORECASE,
)
_LONGEST = 120


def ask(record: Record) -> list[Alert]:
    """Return a query for each kind of result that was acted on and never named."""
    kinds = _kinds()
    found = {kind for word in record.words for kind in kinds.get(word, ())}
    return [alert for kind in sorted(found) if (alert := _alert(read_table("results")[kind], record))]


@lru_cache(maxsize=1)
def _kinds() -> Mapping[int, Sequence[int]]:
    """Return the numbers of the entries of each treatment's word."""
    kinds: dict[int, list[int]] = {}
    for number, entry in enumerate(read_table("results")):
        for word in numbers_of(entry["acted"]):
            kinds.setdefault(word, []).append(number)
    return kinds


def _alert(entry: Mapping[str, Any], record: Record) -> Alert | None:
    tests = record.places(numbers_of(entry["words"]))
    values = {test: value for test in tests if (value := _out_of_range(entry, record, test))}
    if not values or record.names_any(tuple(entry["named"])):
        return None
    measured = [values[named.place] for named in record.said(list(values))]
    acted = [named.place for named in record.said(record.places(numbers_of(entry["acted"])))]
    if not measured or not acted:
        return None
    question = "what is the clinical significance of these results, for which treatment was given?"
    indicators = [*measured[:4], *evidence_at(acted[:3])]
    return query(KIND, question, entry["options"], codes=[], indicators=indicators, source=_SOURCE)


def _out_of_range(entry: Mapping[str, Any], record: Record, test: Place) -> Evidence | None:
    """Return the test with its value, if it is one that would be asked about."""
    document, begin, end = test
    found = _VALUE.match(record.chart.documents[document].text, end, end + _LONGEST)
    if found is None:
        return None
    value = float(found[1])
    least, most = entry["within"]
    is_out = value < entry["below"] if "below" in entry else value > entry["above"]
    return Evidence(document, begin, found.end(1)) if is_out and least <= value <= most else None
