"""Findings, suggestions and facts made by hand for the tests of the rules."""

import re
from collections.abc import Sequence

from codesets.snapshot import Snapshot
from engine.rules.base import Facts, Rule
from engine.types import (
    Assertion,
    Axis,
    Candidate,
    Chart,
    Context,
    Cue,
    Document,
    Evidence,
    Experiencer,
    Finding,
    Mention,
    Role,
    Route,
    Setting,
    Sex,
    Suggestion,
    Temporality,
)

CHART = Chart("made", (Document("made"),))


def draft(snapshot: Snapshot, code: str, confidence: float = 0.5, at: int = 0) -> Suggestion:
    """Draft a suggestion with its official title, stated at one place."""
    display = snapshot.title(code) if code in snapshot else code
    evidence = [Evidence(0, at, at + 1)]
    return Suggestion("icd10cm", code, display, Role.UNSPECIFIED, confidence, Route.REVIEW, evidence)


def drafts(snapshot: Snapshot, *codes: str) -> list[Suggestion]:
    """Draft suggestions, each with less confidence than the one before, each at its own place."""
    return [draft(snapshot, code, 0.9 - place / 100, at=place) for place, code in enumerate(codes)]


def facts(snapshot: Snapshot, findings: Sequence[Finding] = (), chart: Chart = CHART) -> Facts:
    """Say what the rules may look at."""
    return Facts(chart, snapshot, findings)


def in_context(
    assertion: Assertion = Assertion.PRESENT,
    *,
    temporality: Temporality = Temporality.CURRENT,
    experiencer: Experiencer = Experiencer.PATIENT,
    rule: str = "history of",
) -> Context:
    """Make a context; what is past has a cue of that rule."""
    cues = (Cue(Axis.TEMPORALITY, 0, 1, rule),) if temporality is Temporality.HISTORICAL else ()
    return Context(assertion, temporality, experiencer, cues)


def finding(
    code: str, score: float = 0.5, *, at: int = 0, document: int = 0, section: str = "", context: Context | None = None
) -> Finding:
    """Make a finding of one code."""
    mention = Mention(document, at, at + 1, "x", section, context or in_context())
    return Finding(mention, [Candidate("icd10cm", code, code, score)])


def chart_in(setting: Setting) -> Chart:
    """Make a chart of a setting."""
    return Chart("made", CHART.documents, setting=setting)


_MARK = re.compile(r"\[([A-Z0-9.]+)\|([^\]]+)\]")


def marked(
    snapshot: Snapshot,
    text: str,
    *,
    setting: Setting = Setting.UNSPECIFIED,
    section: str = "",
    assertion: Assertion = Assertion.PRESENT,
    age: int | None = None,
    sex: Sex = Sex.UNSPECIFIED,
) -> tuple[list[Suggestion], Facts]:
    """Read a text in which "[I10|hypertension]" marks what is drafted; marked twice, it has two pieces of evidence."""
    plain, places = "", []
    end = 0
    for mark in _MARK.finditer(text):
        plain += text[end : mark.start()]
        places.append((mark[1], len(plain), len(plain) + len(mark[2])))
        plain += mark[2]
        end = mark.end()
    plain += text[end:]
    made: dict[str, Suggestion] = {}
    found: list[Finding] = []
    for code, begin, stop in places:
        if code not in made:
            made[code] = draft(snapshot, code, round(0.9 - len(made) / 100, 2))
            made[code].evidence = []
        made[code].evidence.append(Evidence(0, begin, stop))
        mention = Mention(0, begin, stop, plain[begin:stop], section, in_context(assertion))
        found.append(Finding(mention, [Candidate("icd10cm", code, code, 0.5)]))
    chart = Chart("made", (Document(plain),), setting=setting, age_years=age, sex=sex)
    return list(made.values()), Facts(chart, snapshot, found)


def applied(rule: Rule, given: tuple[list[Suggestion], Facts]) -> list[str]:
    """Apply a rule and list the codes it leaves; what it takes off must be in an alert."""
    before = {suggestion.code for suggestion in given[0]}
    outcome = rule.apply(*given)
    after = [suggestion.code for suggestion in outcome.suggestions]
    assert before - set(after) <= {code for alert in outcome.alerts for code in alert.codes}
    return after
