"""From findings to draft suggestions: one a code, with all its evidence and the best of its mentions.

Sources: Guidelines IV.H (outpatient: uncertain diagnoses are not coded) and II.H, III.C (inpatient: coded as
if they existed); I.A.19 (a code rests on the provider's statement that the condition exists).
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from engine.rules.history import code_in_context
from engine.types import (
    LEAST_TO_SUGGEST,
    UNRESOLVED,
    Assertion,
    Candidate,
    Chart,
    Evidence,
    Finding,
    Origin,
    Reason,
    Role,
    Route,
    Setting,
    Suggestion,
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


_PLAIN = frozenset((Origin.LEXICON.name.lower(), Origin.ABBREVIATION.name.lower()))

# A finding, and why its code in its context differs from what the words alone mean.
_Statement = tuple[Finding, Reason | None]


def gather_suggestions(findings: Sequence[Finding], chart: Chart, title: Callable[[str], str]) -> list[Suggestion]:
    """Draft the suggestions of a chart in the order of a claim; `title` gives the title of a code, "" if there is none.

    First what the leading sections state, in their order (Guidelines II and IV.G: the condition chiefly responsible is
    named first there), then the rest, surest first. An unresolved abbreviation states none of its meanings.
    """
    by_code: dict[tuple[str, str], list[_Statement]] = {}
    for finding in findings:
        context = finding.mention.context
        if not _suggests(finding.codes[0]):
            continue
        if context.assertion is Assertion.PRESENT or _counts_as_present(context.assertion, chart.setting):
            top = finding.codes[0]
            code, reason = code_in_context(top.code, context)
            if code:
                by_code.setdefault((top.system, code), []).append((finding, reason))
    drafts = [_draft(code, group, shown) for (_, code), group in by_code.items() if (shown := title(code))]
    drafts.sort(key=lambda draft: (not may_lead(draft[1]), draft[0], -draft[1].confidence, draft[1].code))
    return [suggestion for _, suggestion in drafts]


def _suggests(candidate: Candidate) -> bool:
    """Whether a candidate is likely enough, or said in plain words: conventions that leave a disease uncoded differ."""
    return candidate.origin in _PLAIN or (candidate.score >= LEAST_TO_SUGGEST and candidate.origin != UNRESOLVED)


def may_lead(suggestion: Suggestion) -> bool:
    """Whether a code may be listed first."""
    return not suggestion.code.startswith(EXTERNAL_CAUSES) and not _is_manifestation(suggestion.display)


@lru_cache(maxsize=8192)
def _is_manifestation(title: str) -> bool:
    return _MANIFESTATION.search(title) is not None


def _place(group: Sequence[Finding]) -> tuple[int, int]:
    """Return where a leading section first states a code."""
    stated = [(f.mention.document, f.mention.begin) for f in group if f.mention.section in LEADING_SECTIONS]
    return min(stated) if stated else _LAST


def _counts_as_present(assertion: Assertion, setting: Setting) -> bool:
    return assertion is Assertion.POSSIBLE and setting is Setting.INPATIENT


def _draft(code: str, statements: list[_Statement], display: str) -> tuple[tuple[int, int], Suggestion]:
    group = [finding for finding, _ in statements]
    best = group[0] if len(group) == 1 else max(group, key=_strength)
    top = best.codes[0]
    is_possible = all(finding.mention.context.assertion is Assertion.POSSIBLE for finding in group)
    confidence = min(_MOST, top.score + _PER_REPEAT * (len(group) - 1)) * (_POSSIBLE_FACTOR if is_possible else 1.0)
    changes = dict.fromkeys(reason for _, reason in statements if reason)
    sections = tuple(sorted({finding.mention.section for finding in group if finding.mention.section}))
    suggestion = Suggestion(
        system=top.system,
        code=code,
        display=display,
        role=Role.UNSPECIFIED,
        confidence=round(confidence, 4),
        route=Route.REVIEW,
        evidence=[Evidence(f.mention.document, f.mention.begin, f.mention.end) for f in group],
        alternatives=best.codes[1:4],
        reasons=[_stated(len(group), sections, is_possible), *changes],
    )
    return _place(group), suggestion


def _strength(finding: Finding) -> tuple[float, int, int]:
    """The surer, then the earlier."""
    return finding.codes[0].score, -finding.mention.document, -finding.mention.begin


@lru_cache(maxsize=8192)
def _stated(count: int, sections: tuple[str, ...], is_possible: bool) -> Reason:
    where = f" in {', '.join(sections)}" if sections else ""
    times = "once" if count == 1 else f"{count} times"
    if is_possible:
        return Reason("uncertain-inpatient", "ICD-10-CM Guidelines II.H", f"stated as uncertain {times}{where}")
    return Reason("stated", "ICD-10-CM Guidelines I.A.19", f"stated {times}{where}")


def assign_roles(suggestions: Sequence[Suggestion]) -> None:
    """Name the first diagnosis that may lead principal (first-listed for outpatients) and the others secondary."""
    leading = next((suggestion for suggestion in suggestions if may_lead(suggestion)), None)
    for suggestion in suggestions:
        suggestion.role = Role.PRINCIPAL if suggestion is leading else Role.SECONDARY
