"""Who acts on a suggestion: nobody (AUTO), a coder (REVIEW), or nobody before a question is answered (HOLD).

The strictest of what threshold and escalations say holds; a cap then takes charts (or codes) out of AUTO. The reason of
each decision names the rule that made it, the others that would have, and the policy.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple, TypeVar

from engine.routing.look import CHART_QUESTIONS, IsNew, Look
from engine.routing.policy import Cap, Escalation, Limits, Policy, Threshold, When
from engine.types import Alert, Chart, Reason, Route, Setting, Suggestion

_ROUTES = (Route.AUTO, Route.REVIEW, Route.HOLD)  # by strictness
_AUTO, _REVIEW, _HOLD = range(3)
_ASKED = (When.ALERT, When.NEW_CODE, When.DOCUMENT_QUALITY)
_UNSPECIFIED = re.compile(r"\bunspecified\b|\bNOS\b|\bnot (?:otherwise )?specified\b|\bunsp\b", re.IGNORECASE)
_MOST_PROFILES, _MOST_REMEMBERED = 64, 2048

_Decision = tuple[Route, Reason]
_Part = TypeVar("_Part", Threshold, Cap)


def _never_new(_: str, __: str) -> bool:
    return False


class Router:
    """Routes the suggestions of charts by one policy; what codes alone decide is remembered, within bounds."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        # Charts in one setting with the same escalations active are routed alike, but for how their codes are stated.
        self._profile = lru_cache(_MOST_PROFILES)(partial(_Profile, policy))
        self._questions: list[tuple[Callable[[Look, Limits], bool] | None, Limits]] = [
            (CHART_QUESTIONS.get(escalation.when), escalation.limits) for escalation in policy.escalations
        ]

    def route(
        self, chart: Chart, suggestions: Sequence[Suggestion], alerts: Sequence[Alert], *, is_new: IsNew = _never_new
    ) -> None:
        """Set the route of every suggestion and record which rule decided."""
        look = Look(chart, suggestions, alerts, is_new)
        active = tuple([question is None or question(look, limits) for question, limits in self._questions])
        profile = self._profile(chart.setting, active)
        for suggestion in suggestions:
            parts = profile.parts(suggestion.system, suggestion.code, suggestion.display)
            confidence, threshold = suggestion.confidence, parts.thresholds[0]
            if len(parts.thresholds) > 1:
                threshold = next(part for part in parts.thresholds if look.is_stated(part.scope, suggestion))
            level = _HOLD if confidence < threshold.hold else _REVIEW if confidence < threshold.auto else _AUTO
            hits = tuple([n for n, part in parts.escalations if part is None or look.hits(part, suggestion)])
            drawn = ""
            if parts.caps and level == _AUTO and not hits:
                drawn = next((cap.name for cap in parts.caps if look.is_drawn(cap, suggestion)), "")
            suggestion.route, reason = profile.decision(threshold.name, level, hits, drawn)
            suggestion.reasons.append(reason)


class _Parts(NamedTuple):
    """What may mean a code, the first first; an escalation that takes it however it is stated stands as None."""

    thresholds: tuple[Threshold, ...]
    escalations: tuple[tuple[int, Escalation | None], ...]
    caps: tuple[Cap, ...]


class _Profile:
    """A policy for charts in one setting, of its escalations those that are active."""

    def __init__(self, policy: Policy, setting: Setting, active: tuple[bool, ...]) -> None:
        self._policy = policy
        self._setting = setting
        self._escalations = [
            (number, escalation)
            for number, escalation in enumerate(policy.escalations)
            if active[number] and escalation.scope.has_setting(setting)
        ]
        self.parts = lru_cache(_MOST_REMEMBERED)(self._parts)
        self.decision = lru_cache(_MOST_REMEMBERED)(self._decision)

    def _parts(self, system: str, code: str, title: str) -> _Parts:
        escalations = tuple(
            (number, part if _is_asked(part) else None)
            for number, part in self._escalations
            if part.scope.has_code(system, code) and (part.when is not When.UNSPECIFIED or is_unspecified(title))
        )
        policy = self._policy
        return _Parts(self._meant(policy.thresholds, system, code), escalations, self._meant(policy.caps, system, code))

    def _meant(self, parts: Sequence[_Part], system: str, code: str) -> tuple[_Part, ...]:
        found = [p for p in parts if p.scope.has_setting(self._setting) and p.scope.has_code(system, code)]
        # Behind one that means a code in any document none is asked for a threshold; several caps may be.
        first = next((n for n, p in enumerate(found) if isinstance(p, Threshold) and not p.scope.documents), len(found))
        return tuple(found[: first + 1])

    def _decision(self, threshold: str, level: int, hits: tuple[int, ...], drawn: str) -> _Decision:
        policy = self._policy
        by_confidence = _by_confidence(next(part for part in policy.thresholds if part.name == threshold), level)
        said = [_of_cap(cap) for cap in policy.caps if cap.name == drawn]
        said += [(_ROUTES.index(e.route), f"route:{e.name}", e.why) for e in (policy.escalations[n] for n in hits)]
        said.append(by_confidence)
        strictest, rule, why = max(said, key=lambda each: each[0])  # the first of the strictest
        others = [_shown(name, by_confidence[1]) for other, name, _ in said if name != rule and other != _AUTO]
        also = f"; also {', '.join(others)}" if others else ""
        route = _ROUTES[strictest]
        return route, Reason(rule, policy.source, f"{route.value}: {why}{also}")


@lru_cache(maxsize=8192)
def is_unspecified(title: str) -> bool:
    """Whether a title says that the documentation said no more (Guidelines I.A.9.b, I.B.18)."""
    return _UNSPECIFIED.search(title) is not None


def _is_asked(escalation: Escalation) -> bool:
    """Whether an escalation looks at more of a suggestion than its code."""
    return escalation.when in _ASKED or escalation.below is not None or bool(escalation.scope.documents)


def _by_confidence(threshold: Threshold, level: int) -> tuple[int, str, str]:
    said = {
        _HOLD: f"confidence under {threshold.hold:.2f}",
        _REVIEW: f"confidence under {threshold.auto:.2f}",
        _AUTO: f"confidence of {threshold.auto:.2f} or more, and nothing against it",
    }
    return level, f"route:{_ROUTES[level].value.lower()}", f"{said[level]} (threshold {threshold.name})"


def _of_cap(cap: Cap) -> tuple[int, str, str]:
    return _REVIEW, f"route:{cap.name}", f"drawn for a person's look; {cap.share:.0%} go without"


def _shown(rule: str, by_confidence: str) -> str:
    return "confidence" if rule == by_confidence else rule.removeprefix("route:")
