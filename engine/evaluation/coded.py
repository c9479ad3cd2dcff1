"""What every corpus of coded documents shares: gold, answers, the measures over them and the errors to read."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.evaluation.causes import NEVER_MATCHED, Loss, Place, Probe, Writer, find_losses, find_words
from engine.evaluation.chapters import chapter_of
from engine.evaluation.metrics import average_precisions
from engine.evaluation.passages import Passages
from engine.evaluation.reliability import Judgement
from engine.evaluation.tally import Judged, Tally, judge, tally, tally_by
from engine.types import Assertion, Chart, CodedChart, Experiencer, Finding, least_to_suggest

Coder = Callable[[Chart], CodedChart]
NOT_STATED = (Assertion.ABSENT, Assertion.CONDITIONAL, Assertion.HYPOTHETICAL)
WRONG_IN_CATEGORY = "another code of the category is wanted"
WRONG_CATEGORY = "nothing of the category is wanted"
NOT_LOCATED = "not located"
NO_HEADING = "no heading"


@dataclass(slots=True)
class Answers:
    """The codes given for each document of a corpus, best first, beside the gold.

    `offered` are those given and all other candidates, best first: what average precision looks at. By
    document and code, `places` tells where a given code was read and `losses` why a wanted one was missed.
    """

    gold: dict[str, set[str]]
    category_length: int = 3
    ranked: dict[str, list[str]] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    losses: dict[tuple[str, str], Loss] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    judged_suggestions: list[Judgement] = field(default_factory=list)

    def add(self, document: str, text: str, places: Mapping[str, Place], offered: Sequence[str] = ()) -> None:
        """Record the codes given for a document, best first, where each was read, and all that were offered."""
        self.ranked[document] = list(places)
        self.offered[document] = list(offered) or list(places)
        self.texts[document] = text
        self.places.update(((document, code), place) for code, place in places.items())

    def judge_suggestions(self, chart: Chart, coded: CodedChart, is_right: Callable[[str], bool], system: str) -> None:
        """Record how sure each suggestion of a system was, and whether it is right."""
        for one in coded.suggestions:
            if one.system == system:
                self.judged_suggestions.append(
                    Judgement(system, chart.setting.value, one.code, one.confidence, is_right(one.code))
                )

    def explain(
        self, chart: Chart, coded: CodedChart, probe: Probe | None, *, write: Writer = str, is_claim: bool
    ) -> None:
        """Record why wanted codes were missed in a chart; without a probe, as far as the answer alone tells."""
        document = chart.chart_id
        missed = self.gold.get(document, set()) - set(self.ranked[document])
        read = probe.read_mentions(chart.documents[0]) if probe and missed else ()
        mentions = [(mention, probe.score_choices(mention)) for mention in read] if probe else []
        losses = find_losses(missed, coded, mentions, write=write, is_claim=is_claim)
        passages = Passages(self.texts[document])
        for code, found in losses.items():
            loss = found
            if probe is not None and loss.cause == NEVER_MATCHED:
                loss = find_words(probe.title(code.upper()), coded, passages)
            self.losses[document, code] = loss

    def judged(self, length: int | None = None) -> Judged:
        """Yield each document with what is right, wrong and missed, by the first `length` characters of codes."""
        return judge(self.gold, self.ranked, lambda code: code[:length])

    def tallies(self) -> dict[str, Tally]:
        """Count by document, on full codes and on categories."""
        return {"full": tally(self.judged()), "category": tally(self.judged(self.category_length))}

    def average_precisions(self) -> list[float]:
        """Return the average precision of each document, in order of name."""
        return average_precisions(self.gold, self.offered)

    def by_chapter(self) -> dict[str, Tally]:
        """Count the codes of each chapter of ICD-10-CM apart."""
        return tally_by(self.judged(), lambda _, code: chapter_of(code))

    def by_section(self) -> dict[str, Tally]:
        """Count by the section that a code was read in, or that a missed one was last seen in."""
        return tally_by(self.judged(), self._section)

    def _section(self, document: str, code: str) -> str:
        loss = self.losses.get((document, code))
        place = loss.place if loss else self.places.get((document, code))
        return (place.section or NO_HEADING) if place else NOT_LOCATED

    def causes(self) -> dict[str, dict[str, int]]:
        """Count the missed codes by what they were lost to, and the wrong ones by how near they came."""
        missed: Counter[str] = Counter()
        wrong: Counter[str] = Counter()
        for kind, cause, *_ in self._errors():
            (missed if kind == "MISSED" else wrong)[cause] += 1
        return {"missed": dict(missed.most_common()), "wrong": dict(wrong.most_common())}

    def scores(self) -> dict[str, Any]:
        """Return micro P/R/F1 on full codes and on categories, and MAP."""
        precisions = self.average_precisions()
        mean = sum(precisions) / len(precisions) if precisions else 0.0
        scores = {name: of_name.score().to_json() for name, of_name in self.tallies().items()}
        return {**scores, "map": round(mean, 4), "documents": len(self.gold)}

    def errors(self, limit: int, probe: Probe | None = None) -> Iterator[str]:
        """Yield up to `limit` errors of each kind and cause, spread over the documents, then the commonest of all.

        A line has the kind, the document, the code and the cause; the score, origin and section of the mention; and its
        sentence. Of a code never matched it has the title and the sentence most like it.
        """
        kinds: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for kind, cause, document, code in self._errors():
            kinds.setdefault((kind, cause), []).append((document, code))
        for (kind, cause), found in sorted(kinds.items(), key=lambda item: (item[0][0] != "WRONG", item[0][1])):
            step = max(1, len(found) // limit) if limit else 1
            for document, code in found[::step][:limit]:
                yield f"{kind:6} {document}  {code}  ({cause}) {self._shown(document, code, probe)}".rstrip()
        often = Counter((kind, cause, code) for kind, cause, _, code in self._errors())
        for (kind, cause, code), times in sorted(often.items(), key=lambda item: (-item[1], item[0]))[:limit]:
            if times > 1:
                title = probe.title(code.upper()) if probe else ""
                yield f"OFTEN  {times} times {kind}  {code}  ({cause}) {title}".rstrip()

    def _errors(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield (kind, cause, document, code) of every error."""
        for document, (_, wrong, missed) in self.judged():
            categories = {code[: self.category_length] for code in self.gold[document]}
            for code in sorted(wrong):
                is_near = code[: self.category_length] in categories
                yield "WRONG", WRONG_IN_CATEGORY if is_near else WRONG_CATEGORY, document, code
            for code in sorted(missed):
                loss = self.losses.get((document, code))
                yield "MISSED", loss.cause if loss else NEVER_MATCHED, document, code

    def _shown(self, document: str, code: str, probe: Probe | None) -> str:
        loss = self.losses.get((document, code))
        place = loss.place if loss else self.places.get((document, code))
        title = probe.title(code.upper()) if probe else ""
        passages = Passages(self.texts.get(document, ""))
        if place is None:
            like = passages.most_like(title)
            return f"{title}; most like: {like}" if like else title
        instead = f"{loss.instead} given: " if loss and loss.instead else ""
        score = "" if place.score is None else f"{place.score:.2f}"
        about = " ".join(filter(None, (score, place.origin, place.section or NO_HEADING)))
        return f"{instead}{about}: {passages.around(place.begin, place.end)}"


