"""What the reader of context says of spans in made-up sentences."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.context.cues import CueTable
from engine.context.scope import ContextReader
from engine.match.lexicon import build_dictionary
from engine.match.mentions import MentionFinder
from engine.text.sections import find_sections
from engine.text.sentences import find_sentences
from engine.types import Assertion, Axis, Context, Experiencer, Temporality

Read = Callable[[str, list[tuple[int, int]]], list[Context]]
_CASES = [
    line.split("|", 1)
    for line in Path(__file__).with_name("scope_cases.txt").read_text().splitlines()
    if "|" in line and "{" in line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Read contexts with a dictionary that holds the cues alone."""
    table = CueTable.load()
    path = tmp_path_factory.mktemp("cues") / "cues.dict"
    build_dictionary(path, terms=[], cues=table.phrases, about={})
    finder = MentionFinder(path)
    reader = ContextReader(table)

    def read_spans(text: str, spans: list[tuple[int, int]]) -> list[Context]:
        sections = find_sections(text)
        return reader.read(
            text, sections=sections, sentences=find_sentences(text, sections), cues=finder.find(text).cues, spans=spans
        )

    return read_spans


def cut_braces(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """Take the braces out of a text and return the spans that stood in them."""
    text, spans = "", []
    for number, part in enumerate(re.split(r"[{}]", marked)):
        if number % 2:
            spans.append((len(text), len(text) + len(part)))
        text += part
    return text, spans


def describe(context: Context) -> str:
    """Say a context in the words of the table of cases."""
    values = [context.assertion.value] if context.assertion is not Assertion.PRESENT else []
    values += [context.temporality.value] if context.temporality is not Temporality.CURRENT else []
    values += [context.experiencer.value] if context.experiencer is not Experiencer.PATIENT else []
    return "+".join(values).lower()


def normal(expected: str) -> str:
    """Bring an expected value of the table to the form of `describe`."""
    return "+".join(value for value in expected.split("+") if value != "present")


def test_there_are_at_least_600_cases() -> None:
    assert len(_CASES) >= 600


@pytest.mark.parametrize(("expected", "marked"), _CASES, ids=[marked.strip()[:60] for _, marked in _CASES])
def test_context_of_a_sentence(read: Read, expected: str, marked: str) -> None:
    text, spans = cut_braces(marked.strip())
    wanted = [normal(value) for value in expected.split()]
    assert [describe(context) for context in read(text, spans)] == wanted[: len(spans)] == wanted


@pytest.mark.parametrize(
    ("marked", "axis", "words", "rule"),
    [
        ("She denies any {fever}.", Axis.ASSERTION, "denies any", "pre:denies any"),
        ("{Meningitis} was ruled out.", Axis.ASSERTION, "was ruled out", "post:was ruled out"),
        ("History of {gout}.", Axis.TEMPORALITY, "History of", "pre:history of"),
        ("Mother had {stroke}.", Axis.EXPERIENCER, "Mother had", "pre:mother had"),
        ("FAMILY HISTORY: {gout}", Axis.EXPERIENCER, "FAMILY HISTORY: ", "section:FAMILY_HISTORY"),
        ("(-) {cough}", Axis.ASSERTION, "(-)", "sign:minus"),
    ],
)
def test_cue_names_its_words_and_rule(read: Read, marked: str, axis: Axis, words: str, rule: str) -> None:
    text, spans = cut_braces(marked)
    (cue,) = read(text, spans)[0].cues
    assert (cue.axis, text[cue.begin : cue.end], cue.rule) == (axis, words, rule)


def test_a_cue_inside_a_span_says_nothing_of_it_or_of_others(read: Read) -> None:
    text, spans = cut_braces("{Migraine without aura}, {hypertension}.")
    assert [describe(context) for context in read(text, spans)] == ["", ""]


def test_status_post_inside_a_span_is_history(read: Read) -> None:
    text, spans = cut_braces("{Status post appendectomy}.")
    assert describe(read(text, spans)[0]) == "historical"


def test_a_wrapped_line_keeps_the_scope(read: Read) -> None:
    text, spans = cut_braces("The patient denies any chest pain, palpitations, orthopnea,\n{syncope} or {edema}.")
    assert [describe(context) for context in read(text, spans)] == ["absent", "absent"]


def test_a_list_item_ends_the_scope(read: Read) -> None:
    text, spans = cut_braces("1. No {fever}\n2. {Cough}\n- {rash}")
    assert [describe(context) for context in read(text, spans)] == ["absent", "", ""]


def test_no_spans_no_contexts(read: Read) -> None:
    assert read("No fever.", []) == []
    assert read("", []) == []


@pytest.mark.parametrize(
    "text",
    [
        "\0no\0fever\0",
        "no \U0001f912 fever \U0001f44d\U0001f3fd",
        "no fe\u0301ver, chi\u0301lls",
        "\u05dc\u05dc\u05d0 \u05d7\u05d5\u05dd \u202eno fever\u202c",
        "?" * 50,
        "((((no fever",
        "no fever\r\n\r\n- \r\n",
        " \t\n ",
    ],
)
def test_hostile_text_is_read_without_error(read: Read, text: str) -> None:
    spans = [(begin, min(begin + 2, len(text))) for begin in range(0, len(text), 2)]
    contexts = read(text, spans)
    assert len(contexts) == len(spans)
    for context in contexts:
        assert all(0 <= cue.begin <= cue.end <= len(text) for cue in context.cues)


def test_spans_beyond_the_text_are_answered(read: Read) -> None:
    assert len(read("No fever", [(0, 2), (3, 8), (8, 8), (90, 99)])) == 4


@pytest.mark.parametrize(
    "unit",
    [
        "no fever, ",
        "no fever and ",
        "possible fever or ",
        "if fever (",
        "history of fever; ",
        "x",
        "\n",
        "mother ? [ ] ",
        "- + ",
    ],
)
def test_time_is_linear_in_a_sentence_without_end(unit: str) -> None:
    table = CueTable.load()
    reader = ContextReader(table)
    numbers = {phrase: number for number, phrase in enumerate(table.phrases)}
    times = []
    for size in (50_000, 400_000):
        text = unit * (size // len(unit))
        pattern = re.compile("no|possible|if|history of|and|mother")
        cues = [(*found.span(), numbers[found[0]]) for found in pattern.finditer(text) if found[0] in numbers]
        spans = [found.span() for found in re.finditer("fever|xxxxx", text)]
        sections = find_sections(text)
        sentences = [(0, len(text))]
        started = time.thread_time()
        reader.read(text, sections=sections, sentences=sentences, cues=cues, spans=spans)
        times.append(time.thread_time() - started)
    assert times[1] < 8 * 4 * max(times[0], 0.01)
