"""Why each suggestion has its code and its confidence: what moved the rankers, and why the alternatives lost.

All is computed from the models and from the rows that they ranked, and only for charts whose caller asks. A suggestion
rests on the surest of its findings; where a rule made its code of another one, the code that was ranked is named.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence

from codesets.types import System
from engine.explanation import Contrast, Explanation, Influence
from engine.procedures.score import BY_ORIGIN, LENGTH, Scores
from engine.rank.document_ranker import DocumentRanker
from engine.rank.document_rows import document_rows
from engine.rank.explain import Row, even_document, even_mention, explain_document, explain_mention
from engine.rank.features import feature_rows
from engine.rank.score import LinearRanker, Ranker
from engine.reading import ReadDocument, ReadMention, mention_facts
from engine.types import Candidate, Chart, Finding, Suggestion

PROCEDURE = "procedure"
_MOST_OF_MENTION, _MOST_MISSING, _ALL = 3, 3, 99
_WORD = re.compile(r"[^\W\d_]{4,}")
_STEM = 6
_SAYS_NOTHING = frozenset(
    (
        "with", "without", "unspecified", "other", "specified", "type", "disease", "disorder", "elsewhere",
        "classified", "encounter", "initial", "subsequent", "sequela", "condition", "conditions", "site", "part",
        "otherwise",
    )
)  # fmt: skip

_Place = tuple[str, int, int, int]


class Explainer:
    """Explains suggestions with the rankers that scored them; `documents` is None where that one is left out."""

    def __init__(self, documents: DocumentRanker | None, ranker: Ranker) -> None:
        self._documents = documents
        self._ranker = ranker
        self._of_document = explain_document(documents) if documents is not None else None
        self._of_mention = explain_mention(ranker) if isinstance(ranker, LinearRanker) else None

    def explain(
        self,
        chart: Chart,
        suggestions: Sequence[Suggestion],
        findings: Sequence[Finding],
        read: Mapping[int, ReadDocument],
        *,
        title: Callable[[str], str],
    ) -> None:
        """Set the explanation of each suggestion; `read` are the documents as they were read, by number."""
        places: dict[_Place, list[Finding]] = {}
        for finding in findings:
            places.setdefault(_place(finding), []).append(finding)
        rows = {number: self._rows(document, title) for number, document in read.items()}
        said = _stems(" ".join(document.text for document in chart.documents))
        for suggestion in suggestions:
            best = _best(suggestion, places)
            if best is None:
                continue
            if suggestion.system == System.ICD10PCS.value:
                suggestion.explanation = _of_procedure(best.codes[0])
            elif best.mention.document in read:
                number = best.mention.document
                suggestion.explanation = self._of_diagnosis(best, read[number], rows[number], said)

    def _rows(self, document: ReadDocument, title: Callable[[str], str]) -> dict[str, Row]:
        """Return the rows that the document ranker was given, by code."""
        if self._documents is None:
            return {}
        made = document_rows(document.given, self._documents.experience, title)
        return dict(zip(made.codes, made.rows, strict=True))

    def _of_diagnosis(
        self, best: Finding, document: ReadDocument, rows: Mapping[str, Row], said: frozenset[str]
    ) -> Explanation:
        top = best.codes[0]
        own = self._own_rows(_mention_at(best, document))
        influences: list[Influence] = []
        if self._of_document is not None and top.code in rows:
            row = rows[top.code]
            influences += self._of_document.influences(row, even_document(row))
        if self._of_mention is not None and top.code in own:
            of_mention = self._of_mention.influences(own[top.code], even_mention(), most=_MOST_OF_MENTION)
            influences += [_in_section(influence, best.mention.section) for influence in of_mention]
        contrasts = [self._contrast(top, other, rows, own, said) for other in best.codes[1:4]]
        return Explanation(top.code, top.score, influences, [contrast for contrast in contrasts if contrast])

    def _own_rows(self, mention: ReadMention | None) -> dict[str, Row]:
        """Return the rows that the ranker of mentions was given for a mention, by code."""
        if mention is None or not mention.choices.options:
            return {}
        rows = feature_rows([mention_facts(mention)], [mention.choices], self._ranker.priors)
        return {choice.code: row for choice, row in zip(mention.choices.options, rows, strict=True)}

    def _contrast(
        self, top: Candidate, other: Candidate, rows: Mapping[str, Row], own: Mapping[str, Row], said: frozenset[str]
    ) -> Contrast | None:
        """Say what most set an alternative behind the chosen code, and what its title says that the chart does not."""
        for explained, given in ((self._of_document, rows), (self._of_mention, own)):
            if explained is None or top.code not in given or other.code not in given:
                continue
            ahead = explained.influences(given[top.code], given[other.code], least=0.0, most=_ALL)
            behind = explained.influences(given[other.code], given[top.code], least=0.0, most=_ALL)
            first = max(ahead, key=lambda influence: influence.weight)
            of_other = next(influence.words for influence in behind if influence.feature == first.feature)
            words = f"{of_other}; of {top.code}: {first.words}"
            if first.weight <= 0:
                words = "nothing speaks for the one more than for the other"
            return Contrast(other.code, words + _missing(top, other, said), max(first.weight, 0.0))
        return None


def _best(suggestion: Suggestion, places: Mapping[_Place, Sequence[Finding]]) -> Finding | None:
    """Return the finding that a suggestion rests on: one of its own code if there is one, then the surest."""
    system = suggestion.system
    stated = [f for e in suggestion.evidence for f in places.get((system, e.document, e.begin, e.end), ())]
    return max(
        stated,
        key=lambda finding: (finding.codes[0].code == suggestion.code, finding.codes[0].score, -finding.mention.begin),
        default=None,
    )


def _in_section(influence: Influence, section: str) -> Influence:
    """Name the section itself; the ranker knows of what kind it is."""
    if influence.feature != "section":
        return influence
    return Influence(influence.model, influence.feature, f"stated in {section}", influence.weight)


def _place(finding: Finding) -> _Place:
    mention = finding.mention
    return finding.codes[0].system, mention.document, mention.begin, mention.end


def _mention_at(finding: Finding, document: ReadDocument) -> ReadMention | None:
    where = finding.mention.begin, finding.mention.end
    return next((mention for mention in document.mentions if (mention.span.begin, mention.span.end) == where), None)


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in _WORD.findall(text.lower()))


def _missing(top: Candidate, other: Candidate, said: frozenset[str]) -> str:
    """Name the words of an alternative's title that neither the chosen title nor the chart has."""
    known = said | _stems(top.display)
    words = dict.fromkeys(word for word in _WORD.findall(other.display.lower()) if word not in _SAYS_NOTHING)
    missing = [word for word in words if word[:_STEM] not in known][:_MOST_MISSING]
    return f"; the chart does not say {', '.join(missing)}" if missing else ""


def _of_procedure(top: Candidate) -> Explanation:
    """Explain the score of a procedure: odds by where it was read times the odds of its beginning in training."""
    how = top.origin if top.origin in BY_ORIGIN else "lexicon"
    words = (
        "a whole term names it"
        if how == "lexicon"
        else f"put together; its body part hangs on it with looseness {how[-1]} of 3"
    )
    influences = [Influence(PROCEDURE, "origin", words, _log_odds(BY_ORIGIN[how]))]
    prior = Scores.load().priors.get(top.code[:LENGTH])
    if prior is not None:
        known = f"in training, codes that begin with {top.code[:LENGTH]} were right in {prior:.0%} of the cases"
        influences.append(Influence(PROCEDURE, "prior", known, _log_odds(prior)))
    influences.sort(key=lambda influence: (-abs(influence.weight), influence.feature))
    return Explanation(top.code, top.score, influences, [])


def _log_odds(share: float) -> float:
    return round(math.log(share / (1 - share)), 3)
