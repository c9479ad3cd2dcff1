"""One chart's answer, from the bytes of the request to the bytes of the replies; knows nothing of the transport.

The chart is coded whole and recorded before the first byte of its answer exists: nothing is answered that was not
recorded. Findings of very large charts could leave earlier only if they were recorded by document.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from codesets.store import Releases
from engine.audit.chain import Receipt
from engine.audit.log import AuditLog, record_coded_chart
from engine.errors import InputError, ReleaseError
from engine.pb.chartcoder.v1.types_pb2 import ChartFrame
from engine.server.convert import chart_from, put_alert, put_finding, put_header, put_suggestion, put_summary
from engine.server.offsets import locators
from engine.types import Chart, CodedChart

# Items a frame holds at most, a piece of evidence counting as one: keeps frames far below every client's message
# limit (4 MiB by default), while all but the largest charts fit in one.
ITEMS_PER_FRAME = 2000


class Coder(Protocol):
    """What the server needs of the pipeline."""

    def code(self, chart: Chart, *, request_id: str = "") -> CodedChart: ...


class Engine(Protocol):
    """What the server needs of engine.live.Live."""

    @property
    def pipeline(self) -> Coder: ...
    @property
    def releases(self) -> Releases: ...
    def audit_log(self) -> AuditLog: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """Encoded replies in order, and counts for the access log."""

    replies: list[bytes]
    findings: int
    suggestions: int


def answer_chart(
    request: Any,
    *,
    request_id: str,
    coder: Coder,
    log: AuditLog,
    new_reply: Callable[[], Any],
    turns: AbstractContextManager[object],
    check_wanted: Callable[[], None],
) -> Answer:
    """Code the chart of a request, record the answer durably, and encode it.

    `new_reply` makes the empty reply message whose `frame` is filled. `turns` is held while the engine runs.
    `check_wanted` raises if nobody waits; it is asked before the chart is coded and before it is recorded. Raises
    InputError, ReleaseError or AuditError.
    """
    chart = chart_from(request)
    try:
        with turns:
            check_wanted()
            coded = coder.code(chart, request_id=request_id)
    except (InputError, ReleaseError) as error:
        error.field = f"chart.{error.field}"
        raise
    check_wanted()
    receipt = record_coded_chart(log, chart, coded)
    replies = encode_answer(coded, receipt, chart, unit=request.offset_unit, new_reply=new_reply)
    return Answer(replies, len(coded.findings), len(coded.suggestions))


def encode_answer(
    coded: CodedChart, receipt: Receipt, chart: Chart, *, unit: int, new_reply: Callable[[], Any]
) -> list[bytes]:
    """Encode an answer as replies of bounded size."""
    locate = locators([document.text for document in chart.documents], unit)
    pages = _Pages(new_reply)
    put_header(pages.frame.header, coded.header, receipt.record_id)
    for finding in coded.findings:
        put_finding(pages.frame_for(1).findings.add(), finding, locate[finding.mention.document])
    for suggestion in coded.suggestions:
        frame = pages.frame_for(1 + len(suggestion.evidence))
        put_suggestion(frame.suggestions.add(), suggestion, locate)
    for alert in coded.alerts:
        put_alert(pages.frame_for(1 + len(alert.evidence)).alerts.add(), alert, locate)
    put_summary(pages.frame.summary, coded, receipt)
    return pages.encode()


class _Pages:
    """The replies of an answer, filled one after the other."""

    def __init__(self, new_reply: Callable[[], Any]) -> None:
        self._new_reply = new_reply
        self._replies = [new_reply()]
        self._items = 0

    @property
    def frame(self) -> ChartFrame:
        frame: ChartFrame = self._replies[-1].frame
        return frame

    def frame_for(self, items: int) -> ChartFrame:
        """Return the frame that takes this many more items."""
        if self._items and self._items + items > ITEMS_PER_FRAME:
            self._replies.append(self._new_reply())
            self._items = 0
        self._items += items
        return self.frame

    def encode(self) -> list[bytes]:
        return [reply.SerializeToString() for reply in self._replies]
