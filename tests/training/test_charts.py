"""Reading coded charts: what is taken, and what is refused without a word of what it holds."""

import json
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.training.charts import bare, read_charts
from engine.types import Setting

CHART = {
    "chart_id": "v1",
    "documents": [{"text": "SECRET note", "kind": "clinic"}],
    "codes": ["e11.9", "B20", "0DTJ4ZZ"],
}


def write(folder: Path, *rows: object) -> Path:
    """Write rows as JSON lines."""
    path = folder / "coded.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_a_chart_has_its_documents_setting_and_codes(tmp_path: Path) -> None:
    (chart,) = read_charts(write(tmp_path, CHART | {"setting": "INPATIENT"}))
    assert (chart.chart.chart_id, chart.chart.setting) == ("v1", Setting.INPATIENT)
    assert [(document.text, document.kind) for document in chart.chart.documents] == [("SECRET note", "clinic")]
    assert chart.is_right("icd10cm", "E11.9")
    assert not chart.is_right("icd10cm", "E11.65")
    assert chart.is_right("icd10pcs", "0DTJ4ZZ")
    # B20 is a diagnosis, and not the beginning of an imaging procedure.
    assert not chart.is_right("icd10pcs", "B20ZZZZ")


def test_setting_and_kind_may_be_left_out(tmp_path: Path) -> None:
    (chart,) = read_charts(write(tmp_path, CHART | {"documents": [{"text": "x"}]}))
    assert (chart.chart.setting, chart.chart.documents[0].kind) == (Setting.UNSPECIFIED, "")


def test_other_line_separators_stand_in_a_note(tmp_path: Path) -> None:
    path = tmp_path / "coded.jsonl"
    row = {"chart_id": "v1", "documents": [{"text": "a\u2028b\x0bc\U0001f600\x00"}], "codes": []}
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n\n", encoding="utf-8")
    (chart,) = read_charts(path)
    assert chart.chart.documents[0].text == "a\u2028b\x0bc\U0001f600\x00"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"chart_id": 3}, "chart_id"), ({"chart_id": ""}, "chart_id"), ({"setting": "WARD SECRET"}, "setting"),
        ({"setting": None}, "setting"), ({"codes": "E11.9"}, "codes"), ({"codes": [1]}, "codes"),
        ({"documents": []}, "documents"), ({"documents": "SECRET"}, "documents"), ({"documents": [{}]}, "documents"),
        ({"documents": [{"text": ""}]}, "documents"), ({"documents": [{"text": "x", "kind": 1}]}, "documents"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_its_line_and_not_quoted(
    tmp_path: Path, change: dict[str, object], what: str
) -> None:
    with pytest.raises(InputError, match=rf"coded\.jsonl line 2: {what}: got") as caught:
        read_charts(write(tmp_path, CHART, CHART | {"chart_id": "v2"} | change))
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "without a chart"), (b"\n\n", "without a chart"), (b"[1]\n", "line 1"), (b"{\n", "line 1"),
        (b'{"chart_id": "v1"', "line 1"), (b"\xff\xfe\n", "UTF-8"), (b"[" * 200_000, "line 1"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "coded.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=what):
        read_charts(path)


def test_a_chart_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 2: chart_id"):
        read_charts(write(tmp_path, CHART, CHART))


@pytest.mark.parametrize(("given", "want"), [(" e11.9 ", "E119"), ("E119", "E119"), ("0dtj4zz", "0DTJ4ZZ")])
def test_codes_are_compared_without_dots_and_case(given: str, want: str) -> None:
    assert bare(given) == want
