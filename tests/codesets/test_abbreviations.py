"""Our inventory of abbreviations: what is shipped is true, and a malformed file is refused with its line."""

from collections import Counter
from pathlib import Path

import pytest

from codesets.errors import LexiconError
from codesets.lexicon.abbreviations import inventory_problems, read_abbreviations, read_inventory
from codesets.snapshot import Snapshot
from codesets.types import System
from engine.match.automaton import phrase_words

_HEADING = "abbreviation\tmeaning\tcode\tflags\tprior\tcues\tsections\tkinds\n"


def test_the_inventory_holds_no_unknown_code_and_no_meaning_twice(snapshot: Snapshot) -> None:
    assert inventory_problems(read_abbreviations(System.ICD10CM), snapshot) == []


def test_the_inventory_holds_six_hundred_abbreviations_of_diagnoses_and_two_hundred_with_several_meanings() -> None:
    inventory = read_abbreviations(System.ICD10CM)
    assert len([a for a in inventory if any(sense.is_diagnosis for sense in a.senses)]) >= 600
    assert len([a for a in inventory if len(a.senses) > 1]) >= 200
    assert {"MS", "RA", "PE", "CP", "OD", "BS", "PT", "CA", "DM", "AS", "ED", "MI"} <= {a.text for a in inventory}


def test_no_two_abbreviations_read_the_same() -> None:
    words = Counter(tuple(phrase_words(abbreviation.text)) for abbreviation in read_abbreviations(System.ICD10CM))
    assert [word for word, count in words.items() if count > 1 or not word] == []


def test_a_system_without_an_inventory_has_none() -> None:
    assert read_abbreviations(System.CPT) == ()


def test_rows_of_one_abbreviation_are_its_meanings(tmp_path: Path) -> None:
    path = tmp_path / "made.tsv"
    rows = "MS\tmitral stenosis\tI05.0\tupper\t7\tvalv*, <severe\t!PLAN\techo\nMS\tmental status\t-\tupper\t30\t\t\t\n"
    path.write_text(f"{_HEADING}# a comment\n{rows}", encoding="utf-8")
    (found,) = read_inventory(path)
    assert (found.text, found.case) == ("MS", "upper")
    assert [(sense.meaning, sense.code, sense.prior) for sense in found.senses] == [
        ("mitral stenosis", "I05.0", 7.0),
        ("mental status", "-", 30.0),
    ]
    first = found.senses[0]
    assert (first.cues, first.sections, first.kinds) == (("valv*", "<severe"), ("!PLAN",), ("echo",))
    assert [sense.is_diagnosis for sense in found.senses] == [True, False]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("MS\tmitral stenosis\tI05.0\tupper\t7\t\t\n", "made.tsv:2: got 7 cells, want 8"),
        ("MS\tmitral stenosis\tI05.0\t\t7\t\t\t\n", "want a case in the flags"),
        ("MS\tmitral stenosis\tI05.0\tupper,loud\t7\t\t\t\n", "want a case in the flags"),
        ("MS\t\tI05.0\tupper\t7\t\t\t\n", "want a case in the flags"),
        ("MS\tmitral stenosis\tI05.0\tupper\t0\t\t\t\n", "prior: got '0', want 1 to 99"),
        ("MS\ta\tI05.0\tupper\t7\t\t\t\nRA\tb\t-\tupper\t7\t\t\t\nMS\tc\t-\tupper\t7\t\t\t\n", "rows in two places"),
        ("MS\ta\tI05.0\tupper\t7\t\t\t\nMS\tb\t-\tany\t7\t\t\t\n", "rows of different case"),
    ],
)
def test_a_malformed_row_is_refused_with_its_line(tmp_path: Path, rows: str, message: str) -> None:
    path = tmp_path / "made.tsv"
    path.write_text(_HEADING + rows, encoding="utf-8")
    with pytest.raises(LexiconError, match=message.replace("(", r"\(")):
        read_inventory(path)
