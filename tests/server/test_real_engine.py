"""The server with the real engine behind it, on the packaged release."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from chartcoder_client import ChartcoderClient
from conftest import LiveServer, serve_in_thread
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codesets.types import System
from engine.config import Config
from engine.live import Live
from engine.pb.chartcoder.v1 import coding_pb2, coding_pb2_grpc, types_pb2
from engine.types import Assertion, Chart, Document, Route

NOTE = """CHIEF COMPLAINT: chest pain

HPI: 67-year-old man with hypertension and type 2 diabetes mellitus with diabetic chronic kidney disease.
Denies fever. Ménière's disease 😀 was ruled out. Mother had breast cancer.

ASSESSMENT:
1. COPD exacerbation.
2. Hypertension.
"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server over the packaged release, compiled once."""
    home = tmp_path_factory.mktemp("real-home")
    config = Config(home=home, port=0, log_level="error")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # simple_icd_10_cm, on import
        engine = Live.open(config)
    with serve_in_thread(config, engine) as server:
        yield server


@pytest.fixture(scope="module")
def real_client(real: LiveServer) -> Iterator[ChartcoderClient]:
    """A client of the real server."""
    with ChartcoderClient(real.target) as client:
        yield client


def test_a_note_is_coded_with_evidence_routes_and_an_audit_record(real_client: ChartcoderClient) -> None:
    coded = real_client.code_chart(Chart("c", (Document(NOTE),)))
    codes = {suggestion.code for suggestion in coded.suggestions}
    assert "E11.22" in codes
    assert "J44.1" in codes
    assert not any(code.startswith(("R50", "C50", "H81")) for code in codes)
    fever = next(f for f in coded.findings if f.mention.text.lower() == "fever")
    assert fever.mention.context.assertion is Assertion.ABSENT
    assert all(suggestion.route in Route for suggestion in coded.suggestions)
    assert coded.audit_record
    assert dict(coded.header.models)


def test_over_the_wire_is_what_the_engine_says_in_process(real: LiveServer, real_client: ChartcoderClient) -> None:
    chart = Chart("c", (Document(NOTE), Document(NOTE.upper())))
    remote = real_client.code_chart(chart, request_id="r")
    local = real.engine.pipeline.code(chart, request_id="r")
    remote.elapsed_ms, remote.audit_record = local.elapsed_ms, local.audit_record
    assert remote == local


def test_the_answer_does_not_depend_on_what_else_is_in_flight(real_client: ChartcoderClient) -> None:
    charts = [Chart(str(number), (Document(NOTE[number:]),)) for number in range(40)]
    alone = [real_client.code_chart(chart, request_id="r") for chart in charts[:5]]
    together = [answer.coded for answer in real_client.code_charts(charts, request_id="r")]
    for one, other in zip(alone, together, strict=False):
        assert other is not None
        other.elapsed_ms, other.audit_record = one.elapsed_ms, one.audit_record
        assert one == other


_WORDS = [
    "hypertension",
    "no fever",
    "chest pain",
    "Crohn's disease",
    "ménière",
    "COPD",
    "\x00",
    "😀",
    "שלום",
    "e\u0301",
    "\n",
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(st.one_of(st.sampled_from(_WORDS), st.text(max_size=6)), min_size=1, max_size=20),
    unit=st.sampled_from([1, 2, 3]),
)
def test_every_span_is_true_in_every_unit(real: LiveServer, words: list[str], unit: int) -> None:
    text = " ".join([*words, "hypertension"])
    whole = types_pb2.ChartFrame()
    with real.channel() as channel:
        request = coding_pb2.CodeChartRequest(chart={"documents": [{"text": text}]}, offset_unit=cast(Any, unit))
        stub: Any = coding_pb2_grpc.CodingServiceStub(channel)  # type: ignore[no-untyped-call]
        for reply in stub.CodeChart(request):
            whole.MergeFrom(reply.frame)
    assert whole.findings
    for finding in whole.findings:
        if unit == types_pb2.OFFSET_UNIT_UTF8_BYTE:
            cut = text.encode()[finding.begin : finding.end].decode()
        elif unit == types_pb2.OFFSET_UNIT_UTF16_CODE_UNIT:
            cut = text.encode("utf-16-le")[2 * finding.begin : 2 * finding.end].decode("utf-16-le")
        else:
            cut = text[finding.begin : finding.end]
        assert cut == finding.text


def test_a_second_server_on_the_same_store_answers_the_same(
    real: LiveServer, real_client: ChartcoderClient, tmp_path: Path
) -> None:
    config = replace(real.engine.config, audit_dir=tmp_path / "audit")
    chart = Chart("c", (Document(NOTE),))
    with (
        serve_in_thread(config, Live.open(config)) as second,
        ChartcoderClient(second.target) as client,
    ):
        one, other = real_client.code_chart(chart, request_id="r"), client.code_chart(chart, request_id="r")
    other.elapsed_ms, other.audit_record = one.elapsed_ms, one.audit_record
    assert one == other


def test_lookups_on_the_packaged_release(real_client: ChartcoderClient) -> None:
    (release,) = real_client.list_code_sets(System.ICD10CM)
    assert release.billable_count == 74_719
    (code,) = real_client.lookup(["E1122"])
    assert code.title == "Type 2 diabetes mellitus with diabetic chronic kidney disease"  # type: ignore[union-attr]
    assert real_client.search("diabtes melitus")[0].code == "E11.9"
