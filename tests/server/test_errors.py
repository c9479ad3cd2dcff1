"""What a wrong request is told: canonical code, stable reason, the field."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from chartcoder_client import CallError, ChartcoderClient
from chartcoder_client.errors import error_from_call
from conftest import LiveServer
from fake_engine import BROKEN, SLOW

from engine.pb.chartcoder.v1 import coding_pb2
from engine.types import Chart, Document

METHOD = "/chartcoder.v1.CodingService/CodeChart"


def refused_request(coding: Any, **chart: Any) -> CallError:
    chart.setdefault("documents", [{"text": "hypertension"}])
    unit = chart.pop("offset_unit", 0)
    with pytest.raises(grpc.RpcError) as refused:
        list(coding.CodeChart(coding_pb2.CodeChartRequest(chart=chart, offset_unit=unit)))
    return error_from_call(refused.value)


def day(year: int, month: int, day: int) -> dict[str, int]:
    return {"year": year, "month": month, "day": day}


@pytest.mark.parametrize(
    ("chart", "code", "reason", "field"),
    [
        ({"documents": []}, "INVALID_ARGUMENT", "CHART_INVALID", "chart.documents"),
        ({"documents": [{"text": " \n\t"}]}, "INVALID_ARGUMENT", "CHART_INVALID", "chart.documents"),
        ({"documents": [{"text": "x"}] * 1001}, "INVALID_ARGUMENT", "CHART_INVALID", "chart.documents"),
        ({"documents": [{"text": "x" * 10_000_000}]}, "INVALID_ARGUMENT", "CHART_TOO_LARGE", "chart.documents"),
        ({"age_years": 151}, "INVALID_ARGUMENT", "CHART_INVALID", "chart.age_years"),
        ({"age_years": -1}, "INVALID_ARGUMENT", "CHART_INVALID", "chart.age_years"),
        ({"systems": ["icd12"]}, "INVALID_ARGUMENT", "CODE_SYSTEM_UNKNOWN", "chart.systems[0]"),
        ({"date_of_service": day(1999, 1, 1)}, "FAILED_PRECONDITION", "NO_RELEASE_FOR_DATE", "chart.date_of_service"),
        ({"date_of_service": day(2025, 2, 30)}, "INVALID_ARGUMENT", "REQUEST_INVALID", "chart.date_of_service"),
        ({"date_of_service": day(2025, 0, 0)}, "INVALID_ARGUMENT", "REQUEST_INVALID", "chart.date_of_service"),
        (
            {"setting": 1, "discharge_date": day(1999, 1, 1)},
            "FAILED_PRECONDITION",
            "NO_RELEASE_FOR_DATE",
            "chart.discharge_date",
        ),
        ({"discharge_date": day(2025, 2, 30)}, "INVALID_ARGUMENT", "REQUEST_INVALID", "chart.discharge_date"),
        ({"birth_date": day(99999, 1, 1)}, "INVALID_ARGUMENT", "REQUEST_INVALID", "chart.birth_date"),
        ({"setting": 99}, "INVALID_ARGUMENT", "REQUEST_INVALID", "chart.setting"),
        ({"sex": 99}, "INVALID_ARGUMENT", "REQUEST_INVALID", "chart.sex"),
        ({"offset_unit": 99}, "INVALID_ARGUMENT", "REQUEST_INVALID", "offset_unit"),
        ({"chart_id": "x" * 257}, "INVALID_ARGUMENT", "REQUEST_INVALID", "chart.chart_id"),
        ({"known_codes": ["I10"] * 1001}, "INVALID_ARGUMENT", "REQUEST_INVALID", "chart.known_codes"),
    ],
)
def test_a_wrong_field_is_named_with_a_stable_reason(
    coding: Any, chart: dict[str, Any], code: str, reason: str, field: str
) -> None:
    error = refused_request(coding, **chart)
    assert (error.code, error.reason, list(error.fields)) == (code, reason, [field])
    assert error.request_id
    assert "want" in error.fields[field]


def test_a_chart_over_the_limit_is_told_the_limit_and_what_to_do(coding: Any) -> None:
    error = refused_request(coding, documents=[{"text": "x" * 10_000_000}])
    assert "10000000 bytes" in error.message
    assert "at most 4194304" in error.message
    assert "as several charts" in error.message


def test_all_violations_are_reported_together(coding: Any) -> None:
    error = refused_request(coding, setting=99, sex=99, date_of_service=day(2025, 13, 1))
    assert set(error.fields) == {"chart.setting", "chart.sex", "chart.date_of_service"}


def test_a_request_without_a_chart_is_told_so(coding: Any) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        list(coding.CodeChart(coding_pb2.CodeChartRequest()))
    assert error_from_call(refused.value).fields == {"chart": "got none, want a chart"}


@pytest.mark.parametrize(
    "data",
    [b"\xff\xff\xff", b"\x0a\x05abc", b"\x0a\x08\x12\x06\x1a\x04\xff\xfe\x80\xc0", b"\x0b" * 1000],
    ids=["no protobuf", "cut short", "invalid UTF-8", "nested groups"],
)
def test_bytes_that_are_no_message_are_invalid(server: LiveServer, data: bytes) -> None:
    with server.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        list(channel.unary_stream(METHOD)(data))
    error = error_from_call(refused.value)
    assert (error.code, error.reason) == ("INVALID_ARGUMENT", "MESSAGE_MALFORMED")
    assert "UTF-8" in error.message


def test_an_internal_error_says_nothing_of_its_cause(coding: Any) -> None:
    error = refused_request(coding, documents=[{"text": f"{BROKEN} CANARY-7781"}])
    assert (error.code, error.reason) == ("INTERNAL", "INTERNAL")
    assert "CANARY" not in str(vars(error))
    assert "could not read" not in str(vars(error))


def test_a_message_over_the_limit_is_refused_by_the_transport(server: LiveServer) -> None:
    with server.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        list(channel.unary_stream(METHOD)(b"\x00" * (16 * 1024 * 1024 + 1)))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_oversized_metadata_is_refused_and_the_server_goes_on(server: LiveServer, client: ChartcoderClient) -> None:
    with server.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        list(channel.unary_stream(METHOD)(b"", metadata=[("x-large", "x" * 100_000)]))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert client.code_chart(Chart("", (Document("hypertension"),))).findings


def test_an_unknown_method_is_unimplemented(server: LiveServer) -> None:
    with server.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary("/chartcoder.v1.CodingService/CodeTranscript")(b"")
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_more_charts_than_may_be_in_flight_are_refused_with_a_time_to_retry(start: Callable[..., LiveServer]) -> None:
    server = start(max_in_flight=2)
    request = coding_pb2.CodeChartRequest(chart={"documents": [{"text": SLOW}]}).SerializeToString()
    with server.channel() as channel:
        method = channel.unary_stream(METHOD)
        calls = [method(request) for _ in range(6)]
        errors = []
        for call in calls:
            try:
                list(call)
            except grpc.RpcError as error:
                errors.append(error_from_call(error))
    assert [(error.code, error.reason, error.retry_after_s) for error in errors] == [
        ("RESOURCE_EXHAUSTED", "OVERLOADED", 0.25)
    ] * 4


def test_charts_whose_turn_comes_too_late_are_refused_with_a_time_to_retry(start: Callable[..., LiveServer]) -> None:
    server = start(max_in_flight=8)
    request = coding_pb2.CodeChartRequest(chart={"documents": [{"text": SLOW}]}).SerializeToString()
    with server.channel() as channel:
        method = channel.unary_stream(METHOD)
        outcomes: list[Any] = []
        for call in [method(request) for _ in range(8)]:
            try:
                outcomes.append(len(list(call)))
            except grpc.RpcError as error:
                outcomes.append(error_from_call(error))
    # Four are taken however long they wait; the fifth and those after it were to be begun long before.
    refused = [outcome for outcome in outcomes if outcome != 1]
    assert [(error.code, error.reason, error.retry_after_s) for error in refused] == [
        ("RESOURCE_EXHAUSTED", "OVERLOADED", 0.25)
    ] * 4
    assert server.engine.pipeline.coded == 4


def test_an_overloaded_server_refuses_before_it_reads_the_chart(start: Callable[..., LiveServer]) -> None:
    server = start(max_in_flight=1)
    request = coding_pb2.CodeChartRequest(chart={"documents": [{"text": SLOW}]}).SerializeToString()
    with server.channel() as channel:
        first = channel.unary_stream(METHOD)(request)
        time.sleep(0.1)
        never = threading.Event()

        def nothing() -> Iterator[bytes]:
            never.wait(20)
            yield from ()

        with pytest.raises(grpc.RpcError) as refused:
            list(channel.stream_stream(METHOD)(nothing()))
        never.set()
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert len(list(first)) == 1


def test_a_call_that_sends_nothing_is_told_what_is_missing(server: LiveServer) -> None:
    with server.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        list(channel.stream_stream(METHOD)(iter(())))
    error = error_from_call(refused.value)
    assert (error.code, error.reason) == ("INVALID_ARGUMENT", "REQUEST_INVALID")


def test_a_chart_whose_deadline_passed_is_dropped_unrecorded_and_its_slot_comes_back(
    start: Callable[..., LiveServer],
) -> None:
    server = start(max_in_flight=1)
    with ChartcoderClient(server.target, timeout_s=0.1) as hasty, pytest.raises(CallError) as refused:
        hasty.code_chart(Chart("", (Document(SLOW),)))
    assert refused.value.code == "DEADLINE_EXCEEDED"
    with ChartcoderClient(server.target) as patient:
        assert patient_enough(lambda: patient.code_chart(Chart("", (Document("hypertension"),))))
    segments = [path.read_bytes() for path in server.engine.config.audit_directory.rglob("*") if path.is_file()]
    assert sum(data.count(b'"kind":"chart_coded"') for data in segments) == 1


def patient_enough(call: Callable[[], object]) -> bool:
    """Try again for as long as the server is overloaded, for five seconds at most."""
    for _ in range(100):
        try:
            call()
        except CallError as error:
            if error.reason != "OVERLOADED":
                raise
            time.sleep(0.05)
        else:
            return True
    return False
