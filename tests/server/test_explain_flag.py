"""The request flag `explain`: explanations over the wire for charts that ask, and none for others."""

from typing import Any

import pytest
from chartcoder_client import ChartcoderClient
from conftest import LiveServer

from engine.explanation import Explanation, Influence
from engine.pb.chartcoder.v1 import coding_pb2, types_pb2
from engine.server.pool import LARGE_BYTES
from engine.types import Chart, Document

# What the stand-in for the engine says of each suggestion that is to be explained.
SAID = Explanation("I10", 0.5, [Influence("made", "made", "as made", -0.25)])
CHART = Chart("c", (Document("hypertension"),))
LARGE = Chart("c", (Document("hypertension " + "x" * LARGE_BYTES),))


@pytest.mark.parametrize("chart", [CHART, LARGE], ids=["small", "large"])
def test_a_chart_is_explained_if_it_asks(client: ChartcoderClient, chart: Chart) -> None:
    (told,) = client.code_chart(chart, explain=True).suggestions
    (plain,) = client.code_chart(chart).suggestions
    assert (told.explanation, plain.explanation) == (SAID, None)


def test_charts_of_a_stream_are_explained_if_they_ask(client: ChartcoderClient) -> None:
    for explain, said in ((True, SAID), (False, None)):
        answers = [answer.coded for answer in client.code_charts([CHART, CHART], explain=explain)]
        assert [coded and coded.suggestions[0].explanation for coded in answers] == [said, said]


def test_a_chart_that_does_not_ask_gets_the_same_bytes_as_before(server: LiveServer, coding: Any) -> None:
    chart = types_pb2.Chart(documents=[types_pb2.Document(text="hypertension")])
    plain, told = (
        next(iter(coding.CodeChart(coding_pb2.CodeChartRequest(chart=chart, explain=explain)))).frame
        for explain in (False, True)
    )
    assert not plain.suggestions[0].HasField("explanation")
    told.suggestions[0].ClearField("explanation")
    assert told.suggestions[0].SerializeToString() == plain.suggestions[0].SerializeToString()
