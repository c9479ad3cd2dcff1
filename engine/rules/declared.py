"""Rules that are declared, not programmed: when these codes and conditions are on a chart, drop, add, order or alert.

The chapters' own rules (chapters.toml) and those of the user's file are of this one kind; declared_file.py reads both.
Each change is recorded: what goes has an alert, what comes a reason, both with the rule's source.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from codesets.snapshot import Snapshot
from engine.rules.base import Facts, Outcome, Rule, dropped, made_from
from engine.types import Alert, Chart, Reason, Setting, Severity, Sex, Suggestion


@dataclass(frozen=True, slots=True)
class When:
    """When a rule speaks: each group of `every` has a code on the claim that begins so, and nothing of `none` has.

    `first` asks it of the first code. Settings, sexes and payers are any of those named (() for all); ages in whole
    years and days are inclusive, None for no bound.
    """

    every: tuple[tuple[str, ...], ...] = ()
    none: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    sexes: tuple[Sex, ...] = ()
    payers: tuple[str, ...] = ()
    min_age: int | None = None
    max_age: int | None = None
    from_day: date | None = None
    to_day: date | None = None


@dataclass(frozen=True, slots=True)
class Then:
    """What a rule does: `drop` by prefixes, `add` codes in the place of the first dropped, `order`, `alert`."""

    drop: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    alert: str = ""
    severity: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared rule."""

    name: str
    source: str
    why: str
    effective: str
    when: When
    then: Then

    @property
    def trigger(self) -> frozenset[str]:
        """The categories or chapters one of which must be on a claim, empty if any claim may do."""
        groups = [*self.when.every, *((self.when.first,) if self.when.first else ())]
        return min((_keys_of(group) for group in groups), key=len, default=frozenset())


def _keys_of(prefixes: Iterable[str]) -> frozenset[str]:
    return frozenset(prefix[:3] if len(prefix) > 2 else prefix[0] for prefix in prefixes)


def rule_of(declared: Declared) -> Rule:
    """Make a rule of one declaration."""
    asks = declared.trigger

    def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
        if asks and not any(s.code[:3] in asks or s.code[0] in asks for s in suggestions):
            return Outcome(suggestions)
        return apply_declared(declared, suggestions, facts)

    return Rule(declared.name, declared.source, declared.effective, apply)


def table_rule(name: str, source: str, load: Callable[[], Sequence[Declared]]) -> Rule:
    """Make one rule of a whole table, which asks first which of its rows may speak of a chart's categories."""

    @lru_cache(maxsize=1)
    def by_key() -> tuple[dict[str, list[int]], Sequence[Declared], list[int]]:
        rows = load()
        found: dict[str, list[int]] = {}
        always: list[int] = []
        for number, row in enumerate(rows):
            for key in row.trigger:
                found.setdefault(key, []).append(number)
            if not row.trigger:
                always.append(number)
        return found, rows, always

    def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
        keys, rows, always = by_key()
        numbers = {number for s in suggestions for key in (s.code[:3], s.code[0]) for number in keys.get(key, ())}
        outcome = Outcome(suggestions)
        for number in sorted(numbers.union(always)):
            done = apply_declared(rows[number], outcome.suggestions, facts)
            outcome = Outcome(done.suggestions, [*outcome.alerts, *done.alerts])
        return outcome

    return Rule(name, source, "2025-10-01", apply)


