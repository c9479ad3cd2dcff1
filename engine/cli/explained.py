"""Why a code is, or is not, on a chart's claim: step by step, out of findings, reasons and alerts alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.types import (
    Assertion,
    Chart,
    CodedChart,
    Context,
    Evidence,
    Experiencer,
    Finding,
    Role,
    Suggestion,
    Temporality,
    least_to_suggest,
)

_MOST_SHOWN = 8
_SAID = {
    Assertion.ABSENT: "is denied",
    Assertion.POSSIBLE: "is uncertain",
    Assertion.CONDITIONAL: "holds under a condition only",
    Assertion.HYPOTHETICAL: "might come to be",
}
_ROLES = {
    Role.PRINCIPAL: "first",
    Role.SECONDARY: "as a further diagnosis",
    Role.PROCEDURE: "as a procedure",
    Role.UNSPECIFIED: "",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an explanation, with the places of the chart that it rests on and its authority ("" for none)."""

    text: str
    source: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of a code: whether it is on the claim, the sentence that says so, and the steps to it."""

    code: str
    is_suggested: bool
    verdict: str
    steps: tuple[Step, ...]


def explain(code: str, coded: CodedChart) -> Explanation:
    """Say why a code, as published, is or is not among a chart's suggestions."""
    suggestion = next((item for item in coded.suggestions if item.code == code), None)
    steps = [*_mentions(code, coded)]
    if suggestion is not None:
        steps += [*_reasons(suggestion), *_alerts(code, coded)]
        return Explanation(code, True, _on_the_claim(suggestion), tuple(steps))
    moves = [*_became(code, coded), *_alerts(code, coded)]
    return Explanation(code, False, _off_the_claim(code, coded, moves), tuple(steps + moves))


def _on_the_claim(suggestion: Suggestion) -> str:
    place = " ".join(part for part in ("suggested", _ROLES[suggestion.role]) if part)
    return f"{suggestion.code} ({suggestion.display}) is {place}, confidence {suggestion.confidence:.2f}"


def _off_the_claim(code: str, coded: CodedChart, moves: list[Step]) -> str:
    named = [finding for finding in coded.findings if _rank(finding, code) is not None]
    if not named:
        return f"{code} is not suggested: nothing in the chart was read as it"
    if moves:
        return f"{code} is not suggested: {moves[0].text}"
    firsts = [finding for finding in named if _rank(finding, code) == 0]
    if not firsts:
        return f"{code} is not suggested: wherever it could be meant, another code is likelier"
    usable = [finding for finding in firsts if not _unusable(finding.mention.context)]
    if not usable:
        return f"{code} is not suggested: no mention says that the patient has it now"
    if all(finding.codes[0].score < least_to_suggest(finding.codes[0].code) for finding in usable):
        return f"{code} is not suggested: it is less likely than the least that is ({least_to_suggest(code)})"
    return f"{code} is not suggested: a rule left it out without naming it (the steps below are all that is known)"


def _rank(finding: Finding, code: str) -> int | None:
    return next((number for number, candidate in enumerate(finding.codes) if candidate.code == code), None)


def _mentions(code: str, coded: CodedChart) -> Iterator[Step]:
    found = [(finding, rank) for finding in coded.findings if (rank := _rank(finding, code)) is not None]
    for finding, rank in found[:_MOST_SHOWN]:
        mention = finding.mention
        place = Evidence(mention.document, mention.begin, mention.end)
        section = f" under {mention.section}" if mention.section else ""
        yield Step(f"read here{section}: {_ranked(finding, rank, code)}{_context(mention.context)}", "", (place,))
    if len(found) > _MOST_SHOWN:
        yield Step(f"... and in {len(found) - _MOST_SHOWN} more places")


def _ranked(finding: Finding, rank: int, code: str) -> str:
    score = finding.codes[rank].score
    if rank == 0:
        return f"{code} is the likeliest meaning ({score:.2f})"
    best = finding.codes[0]
    return f"{code} ({score:.2f}) comes after {best.code} ({best.score:.2f})"


def _context(context: Context) -> str:
    said = _unusable(context)
    rules = ", ".join(sorted({cue.rule for cue in context.cues if cue.rule}))
    return f"; it {' and '.join(said)}" + (f" (cue {rules})" if rules else "") if said else ""


def _unusable(context: Context) -> list[str]:
    """Say what keeps a mention from being a condition that the patient has now; nothing if it is one."""
    said = [_SAID[context.assertion]] if context.assertion in _SAID else []
    if context.temporality is Temporality.HISTORICAL:
        said.append("is past")
    if context.experiencer is Experiencer.FAMILY:
        said.append("is a relative's")
    elif context.experiencer is Experiencer.OTHER:
        said.append("is another person's")
    return said


def _reasons(suggestion: Suggestion) -> Iterator[Step]:
    for reason in suggestion.reasons:
        yield Step(f"{reason.rule}: {reason.detail}" if reason.detail else reason.rule, reason.source)


def _became(code: str, coded: CodedChart) -> Iterator[Step]:
    """Yield the suggestions whose reasons name the code: what it was turned into, or taken up by."""
    for suggestion in coded.suggestions:
        for reason in suggestion.reasons:
            if code in reason.detail.replace(",", " ").replace(":", " ").split():
                yield Step(f"{suggestion.code} stands for it, by {reason.rule}: {reason.detail}", reason.source)


def _alerts(code: str, coded: CodedChart) -> Iterator[Step]:
    for alert in coded.alerts:
        if code in alert.codes:
            yield Step(f"{alert.kind}: {alert.message}", alert.source, tuple(alert.evidence[:2]))


def quotes(step: Step, chart: Chart) -> list[str]:
    """Return the words of the chart that a step rests on, each on one line."""
    return [" ".join(chart.documents[place.document].text[place.begin : place.end].split()) for place in step.evidence]
