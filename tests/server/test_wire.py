"""The native writer of frames, held to the generated classes."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_frames import fill_frame

from engine import explanation as records
from engine import types
from engine._wire import FrameWriter
from engine.audit.chain import Receipt
from engine.pb.chartcoder.v1.coding_pb2 import CodeChartResponse, CodeChartsResponse
from engine.pb.chartcoder.v1.types_pb2 import OFFSET_UNIT_UTF8_BYTE, ChartFrame
from engine.server.convert import put_header
from engine.server.offsets import offset_tables
from engine.server.wire import ONE_CHART, Closing, encode_header, encode_summary, stream_envelope

HEADER = types.Header("1.0", (types.ReleaseUsed("icd10cm", "2026-04", "ab" * 32),), (("ranker", "cd" * 32),), "r-1")
DOCUMENTS = 3

# Of any size up to what a length of two and of three bytes takes.
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["", "x" * 127, "x" * 128, "é" * 70, "😀" * 5000]),
)
spans = {"begin": st.integers(0, 2**31), "end": st.integers(0, 2**31)}
documents = st.integers(0, DOCUMENTS - 1)
scores = st.one_of(st.floats(0, 1), st.sampled_from([0.0, -0.0, 1.0, 5e-324]))
candidates = st.lists(st.builds(types.Candidate, texts, texts, texts, scores, texts), max_size=4)
evidence = st.lists(st.builds(types.Evidence, documents, **spans), max_size=4)
cues = st.lists(st.builds(types.Cue, st.sampled_from(types.Axis), rule=texts, **spans), max_size=3).map(tuple)
contexts = st.builds(
    types.Context,
    st.sampled_from(types.Assertion),
    st.sampled_from(types.Temporality),
    st.sampled_from(types.Experiencer),
    cues,
)
mentions = st.builds(types.Mention, document=documents, text=texts, section=texts, context=contexts, **spans)
reasons = st.lists(st.builds(types.Reason, texts, texts, texts), max_size=3)
weights = st.floats(-20, 20)
influences = st.lists(st.builds(records.Influence, texts, texts, texts, weights), max_size=3)
contrasts = st.lists(st.builds(records.Contrast, texts, texts, weights), max_size=3)
explanations = st.none() | st.builds(records.Explanation, texts, scores, influences, contrasts)
suggestions = st.builds(
    types.Suggestion,
    system=texts,
    code=texts,
    display=texts,
    role=st.sampled_from(types.Role),
    confidence=scores,
    route=st.sampled_from(types.Route),
    evidence=evidence,
    alternatives=candidates,
    reasons=reasons,
    units=st.integers(1, 2**31),
    explanation=explanations,
)
queries = st.none() | st.builds(types.Query, texts, st.lists(texts, max_size=3))
alerts = st.builds(
    types.Alert, texts, st.sampled_from(types.Severity), texts, texts, evidence, st.lists(texts, max_size=3), queries
)
answers = st.builds(
    types.CodedChart,
    st.just("c"),
    st.just(HEADER),
    st.lists(st.builds(types.Finding, mentions, candidates), max_size=5),
    st.lists(suggestions, max_size=4),
    st.lists(alerts, max_size=3),
)


def write(coded: types.CodedChart, tables: list[Any], *, limit: int = 2000) -> list[bytes]:
    writer = FrameWriter(tables, limit)
    writer.add_findings(coded.findings)
    writer.add_suggestions(coded.suggestions)
    writer.add_alerts(coded.alerts)
    return writer.flush()


def plain(coded: types.CodedChart, tables: list[Any]) -> bytes:
    return fill_frame(ChartFrame(), coded, tables).SerializeToString()


@settings(max_examples=300, deadline=None)
@given(coded=answers)
def test_a_frame_has_the_bytes_that_the_generated_classes_give(coded: types.CodedChart) -> None:
    tables = [None] * DOCUMENTS
    assert write(coded, tables) == [plain(coded, tables)]


@settings(max_examples=100, deadline=None)
@given(coded=answers, limit=st.integers(1, 6))
def test_frames_laid_end_to_end_are_the_whole_answer(coded: types.CodedChart, limit: int) -> None:
    tables = [None] * DOCUMENTS
    assert b"".join(write(coded, tables, limit=limit)) == plain(coded, tables)


def make_answer(finding_count: int, text: str = "pain") -> types.CodedChart:
    mention = types.Mention(0, 1, 3, text, "PLAN", types.Context())
    return types.CodedChart("c", HEADER, [types.Finding(mention, [])] * finding_count, [], [])


def test_no_frame_has_more_items_than_it_may() -> None:
    frames = [ChartFrame.FromString(frame) for frame in write(make_answer(7), [None], limit=3)]
    assert [len(frame.findings) for frame in frames] == [3, 3, 1]


def test_spans_leave_in_the_callers_unit() -> None:
    (frame,) = write(make_answer(1), offset_tables(["é😀 x"], OFFSET_UNIT_UTF8_BYTE))
    (finding,) = ChartFrame.FromString(frame).findings
    assert (finding.begin, finding.end) == (2, 7)


def test_a_lone_surrogate_is_refused_and_not_written() -> None:
    with pytest.raises(UnicodeEncodeError):
        write(make_answer(1, "\ud800"), [None])


def test_a_span_beyond_its_text_is_an_error_and_no_number() -> None:
    with pytest.raises(IndexError):
        write(make_answer(1), offset_tables(["é"], OFFSET_UNIT_UTF8_BYTE))


@pytest.mark.parametrize("request_id", ["", "r-1", "x" * 128])
def test_the_header_is_the_generated_classes_own(request_id: str) -> None:
    header = replace(HEADER, request_id=request_id)
    whole = ChartFrame()
    put_header(whole.header, header, "a1")
    assert encode_header(header, "a1") == whole.SerializeToString()


def test_the_summary_says_how_much_there_is_and_where_it_is_recorded() -> None:
    summary = ChartFrame.FromString(encode_summary(Closing(1.25, 3, 2, 1), Receipt("a1", 7, "ff"))).summary
    assert summary.elapsed.ToNanoseconds() == 1_250_000
    assert (summary.audit.record_id, summary.audit.sequence, summary.audit.hash) == ("a1", 7, "ff")
    assert (summary.finding_count, summary.suggestion_count, summary.alert_count) == (3, 2, 1)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 20_000, 3_000_000])
def test_a_reply_carries_a_frame_of_any_size(size: int) -> None:
    frame = ChartFrame()
    if size:
        frame.findings.add(text="x" * size)
    encoded = frame.SerializeToString()
    assert ONE_CHART.wrap(encoded) == CodeChartResponse(frame=frame).SerializeToString()
    in_stream = CodeChartsResponse(chart_id="c-9", index=300, frame=frame)
    assert stream_envelope("c-9", 300).wrap(encoded) == in_stream.SerializeToString()
