"""What moved the score of a code, feature by feature, in words.

Both rankers are sums of one function of each feature, in log-odds, so what a feature adds beside another row is exact;
features that say one thing together (rates of code, category and chapter, say) are told together.
Beside what: a term of two words, named once, of even score, alone in its category, of a source and in a section that
tell nothing, of a code of which nothing is known.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.explanation import Influence
from engine.rank import document_rows as of_document
from engine.rank import features as of_mention
from engine.rank.document_ranker import DocumentRanker
from engine.rank.score import LinearRanker

Row = NDArray[np.float32]
Values = Mapping[str, float]
DOCUMENT, MENTION = "document", "mention"
_LEAST = 0.05
_MOST = 5

_ORIGINS = {
    "lexicon": "a plain term of our lexicon",
    "lexicon_weak": "a vague term of our lexicon",
    "index": "a term of the Alphabetic Index",
    "inclusion": "the term is an inclusion term",
    "title": "the term is the title",
    "inclusion_variant": "a variant of an inclusion term",
    "title_variant": "a variant of the title",
    "abbreviation": "an abbreviation",
    "table": "a term of a table of the Alphabetic Index",
    "composed": "put together from a condition and its parts in the text",
}
_KINDS = {
    "is_symptom": "a symptom code (chapter 18)",
    "is_factor": "a factor that influences health (chapter 21)",
    "is_injury": "an injury or poisoning (chapter 19)",
    "is_external_cause": "an external cause (chapter 20)",
    "is_neoplasm": "a neoplasm (chapter 2)",
}
_SECTIONS = {
    "section_assessment": "stated in an assessment or among diagnoses",
    "section_history": "stated in a history",
    "section_review": "stated in a review of systems",
    "section_exam": "stated in an examination or among results",
}


def _own_score(values: Values) -> str:
    never = "" if values["top_score"] else ", never first of the candidates"
    return f"its words alone scored {values['best_score']:.2f}{never}"


def _times(values: Values) -> str:
    named, first = (round(math.expm1(values[name])) for name in ("times", "times_first"))
    many = "once" if named == 1 else f"{named} times"
    return f"named {many}" if named == first else f"named {many}, first of the candidates {first} of them"


def _rivals(values: Values) -> str:
    place, rivals, behind = (values[name] for name in ("place_among_rivals", "rivals", "behind_best_rival"))
    rank = "" if not values["best_rank"] else f", at best candidate {values['best_rank'] + 1:.0f} of its mention"
    if rivals <= 1:
        return f"no other code of its category is a candidate{rank}"
    if not place:
        return f"the likeliest of {rivals:.0f} codes of its category{rank}"
    return f"number {place + 1:.0f} of {rivals:.0f} codes of its category, {behind:.2f} behind{rank}"


def _rates(values: Values) -> str:
    code, category = (1 / (1 + math.exp(-values[f"rate_of_{name}"])) for name in ("code", "category"))
    if not values["seen"]:
        return f"never a candidate in training; of its category {category:.0%} were right"
    return f"in training such a code was right in {code:.0%} of documents, its category in {category:.0%}"


def _precedents(values: Values) -> str:
    seen = round(math.expm1(values["term_seen"]))
    share = 1 / (1 + math.exp(-values["rate_of_term"]))
    if not seen:
        return f"no coded document had this term; by its code it is right in {share:.0%}"
    return f"in {seen} coded documents with this term the code was right in {share:.0%}"


def _title(values: Values) -> str:
    kind = "an unspecified code, " if values["is_unspecified"] else "a code of others, " if values["is_other"] else ""
    return f"{kind}{values['title_in_term']:.0%} of its title's words are in the term"


def _siblings(values: Values) -> str:
    share = 1 / (1 + math.exp(-values["share_after_first"]))
    named = "named by no term, but " if values["is_sibling"] else ""
    return f"{named}of the codes of its category it was the right one in {share:.0%} of coded documents"


def _named(words: Mapping[str, str], prefix: str, otherwise: str) -> Callable[[Values], str]:
    return lambda values: next((said for name, said in words.items() if values.get(f"{prefix}{name}")), otherwise)


def _term(values: Values, *, most: int = 0) -> str:
    words = values["words"]
    counted = f"{words:.0f} words or more" if words == most else f"{words:.0f} word{'s' if words != 1 else ''}"
    return f"a term of {counted}{', in capitals' if values['is_capitals'] else ''}"


Group = tuple[str, tuple[str, ...], Callable[[Values], str]]
_DOCUMENT_GROUPS: tuple[Group, ...] = (
    ("own_score", ("top_score", "best_score"), _own_score),
    ("times", ("times_first", "times"), _times),
    ("rivals", ("best_rank", "place_among_rivals", "rivals", "behind_best_rival"), _rivals),
    ("term", ("words", "characters", "is_capitals"), _term),
    ("origin", tuple(f"origin_{name}" for name in _ORIGINS), _named(_ORIGINS, "origin_", "no source of terms")),
    ("rates", ("rate_of_code", "rate_of_category", "rate_of_chapter", "seen"), _rates),
    ("kind", (*_KINDS, "code_length", "chapter"), _named(_KINDS, "", "a disease, by its chapter")),
    ("precedents", ("rate_of_term", "term_seen"), _precedents),
    ("title", ("title_in_term", "term_in_title", "title_words", "is_unspecified", "is_other"), _title),
    ("siblings", ("share_of_category", "share_after_first", "first_seen", "is_sibling"), _siblings),
)
_MENTION_GROUPS: tuple[Group, ...] = (
    ("term", ("words", "is_capitals"), partial(_term, most=of_mention.MOST_WORDS)),
    ("origin", tuple(f"origin_{name}" for name in _ORIGINS), _named(_ORIGINS, "origin_", "no source of terms")),
    ("section", tuple(_SECTIONS), _named(_SECTIONS, "", "stated in no section that tells anything")),
    ("default", ("is_default",), _named({"is_default": "the default of its category"}, "", "no default")),
    ("axes", ("moved",), _named({"moved": "words near the mention chose it among its siblings"}, "", "no words near")),
    ("side", ("side_agrees",), _named({"side_agrees": "the side of the term is the side read"}, "", "no side agrees")),
    ("source_rivals", ("rivals",), _named({"rivals": "a better source names another code"}, "", "no better source")),
    ("prior", ("prior",), lambda v: f"how often such a code was meant in training ({v['prior']:+.1f} log-odds)"),
)
_EVEN = {"top_score": 0.5, "best_score": 0.5, "times": math.log(2), "times_first": math.log(2), "rivals": 1.0}
_EVEN_DOCUMENT = {**_EVEN, "words": 2.0, "characters": 12.0}
_OWN = ("code_length", "chapter")  # the same in the row that is compared with: what they add is no news


class Explained:
    """Rows of one ranker: what the features of one add beside another, grouped and in words.

    `untold` are the features that have no words here and are told by their names.
    """

    def __init__(
        self,
        model: str,
        features: Sequence[str],
        groups: Sequence[Group],
        added: Callable[[Row, Row], Mapping[str, float]],
    ) -> None:
        self._model = model
        self._features = tuple(features)
        told = {name for _, columns, _ in groups for name in columns}
        self.untold = tuple(name for name in features if name not in told)
        self._groups = (*groups, *((name, (name,), _plainly(name)) for name in self.untold))
        self._added = added

    def influences(self, row: Row, base: Row, *, least: float = _LEAST, most: int = _MOST) -> list[Influence]:
        """Return what groups of features add to a row beside a base, the strongest first, in log-odds of the model."""
        values, added = dict(zip(self._features, row.tolist(), strict=True)), self._added(row, base)
        found = [
            Influence(self._model, name, words(values), round(sum(added.get(column, 0.0) for column in columns), 3))
            for name, columns, words in self._groups
        ]
        found.sort(key=lambda influence: (-abs(influence.weight), influence.feature))
        return [influence for influence in found if abs(influence.weight) >= least][:most]


def _plainly(name: str) -> Callable[[Values], str]:
    return lambda values: f"{name.replace('_', ' ')} {values[name]:g}"


def explain_document(ranker: DocumentRanker) -> Explained:
    """Explain the rows of the document ranker."""
    return Explained(
        DOCUMENT,
        of_document.FEATURES,
        _DOCUMENT_GROUPS,
        partial(_added_by_trees, ranker),
    )


def _added_by_trees(ranker: DocumentRanker, row: Row, base: Row) -> Mapping[str, float]:
    """Return what each feature adds beside a base: the difference of what it adds along the paths of both rows."""
    of_row, of_base = ranker.reasons(np.stack([row, base]))[:, : len(of_document.FEATURES)].astype(float)
    return dict(zip(of_document.FEATURES, (of_row - of_base).tolist(), strict=True))


def explain_mention(ranker: LinearRanker) -> Explained:
    """Explain the rows of the linear ranker."""
    names = of_mention.FEATURES
    return Explained(
        MENTION,
        names,
        _MENTION_GROUPS,
        lambda row, base: dict(zip(names, (ranker.parts(row) - ranker.parts(base)).tolist(), strict=True)),
    )


def even_document(row: Row) -> Row:
    """Return the row of the document ranker that a row is compared with."""
    base = [_EVEN_DOCUMENT.get(name, 0.0) for name in of_document.FEATURES]
    for name in _OWN:
        if name in of_document.FEATURES:
            column = of_document.FEATURES.index(name)
            base[column] = float(row[column])
    return np.array(base, dtype=np.float32)


def even_mention() -> Row:
    """Return the row of the linear ranker that a row is compared with."""
    base = {"bias": 1.0, "words": 2.0}
    return np.array([base.get(name, 0.0) for name in of_mention.FEATURES], dtype=np.float32)
