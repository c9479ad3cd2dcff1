"""The native reader of context says what its plain twin says, of any text, cues and spans."""

import gzip
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_scope import PlainReader

from engine.context.cues import CueTable
from engine.context.scope import SECTION_VALUES, ContextReader
from engine.match.lexicon import build_dictionary
from engine.match.mentions import MentionFinder
from engine.text.sections import find_sections
from engine.text.sentences import find_sentences

NOTES = Path(__file__).parents[3] / "shared" / "data" / "notes" / "mtsamples.jsonl.gz"
TABLE = CueTable.load()
NATIVE, PLAIN = ContextReader(TABLE), PlainReader(TABLE)
PIECES = (
    *(f" {phrase} " for phrase in TABLE.phrases[:: len(TABLE.phrases) // 150]), "no ", "denies ", "possible ", "if ",
    "history of ", "mother had ", "fever", "gout", "pain", " and ", " or ", ", ", ",", "; ", ": ", ":", " (", ")",
    "(-)", "(+)", " -ve ", "- ", "-", " - ", "+ ", "+", " ?", "?", "[ ] ", "[x] ", "[]", "\u00d8 ", "\u2205 ",
    "\u2013 ", "\u2014", "=", ". ", ".", "No. 3", "\n", "\r\n", "\t", " ", "  ", "\u00a0", "the ", "a ", "his ",
    "TH\u0131\u017f ", "negative", "was ruled out", "FAMILY HISTORY: ", "ALLERGIES: ", "DDx: ", "PLAN: ", "\u0661",
    "\u00e9", "\U0001f600", "_", "/", "( ) ", "(x)", "(X) ", "\u2610", "\u2611 ", "\u25a0", "\u2713", "Yes ", "yes",
    "no", "NO ", "Y ", " n ", "alcohol ", "denies alcohol", "(1998)", "DATE[1998]", "[2004]", "x",
)  # fmt: skip


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> MentionFinder:
    """Find cues with a dictionary that holds them alone."""
    path = tmp_path_factory.mktemp("cues") / "cues.dict"
    build_dictionary(path, terms=[], cues=TABLE.phrases, about={})
    return MentionFinder(path)


def is_same(finder: MentionFinder, text: str, rng: random.Random) -> bool:
    """Whether both readers say the same of words here and there, some of which overlap."""
    sections = find_sections(text)
    sentences = find_sentences(text, sections)
    cues = finder.find(text).cues
    begins = sorted(rng.randrange(len(text) + 3) for _ in range(rng.randrange(1, 12)))
    spans = sorted((begin, begin + rng.randrange(1, 16)) for begin in begins)
    whole = sentences if rng.random() < 0.8 else [(0, len(text))]
    given = {"sections": sections, "sentences": whole, "cues": cues, "spans": spans}
    return NATIVE.read(text, **given) == PLAIN.read(text, **given)  # type: ignore[arg-type]


@settings(max_examples=1500)
@given(text=st.lists(st.sampled_from(PIECES), max_size=40).map("".join), seed=st.integers(0, 1000))
def test_texts_made_of_what_decides_are_read_alike(finder: MentionFinder, text: str, seed: int) -> None:
    assert is_same(finder, text, random.Random(seed))


@given(text=st.text(), seed=st.integers(0, 1000))
def test_any_text_is_read_alike(finder: MentionFinder, text: str, seed: int) -> None:
    assert is_same(finder, text, random.Random(seed))


@pytest.mark.parametrize("name", SECTION_VALUES)
def test_a_section_says_the_same_to_both(finder: MentionFinder, name: str) -> None:
    text = f"{name.replace('_', ' ')}: gout, no fever, mother had stroke\nPLAN: rest"
    assert all(is_same(finder, text, random.Random(seed)) for seed in range(50))


@pytest.mark.parametrize(
    "given",
    [
        {"cues": [(0, 2, len(TABLE.rules))]},
        {"cues": [(0, 2, -1)]},
        {"cues": [(0, 99, 0)]},
        {"cues": [(-1, 2, 0)]},
        {"spans": [(3, 2)]},
        {"spans": [(-1, 2)]},
        {"sentences": [(-1, 2)]},
    ],
    ids=str,
)
def test_what_is_not_in_the_text_or_the_table_is_refused(given: dict[str, list[tuple[int, ...]]]) -> None:
    whole = {"sections": [], "sentences": [(0, 8)], "cues": [], "spans": [(3, 8)]}
    with pytest.raises(ValueError, match="got"):
        NATIVE.read("no fever", **(whole | given))  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.skipif(not NOTES.exists(), reason="needs ../shared/data/notes/mtsamples.jsonl.gz")
def test_real_notes_whole_and_cut_up_are_read_alike(finder: MentionFinder) -> None:
    with gzip.open(NOTES, "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    rng = random.Random(11)
    for text in texts:
        assert is_same(finder, text, rng)
        parts = [text[at : at + rng.randrange(1, 60)] for at in rng.sample(range(len(text) + 1), min(20, len(text)))]
        assert is_same(finder, "".join(part + rng.choice(PIECES) for part in parts), rng)
