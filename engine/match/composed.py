"""Findings said of a site in words that no term lists: gaps, another order, coordination.

"A 4 cm mass in the upper pole of the right kidney", "swelling, right ankle", "cardiac and renal failure", "pain in the
neck and back". The matcher reports where findings and sites stand (parts.py); here the ones that belong together are
paired by the words between them. A pair whose code the lexicon does not know yields nothing.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from engine.match.parts import Parts
from engine.match.term_span import Place, Senses, TermSpan
from engine.types import Origin

# From a finding to its site: a preposition and some words that cut nothing.
_LINK = (
    r"(?:of|in|at|on|to|over|involving|affecting|around|near|within|inside|along|throughout|from|across|behind|under"
    r"|beneath|infiltrating|invading|occupying|overlying|into)"
)
_CUT = (
    r"(?:and|or|but|with|without|no|not|due|secondary|because|caused|after|before|which|that|who|where|when|while|than"
    r"|is|was|are|were|has|had|have|for|by|as|if|then|she|he|they|patient|under|until|since|during|through|via|per)\b"
)
_FILL = rf"(?:[\s-]+(?!{_CUT})[\w'.%/-]*\w)"
_SIDES = r"(?:\s+(?:the|his|her|their|a|an|left|right|both|bilateral|lt|rt|upper|lower))*"
_ORDINAL = r"(?:\d\d?(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)"
_ORDINALS = rf"(?:\s+{_ORDINAL}(?:,|\s+and|\s+to))*"
_AFTER = re.compile(
    rf"{_FILL}{{0,2}}\s+{_LINK}(?:\s+the)?{_ORDINALS}(?:\s+(?!{_CUT})[\w'/-]*\w){{0,6}}\s+|,(?:\s+(?:left|right|both|bilateral|lt|rt))*\s+",
    re.IGNORECASE,
)
# What most often is between them: it need not be read word by word.
_PLAIN_LINKS = frozenset((" of the ", " of ", " in the ", " in "))
_BEFORE = re.compile(
    rf"(?:\s+(?!{_CUT}|{_LINK}\b)[\w-]*\w){{0,2}}[\s-]+"
    r"|\s+(?:is|was|are|were|appears?|appeared|looks?|feels?|remains?)\s+(?:\w+ly\s+|very\s+|still\s+|quite\s+)?",
    re.IGNORECASE,
)
_AND = re.compile(
    rf"\s*(?:,|/|\band\b|\bor\b|,\s*and\b|,\s*or\b|\bas well as\b)(?:\s+{_LINK})?{_SIDES}\s*", re.IGNORECASE
)
# A longer term that says a finding beside something else: "anemia due to neoplasm", "chronic pain".
_ANOTHER = re.compile(
    r"\b(?:due to|with|secondary to|after|from|and|chronic|acute|dog|cat|human|animal)\s+$", re.IGNORECASE
)
_REACH = 70
_LONGEST_JOIN = 40
_BEGIN = attrgetter("begin")
# After every place of a text.
_FAR = 1 << 60


def _is_link(text: str, begin: int, end: int) -> bool:
    """Whether what stands between a finding and a site says that the one is at the other."""
    return text[begin:end] in _PLAIN_LINKS or _AFTER.fullmatch(text, begin, end) is not None


class Composer:
    """Pairs findings with sites; of the numbers of parts those below `parts.findings` are findings."""

    def __init__(self, parts: Parts) -> None:
        self._findings = parts.findings
        origin = int(Origin.COMPOSED)
        senses = {
            pair: tuple((code, origin + 16 * side) for side, code in by_side.items())
            for pair, by_side in parts.pairs.items()
        }
        self._known = _Known(parts.findings, senses, frozenset(parts.alone), frozenset(parts.kept))

    def compose(
        self, text: str, parts: Sequence[Place], spans: list[TermSpan], hidden: Sequence[tuple[int, int]]
    ) -> list[TermSpan]:
        """Return the spans of a document with those that parts (begin, end, number; by begin) make, in order.

        A span that says the finding alone gives way to the one that says its site too. No part of what stands in a
        `hidden` place is read.
        """
        longest = _longest(parts)
        near = self._findings_near_others(text, longest)
        return _Reading(text, longest, spans, hidden, self._known).spans(near) if near else spans

    def _findings_near_others(self, text: str, parts: Sequence[Place]) -> list[int]:
        """List the findings with a part before or after them in their sentence: most stand alone, and are done with."""
        near: list[int] = []
        last_end, last_is_finding, last_number = -_REACH, False, -1
        findings, find = self._findings, text.find
        for number, (begin, end, part) in enumerate(parts):
            is_finding = part < findings
            if (
                (is_finding or last_is_finding)
                and begin - last_end < _REACH
                and find(". ", last_end, begin) < 0
                and find("\n\n", last_end, begin) < 0
            ):
                if last_is_finding and last_number != number - 1:
                    near.append(number - 1)
                if is_finding:
                    near.append(number)
                    last_number = number
            last_end, last_is_finding = end, is_finding
        return near


def _longest(parts: Sequence[Place]) -> list[Place]:
    """Leave out the parts that stand within another."""
    kept: list[Place] = []
    last_begin = last_end = -1
    for place in parts:
        begin, end, _ = place
        if end > last_end:
            if begin == last_begin:
                kept.pop()
            kept.append(place)
            last_begin, last_end = begin, end
    return kept


@dataclass(frozen=True, slots=True)
class _Known:
    """What the lexicon knows of findings and sites (parts.py)."""

    findings: int
    pairs: Mapping[tuple[int, int], Senses]
    alone: frozenset[int]
    kept: frozenset[int]


class _Reading:
    """One document's parts beside its spans."""

    def __init__(
        self,
        text: str,
        parts: list[Place],
        spans: list[TermSpan],
        hidden: Sequence[tuple[int, int]],
        known: _Known,
    ) -> None:
        self._text = text
        self._parts = parts
        self._spans = spans
        self._begins = [span.begin for span in spans]
        self._hidden = hidden
        self._known = known
        self._findings = known.findings
        self._pairs = known.pairs
        self._gone: set[int] = set()

    def spans(self, findings: Sequence[int]) -> list[TermSpan]:
        """Return the spans with those that some of the parts, by number, are the findings of."""
        made = [span for number in findings for span in self._made_of(number)]
        if not made:
            return self._spans
        spans = [span for number, span in enumerate(self._spans) if number not in self._gone]
        for span in made:
            _put(spans, span)
        return spans

    def _made_of(self, number: int) -> Iterator[TermSpan]:
        begin, end, finding = self._parts[number]
        covering = self._span_at(begin, end)
        span = self._spans[covering] if covering >= 0 else None
        says_more = span is not None and (span.begin < begin or span.end > end)
        site = self._site_behind(number, span) if span is not None and says_more else self._site_of(number)
        if site < 0:
            if span is not None and says_more:
                yield from self._coordinated(number, span.begin, span.end)
            return
        site_begin, site_end, of_site = self._parts[site]
        senses = self._pairs[finding, of_site]
        first, last = min(begin, site_begin), max(end, site_end)
        if self._holds_hidden(first, last):
            return
        stays = span is not None and self._stays(span, finding, says_more=says_more)
        if stays:
            yield self._span(site_begin, site_end, senses)
        else:
            if span is not None:
                self._gone.add(covering)
                first = min(first, span.begin)
            if self._is_crowded(first, last, covering):
                first, last = (span.begin if span is not None else begin), end
            yield self._span(first, last, senses, site=(site_begin, site_end))
        yield from self._more_sites(site, finding, step=1 if site > number else -1)

    def _site_behind(self, number: int, span: TermSpan) -> int:
        """Return the site that follows a finding with which a longer term ends, -1 if it goes with the term as a whole.

        What "stenosing" makes of a tenosynovitis at a finger is not known here.
        """
        begin, end, finding = self._parts[number]
        if span.end > end or (number and self._is_site_within(number - 1, span.begin)):
            return -1
        if self._stays(span, finding, says_more=True) and not _ANOTHER.search(self._text, span.begin, begin):
            return -1
        site = self._site_after(number) if self._goes_with_next_site(number) else -1
        return site if site >= 0 and self._has_code(number, site) else -1

    def _is_site_within(self, number: int, begin: int) -> bool:
        return self._parts[number][2] >= self._findings and self._parts[number][0] >= begin

    def _stays(self, span: TermSpan, finding: int, *, says_more: bool) -> bool:
        """Whether the span that a finding stands in says something else than the finding without its site."""
        if finding in self._known.kept:
            return True
        if not says_more:
            return False
        return not any(code in self._known.alone or packed & 15 == Origin.LEXICON_WEAK for code, packed in span.senses)

    def _coordinated(self, number: int, begin: int, end: int) -> Iterator[TermSpan]:
        """Read the further sites of a finding whose own term names one: "cardiac [and] renal failure"."""
        finding = self._parts[number][2]
        first = last = number
        while first > 0 and self._parts[first - 1][0] >= begin:
            first -= 1
        while last + 1 < len(self._parts) and self._parts[last + 1][1] <= end:
            last += 1
        if first < number:
            yield from self._more_sites(first, finding, step=-1)
        elif last > number:
            yield from self._more_sites(last, finding, step=1)

    def _more_sites(self, site: int, finding: int, *, step: int) -> Iterator[TermSpan]:
        """Read the sites that "and" or a comma joins to one, forward or backward."""
        following = site + step
        while 0 <= following < len(self._parts):
            begin, end, number = self._parts[following]
            near, far = sorted((site, following))
            if number < self._findings or not _AND.fullmatch(self._text, self._parts[near][1], self._parts[far][0]):
                return
            if self._span_at(begin, end) >= 0 or (step > 0 and self._opens_finding(following)):
                return
            if senses := self._pairs.get((finding, number)):
                yield self._span(begin, end, senses)
            site, following = following, following + step

    def _opens_finding(self, site: int) -> bool:
        """Whether a finding follows a site at once: "pain in the neck and back stiffness"."""
        if site + 1 >= len(self._parts):
            return False
        begin, _, number = self._parts[site + 1]
        return number < self._findings and begin - self._parts[site][1] <= 1

    def _site_of(self, number: int) -> int:
        """Return the site that a finding is said of, -1 if there is none or no code says the two.

        The text between is read last: most findings have no site near that they go with.
        """
        before = self._free_site_before(number)
        if before < 0 and not self._goes_with_next_site(number):
            return -1
        after = self._site_after(number)
        if after >= 0:
            return after if self._has_code(number, after) else -1
        if before >= 0 and _BEFORE.fullmatch(self._text, self._parts[before][1], self._parts[number][0]):
            return before
        return -1

    def _has_code(self, finding: int, site: int) -> bool:
        return (self._parts[finding][2], self._parts[site][2]) in self._pairs

    def _goes_with_next_site(self, number: int) -> bool:
        farthest = self._parts[number][1] + _REACH
        for following in range(number + 1, len(self._parts)):
            begin, _, part = self._parts[following]
            if begin > farthest:
                return False
            if part >= self._findings:
                return self._has_code(number, following)
        return False

    def _site_after(self, number: int) -> int:
        _, end, _ = self._parts[number]
        begin, joined = end, -1
        for following in range(number + 1, len(self._parts)):
            site_begin, site_end, part = self._parts[following]
            if site_begin - end > _REACH:
                return -1
            if part < self._findings:
                # "Pain and swelling in the left knee": read on behind the finding that "and" joins.
                if site_begin - begin > _LONGEST_JOIN or not _AND.fullmatch(self._text, begin, site_begin):
                    return -1
                begin, joined = site_end, self._span_at(site_begin, site_end)
                continue
            if self._opens_finding(following) or self._span_at(site_begin, site_end) not in (-1, joined):
                return -1
            return following if _is_link(self._text, begin, site_begin) else -1
        return -1

    def _free_site_before(self, number: int) -> int:
        """Return the site right before a finding, -1 if there is none, it is a span's, or no code says the two."""
        before = number - 1
        if before < 0:
            return -1
        begin, end, part = self._parts[before]
        if part < self._findings or self._parts[number][0] - end > _REACH:
            return -1
        return before if self._has_code(number, before) and self._span_at(begin, end) < 0 else -1

    def _span_at(self, begin: int, end: int) -> int:
        """Return the number of the span that shares a character with [begin, end), -1 if none does."""
        number = bisect_right(self._begins, end - 1) - 1
        return number if number >= 0 and self._spans[number].end > begin else -1

    def _holds_hidden(self, begin: int, end: int) -> bool:
        """Whether a hidden place, which lie in order and apart, shares a character with [begin, end)."""
        number = bisect_right(self._hidden, (end - 1, _FAR)) - 1
        return number >= 0 and self._hidden[number][1] > begin

    def _is_crowded(self, begin: int, end: int, own: int) -> bool:
        """Whether another span than the finding's own stands in [begin, end)."""
        first, last = bisect_right(self._begins, begin - 1), bisect_right(self._begins, end - 1)
        before = first - 1
        if before >= 0 and before != own and self._spans[before].end > begin:
            return True
        return any(number != own and number not in self._gone for number in range(first, last))

    def _span(self, begin: int, end: int, senses: Senses, *, site: tuple[int, int] | None = None) -> TermSpan:
        words = self._text[begin:end].count(" ") + 1
        is_within = site is None or (begin <= site[0] and site[1] <= end)
        return TermSpan(begin, end, words, False, senses, site=None if is_within else site)


def _put(spans: list[TermSpan], span: TermSpan) -> None:
    """Put a span in its place among spans in order, unless one is there that shares a character with it."""
    place = bisect_right(spans, span.begin, key=_BEGIN)
    is_taken = place and spans[place - 1].end > span.begin
    if not is_taken and not (place < len(spans) and spans[place].begin < span.end):
        spans.insert(place, span)
