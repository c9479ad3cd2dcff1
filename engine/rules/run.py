"""Applies the rules in order; a rule that fails is reported and left out, and never takes the chart down."""

from collections.abc import Sequence
from copy import copy

import structlog

from engine.rules import assessed, excludes1, integral_symptoms, seventh_character, unspecified
from engine.rules.base import Facts, Rule
from engine.rules.gather import assign_roles
from engine.types import Alert, Severity, Suggestion

# First what is no code and what nobody assessed: neither may take the place of anything. Then detail, then what
# belongs together, then what may not stand together.
RULES: tuple[Rule, ...] = (
    seventh_character.RULE,
    assessed.RULE,
    unspecified.RULE,
    integral_symptoms.RULE,
    excludes1.RULE,
)

_log = structlog.get_logger(__name__)


def apply_rules(
    drafts: Sequence[Suggestion], facts: Facts, rules: Sequence[Rule] = RULES
) -> tuple[list[Suggestion], list[Alert]]:
    """Return the suggestions that belong on the claim, in order and with roles, and the alerts of the rules."""
    suggestions = list(drafts)
    alerts: list[Alert] = []
    for rule in rules:
        trial = [_copied(suggestion) for suggestion in suggestions]
        try:
            outcome = rule.apply(trial, facts)
        except Exception as error:  # the boundary that keeps one rule's fault from the whole chart
            _log.error("rule_failed", rule=rule.name, error_type=type(error).__name__)
            alerts.append(_failed(rule))
            continue
        suggestions = outcome.suggestions
        alerts.extend(outcome.alerts)
    assign_roles(suggestions)
    return suggestions, alerts


def _copied(suggestion: Suggestion) -> Suggestion:
    twin = copy(suggestion)
    twin.reasons = list(suggestion.reasons)
    return twin


def _failed(rule: Rule) -> Alert:
    return Alert(
        kind="rule_failed",
        severity=Severity.ERROR,
        message=f"rule {rule.name} failed and was left out; a person must check what it would have checked",
        source=rule.source,
    )
