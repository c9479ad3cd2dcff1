"""Passages in capitals, where abbreviations that are words too are the words."""

import re

import pytest

from engine.match.capitals import is_plain_word


@pytest.mark.parametrize(
    ("text", "word", "is_plain"),
    [
        ("THE PATIENT WAS SAD AND TEARFUL THROUGHOUT", "SAD", True),
        ("He has SAD and takes sertraline in winter.", "SAD", False),
        ("PMH: BPH, ED, HTN, CAD, DM.", "ED", False),
        ("HE WAS HIT IN THE HEAD", "HIT", True),
        ("She is stable. CONDITION ON DISCHARGE: good, and she went home walking.", "ON", True),
        ("She is stable. SETTINGS ARE AS FOLLOWS: rate sixty and the mode is normal.", "AS", True),
        ("THE PATIENT HAS HTN AND IS WELL TODAY", "HTN", False),
        ("SAD", "SAD", False),
    ],
)
def test_a_word_in_a_passage_of_capitals_is_no_abbreviation(text: str, word: str, is_plain: bool) -> None:
    found = re.search(rf"\b{word}\b", text)
    assert found
    assert is_plain_word(text, *found.span()) is is_plain
