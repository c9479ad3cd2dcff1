"""Policies, suggestions and charts made by hand for the tests of routing."""

from pathlib import Path

from engine.routing.look import IsNew
from engine.routing.policy import Policy
from engine.routing.read import read_policy
from engine.routing.route import Router
from engine.types import Alert, Chart, Document, Evidence, Role, Route, Severity, Suggestion

HEAD = '[policy]\nname = "made"\nversion = "1"\n'
GENERAL = '[[threshold]]\nname = "general"\nauto = 0.8\nhold = 0.4\n'
CHART = Chart("chart-1", (Document("Assessment: hypertension, well controlled."),))


def policy_of(folder: Path, text: str) -> Policy:
    """Read a policy from its text."""
    file = folder / "policy.toml"
    file.write_text(text, encoding="utf-8")
    return read_policy(file)


def suggestion(
    code: str = "I10", confidence: float = 0.9, *, system: str = "icd10cm", title: str = "", document: int = 0
) -> Suggestion:
    """Make a suggestion that is stated once."""
    evidence = [Evidence(document, 0, 1)]
    return Suggestion(system, code, title or code, Role.SECONDARY, confidence, Route.REVIEW, evidence)


def alert(severity: Severity, *codes: str) -> Alert:
    """Make an alert that names codes."""
    return Alert("made", severity, "made", "made", codes=list(codes))


def routed(
    policy: Policy,
    *suggestions: Suggestion,
    chart: Chart = CHART,
    alerts: tuple[Alert, ...] = (),
    is_new: IsNew = lambda system, code: False,
) -> list[tuple[str, str]]:
    """Route, and return the route and the rule of each suggestion."""
    Router(policy).route(chart, suggestions, alerts, is_new=is_new)
    return [(s.route.value, s.reasons[-1].rule.removeprefix("route:")) for s in suggestions]
