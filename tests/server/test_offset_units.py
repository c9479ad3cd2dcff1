"""Every span in a reply counts in the caller's unit, and what it cuts from the original is the text it names."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from fake_engine import TERMS, find
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.pb.chartcoder.v1 import coding_pb2, types_pb2
from engine.server.offsets import offset_tables

Cut = Callable[[str, int, int], str]


def place(text: str, position: int, unit: int) -> int:
    (table,) = offset_tables([text], unit)
    return position if table is None else table[position]


def cut_utf8(text: str, begin: int, end: int) -> str:
    return text.encode()[begin:end].decode()


def cut_utf16(text: str, begin: int, end: int) -> str:
    return text.encode("utf-16-le")[2 * begin : 2 * end].decode("utf-16-le")


def cut_code_points(text: str, begin: int, end: int) -> str:
    return text[begin:end]


CUTS: dict[int, Cut] = {
    types_pb2.OFFSET_UNIT_UNSPECIFIED: cut_code_points,
    types_pb2.OFFSET_UNIT_CODE_POINT: cut_code_points,
    types_pb2.OFFSET_UNIT_UTF8_BYTE: cut_utf8,
    types_pb2.OFFSET_UNIT_UTF16_CODE_UNIT: cut_utf16,
}
_TRICKY = [
    "\x00",
    "e\u0301",
    "\u202e",
    "שלום",
    "👩‍👩‍👧",
    "😀",
    "ß",
    "\ufeff",
    "\u2028",
    "\U0010ffff",
    "no ",
    "denies ",
    "\r\n",
]
_PIECES = st.one_of(st.sampled_from([*TERMS, *_TRICKY]), st.text(max_size=5))
TEXTS = st.lists(_PIECES, min_size=1, max_size=12).map(" ".join).filter(lambda text: bool(text.strip()))


@pytest.mark.parametrize("unit", CUTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=1, max_size=3))
def test_each_span_cut_from_the_original_is_the_text_it_names(coding: Any, unit: int, texts: list[str]) -> None:
    documents = [types_pb2.Document(text=text) for text in texts]
    request = coding_pb2.CodeChartRequest(chart=types_pb2.Chart(documents=documents), offset_unit=cast(Any, unit))
    whole = types_pb2.ChartFrame()
    for reply in coding.CodeChart(request):
        whole.MergeFrom(reply.frame)
    cut = CUTS[unit]
    assert len(whole.findings) == sum(len(find(text, 0)) for text in texts)
    for finding in whole.findings:
        assert cut(texts[finding.document], finding.begin, finding.end) == finding.text
        for cue in finding.cues:
            assert cut(texts[finding.document], cue.begin, cue.end).strip() in ("no", "denies")
    named = {term for term, code in TERMS.items() if code in {s.code for s in whole.suggestions}}
    for suggestion in whole.suggestions:
        for evidence in suggestion.evidence:
            assert cut(texts[evidence.document], evidence.begin, evidence.end) in named


@given(text=st.text())
def test_locating_every_position_agrees_with_encoding_what_stands_before_it(text: str) -> None:
    units = (types_pb2.OFFSET_UNIT_UTF8_BYTE, types_pb2.OFFSET_UNIT_UTF16_CODE_UNIT, types_pb2.OFFSET_UNIT_CODE_POINT)
    for position in range(len(text) + 1):
        before = text[:position]
        expected = (len(before.encode()), len(before.encode("utf-16-le")) // 2, position)
        assert tuple(place(text, position, unit) for unit in units) == expected


def test_the_units_of_a_hand_counted_line() -> None:
    # "é" is 1 code point, 2 UTF-8 bytes, 1 UTF-16 unit; "😀" is 1, 4 and 2.
    text = "é😀 x"
    at = {unit: place(text, 3, unit) for unit in CUTS}
    assert at[types_pb2.OFFSET_UNIT_CODE_POINT] == 3
    assert at[types_pb2.OFFSET_UNIT_UTF8_BYTE] == 7
    assert at[types_pb2.OFFSET_UNIT_UTF16_CODE_UNIT] == 4
