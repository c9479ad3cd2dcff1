"""Write what the C++ harness reads: the table of cases, notes and random texts with their answers, adversarial texts.

    python fuzz/export.py build/fuzz          writes cases.bundle and characters.hpp there

The answers are those worked out by hand, or the plain-Python twin's; where a text is too long for it there are none.
"""

import random
import struct
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "match")]

from matcher_cases import CASES  # noqa: E402

from engine.match.automaton import Compiled, Phrase, compile_phrases, is_matchable, phrase_words  # noqa: E402
from engine.match.reference import ACROSS_COMMA, CUE, NO_PHRASE, TERM, UPPER_ONLY, find_words  # noqa: E402
from engine.text.characters import BLOCK, MANY_BIT, CharacterTable, character_table  # noqa: E402

Spans = list[tuple[int, int, int]]
SEED = 20261124
FOLD_MASK, FOLD_BASE = 0x0FFFFFFF, 16
# Blocks of 256 code points that the fuzz target knows: Latin, Greek, marks, punctuation, ligatures, wide, astral.
SMALL_BLOCKS = (0x00, 0x01, 0x02, 0x03, 0x1E, 0x20, 0x25, 0xFB, 0xFF, 0x1D4, 0x1F6)
PIECES = [
    *"aZ0 .,;:-'&\n\t()/_|", "ß", "ﬁ", "é", "e\u0301", "\u00ad", "\u200d", "’", "–", "—", "…", "•", "喘", "Ａ",
    "𝐀", "😀", "\U0010ffff", "\x00", "the ", "left ", "kidney ", "Stone", "heart failure ",
    ". ", "\n\n", "\n2. ", " - ", "x" * 15, "y" * 70,
]  # fmt: skip


@dataclass(frozen=True)
class Record:
    """A dictionary and a text (`unit`, so many times); `spans` is everything that is found, where that is known."""

    name: str
    compiled: Compiled
    unit: str
    times: int = 1
    spans: Spans | None = None


def cases() -> Iterator[Record]:
    for case in CASES:
        yield Record(case.name, compile_phrases(case.compiled_from()), case.text, 1, case.spans())


def answered(name: str, compiled: Compiled, text: str) -> Record:
    hits = [hit for hit in compiled.reference().find(text) if hit[2] != NO_PHRASE]
    return Record(name, compiled, text, 1, hits)


