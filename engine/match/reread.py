"""What a found term leaves unread around it and inside it, read again with the same dictionary.

Behind it: "hepatitis C, chronic" and "hernia, inguinal (recurrent)" are terms once the word behind the comma stands in
front. Inside it: "hypertension with CKD stage 3" is one code, and its kidney disease, whose stage has a code of its
own, another (also_named.tsv).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from engine.match.term_span import TermSpan

Find = Callable[[str], Sequence[TermSpan]]

_WORDS_BEHIND = (
    "acute on chronic", "acute", "chronic", "subacute", "recurrent", "congenital", "traumatic", "internal", "external",
    "benign", "malignant", "primary", "secondary", "alcoholic", "nonalcoholic", "viral", "bacterial", "fungal",
    "idiopathic", "allergic", "seasonal", "intractable", "mild", "moderate", "severe", "obstructive", "perforated",
    "ruptured", "strangulated", "incarcerated", "infected", "bleeding", "displaced", "nondisplaced", "closed", "open",
    "comminuted", "compression", "pathologic", "pathological", "generalized", "localized", "diffuse", "multiple",
    "metastatic", "essential", "systolic", "diastolic", "persistent", "paroxysmal", "permanent", "uncontrolled",
    "poorly controlled", "unstable", "senile", "juvenile", "cervical", "lumbar", "thoracic", "lumbosacral",
    "peripheral", "central", "hypertensive", "diabetic", "uremic", "hepatic", "renal", "pulmonary", "reactive",
    "postoperative", "gallstone", "drug-induced", "steroid-induced", "iron deficiency", "megaloblastic", "macrocytic",
    "microcytic", "normocytic", "hemolytic", "aplastic", "inguinal", "umbilical", "ventral", "incisional", "hiatal",
    "femoral",
)  # fmt: skip
_BEHIND = re.compile(rf"(?:, ?| ?\()(?P<word>{'|'.join(_WORDS_BEHIND)})\)?(?=\s*(?:[.;,)\n]|$))", re.IGNORECASE)
_BEFORE_WORDS = (", ", " (")
_JOINING = re.compile(r"[\s,(]*(?:\b(?:and|with|due to|secondary to|on|in|associated|plus)\s*)*$", re.IGNORECASE)
# How much text behind a second disease is read with it: its stage, its side, its site.
_REST = 40
_END_OF_CLAUSE = re.compile(r"[.;,\n]")


class Rereader:
    """Reads again around and inside the spans of a document; `codes` are those of the release, in order."""

    def __init__(self, codes: Iterable[str], find: Find) -> None:
        self._find = find
        rows = list(_read_rows())
        self._second: dict[int, re.Pattern[str]] = {}
        categories = {code[:3] for beginnings, _ in rows for code in beginnings}
        for number, code in enumerate(codes):
            if code[:3] not in categories:
                continue
            words = [word for beginnings, of_row in rows if code.startswith(beginnings) for word in of_row]
            if words:
                self._second[number] = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})", re.IGNORECASE)

    def read(self, text: str, spans: Sequence[TermSpan]) -> list[TermSpan]:
        """Return the spans of a document, in order, with what was read again."""
        found: list[TermSpan] = []
        read_to = 0
        for span in spans:
            if span.begin < read_to:
                continue
            whole = self._with_words_behind(text, span) if text[span.end : span.end + 2] in _BEFORE_WORDS else span
            read_to = whole.end
            found.extend(self._with_second(text, whole) if self._names_second(whole) else (whole,))
        return found

    def _with_words_behind(self, text: str, span: TermSpan) -> TermSpan:
        """Return the span with the words behind commas that make it another term, as far as they do."""
        said = text[span.begin : span.end]
        while span.abbreviation < 0 and (behind := _BEHIND.match(text, span.end)):
            said = f"{behind['word'].lower()} {said}"
            terms = self._find(said)
            if len(terms) != 1 or (terms[0].begin, terms[0].end) != (0, len(said)):
                break
            span = TermSpan(span.begin, behind.end(), span.words + 1, span.is_capitals, terms[0].senses)
        return span

    def _names_second(self, span: TermSpan) -> bool:
        return bool(span.senses) and span.senses[0][0] in self._second

    def _with_second(self, text: str, span: TermSpan) -> Iterator[TermSpan]:
        """Yield the span, cut short where it names a second disease, and that disease."""
        second = self._second[span.senses[0][0]].search(text, span.begin + 1, span.end)
        if second is None:
            yield span
            return
        stop = _END_OF_CLAUSE.search(text, span.end, span.end + _REST)
        read = text[second.start() : stop.start() if stop else span.end + _REST]
        term = next((term for term in self._find(read) if term.begin == 0), None)
        if term is None or term.abbreviation >= 0:
            yield span
            return
        begin = second.start()
        joining = _JOINING.search(text, span.begin, begin)
        first_end = max(joining.start() if joining else begin, span.begin + 1)
        yield TermSpan(span.begin, first_end, span.words, span.is_capitals, span.senses, is_resolved=span.is_resolved)
        yield TermSpan(begin, begin + term.end, term.words, term.is_capitals, term.senses)


def _read_rows() -> Iterator[tuple[tuple[str, ...], list[str]]]:
    for line in Path(__file__).with_name("also_named.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            codes, words = line.split("\t")
            yield tuple(codes.split()), [word.strip() for word in words.split(";")]
