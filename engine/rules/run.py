"""Applies the rules in order; a rule that fails is reported and left out, and never takes the chart down."""

from collections.abc import Sequence
from typing import Any

from engine.rules import (
    abbreviations,
    assessed,
    bilateral,
    combination,
    copied,
    excludes1,
    integral_symptoms,
    seventh_character,
    unspecified,
)
from engine.rules.base import Facts, Rule
from engine.rules.gather import assign_roles
from engine.types import Alert, Severity, Suggestion

# First what is no code and what nobody assessed: neither may take the place of anything. Then detail, then what
# belongs together, then what may not stand together.
RULES: tuple[Rule, ...] = (
    seventh_character.RULE,
    assessed.RULE,
    bilateral.RULE,
    unspecified.RULE,
    combination.RULE,
    integral_symptoms.RULE,
    excludes1.RULE,
    abbreviations.RULE,
    copied.RULE,
)


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
