"""The answer's bytes: what the native writer made of findings, suggestions and alerts, with what goes around it.

Messages that are merged may be laid end to end, so a frame is header + items + summary, and a reply is its own fields +
the frame. The header and the summary are small and stay with the generated classes.
"""

from dataclasses import dataclass
from functools import lru_cache

from engine.audit.chain import Receipt
from engine.pb.chartcoder.v1.coding_pb2 import CodeChartResponse, CodeChartsResponse
from engine.pb.chartcoder.v1.types_pb2 import ChartFrame
from engine.server.convert import put_header
from engine.types import Header


@dataclass(frozen=True, slots=True)
class Envelope:
    """What makes a reply of a frame: the reply's other fields, encoded, and the number of its field `frame`."""

    base: bytes
    field: int

    def wrap(self, frame: bytes) -> bytes:
        """Return the reply that carries an encoded ChartFrame."""
        return b"%b%b%b%b" % (self.base, encode_varint(self.field << 3 | 2), encode_varint(len(frame)), frame)


ONE_CHART = Envelope(b"", CodeChartResponse.FRAME_FIELD_NUMBER)


def stream_envelope(chart_id: str, index: int) -> Envelope:
    """Return the envelope of a chart in a stream."""
    base = CodeChartsResponse(chart_id=chart_id, index=index)
    return Envelope(base.SerializeToString(), CodeChartsResponse.FRAME_FIELD_NUMBER)


def encode_header(header: Header, audit_record_id: str) -> bytes:
    """Return a ChartFrame with nothing but the header."""
    made_with = _made_with(Header(header.engine_version, header.releases, header.models))
    ids = ChartFrame()
    ids.header.request_id, ids.header.audit_record_id = header.request_id, audit_record_id
    content = made_with + ids.header.SerializeToString()
    return b"%b%b%b" % (encode_varint(ChartFrame.HEADER_FIELD_NUMBER << 3 | 2), encode_varint(len(content)), content)


@lru_cache(maxsize=64)  # a worker has a handful of releases and models
def _made_with(header: Header) -> bytes:
    frame = ChartFrame()
    put_header(frame.header, header)
    return frame.header.SerializeToString()


@dataclass(frozen=True, slots=True)
class Closing:
    """What the summary tells besides the receipt."""

    elapsed_ms: float
    findings: int
    suggestions: int
    alerts: int


def encode_summary(closing: Closing, receipt: Receipt) -> bytes:
    """Return a ChartFrame with nothing but the summary."""
    frame = ChartFrame()
    summary = frame.summary
    summary.elapsed.FromNanoseconds(round(closing.elapsed_ms * 1_000_000))
    summary.audit.record_id, summary.audit.sequence = receipt.record_id, receipt.sequence
    summary.audit.hash = receipt.hash
    summary.finding_count, summary.suggestion_count = closing.findings, closing.suggestions
    summary.alert_count = closing.alerts
    return frame.SerializeToString()


def encode_varint(value: int) -> bytes:
    """Encode a whole number from 0 on in base 128 (protobuf's encoding of tags and lengths)."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
