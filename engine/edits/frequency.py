"""More of a service than a payer pays for in a period: this claim's lines and the history that came with it together.

The limits are those of payer rules (`at_most`), each with its own source; national limits a day are the MUEs.
"""

from collections.abc import Iterable
from datetime import timedelta

from engine.claims.records import ClaimAlert
from engine.edits.base import Edit, Line, Sheet
from engine.edits.payer import concerns, make_alert, rules_of
from engine.edits.payer_rules import PayerRule
from engine.edits.rule_table import Frequency

SOURCE = "the payer's rules, each with its own source"


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each line that takes its service over a limit of frequency."""
    for rule in rules_of(sheet):
        limit = rule.require.at_most if rule.require is not None else None
        if limit is None:
            continue
        lines = [line for line in sheet.lines if concerns(rule.when, line, sheet)]
        for line in lines:
            yield from _over(rule, limit, line, lines, sheet)


def _over(rule: PayerRule, limit: Frequency, line: Line, lines: list[Line], sheet: Sheet) -> Iterable[ClaimAlert]:
    """Count what came up to the line: history of the same code, and lines of earlier days or before it on its day."""
    first = line.day - timedelta(days=limit.days - 1)
    before = sum(
        service.units
        for service in sheet.claim.history
        if service.code.strip().upper() == line.code and first <= service.day <= line.day
    )
    counted = [
        other
        for other in lines
        if other.code == line.code and first <= other.day and (other.day, other.number) <= (line.day, line.number)
    ]
    total = before + sum(other.units for other in counted)
    if total > limit.units:
        why = f"{total} units in {limit.days} days, at most {limit.units}"
        yield make_alert(rule, [line], why, units=min(line.units, total - limit.units))


EDIT = Edit("frequency", SOURCE, "by rule", apply)