def surest_findings(findings: Sequence[Finding], *, stated: bool = False) -> dict[str, tuple[float, Finding]]:
    """Return the codes of what is mentioned, each with its best score and the finding that gave it.

    With `stated`, only of what is said to be the patient's, not denied or merely thought of. An unresolved abbreviation
    answers nothing, nor does what is less likely than `least_to_suggest`.
    """
    best: dict[str, tuple[float, Finding]] = {}
    for finding in findings:
        context = finding.mention.context
        is_stated = context.experiencer is Experiencer.PATIENT and context.assertion not in NOT_STATED
        top = finding.codes[0]
        if finding.is_unresolved or top.score < least_to_suggest(top.code) or (stated and not is_stated):
            continue
        if top.code not in best or best[top.code][0] < top.score:
            best[top.code] = (top.score, finding)
    return best


def all_candidates(findings: Sequence[Finding]) -> list[str]:
    """Return every candidate code of what is mentioned, best first."""
    best: dict[str, float] = {}
    for candidate in (candidate for f in findings if not f.is_unresolved for candidate in f.codes):
        best[candidate.code] = max(candidate.score, best.get(candidate.code, 0.0))
    return sorted(best, key=lambda code: (-best[code], code))


def rank_codes(best: Mapping[str, tuple[float, Finding]]) -> list[str]:
    """Order codes by score, then by code."""
    return sorted(best, key=lambda code: (-best[code][0], code))


def read_corpus_file(path: Path) -> str:
    """Return the text of a file of a corpus; raises InputError if it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"corpus path: {path}: {error.strerror}", field="path") from None
    except UnicodeDecodeError as error:
        raise InputError(f"corpus path: {path}: got bytes that are not UTF-8 at {error.start}", field="path") from None
