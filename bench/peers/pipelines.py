"""Text to findings with assertion: ours, and what people build from medspaCy or from pyahocorasick and negspacy.

The peers get the terms of our dictionary as folded words (without those that count in capitals only, which they would
find in ordinary words), and read raw notes. Each keeps the longest terms, says which are negated, and is used as its
documentation shows.
"""

import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

Said = tuple[int, int, bool]  # begin, end, whether negated


def make_chartcoder(case: dict[str, Any]) -> Callable[[str], list[Said]]:
    """Code a note whole: findings, and after them rules and suggestions, which the peers have not."""
    from engine.types import Assertion, Chart, Document

    pipeline = _pipeline(case)

    def read(text: str) -> list[Said]:
        mentions = [finding.mention for finding in pipeline.code(Chart("bench", (Document(text),))).findings]
        return [(m.begin, m.end, m.context.assertion is Assertion.ABSENT) for m in mentions]

    return read


def make_chartcoder_mentions(case: dict[str, Any]) -> Callable[[str], list[Said]]:
    """Stop where the peers stop: spans, each with its codes, section, assertion, time and person."""
    from engine.types import Assertion, Document

    pipeline = _pipeline(case)

    def read(text: str) -> list[Said]:
        mentions = pipeline.read_mentions(Document(text))
        return [(m.span.begin, m.span.end, m.context.assertion is Assertion.ABSENT) for m in mentions]

    return read


def _pipeline(case: dict[str, Any]) -> Any:
    from engine.config import Config
    from engine.live import Live

    return Live.open(Config(home=Path(case["home"]))).pipeline


def make_medspacy(case: dict[str, Any]) -> Callable[[str], list[Said]]:
    """Sentences by PyRuSH, the target matcher, ConText."""
    warnings.simplefilter("ignore")
    import_module("loguru").logger.remove()
    rule = import_module("medspacy.target_matcher").TargetRule
    parts = ["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context"]
    nlp = import_module("medspacy").load(medspacy_enable=parts)
    nlp.get_pipe(parts[1]).add([rule(phrase, "TERM") for phrase in case["phrases"]])
    return lambda text: [(e.start_char, e.end_char, e._.is_negated) for e in nlp(text).ents]


def make_negspacy(case: dict[str, Any]) -> Callable[[str], list[Said]]:
    """pyahocorasick over the lower-cased note, whole words and the longest only; spaCy's sentencizer; negspacy."""
    warnings.simplefilter("ignore")
    import_module("negspacy.negation")
    automaton = import_module("ahocorasick").Automaton()
    for phrase in case["phrases"]:
        automaton.add_word(phrase, len(phrase))
    automaton.make_automaton()
    nlp = import_module("spacy").blank("en")
    nlp.add_pipe("sentencizer")
    negate = nlp.create_pipe("negex")

    def read(text: str) -> list[Said]:
        doc = nlp(text)
        spans = [doc.char_span(begin, end, label="TERM") for begin, end in _longest_words(automaton, text.lower())]
        doc.ents = [span for span in spans if span is not None]
        return [(e.start_char, e.end_char, e._.negex) for e in negate(doc).ents]

    return read


def _longest_words(automaton: Any, text: str) -> list[tuple[int, int]]:
    found = []
    for last, length in automaton.iter(text):
        begin, end = last + 1 - length, last + 1
        if not (text[begin - 1 : begin].isalnum() or text[end : end + 1].isalnum()):
            found.append((begin, -end))
    kept: list[tuple[int, int]] = []
    for begin, negative_end in sorted(found):
        if not kept or begin >= kept[-1][1]:
            kept.append((begin, -negative_end))
    return kept


PIPELINES: dict[str, Callable[[dict[str, Any]], Callable[[str], list[Said]]]] = {
    "chartcoder": make_chartcoder,
    "chartcoder, mentions": make_chartcoder_mentions,
    "medspaCy": make_medspacy,
    "pyahocorasick + negspacy": make_negspacy,
}


class PipelineRunner:
    """A pipeline with its notes; its answer is what it said of each."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._case = case
        self._texts: list[str] = case["texts"]
        self._read: Callable[[str], list[Said]] = lambda _: []

    def build(self) -> None:
        self._read = PIPELINES[self._case["engine"]](self._case)

    def run(self, part: slice = slice(None)) -> list[Any]:
        return [self._read(text) for text in self._texts[part]]

    def answer(self) -> dict[str, Any]:
        return {"said": self.run()}
