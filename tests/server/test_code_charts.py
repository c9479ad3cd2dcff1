"""CodeCharts: many charts in one stream."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chartcoder_client import CallError, ChartcoderClient
from conftest import LiveServer
from fake_engine import BROKEN, SLOW

from engine.pb.chartcoder.v1 import coding_pb2, types_pb2
from engine.types import Chart, Document

METHOD = "/chartcoder.v1.CodingService/CodeCharts"


def make_chart(number: int, text: str = "hypertension") -> Chart:
    return Chart(f"chart-{number}", (Document(text),))


def encode(number: int, text: str = "hypertension") -> bytes:
    chart = types_pb2.Chart(chart_id=f"chart-{number}", documents=[types_pb2.Document(text=text)])
    return coding_pb2.CodeChartsRequest(chart=chart).SerializeToString()


def test_every_chart_is_answered_and_the_client_keeps_their_order(client: ChartcoderClient) -> None:
    charts = [make_chart(number, f"{'x ' * number}hypertension") for number in range(100)]
    answers = list(client.code_charts(charts))
    assert [answer.chart_id for answer in answers] == [chart.chart_id for chart in charts]
    assert [answer.coded.findings[0].mention.begin for answer in answers if answer.coded] == [2 * n for n in range(100)]


def test_one_bad_chart_among_many_gets_its_error_and_the_others_their_answers(client: ChartcoderClient) -> None:
    bad = {3: Chart("chart-3", ()), 5: make_chart(5, BROKEN), 7: make_chart(7, "hypertension" * 400_000)}
    charts = [bad.get(number, make_chart(number)) for number in range(10)]
    answers = {answer.index: answer for answer in client.code_charts(charts)}
    reasons = {index: answer.error.reason for index, answer in answers.items() if answer.error}
    assert reasons == {3: "CHART_INVALID", 5: "INTERNAL", 7: "CHART_TOO_LARGE"}
    assert all(answers[index].coded for index in range(10) if index not in bad)


@pytest.mark.parametrize(
    "data",
    [b"\xff\xff\xff", b"\x0a\x05abc", encode(1, "text of a note").replace(b"note", b"\xff\xfe\x80\xc0")],
    ids=["no protobuf", "cut short", "invalid UTF-8"],
)
def test_bytes_that_are_no_message_are_one_charts_error(server: LiveServer, data: bytes) -> None:
    with server.channel() as channel:
        replies = [
            coding_pb2.CodeChartsResponse.FromString(reply)
            for reply in channel.stream_stream(METHOD)(iter([encode(0), data, encode(2)]))
        ]
    by_index = {reply.index: reply for reply in replies}
    assert by_index[1].error.code == 3
    assert b"MESSAGE_MALFORMED" in by_index[1].error.SerializeToString()
    assert by_index[0].HasField("frame")
    assert by_index[2].HasField("frame")


def test_frames_of_a_chart_come_together_and_in_order(server: LiveServer) -> None:
    with server.channel() as channel:
        requests = [encode(number, "hypertension " * 5000) for number in range(4)]
        replies = [coding_pb2.CodeChartsResponse.FromString(r) for r in channel.stream_stream(METHOD)(iter(requests))]
    groups = [(index, list(group)) for index, group in itertools.groupby(replies, key=lambda reply: reply.index)]
    assert sorted(index for index, _ in groups) == [0, 1, 2, 3]
    for _, group in groups:
        assert group[0].frame.HasField("header")
        assert group[-1].frame.HasField("summary")


def test_the_server_reads_no_further_than_it_has_room(start: Callable[..., LiveServer]) -> None:
    server = start(max_in_flight=4)
    sent = 0
    hold = threading.Event()

    def requests() -> Iterator[bytes]:
        nonlocal sent
        # Large enough that the transport's own buffers hold few of them.
        for number in range(200):
            sent += 1
            yield encode(number, f"{SLOW} " + "x" * 200_000)
        hold.wait(20)

    with server.channel() as channel:
        call = channel.stream_stream(METHOD)(requests())
        next(call)
        time.sleep(0.3)
        assert sent < 60
        call.cancel()
        hold.set()


def test_a_client_that_vanishes_frees_its_work_and_the_server_goes_on(start: Callable[..., LiveServer]) -> None:
    server = start(max_in_flight=8)
    with server.channel() as channel:
        call = channel.stream_stream(METHOD)(iter([encode(number, SLOW) for number in range(100)]))
        next(call)
    deadline = time.monotonic() + 10
    with ChartcoderClient(server.target) as client:
        while time.monotonic() < deadline:
            coded = server.engine.pipeline.coded
            client.code_chart(make_chart(0))
            if server.engine.pipeline.coded == coded + 1:
                break
            time.sleep(0.1)
        else:
            pytest.fail("charts of the vanished client are still being coded")
    assert server.engine.pipeline.coded < 60


def test_an_empty_stream_ends_well(client: ChartcoderClient) -> None:
    assert list(client.code_charts([])) == []


def test_what_the_callers_iterator_raises_reaches_the_caller(client: ChartcoderClient) -> None:
    def charts() -> Iterator[Chart]:
        yield make_chart(0)
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        list(client.code_charts(charts()))


def test_a_server_that_is_not_there_is_a_call_error() -> None:
    with ChartcoderClient("127.0.0.1:1") as client, pytest.raises(CallError) as refused:
        list(client.code_charts([make_chart(0)]))
    assert refused.value.code == "UNAVAILABLE"


def test_many_streams_at_once_all_end(server: LiveServer) -> None:
    counts: list[Any] = []

    def stream() -> None:
        with ChartcoderClient(server.target) as client:
            counts.append(
                sum(answer.coded is not None for answer in client.code_charts(make_chart(n) for n in range(30)))
            )

    threads = [threading.Thread(target=stream) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert counts == [30] * 8
