"""Our own lexicon: what is shipped is true, and a malformed file is refused with its line."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from codesets.errors import LexiconError
from codesets.lexicon import LexiconEntry, contradictions, lexicon_files, lexicon_hash, read_file, read_lexicon
from codesets.snapshot import Snapshot
from codesets.types import System


@pytest.fixture(scope="module")
def entries() -> Sequence[LexiconEntry]:
    return read_lexicon(System.ICD10CM)


def test_every_code_of_the_lexicon_exists_and_no_term_has_two_without_a_reason(
    entries: Sequence[LexiconEntry], snapshot: Snapshot
) -> None:
    assert contradictions(entries, snapshot) == []


def test_the_lexicon_holds_what_charts_most_often_contain(entries: Sequence[LexiconEntry]) -> None:
    assert len(entries) >= 2_000
    assert {"hypertension", "htn", "weight loss", "smoker", "heart attack", "kidney stones"} <= {
        word for entry in entries for word in (entry.term.lower(), f"{entry.term.lower()}s")
    }


def test_no_code_of_the_lexicon_is_a_chapter_or_block(entries: Sequence[LexiconEntry]) -> None:
    coded = [entry for entry in entries if not entry.is_shadow]
    assert [entry.where for entry in coded if "-" in entry.code or not entry.code[:1].isalpha()] == []


def test_the_files_are_listed_in_a_fixed_order_and_hashed() -> None:
    files = lexicon_files(System.ICD10CM)
    assert files == sorted(files)
    assert lexicon_hash(System.ICD10CM) == lexicon_hash(System.ICD10CM)
    assert lexicon_hash(System.ICD10CM) != lexicon_hash(System.CPT)
    assert lexicon_files(System.CPT) == []


def read(folder: Path, text: str) -> list[LexiconEntry]:
    path = folder / "made.tsv"
    path.write_text(text, encoding="utf-8")
    return list(read_file(path))


def test_rows_comments_and_the_heading_are_read(tmp_path: Path) -> None:
    rows = "HTN\tI10\tupper\t\nlow mood\tF32.A\tweak\tno episode is stated\nMS\tG35\tupper,weak\t\n"
    text = f"term\tcode\tflags\tnote\n# a comment\n\n{rows}"
    assert read(tmp_path, text) == [
        LexiconEntry("HTN", "I10", True, False, "", "made.tsv:4"),
        LexiconEntry("low mood", "F32.A", False, True, "no episode is stated", "made.tsv:5"),
        LexiconEntry("MS", "G35", True, True, "", "made.tsv:6"),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("hypertension", "made.tsv:2: got 1 cells"),
        ("hypertension\tI10\t", "made.tsv:2: got 3 cells"),
        ("hypertension\tI10\t\t\t", "made.tsv:2: got 5 cells"),
        ("\tI10\t\t", "made.tsv:2: got term ''"),
        (" \tI10\t\t", "made.tsv:2: got term ' '"),
        ("hypertension\t\t\t", "code ''"),
        ("hypertension\tI10\tUPPER\t", "flags 'UPPER'"),
        ("hypertension\tI10\tupper weak\t", "flags 'upper weak'"),
        ("hypertension\tI10\tupper,loud\t", "flags 'upper,loud'"),
    ],
)
def test_a_malformed_row_is_refused_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(LexiconError) as caught:
        read(tmp_path, f"term\tcode\tflags\tnote\n{row}\n")
    assert message in str(caught.value)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "made.tsv").write_bytes(b"Sj\xf6gren\tM35.00\t\t\n")
    with pytest.raises(LexiconError, match=r"made\.tsv: not UTF-8"):
        list(read_file(tmp_path / "made.tsv"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("asthma\tJ45.00\t\t\n", "no code J45.00 in 2026"),
        ("htn\tI10\t\t\nHTN\tI10\t\t\n", "already at made.tsv:1"),
        ("follow-up\tZ09\t\t\nfollow up\tZ08\t\t\n", "also Z09 at made.tsv:1, without a reason on both"),
        ("Crohn's\tK50.90\t\t\ncrohns\tK51.90\t\tsometimes\n", "without a reason on both"),
    ],
)
def test_what_is_untrue_is_found(tmp_path: Path, snapshot: Snapshot, rows: str, message: str) -> None:
    (problem,) = contradictions(read(tmp_path, rows), snapshot)
    assert message in problem


@pytest.mark.parametrize(
    "rows",
    [
        "MS\tG35\tupper\t\nms\tI05.9\t\t\n",  # in capitals another word
        "CP\tR07.9\t\tin a review of systems\nCP\tG80.9\t\tof a child\n",
    ],
)
def test_two_meanings_with_reasons_are_no_contradiction(tmp_path: Path, snapshot: Snapshot, rows: str) -> None:
    entries = [entry for entry in read(tmp_path, rows) if entry.code in snapshot]
    assert contradictions(entries, snapshot) == []
