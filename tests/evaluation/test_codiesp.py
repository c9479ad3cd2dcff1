"""CodiEsp on a corpus made by hand: how codes are compared, what counts, and corpora of another shape."""

from pathlib import Path

import pytest
from made_answers import ABSENT, FAMILY, POSSIBLE, PRESENT, Rote

from engine.errors import InputError
from engine.evaluation.codiesp import as_annotated, evaluate


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Write three documents, of which the last has no diagnosis in the gold."""
    texts = tmp_path / "text_files_en"
    texts.mkdir()
    for name in ("a", "b", "c"):
        (texts / f"{name}.txt").write_text(f"text of {name}", encoding="utf-8")
    (tmp_path / "devD.tsv").write_text("a\te11.9\na\ti10\nb\ts52.50\nother\tj45\n\n", encoding="utf-8")
    (tmp_path / "devP.tsv").write_text("a\tbw03zzz\n", encoding="utf-8")
    return tmp_path


def test_figures_are_those_worked_by_hand(corpus: Path) -> None:
    coder = Rote(
        {
            "a": [("E11.9", 0.9, PRESENT), ("E11.65", 0.5, PRESENT), ("I10", 0.8, ABSENT), ("J45.909", 0.7, FAMILY)],
            "b": [("S52.50XA", 0.6, POSSIBLE)],
        }
    )
    scores = evaluate(corpus, coder).to_json()
    # Right: e11.9 and i10 of a (mentioned, if denied), s52.50 of b (without its seventh character).
    # Wrong: e11.65, j45.909.
    assert scores["corpus"] == "codiesp"
    assert scores["full"] == {"p": 0.6, "r": 1.0, "f1": 0.75}
    # Categories: e11, i10 and s52 right, j45 wrong.
    assert scores["category"] == {"p": 0.75, "r": 1.0, "f1": 0.8571}
    # a: right at places 1 and 2; b: 1.
    assert scores["map"] == 1.0
    # Stated of the patient: i10 is missed, j45.909 not given. a: right at place 1 of two wanted, 1/2; b: 1.
    assert scores["stated"]["full"] == {"p": 0.6667, "r": 0.6667, "f1": 0.6667}
    assert scores["stated"]["map"] == 0.75
    assert scores["documents"] == 2
    assert scores["procedures"]["full"] == {"p": 0.0, "r": 0.0, "f1": 0.0}
    assert scores["verbatim"]["full"] == {"p": 0.4, "r": 0.6667, "f1": 0.5}


def test_every_document_is_coded_in_order_and_counted(corpus: Path) -> None:
    coder, ticks = Rote(), []
    evaluate(corpus, coder, tick=lambda done, total: ticks.append((done, total)))
    assert [chart.chart_id for chart in coder.seen] == ["a", "b", "c"]
    assert ticks == [(1, 3), (2, 3), (3, 3)]


def test_errors_show_what_is_wrong_and_what_is_missed(corpus: Path) -> None:
    result = evaluate(corpus, Rote({"a": [("E11.65", 0.5, PRESENT)]}))
    assert [line.split()[:3] for line in result.errors(9)] == [
        ["WRONG", "a", "e11.65"],
        # By cause: two never matched, then one of which another code of its category was given.
        ["MISSED", "a", "i10"],
        ["MISSED", "b", "s52.50"],
        ["MISSED", "a", "e11.9"],
    ]
    assert result.errors(0) == []


def test_errors_that_are_made_again_and_again_stand_at_the_end(corpus: Path) -> None:
    result = evaluate(corpus, Rote({name: [("R69", 0.5, PRESENT)] for name in ("a", "b")}))
    assert result.errors(9)[-1] == "OFTEN  2 times WRONG  r69  (nothing of the category is wanted)"


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("E11.9", "e11.9"),
        ("I10", "i10"),
        ("S52.501A", "s52.501"),
        ("W19.XXXA", "w19"),
        ("T36.0X1A", "t36.0x1"),
        # Subdivided or added since ICD-10-CM 2016.
        ("R51.9", "r51"),
        ("F32.A", "f32.9"),
        ("M54.50", "m54.5"),
        ("N18.30", "n18.3"),
    ],
)
def test_codes_are_written_as_the_annotators_wrote_them(code: str, written: str) -> None:
    assert as_annotated(code) == written
    assert as_annotated(written) == written


def spoil_no_texts(folder: Path) -> None:
    """Take the texts away."""
    for path in (folder / "text_files_en").iterdir():
        path.unlink()


def spoil_no_gold(folder: Path) -> None:
    """Take the gold of track D away."""
    (folder / "devD.tsv").unlink()


def spoil_two_golds(folder: Path) -> None:
    """Lay a second gold beside the first."""
    (folder / "trainD.tsv").write_text("a\te11.9\n")


def spoil_a_line(folder: Path) -> None:
    """Take a code out of a line."""
    (folder / "devD.tsv").write_text("a\te11.9\nb\n")


def spoil_a_text(folder: Path) -> None:
    """Write a text in another encoding."""
    (folder / "text_files_en" / "b.txt").write_bytes(b"fi\xe8vre")


def spoil_the_golds_encoding(folder: Path) -> None:
    """Write the gold in another encoding."""
    (folder / "devD.tsv").write_bytes(b"a\te11.9\xff\n")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_no_texts, "text_files_en"),
        (spoil_no_gold, "0 files"),
        (spoil_two_golds, "2 files"),
        (spoil_a_line, "devD.tsv line 2"),
        (spoil_a_text, "b.txt"),
        (spoil_the_golds_encoding, "devD.tsv"),
    ],
)
def test_a_corpus_of_another_shape_is_refused(corpus: Path, spoil, message: str) -> None:  # type: ignore[no-untyped-def]
    spoil(corpus)
    with pytest.raises(InputError, match=message) as caught:
        evaluate(corpus, Rote())
    assert caught.value.field == "path"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        evaluate(tmp_path / "missing", Rote())
