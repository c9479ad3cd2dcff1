"""What a documentation query rests on, and how it is put to the provider.

Source: AHIMA/ACDIS, Guidelines for Achieving a Compliant Query Practice (2022): clinical indicators from the record,
a question that leads to no answer, options that are clinically sound and include "other" and "unable to determine",
no word of payment; raised the same whichever way the answer moves it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from engine.queries.words import Named, Place
from engine.types import (
    Alert,
    Assertion,
    Chart,
    Evidence,
    Experiencer,
    Finding,
    Query,
    Severity,
    Suggestion,
    Temporality,
)

SOURCE = "AHIMA/ACDIS Guidelines for Achieving a Compliant Query Practice (2022)"
# Every query ends with these two.
OTHER, UNABLE = "other (please specify)", "unable to determine"
# So many indicators are shown at most; more would not be read.
MOST_INDICATORS = 8

ReadAround = Callable[[Sequence[Place]], list[Named]]


class Record:
    """A chart as queries see it: what it names, what is suggested, and where the words of WORDS stand, by number.

    `read_around` gives each of some places its heading and context; it is asked only about words that matter.
    """

    def __init__(
        self,
        chart: Chart,
        findings: Sequence[Finding],
        suggestions: Sequence[Suggestion],
        words: Mapping[int, Sequence[Place]],
        read_around: ReadAround,
    ) -> None:
        self.chart = chart
        self.findings = findings
        self.suggestions = suggestions
        self.words = words
        self._read_around = read_around
        self._codes: list[str] | None = None

    def places(self, numbers: Iterable[int]) -> list[Place]:
        """Return where words stand, whatever is said of them, in text order."""
        return sorted([place for number in numbers for place in self.words.get(number, ())])

    def has_any(self, numbers: Iterable[int]) -> bool:
        """Whether a word stands anywhere, whatever is said of it."""
        return not self.words.keys().isdisjoint(numbers)

    def said(self, places: Sequence[Place]) -> list[Named]:
        """Return those of some places (in text order) where a word is said of the patient and not denied."""
        return [named for named in self._read_around(places) if _is_said(named)]

    def signs(self, prefixes: tuple[str, ...]) -> list[Evidence]:
        """Return the evidence of what the record says of the patient now whose code begins so, in text order."""
        return [
            evidence_of(finding)
            for finding in self.findings
            if finding.codes[0].code.startswith(prefixes) and _is_so(finding)
        ]

    def names_any(self, prefixes: tuple[str, ...]) -> bool:
        """Whether anything the record says, of whomever and whenever, may have a code that begins so."""
        if self._codes is None:
            codes = {candidate.code for finding in self.findings for candidate in finding.codes}
            self._codes = sorted(codes | {suggestion.code for suggestion in self.suggestions})
        return any(code.startswith(prefixes) for code in self._codes)


AskAbout = Callable[[Record], list[Alert]]


def _is_said(named: Named) -> bool:
    """Whether a word is said of the patient and not denied."""
    context = named.context
    return context.assertion is not Assertion.ABSENT and context.experiencer is Experiencer.PATIENT


def _is_so(finding: Finding) -> bool:
    """Whether a finding is of the patient, present and current."""
    context = finding.mention.context
    return (
        context.assertion is Assertion.PRESENT
        and context.temporality is Temporality.CURRENT
        and context.experiencer is Experiencer.PATIENT
    )


def evidence_of(finding: Finding) -> Evidence:
    """Return where a finding is stated."""
    mention = finding.mention
    return Evidence(mention.document, mention.begin, mention.end)


def evidence_at(places: Iterable[Place]) -> list[Evidence]:
    """Return places as evidence."""
    return [Evidence(*place) for place in places]


def query(
    kind: str,
    question: str,
    options: Sequence[str],
    *,
    codes: Sequence[str],
    indicators: Iterable[Evidence],
    source: str = "",
) -> Alert:
    """Make the alert that puts a question; with indicators a person should act on it, without it is for information."""
    shown = sorted(set(indicators), key=lambda e: (e.document, e.begin, e.end))[:MOST_INDICATORS]
    return Alert(
        kind=kind,
        severity=Severity.WARNING if shown else Severity.INFO,
        message=f"documentation query{f' on {codes[0]}' if codes else ''}: {question}",
        source=f"{source}; {SOURCE}" if source else SOURCE,
        evidence=shown,
        codes=list(codes),
        query=Query(question, [*options, OTHER, UNABLE]),
    )


def matches(code: str, patterns: Iterable[str]) -> bool:
    """Whether a code begins as one of the patterns, or is the one before "!"."""
    return any(code == p[:-1] if p.endswith("!") else code.startswith(p) for p in patterns)