def apply_declared(rule: Declared, suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Do what a rule says, if it speaks of the chart."""
    if not _holds(rule.when, suggestions, facts.chart):
        return Outcome(suggestions)
    outcome = Outcome(list(suggestions))
    gone = [s for s in suggestions if rule.then.drop and s.code.startswith(rule.then.drop)]
    made = _added(rule, gone or suggestions[:1], outcome.suggestions, facts.snapshot)
    _put(outcome, gone, made)
    kept = next(iter(made), None) or next((s for s in outcome.suggestions if _is_named(rule.when, s.code)), None)
    outcome.alerts = [_gone(rule, lost, kept) for lost in gone]
    _move(rule, outcome.suggestions)
    if rule.then.alert:
        outcome.alerts.append(_alert(rule, outcome.suggestions))
    return outcome


def _holds(when: When, suggestions: Sequence[Suggestion], chart: Chart) -> bool:
    codes = [suggestion.code for suggestion in suggestions]
    if any(not any(code.startswith(group) for code in codes) for group in when.every):
        return False
    if when.none and any(code.startswith(when.none) for code in codes):
        return False
    if when.first and not (codes and codes[0].startswith(when.first)):
        return False
    return _is_chart(when, chart)


def _is_chart(when: When, chart: Chart) -> bool:
    if when.settings and chart.setting not in when.settings:
        return False
    if when.sexes and chart.sex not in when.sexes:
        return False
    if when.payers and chart.payer.lower() not in when.payers:
        return False
    return _is_of_age(when, chart) and _is_of_day(when, chart.date_of_service)


def _is_of_age(when: When, chart: Chart) -> bool:
    if when.min_age is None and when.max_age is None:
        return True
    age = age_of(chart)
    return age is not None and (when.min_age or 0) <= age and (when.max_age is None or age <= when.max_age)


def age_of(chart: Chart) -> int | None:
    """Return the age of a patient in whole years on the day of service, None if it is not known."""
    if chart.age_years is not None:
        return chart.age_years
    born, day = chart.birth_date, chart.date_of_service
    if born is None or day is None:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _is_of_day(when: When, day: date | None) -> bool:
    if when.from_day is None and when.to_day is None:
        return True
    return day is not None and (when.from_day or day) <= day <= (when.to_day or day)


def _added(
    rule: Declared, like: Sequence[Suggestion], present: Sequence[Suggestion], snapshot: Snapshot
) -> list[Suggestion]:
    """Make the codes that are to be added and are not there yet; a code that the release cannot bill is not made."""
    known = {suggestion.code for suggestion in present}
    wanted = [code for code in rule.then.add if code not in known and snapshot.is_billable(code)]
    if not like:
        return []
    return [made_from(like[0], code, snapshot, Reason(rule.name, rule.source, rule.why)) for code in wanted]


def _put(outcome: Outcome, gone: Sequence[Suggestion], made: Sequence[Suggestion]) -> None:
    """Take out what goes and put what comes in its place, or at the end if nothing goes."""
    lost = {id(suggestion) for suggestion in gone}
    place = next((n for n, s in enumerate(outcome.suggestions) if id(s) in lost), len(outcome.suggestions))
    outcome.suggestions[place:place] = made
    outcome.suggestions = [suggestion for suggestion in outcome.suggestions if id(suggestion) not in lost]


def _is_named(when: When, code: str) -> bool:
    return any(code.startswith(group) for group in when.every)


def _gone(rule: Declared, lost: Suggestion, kept: Suggestion | None) -> Alert:
    if kept is not None and kept is not lost:
        return dropped(rule.name, rule.source, lost=lost, kept=kept, why=rule.why)
    message = f"{lost.code} left out: {rule.why}"
    return Alert(rule.name, Severity.INFO, message, rule.source, list(lost.evidence), [lost.code])


def _move(rule: Declared, suggestions: list[Suggestion]) -> None:
    """Put what goes before just ahead of the first that goes after."""
    if not rule.then.before:
        return
    after = rule.then.after
    for first in [s for s in suggestions if s.code.startswith(rule.then.before)]:
        places = [n for n, s in enumerate(suggestions) if s is not first and (not after or s.code.startswith(after))]
        place = next(n for n, s in enumerate(suggestions) if s is first)
        if places and places[0] < place and not suggestions[places[0]].code.startswith(rule.then.before):
            later = suggestions[places[0]].code
            suggestions.insert(places[0], suggestions.pop(place))
            first.reasons.append(Reason(rule.name, rule.source, f"goes before {later}: {rule.why}"))


def _alert(rule: Declared, suggestions: Sequence[Suggestion]) -> Alert:
    named = [suggestion for suggestion in suggestions if _is_named(rule.when, suggestion.code)]
    return Alert(
        kind=rule.name,
        severity=rule.then.severity,
        message=rule.then.alert,
        source=rule.source,
        evidence=[evidence for suggestion in named for evidence in suggestion.evidence],
        codes=[suggestion.code for suggestion in named],
    )
