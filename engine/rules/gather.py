"""From findings to draft suggestions: one a code, with all its evidence and the best of its mentions.

Sources: Guidelines IV.H (outpatient: uncertain diagnoses are not coded) and II.H, III.C (inpatient: coded as
if they existed); I.A.19 (a code rests on the provider's statement that the condition exists).
"""

import re
from collections.abc import Callable, Sequence, Set
from functools import lru_cache

from engine.rules.history import code_in_context
from engine.types import (
    UNRESOLVED,
    Assertion,
    Chart,
    Evidence,
    Finding,
    Origin,
    Reason,
    Role,
    Route,
    Setting,
    Suggestion,
    least_to_suggest,
)

_PER_REPEAT = 0.02
_MOST = 0.98
_POSSIBLE_FACTOR = 0.8
# Sections whose statements lead a claim: the first-listed diagnosis is looked for there.
LEADING_SECTIONS = frozenset(
    (
        "DISCHARGE_DIAGNOSIS",
        "POSTOPERATIVE_DIAGNOSIS",
        "DIAGNOSIS",
        "ASSESSMENT",
        "ASSESSMENT_AND_PLAN",
        "IMPRESSION",
        "PLAN",
    )
)
# External causes are never listed first (Guidelines I.C.20.a.6), nor are manifestations (I.A.13) and organisms (I.B.7).
EXTERNAL_CAUSES = ("V", "W", "X", "Y")
_MANIFESTATION = re.compile(r"(?<!not )\bclassified elsewhere\b", re.IGNORECASE)
_LAST = (1 << 30, 0)
# How kinds of documents are named that conclude a stay, and those by readers of images and specimens.
_FINAL = ("discharge summary", "death summary")
_OF_READERS = ("radiology", "pathology", "imaging", "cytology")
_PRESENT, _POSSIBLE, _INPATIENT = Assertion.PRESENT, Assertion.POSSIBLE, Setting.INPATIENT
_NO_ROLE, _NO_ROUTE = Role.UNSPECIFIED, Route.REVIEW
_PRINCIPAL, _SECONDARY = Role.PRINCIPAL, Role.SECONDARY


_PLAIN = frozenset((Origin.LEXICON.name.lower(), Origin.ABBREVIATION.name.lower()))
# A title or inclusion term of the release in full: of three words or more it is no accident.
_OFFICIAL = frozenset((Origin.TITLE.name.lower(), Origin.INCLUSION.name.lower()))
_LEAST_SPACES_OF_OFFICIAL = 2

# A finding, and why its code in its context differs from what the words alone mean.
_Statement = tuple[Finding, Reason | None]


def gather_suggestions(
    findings: Sequence[Finding],
    chart: Chart,
    title: Callable[[str], str],
    *,
    kinds: Sequence[str] = (),
    copied: Set[tuple[int, int]] = frozenset(),
) -> list[Suggestion]:
    """Draft the suggestions of a chart in the order of a claim; `title` gives the title of a code, "" if there is none.

    `kinds` are those of the documents, as far as they are known; `copied` is where (document, begin) mentions stand in
    text copied forward, which are no new evidence.

    First what the leading sections state, in their order (Guidelines II and IV.G: the condition chiefly responsible is
    named first there), then the rest, surest first. An unresolved abbreviation states none of its meanings.
    """
    by_code: dict[tuple[str, str], list[_Statement]] = {}
    guessing = _guessing(kinds, len(chart.documents)) if chart.setting is _INPATIENT else frozenset()
    for finding in findings:
        top = finding.codes[0]
        if not _suggests(finding):
            continue
        context = finding.mention.context
        if context.assertion is _PRESENT or (context.assertion is _POSSIBLE and finding.mention.document in guessing):
            code, reason = code_in_context(top.code, context)
            if code:
                by_code.setdefault((top.system, code), []).append((finding, reason))
    drafts = [_draft(code, group, shown, copied) for (_, code), group in by_code.items() if (shown := title(code))]
    drafts.sort(key=lambda draft: (not may_lead(draft[1]), draft[0], -draft[1].confidence, draft[1].code))
    return [suggestion for _, suggestion in drafts]


