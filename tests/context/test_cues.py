"""The table of cues: what it holds, and what it refuses."""

import pytest

from engine.context.cues import SLOT_VALUES, CueTable, Does, Slot
from engine.errors import ArtifactError
from engine.match.automaton import is_matchable, phrase_words

_CUE = b'[[cue]]\naxis = "ASSERTION"\nvalue = "ABSENT"\ndirection = "before"\nscope = 5\n'


def test_phrases_and_rules_are_numbered_alike() -> None:
    table = CueTable.load()
    assert len(table.phrases) == len(table.rules) > 1000


def test_every_phrase_can_be_matched() -> None:
    assert [phrase for phrase in CueTable.load().phrases if not is_matchable(phrase_words(phrase))] == []


def test_every_value_has_a_cue_before_it() -> None:
    slots = {rule.slot for rule in CueTable.load().rules if rule.does & Does.REACHES_ON}
    assert slots == set(Slot)


def test_no_phrase_says_one_thing_twice() -> None:
    table = CueTable.load()
    seen: dict[tuple[tuple[str, ...], int, int], str] = {}
    for phrase, rule in zip(table.phrases, table.rules, strict=True):
        directions = rule.does & (Does.REACHES_ON | Does.REACHES_BACK)
        if rule.slot >= 0 and directions:
            key = (tuple(phrase_words(phrase)), rule.slot, directions)
            assert seen.setdefault(key, phrase) == phrase


def test_table_is_the_same_whenever_it_is_loaded() -> None:
    assert (
        CueTable.load().content_hash
        == CueTable.load().content_hash
        != CueTable.parse(_CUE + b'phrases = ["x"]').content_hash
    )


def test_slots_stand_for_the_values_of_their_names() -> None:
    assert [value.name for _, value in SLOT_VALUES] == [slot.name for slot in Slot]


def test_words_in_braces_are_expanded() -> None:
    table = CueTable.parse(
        b'[words]\nwho = ["he", "she"]\nyear = {from = 1999, to = 2000}\n'
        + _CUE
        + b'phrases = ["{who} denies", "in {year}"]'
    )
    assert table.phrases == ("he denies", "she denies", "in 1999", "in 2000")
    assert [rule.rule for rule in table.rules] == ["pre:he denies", "pre:she denies", "pre:in 1999", "pre:in 2000"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "cue file"),
        (b"[[cue", "cue file"),
        (_CUE, "phrases"),
        (_CUE + b'phrases = ["x"]\ncolour = 1', "colour"),
        (_CUE.replace(b"ABSENT", b"GONE") + b'phrases = ["x"]', "GONE"),
        (_CUE.replace(b"before", b"beside") + b'phrases = ["x"]', "beside"),
        (_CUE.replace(b"ASSERTION", b"TEMPORALITY") + b'phrases = ["x"]', "want ASSERTION"),
        (_CUE + b'phrases = ["{nobody} has"]', "nobody"),
        (b'[[cue]]\ndirection = "before"\nphrases = ["x"]', "value"),
    ],
)
def test_wrong_files_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        CueTable.parse(content)
