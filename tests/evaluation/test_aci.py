"""ACI-Bench on visits made by hand: what is compared, and files of another shape."""

import json
from pathlib import Path

import pytest
from made_answers import Rote

from engine.errors import InputError
from engine.evaluation.aci import evaluate
from engine.types import Setting

VISITS = [
    {"encounter_id": "v1", "note": "note one", "dialogue": "talk one", "icd10cm": ["E11.9", "I10"]},
    {"encounter_id": "v2", "note": "note two", "dialogue": "talk two", "icd10cm": ["M25.561"]},
]


def write(folder: Path, *rows: object) -> Path:
    """Write a file of JSON lines."""
    path = folder / "visits.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", encoding="utf-8")
    return path


def test_figures_are_those_worked_by_hand(tmp_path: Path) -> None:
    coder = Rote(suggestions={"v1": ["E11.65", "I10"], "v2": ["M25.562", "M25.561", "R05.9"]})
    scores = evaluate(write(tmp_path, *VISITS), coder).to_json()
    # Right: I10, M25.561. Wrong: E11.65, M25.562, R05.9. Missed: E11.9.
    assert scores["exact"] == {"p": 0.4, "r": 0.6667, "f1": 0.5}
    # Categories: E11, I10, M25 right; R05 wrong.
    assert scores["category"] == {"p": 0.75, "r": 1.0, "f1": 0.8571}
    # v1: I10 at place 2 of two wanted, (1/2)/2; v2: at place 2 of one wanted, 1/2.
    assert scores["map"] == 0.375
    assert (scores["corpus"], scores["documents"]) == ("aci", 2)


def test_a_visit_is_an_outpatients_and_the_note_or_the_dialogue_is_read(tmp_path: Path) -> None:
    path, coder = write(tmp_path, *VISITS), Rote()
    evaluate(path, coder)
    evaluate(path, coder, part="dialogue")
    assert [chart.documents[0].text for chart in coder.seen] == ["note one", "note two", "talk one", "talk two"]
    assert {chart.setting for chart in coder.seen} == {Setting.OUTPATIENT}


def test_errors_show_where_the_wrong_code_comes_from(tmp_path: Path) -> None:
    result = evaluate(write(tmp_path, *VISITS), Rote(suggestions={"v1": ["R05.9"]}))
    shown = "WRONG  v1  R05.9  (nothing of the category is wanted) 0.50 no heading: [n]ote one"
    assert result.errors(5)[0] == shown
    assert [line.split()[2] for line in result.errors(5)[1:]] == ["E11.9", "I10", "M25.561"]


@pytest.mark.parametrize(
    "row",
    [
        "not an object",
        3,
        None,
        {"encounter_id": "v1", "note": "n"},
        {"encounter_id": "v1", "icd10cm": []},
        {"note": "n", "icd10cm": []},
        {"encounter_id": "v1", "note": "n", "icd10cm": 3},
        {"encounter_id": "v1", "note": "n", "icd10cm": "E11.9"},
        {"encounter_id": "v1", "note": None, "icd10cm": ["E11.9"]},
        {"encounter_id": "v1", "note": "n", "icd10cm": [3]},
    ],
)
def test_a_line_of_another_shape_is_refused_by_number(tmp_path: Path, row: object) -> None:
    with pytest.raises(InputError, match="line 2") as caught:
        evaluate(write(tmp_path, VISITS[0], row), Rote())
    assert caught.value.field == "path"


@pytest.mark.parametrize("content", [b"{not json}\n", b"\xff\xfe\n"])
def test_a_file_that_is_not_json_lines_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "visits.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError):
        evaluate(path, Rote())


def test_a_file_that_is_empty_or_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        evaluate(tmp_path / "missing.jsonl", Rote())
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(InputError):
        evaluate(tmp_path / "empty.jsonl", Rote())


def test_an_encounter_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 2"):
        evaluate(write(tmp_path, VISITS[0], VISITS[0]), Rote())
