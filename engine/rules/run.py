"""Applies the rules in order; a rule that fails is reported and left out, and never takes the chart down."""

from collections.abc import Sequence
from typing import Any

from engine.errors import ConfigError
from engine.rules import (
    abbreviations,
    abnormal_findings,
    assessed,
    bilateral,
    combination,
    complications,
    confirmed_only,
    copied,
    diabetes_drugs,
    diabetic_ulcer,
    etiology,
    excludes1,
    excludes2,
    external_causes,
    first_listed,
    infarction,
    injuries,
    integral_symptoms,
    kidney_stage,
    newborn,
    obstetrics,
    other_clinicians,
    planned,
    poa,
    sepsis,
    sequence,
    seventh_character,
    stroke,
    threatened,
    unspecified,
)
from engine.rules.base import Facts, Rule
from engine.rules.declared import Declared, rule_of, table_rule
from engine.rules.declared_file import chapter_rules
from engine.rules.gather import assign_roles
from engine.types import Alert, Severity, Suggestion

CHAPTERS = table_rule("chapters", "ICD-10-CM Guidelines I.C", chapter_rules)
# First what is no code and what nobody assessed: neither may take the place of anything. Then detail, then what
# belongs together, then what may not stand together. A user's rules come next, and order last.
_BEFORE_USER: tuple[Rule, ...] = (
    confirmed_only.RULE,
    threatened.RULE,
    infarction.RULE,
    seventh_character.RULE,
    assessed.RULE,
    abnormal_findings.RULE,
    planned.RULE,
    newborn.RULE,
    stroke.RULE,
    bilateral.RULE,
    unspecified.RULE,
    kidney_stage.RULE,
    combination.RULE,
    obstetrics.RULE,
    etiology.RULE,
    sepsis.RULE,
    diabetes_drugs.RULE,
    diabetic_ulcer.RULE,
    other_clinicians.RULE,
    injuries.RULE,
    external_causes.RULE,
    CHAPTERS,
    integral_symptoms.RULE,
    excludes1.RULE,
    excludes2.RULE,
    complications.RULE,
    abbreviations.RULE,
    copied.RULE,
)
_AFTER_USER: tuple[Rule, ...] = (sequence.RULE, first_listed.RULE, poa.RULE)
RULES: tuple[Rule, ...] = (*_BEFORE_USER, *_AFTER_USER)


def rules_with(
    declared: Sequence[Declared] = (), off: Sequence[str] = (), poa_exempt: frozenset[str] = frozenset()
) -> tuple[Rule, ...]:
    """Return the rules in order with a user's among them, without those that are off.

    Those that only drop, add or alert come before the order is settled; a user's order is the last word. `poa_exempt`
    are the codes of the user's list that are exempt from the indicator of presence on admission. Raises
    ConfigError on a name that is no rule's, or that a built-in rule has already.
    """
    known = [rule.name for rule in RULES] + [row.name for row in chapter_rules()]
    for name in off:
        if name not in known:
            raise ConfigError(
                f"rules off: got {name[:64]!r}, want names among {', '.join(sorted(known))}", field="rules"
            )
    for row in declared:
        if row.name in known:
            raise ConfigError(f"rule {row.name}: got the name of a built-in rule, want another", field="rules")
    rows = [row for row in chapter_rules() if row.name not in off]
    chapters = (
        CHAPTERS if len(rows) == len(chapter_rules()) else table_rule(CHAPTERS.name, CHAPTERS.source, lambda: rows)
    )
    before = [chapters if rule is CHAPTERS else rule for rule in _BEFORE_USER]
    own = [(rule_of(row), bool(row.then.before)) for row in declared]
    after = [poa.poa_rule(poa_exempt.__contains__) if rule is poa.RULE and poa_exempt else rule for rule in _AFTER_USER]
    orders = [rule for rule, is_order in own if is_order]
    every = (*before, *(rule for rule, is_order in own if not is_order), *after, *orders)
    return tuple(rule for rule in every if rule.name not in off)


class _RuleError(Exception):
    """Which rule failed, and why."""

    def __init__(self, rule: Rule, error: Exception) -> None:
        super().__init__(rule.name)
        self.rule = rule
        self.error = error


def apply_rules(
    drafts: Sequence[Suggestion], facts: Facts, rules: Sequence[Rule] = RULES
) -> tuple[list[Suggestion], list[Alert]]:
    """Return the suggestions that belong on the claim, in order and with roles, and the alerts of the rules.

    The drafts are left as they are. A rule may have changed some of them before it failed, so all is then done anew
    without it.
    """
    failed: list[Rule] = []
    while True:
        try:
            suggestions, alerts = _apply([rule for rule in rules if rule not in failed], drafts, facts)
        except _RuleError as failure:
            _log().error("rule_failed", rule=failure.rule.name, error_type=type(failure.error).__name__)
            failed.append(failure.rule)
        else:
            assign_roles(suggestions)
            return suggestions, [*(_failed(rule) for rule in failed), *alerts]


def _apply(rules: Sequence[Rule], drafts: Sequence[Suggestion], facts: Facts) -> tuple[list[Suggestion], list[Alert]]:
    suggestions = [_copy(draft) for draft in drafts]
    alerts: list[Alert] = []
    for rule in rules:
        try:
            outcome = rule.apply(suggestions, facts)
        except Exception as error:  # the boundary that keeps one rule's fault from the whole chart
            raise _RuleError(rule, error) from None
        suggestions = outcome.suggestions
        alerts.extend(outcome.alerts)
    return suggestions, alerts


def _copy(draft: Suggestion) -> Suggestion:
    """Copy a draft for the rules to change; `dataclasses.replace` takes ten times as long."""
    return Suggestion(
        draft.system,
        draft.code,
        draft.display,
        draft.role,
        draft.confidence,
        draft.route,
        draft.evidence,
        draft.alternatives,
        list(draft.reasons),
    )


def _log() -> Any:
    import structlog  # here, where it is rarely needed: it takes 60 ms to import

    return structlog.get_logger(__name__)


def _failed(rule: Rule) -> Alert:
    return Alert(
        kind="rule_failed",
        severity=Severity.ERROR,
        message=f"rule {rule.name} failed and was left out; a person must check what it would have checked",
        source=rule.source,
    )
