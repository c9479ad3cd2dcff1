"""Why a wanted code was missed: how far it came through the stages, and what stopped it.

From the last stage to the first: a rule took it off the claim; the context of its mention spoke against it; it was a
candidate, but another code ranked higher; it was among the choices of a mention, but below the threshold; another code
of its category was read; nothing of the kind was matched, though the words of its title may be there.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.evaluation.passages import Passages, says_most_of
from engine.pipeline import ReadMention
from engine.types import Assertion, CodedChart, Context, Document, Evidence, Experiencer, Finding, Temporality

NEVER_MATCHED = "never matched"
WORDS_ELSEWHERE = "its words matched as another code"
WORDS_APART = "its words in a sentence, but not matched"
OTHER_OF_CATEGORY = "other code of the category"
BELOW_THRESHOLD = "below threshold"
RANKED_LOWER = "another code ranked higher"
UNRESOLVED = "an abbreviation left open"
OFF_THE_CLAIM = "present, but not on the claim"

Writer = Callable[[str], str]


class Probe(Protocol):
    """What can be asked of an engine about what it did not answer; a Pipeline is one."""

    def read_mentions(self, document: Document) -> Sequence[ReadMention]:
        """Return what a document names, with all choices."""

    def score_choices(self, mention: ReadMention) -> Sequence[float]:
        """Return the score of each choice."""

    def title(self, code: str) -> str:
        """Return the title of a code, "" if there is none."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a code was read: the span, its section, the score there (None: unknown) and what gave it."""

    begin: int
    end: int
    section: str
    score: float | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """Why a code was missed, where it was last seen, and the code that was given there."""

    cause: str
    place: Place | None = None
    instead: str = ""


# The later the stage, the lower; then the surer.
_Offer = tuple[int, float, Loss]


def place_of(finding: Finding, candidate: int = 0) -> Place:
    """Return where a finding reads a candidate."""
    mention, code = finding.mention, finding.codes[candidate]
    return Place(mention.begin, mention.end, mention.section, code.score, code.origin)


def place_of_evidence(coded: CodedChart, evidence: Evidence, score: float | None = None) -> Place:
    """Return where the evidence of a suggestion stands."""
    where = (evidence.document, evidence.begin)
    finding = next((f for f in coded.findings if (f.mention.document, f.mention.begin) == where), None)
    section, origin = (finding.mention.section, finding.codes[0].origin) if finding else ("", "")
    return Place(evidence.begin, evidence.end, section, score, origin)


def find_losses(
    missed: Collection[str],
    coded: CodedChart,
    mentions: Sequence[tuple[ReadMention, Sequence[float]]],
    *,
    write: Writer = str,
    is_claim: bool,
) -> dict[str, Loss]:
    """Say of each missed code why it was missed.

    `mentions` come with the scores of their choices; `is_claim` tells that suggestions are compared, not findings.
    """
    best: dict[str, _Offer] = {}
    of_category: dict[str, _Offer] = {}
    for code, offer in _offers(coded, mentions, is_claim=is_claim):
        written = write(code)
        best[written] = min(offer, best.get(written, offer), key=_order)
        category = written[:3]
        of_category[category] = min(
            (offer[0], offer[1], Loss(OTHER_OF_CATEGORY, offer[2].place, code)),
            of_category.get(category, (9, 0.0, Loss(""))),
            key=_order,
        )
    return {code: (best.get(code) or of_category.get(code[:3]) or (9, 0.0, Loss(NEVER_MATCHED)))[2] for code in missed}


def find_words(title: str, coded: CodedChart, passages: Passages) -> Loss:
    """Say of a code that was never matched whether the words of its title are there, and what became of them."""
    for finding in coded.findings:
        if says_most_of(title, finding.mention.text):
            return Loss(WORDS_ELSEWHERE, place_of(finding), finding.codes[0].code)
    return Loss(WORDS_APART if passages.hold(title) else NEVER_MATCHED)


def _order(offer: _Offer) -> tuple[int, float]:
    return offer[:2]


def _offers(
    coded: CodedChart, mentions: Sequence[tuple[ReadMention, Sequence[float]]], *, is_claim: bool
) -> Iterator[tuple[str, _Offer]]:
    if is_claim:
        seen = {f.codes[0].code: place_of(f) for f in sorted(coded.findings, key=lambda f: f.codes[0].score)}
        for alert in coded.alerts:
            for code in alert.codes:
                yield code, (0, 0.0, Loss(f"rule: {alert.kind}", seen.get(code)))
    for finding in coded.findings:
        top = finding.codes[0]
        cause = UNRESOLVED if finding.is_unresolved else _cause(finding.mention.context)
        yield top.code, (1, -top.score, Loss(cause, place_of(finding)))
        for number, candidate in enumerate(finding.codes[1:], 1):
            yield candidate.code, (2, -candidate.score, Loss(RANKED_LOWER, place_of(finding, number), top.code))
    for mention, scores in mentions:
        for choice, score in zip(mention.choices.options, scores, strict=True):
            place = Place(mention.span.begin, mention.span.end, mention.section, round(score, 4))
            yield choice.code, (3, -score, Loss(BELOW_THRESHOLD, place))


def _cause(context: Context) -> str:
    """Say what of the context of a mention kept its code away."""
    if context.experiencer is not Experiencer.PATIENT:
        return f"context: {context.experiencer.lower()}"
    if context.assertion is not Assertion.PRESENT:
        return f"context: {context.assertion.lower()}"
    if context.temporality is Temporality.HISTORICAL:
        return "context: historical"
    return OFF_THE_CLAIM
