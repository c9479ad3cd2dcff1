"""Python client of a Chartcoder server: charts in, the engine's own records out.

from chartcoder_client import ChartcoderClient

with ChartcoderClient("127.0.0.1:50551") as client:
    coded = client.code_chart(chart)
"""

from chartcoder_client.client import ChartcoderClient, StreamedChart
from chartcoder_client.errors import CallError

__all__ = ["CallError", "ChartcoderClient", "StreamedChart"]