def notes() -> Iterator[Record]:
    """The sample notes, over phrases of one to four of their own words with every mix of flags."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "samples").glob("*.txt"))}
    chance = random.Random(SEED)
    phrases = []
    for text in texts.values():
        words = [word.fold for word in find_words(text)]
        for at in range(0, len(words) - 4, 2):
            words_of_it = " ".join(words[at : at + chance.randint(1, 4)])
            phrases.append(Phrase(words_of_it, chance.randrange((UPPER_ONLY | ACROSS_COMMA | TERM | CUE) + 1)))
    compiled = compile_phrases([phrase for phrase in phrases if is_matchable(phrase_words(phrase.text))])
    for name, text in texts.items():
        yield answered(f"note {name}", compiled, text)


def random_texts() -> Iterator[Record]:
    """Texts of all of Unicode and of pieces that the rules are about, up to three scan pieces long."""
    chance = random.Random(SEED)
    compiled = compile_phrases(
        [Phrase(text) for text in ("a", "kidney stone", "heart failure", "ss", "xxx a", "é", "and 0", "喘")]
    )
    for number in range(120):
        length = chance.choice((3, 20, 200, 2000, 12000) if number % 10 == 0 else (3, 20, 63, 64, 65, 200))
        if number % 2:
            text = "".join(_character(chance) for _ in range(length))
        else:
            text = "".join(chance.choice(PIECES) for _ in range(length // 2 + 1))
        yield answered(f"random text {number}", compiled, text)


def _character(chance: random.Random) -> str:
    number = chance.choice((chance.randrange(0x80), chance.randrange(0x800), chance.randrange(0x110000)))
    return chr(number) if not 0xD800 <= number < 0xE000 else " "


def adversarial() -> Iterator[Record]:
    """Long texts against dictionaries made for them."""
    nested = [" ".join(["a"] * n) for n in range(1, 33)]
    for name, phrases, unit, size in (
        ("ten megabytes without a space", ["x" * 64], "x", 10_000_000),
        ("one run of words cut by no separator", ["and", "a and"], "&", 1_000_000),
        ("one run of letters and dashes beyond ASCII", ["a a"], "a–", 1_000_000),
        ("a letter and joiners", ["aa"], "a" + "'" * 5000, 1_000_000),
        ("marks without end", ["a"], "a" + "\u0301" * 3000, 1_000_000),
        ("every phrase at every word", nested, "a ", 200_000),
        ("prefixes that fail at the last word", [" ".join(["a"] * 31) + " b", "a b c"], "a ", 1_000_000),
        ("nothing but separators", ["a"], ". \n,;-", 1_000_000),
        ("words just too long", ["y" * 64], "y" * 65 + " ", 1_000_000),
        ("four bytes a letter", ["a a"], "𝐀 ", 1_000_000),
        ("ligatures that grow when folded", ["ffi" * 21], "ﬃ" * 21 + " " + "\ufdfa" * 30, 1_000_000),
    ):
        yield Record(name, compile_phrases([Phrase(phrase) for phrase in phrases]), unit, size // len(unit.encode()))


def _pack(numbers: Sequence[int], kind: str = "I") -> bytes:
    return struct.pack("<I", len(numbers)) + struct.pack(f"<{len(numbers)}{kind}", *numbers)


def _pack_text(text: str) -> bytes:
    raw = text.encode("utf-8")
    return struct.pack("<I", len(raw)) + raw


def encode(record: Record) -> bytes:
    """Encode a record: all numbers uint32, lists and texts after their length."""
    compiled = record.compiled
    surfaces = sorted(compiled.surfaces.items())
    out = [_pack_text(record.name), struct.pack("<I", len(surfaces))]
    out += [_pack_text(text) + struct.pack("<I", word) for text, word in surfaces]
    out.append(struct.pack("<I", len(compiled.phrases)))
    out += [
        _pack(words) + struct.pack("<I", flag) for words, flag in zip(compiled.phrases, compiled.flags, strict=True)
    ]
    out += [_pack_text(record.unit), struct.pack("<II", record.times, record.spans is not None)]
    out.append(_pack([number for span in record.spans or () for number in span]))
    return b"".join(out)


def small_table(table: CharacterTable) -> CharacterTable:
    """Keep SMALL_BLOCKS; every other character separates. Such an image is read in microseconds."""
    stage1, stage2, expansions = [0] * len(table.stage1), [0] * BLOCK, list[int]()
    for number in SMALL_BLOCKS:
        stage1[number] = len(stage2) // BLOCK
        first = table.stage1[number] * BLOCK
        for entry in table.stage2[first : first + BLOCK]:
            if entry & MANY_BIT:
                index = (entry & FOLD_MASK) - FOLD_BASE
                entry = entry & ~FOLD_MASK | FOLD_BASE + len(expansions)
                expansions += table.expansions[index : index + 1 + table.expansions[index]]
            stage2.append(entry)
    return CharacterTable(stage1, stage2, expansions)


def header_of(table: CharacterTable) -> str:
    """Write a table as C++ arrays."""
    arrays = (
        ("uint16_t", "kStage1", table.stage1),
        ("uint32_t", "kStage2", table.stage2),
        ("uint32_t", "kExpansions", table.expansions),
    )
    lines = ["// Made by fuzz/export.py.", "#pragma once", "#include <cstdint>"]
    lines += [f"static const {kind} {name}[] = {{{', '.join(map(str, items))}}};" for kind, name, items in arrays]
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    table = character_table()
    (folder / "characters.hpp").write_text(header_of(small_table(table)), encoding="utf-8")
    records = [record for make in (cases, notes, random_texts, adversarial) for record in make()]
    bundle = _pack(table.stage1) + _pack(table.stage2) + _pack(table.expansions) + struct.pack("<I", len(records))
    (folder / "cases.bundle").write_bytes(bundle + b"".join(map(encode, records)))
    print(f"{len(records)} records in {folder / 'cases.bundle'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