def _guessing(kinds: Sequence[str], documents: int) -> frozenset[int]:
    """Return the documents whose uncertain diagnoses are coded as if they existed (Guidelines II.H, III.C).

    What is uncertain at discharge: where there is a discharge summary, what that says. Else all but the reports of
    those who only read images and specimens (III.B).
    """
    known = enumerate([*kinds, *[""] * (documents - len(kinds))])
    named = [(number, kind.lower()) for number, kind in known]
    final = frozenset(number for number, kind in named if any(word in kind for word in _FINAL))
    return final or frozenset(number for number, kind in named if not any(word in kind for word in _OF_READERS))


def _suggests(finding: Finding) -> bool:
    """Whether a finding is likely enough, or said in plain words: conventions that leave a disease uncoded differ."""
    candidate = finding.codes[0]
    if candidate.origin in _PLAIN:
        return True
    if candidate.origin in _OFFICIAL and finding.mention.text.count(" ") >= _LEAST_SPACES_OF_OFFICIAL:
        return True
    return candidate.score >= least_to_suggest(candidate.code) and candidate.origin != UNRESOLVED


def may_lead(suggestion: Suggestion) -> bool:
    """Whether a code may be listed first."""
    return not suggestion.code.startswith(EXTERNAL_CAUSES) and not is_manifestation(suggestion.display)


@lru_cache(maxsize=8192)
def is_manifestation(title: str) -> bool:
    """Whether a title is that of a manifestation ("in diseases classified elsewhere"), which is never first."""
    return _MANIFESTATION.search(title) is not None


def _draft(
    code: str, statements: list[_Statement], display: str, copied: Set[tuple[int, int]]
) -> tuple[tuple[int, int], Suggestion]:
    """Draft a suggestion; with it, where a leading section first states the code."""
    evidence: list[Evidence] = []
    sections: set[str] = set()
    place, is_possible = _LAST, True
    for finding, _ in statements:
        mention = finding.mention
        evidence.append(Evidence(mention.document, mention.begin, mention.end))
        is_possible = is_possible and mention.context.assertion is _POSSIBLE
        if section := mention.section:
            sections.add(section)
            if section in LEADING_SECTIONS:
                place = min(place, (mention.document, mention.begin))
    best = statements[0][0] if len(statements) == 1 else max([finding for finding, _ in statements], key=_strength)
    top = best.codes[0]
    again = sum((one.document, one.begin) in copied for one in evidence) if copied else 0
    times = max(1, len(statements) - again)
    confidence = min(_MOST, top.score + _PER_REPEAT * (times - 1))
    reasons = [_stated(times, tuple(sorted(sections)), is_possible, again)]
    for _, reason in statements:
        if reason is not None and reason not in reasons:
            reasons.append(reason)
    # By position: by name it would take twice as long.
    suggestion = Suggestion(
        top.system,
        code,
        display,
        _NO_ROLE,
        round(confidence * _POSSIBLE_FACTOR if is_possible else confidence, 4),
        _NO_ROUTE,
        evidence,
        best.codes[1:4],
        reasons,
    )
    return place, suggestion


def _strength(finding: Finding) -> tuple[float, int, int]:
    """The surer, then the earlier."""
    return finding.codes[0].score, -finding.mention.document, -finding.mention.begin


@lru_cache(maxsize=8192)
def _stated(count: int, sections: tuple[str, ...], is_possible: bool, again: int) -> Reason:
    where = f" in {', '.join(sections)}" if sections else ""
    times = "once" if count == 1 else f"{count} times"
    where += f", and {again} more in copied text" if again else ""
    if is_possible:
        return Reason("uncertain-inpatient", "ICD-10-CM Guidelines II.H", f"stated as uncertain {times}{where}")
    return Reason("stated", "ICD-10-CM Guidelines I.A.19", f"stated {times}{where}")


def assign_roles(suggestions: Sequence[Suggestion]) -> None:
    """Name the first diagnosis that may lead principal (first-listed for outpatients) and the others secondary."""
    leading = next((suggestion for suggestion in suggestions if may_lead(suggestion)), None)
    for suggestion in suggestions:
        suggestion.role = _PRINCIPAL if suggestion is leading else _SECONDARY
