"""What is said of spans in made-up charts of several lines: sections, forms, questions and answers."""

from pathlib import Path

import pytest
from test_scope import cut_braces, describe, normal

from engine.context.cues import CueTable
from engine.context.scope import ContextReader
from engine.context.transcript import read_transcript
from engine.match.lexicon import build_dictionary
from engine.match.mentions import MentionFinder
from engine.text.dialogue import read_dialogue
from engine.text.sections import find_sections
from engine.text.sentences import find_sentences
from engine.types import Context


def read_cases(path: Path) -> list[tuple[str, str]]:
    """Read the (expected, marked text) of a file of cases."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    blocks = "\n".join(lines).split("\n= ")[1:]
    return [(first, rest.strip()) for first, _, rest in (block.partition("\n") for block in blocks)]


_CASES = read_cases(Path(__file__).with_name("chart_cases.txt"))


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> MentionFinder:
    """Find cues with a dictionary that holds them alone."""
    path = tmp_path_factory.mktemp("cues") / "cues.dict"
    build_dictionary(path, terms=[], cues=CueTable.load().phrases, about={})
    return MentionFinder(path)


def read_chart(finder: MentionFinder, text: str, spans: list[tuple[int, int]]) -> list[Context]:
    """Read the contexts of spans as the pipeline does."""
    dialogue = read_dialogue(text)
    sections = dialogue.sections if dialogue else find_sections(text)
    heard = dialogue.heard if dialogue else text
    sentences = [(u.begin, u.end) for u in dialogue.utterances] if dialogue else find_sentences(text, sections)
    contexts = ContextReader(CueTable.load()).read(
        heard, sections=sections, sentences=sentences, cues=finder.find(heard).cues, spans=spans
    )
    if dialogue:
        read_transcript(heard, dialogue, spans, contexts)
    return contexts


@pytest.mark.parametrize(("expected", "marked"), _CASES, ids=[marked[:60] for _, marked in _CASES])
def test_context_in_a_chart(finder: MentionFinder, expected: str, marked: str) -> None:
    text, spans = cut_braces(marked)
    wanted = [normal(value) for value in expected.split()]
    assert [describe(context) for context in read_chart(finder, text, spans)] == wanted[: len(spans)] == wanted


def test_an_answer_is_the_cue_of_its_question(finder: MentionFinder) -> None:
    text, spans = cut_braces("Doctor: Any {cough}?\nPatient: No, never.")
    (cue,) = read_chart(finder, text, spans)[0].cues
    assert (text[cue.begin : cue.end], cue.rule) == ("No", "answer:no")
