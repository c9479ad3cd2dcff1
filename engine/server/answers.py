"""One chart's answer, from the request to the bytes of its frames; knows nothing of transport, threads or processes.

An answer is drafted (coded and encoded, but for what the audit log alone can give), its entry is recorded, and only
then do its frames exist. Findings of a large chart may leave before it is coded to its end, once the log holds that it
was begun; suggestions, alerts and the summary never leave before the whole answer is recorded.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from codesets.store import Releases
from engine._wire import FrameWriter
from engine.audit.chain import Receipt
from engine.audit.log import AuditLog
from engine.audit.record import Entry, Origin, chart_coded, chart_started, hash_chart_id
from engine.config import Config
from engine.edits.run import ClaimChecker
from engine.errors import InputError, ReleaseError
from engine.server.convert import chart_from
from engine.server.offsets import offset_tables
from engine.server.wire import Closing, encode_header, encode_summary
from engine.types import Chart, CodedChart, Finding, Header
from engine.vault.store import DEFAULT_TENANT, Vault

# Items a frame holds at most, a piece of evidence counting as one: keeps frames far below every client's message
# limit (4 MiB by default), while all but the largest charts fit in one.
ITEMS_PER_FRAME = 2000

OnFindings = Callable[[list[Finding]], None]


class Coder(Protocol):
    """What the server needs of the pipeline."""

    def code(
        self, chart: Chart, *, request_id: str = "", on_findings: OnFindings | None = None, explain: bool = False
    ) -> CodedChart: ...
    def header(self, chart: Chart, request_id: str = "") -> Header: ...


class Engine(Protocol):
    """What the server needs of engine.live.Live."""

    @property
    def coder(self) -> Coder: ...
    @property
    def releases(self) -> Releases: ...
    def claim_checker(self) -> ClaimChecker: ...
    def audit_log(self) -> AuditLog: ...
    def problem(self) -> str: ...
    def models(self) -> dict[str, str]: ...
    def swap(self, config: Config, *, on_done: Callable[[Any], None]) -> None: ...


@dataclass(frozen=True, slots=True)
class Start:
    """A large chart that is about to be read: what is to be recorded before any of its findings leave."""

    header: Header
    entry: Entry


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer that lacks only its record; `pages` are its frames without header and summary."""

    header: Header
    entry: Entry
    pages: list[bytes] = field(repr=False)
    closing: Closing


@dataclass(frozen=True, slots=True)
class Desk:
    """Where answers are drafted; `salt` is the audit log's, `vault` keeps the charts that were coded, if any are.

    A chart has one coder, the engine may get another.
    """

    engine: Engine
    salt: bytes
    vault: Vault | None = None

    def draft(self, request: Any, request_id: str, origin: Origin) -> Draft:
        """Code the chart of a request that came from `origin`; raises InputError, ReleaseError or AuditError."""
        chart = chart_from(request)
        with _FieldsOfRequest():
            coded = self.engine.coder.code(chart, request_id=request_id, explain=request.explain)
        writer = _writer(chart, request)
        writer.add_findings(coded.findings)
        return self._close(chart, coded, writer, origin)

    def draft_in_parts(
        self,
        request: Any,
        request_id: str,
        origin: Origin,
        *,
        on_start: Callable[[Start], None],
        on_pages: Callable[[list[bytes]], None],
    ) -> Draft:
        """Do the same for a large chart, and hand out its findings as each document is read.

        `on_start` returns once the start is recorded; what either raises ends the work.
        """
        chart = chart_from(request)
        coder = self.engine.coder
        with _FieldsOfRequest():
            header = coder.header(chart, request_id)
        on_start(Start(header, chart_started(chart, header, salt=self.salt, origin=origin)))
        writer = _writer(chart, request)

        def on_findings(findings: list[Finding]) -> None:
            writer.add_findings(findings)
            on_pages([page for page in writer.flush() if page])

        with _FieldsOfRequest():
            coded = coder.code(chart, request_id=request_id, on_findings=on_findings, explain=request.explain)
        return self._close(chart, coded, writer, origin)

    def _close(self, chart: Chart, coded: CodedChart, writer: FrameWriter, origin: Origin) -> Draft:
        writer.add_suggestions(coded.suggestions)
        writer.add_alerts(coded.alerts)
        closing = Closing(coded.elapsed_ms, len(coded.findings), len(coded.suggestions), len(coded.alerts))
        entry = chart_coded(chart, coded, salt=self.salt, origin=origin)
        if self.vault is not None:
            chart_hash = hash_chart_id(self.salt, chart.chart_id, origin.tenant)
            self.vault.keep(origin.tenant or DEFAULT_TENANT, chart_hash, chart)
        return Draft(coded.header, entry, writer.flush(), closing)


def finish_whole(draft: Draft, receipt: Receipt) -> list[bytes]:
    """Return the frames of an answer that is recorded."""
    pages = draft.pages.copy()
    pages[0] = encode_header(draft.header, receipt.record_id) + pages[0]
    pages[-1] += encode_summary(draft.closing, receipt)
    return pages


def finish_parts(draft: Draft, receipt: Receipt) -> list[bytes]:
    """Return the last frames of an answer that is recorded; header and findings have left before."""
    return [*draft.pages[:-1], draft.pages[-1] + encode_summary(draft.closing, receipt)]


def _writer(chart: Chart, request: Any) -> FrameWriter:
    return FrameWriter(offset_tables([d.text for d in chart.documents], request.offset_unit), ITEMS_PER_FRAME)


class _FieldsOfRequest:
    """Lets the engine's errors name fields as the request does."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, InputError | ReleaseError):
            error.field = f"chart.{error.field}"
