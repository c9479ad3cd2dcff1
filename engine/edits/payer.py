"""The payer's own rules, from declarative files (payer_rules.py), but for limits on frequency."""

from collections.abc import Iterable, Iterator, Sequence

from engine.claims.records import ClaimAlert
from engine.edits.base import Edit, Line, Sheet
from engine.edits.payer_rules import PayerRule, Require, When

SOURCE = "the payer's rules, each with its own source"


def rules_of(sheet: Sheet) -> list[PayerRule]:
    """List the rules of the claim's payer and plan that are in force on its day."""
    return [rule for rule in sheet.rules if rule.is_about(sheet.claim.payer, sheet.claim.plan, sheet.day)]


def concerns(when: When, line: Line, sheet: Sheet) -> bool:
    """Whether a rule is about a line; a condition on an age or sex that is not known does not hold."""
    return (
        (not when.codes or when.codes.has(line.code))
        and (not when.kinds or sheet.kind in when.kinds)
        and (not when.diagnoses or any(when.diagnoses.has(code) for code in line.pointed))
        and (not when.modifiers or bool({*when.modifiers} & {*line.modifiers}))
        and (not when.places or line.place in when.places)
        and (when.ages is None or (sheet.age is not None and when.ages.has(sheet.age)))
        and (when.sex is None or sheet.sex is when.sex)
        and (when.units_over is None or line.units > when.units_over)
    )


def apply(sheet: Sheet) -> Iterable[ClaimAlert]:
    """Alert on each line that a rule is about and that lacks what it requires."""
    for rule in rules_of(sheet):
        if rule.require is not None and rule.require == Require(at_most=rule.require.at_most):
            continue  # frequency alone: frequency.py
        lines = [line for line in sheet.lines if concerns(rule.when, line, sheet)]
        for line in lines:
            missing = list(_missing(rule.require, line, sheet)) if rule.require is not None else [""]
            if missing:
                yield make_alert(rule, [line], "; ".join(part for part in missing if part), units=line.units)


def _missing(require: Require, line: Line, sheet: Sheet) -> Iterator[str]:
    """Yield what a line lacks, in words."""
    others = [other.code for other in sheet.lines if other.day == line.day and other.number != line.number]
    modifiers = {*line.modifiers}
    if require.diagnoses and not any(require.diagnoses.has(code) for code in line.pointed):
        yield f"no diagnosis of {_listed(require.diagnoses.patterns)}"
    if require.modifiers and not modifiers & {*require.modifiers}:
        yield f"no modifier of {_listed(require.modifiers)}"
    if unwanted := sorted(modifiers & {*require.no_modifiers}):
        yield f"modifier {', '.join(unwanted)}"
    if require.places and line.place not in require.places:
        yield f"place other than {_listed(require.places)}"
    if require.ages is not None and (sheet.age is None or not require.ages.has(sheet.age)):
        yield "age not among those covered"
    if require.with_codes and not any(require.with_codes.has(code) for code in others):
        yield f"no {_listed(require.with_codes.patterns)} on the same day"
    if beside := sorted({code for code in others if require.without_codes.has(code)}):
        yield f"{', '.join(beside)} on the same day"
    have = {name.casefold() for name in sheet.claim.documentation}
    if absent := [name for name in require.documentation if name.casefold() not in have]:
        yield f"without {_listed(absent)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (" ..." if len(names) > 6 else "")


def make_alert(rule: PayerRule, lines: Sequence[Line], why: str, *, units: int) -> ClaimAlert:
    """Make the alert of a rule."""
    return ClaimAlert(
        kind=f"payer_rule:{rule.name}",
        severity=rule.severity,
        message=f"{rule.message} ({lines[0].code}: {why})" if why else f"{rule.message} ({lines[0].code})",
        source=rule.source,
        resolve=rule.resolve,
        release=f"in force from {rule.effective}",
        codes=[lines[0].code],
        lines=[line.number for line in lines],
        units=units,
    )


EDIT = Edit("payer_rules", SOURCE, "by rule", apply)
