"""The character table: what each character does in a word, by Unicode's own data."""

import sys
import unicodedata

import pytest

from engine.text.characters import (
    AMPERSAND,
    BLOCK,
    FOLD_BASE,
    JOINER,
    LOWER_BIT,
    MANY_BIT,
    MARK,
    SEPARATOR,
    CharacterTable,
    character_table,
    classify,
    fold_character,
    is_lower,
)


@pytest.mark.parametrize(
    ("char", "fold"),
    [
        ("a", "a"), ("A", "a"), ("7", "7"), ("é", "e"), ("É", "e"), ("Å", "a"), ("ß", "ss"),
        ("ẞ", "ss"), ("ﬁ", "fi"), ("ﬃ", "ffi"),
        ("İ", "i"), ("ı", "ı"), ("ς", "σ"), ("Σ", "σ"), ("Ж", "ж"), ("й", "и"), ("Ａ", "a"),
        ("²", "2"), ("Ⅳ", "iv"), ("喘", "喘"),
        ("ø", "ø"), ("Æ", "æ"), ("𝐀", "a"), ("٣", "٣"),
    ],
)  # fmt: skip
def test_a_letter_or_digit_is_folded(char: str, fold: str) -> None:
    assert fold_character(char) == fold


@pytest.mark.parametrize(
    ("char", "kind"),
    [
        (" ", SEPARATOR), ("\n", SEPARATOR), ("-", SEPARATOR), ("_", SEPARATOR), ("\x00", SEPARATOR), ("😀", SEPARATOR),
        ("½", SEPARATOR),
        ("°", SEPARATOR), ("µ", "μ"), ("\u0301", MARK), ("\u20dd", MARK), ("'", JOINER), ("’", JOINER),
        ("‘", JOINER), ("\u00ad", JOINER),
        ("\u200d", JOINER), ("&", AMPERSAND), ("\ud800", SEPARATOR), ("\U0010ffff", SEPARATOR),
    ],
)  # fmt: skip
def test_a_character_has_its_part_in_a_word(char: str, kind: int | str) -> None:
    assert classify(char) == kind


@pytest.mark.parametrize(
    ("char", "small"), [("a", True), ("A", False), ("ß", True), ("1", False), ("中", False), ("é", True), ("Ⅳ", False)]
)
def test_small_letters_are_those_that_have_capitals(char: str, small: bool) -> None:
    assert is_lower(char) is small


def _read(table: CharacterTable, char: str) -> int | str:
    entry = table.stage2[table.stage1[ord(char) >> 8] * BLOCK + (ord(char) & 255)]
    fold = (entry & 0x0FFFFFFF) - FOLD_BASE
    if fold < 0:
        return entry
    if not entry & MANY_BIT:
        return chr(fold)
    return "".join(map(chr, table.expansions[fold + 1 : fold + 1 + table.expansions[fold]]))


def test_the_table_says_of_every_character_what_the_functions_say() -> None:
    table = character_table()
    assert len(table.stage1) == 0x1100
    wrong = [
        hex(number)
        for number in range(sys.maxunicode + 1)
        if not 0xD800 <= number < 0xE000 and _read(table, chr(number)) != classify.__wrapped__(chr(number))
    ]
    assert wrong == []


def test_the_table_marks_small_letters() -> None:
    table = character_table()
    for char in "aAßé1ΣσⅣ":
        entry = table.stage2[table.stage1[ord(char) >> 8] * BLOCK + (ord(char) & 255)]
        assert bool(entry & LOWER_BIT) is is_lower(char)


def test_every_letter_without_a_fold_is_a_separator_and_every_mark_a_mark() -> None:
    for number in range(0x3000):
        char = chr(number)
        if unicodedata.category(char).startswith("M"):
            assert classify(char) == MARK
