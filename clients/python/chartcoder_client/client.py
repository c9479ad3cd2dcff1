"""A thin, typed, blocking client; every method gives records of the engine and raises CallError."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chartcoder_client import claims as claim_messages
from chartcoder_client import convert
from chartcoder_client.errors import CallError, error_from_call, error_from_status
from codesets.crosswalk import MapRelease
from codesets.search import SearchHit
from codesets.translate import Translation
from codesets.types import Code, Release, System
from codesets.validate import CodeCheck
from engine.claims.records import CheckedClaim, Claim
from engine.pb.chartcoder.v1 import (
    claim_pb2,
    claim_pb2_grpc,
    codeset_pb2,
    codeset_pb2_grpc,
    coding_pb2,
    coding_pb2_grpc,
)
from engine.pb.chartcoder.v1.types_pb2 import ChartFrame
from engine.types import Chart, CodedChart, Sex

# What a server reports the health of; "" is all of it.
SERVICES = (
    "",
    *(f"chartcoder.v1.{name}" for name in ("CodingService", "CodeSetService", "ClaimService", "AuditService")),
)
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StreamedChart:
    """The answer for one chart of a stream: either `coded` or `error`; `index` counts the charts sent, from 0."""

    index: int
    chart_id: str
    coded: CodedChart | None = None
    error: CallError | None = None


class ChartcoderClient:
    """Talks to the server at `target` ("HOST:PORT" or "unix:/path").

    `timeout_s` bounds each call but `code_charts`, which may run for hours (None: no bound). With `ca` (certificates,
    PEM) the connection is TLS, with `certificate` and `key` (PEM) the client has a certificate too; `tls=True` trusts
    the CAs that gRPC brings. `server_name` is what the server's certificate is held against where it is not the
    target's. `token` is a bearer token, or gives the one that is valid now each time it is called; `api_key` is an API
    key.
    """

    def __init__(
        self,
        target: str,
        *,
        timeout_s: float | None = 60.0,
        max_message_bytes: int = 16 * MIB,
        tls: bool = False,
        ca: bytes | None = None,
        certificate: bytes | None = None,
        key: bytes | None = None,
        server_name: str = "",
        token: str | Callable[[], str] | None = None,
        api_key: str | None = None,
    ) -> None:
        options: list[tuple[str, int | str]] = [
            # Clients do not share a connection behind our back: each may land at another worker of the server.
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.max_send_message_length", max_message_bytes),
        ]
        if server_name:
            options.append(("grpc.ssl_target_name_override", server_name))
        if tls or ca or certificate:
            credentials = grpc.ssl_channel_credentials(ca, key, certificate)
            self._channel = grpc.secure_channel(target, credentials, options=options)
        else:
            self._channel = grpc.insecure_channel(target, options=options)
        self._token = token
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._coding: Any = coding_pb2_grpc.CodingServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._codesets: Any = codeset_pb2_grpc.CodeSetServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._claims: Any = claim_pb2_grpc.ClaimServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def __enter__(self) -> "ChartcoderClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._channel.close()

    def wait_ready(self, timeout_s: float) -> None:
        """Return once the server can be reached; raises CallError if it cannot in time."""
        try:
            grpc.channel_ready_future(self._channel).result(timeout=timeout_s)
        except grpc.FutureTimeoutError:
            raise CallError("UNAVAILABLE", f"no server within {timeout_s:g} s") from None

    def stream_chart(self, chart: Chart, *, request_id: str = "", explain: bool = False) -> Iterator[ChartFrame]:
        """Yield the frames of a chart's answer as they come."""
        request = coding_pb2.CodeChartRequest(explain=explain)
        convert.put_chart(request.chart, chart)
        with _errors():
            for reply in self._coding.CodeChart(request, timeout=self._timeout_s, metadata=self._metadata(request_id)):
                yield reply.frame

    def code_chart(self, chart: Chart, *, request_id: str = "", explain: bool = False) -> CodedChart:
        """Code one chart; with `explain` each suggestion says what moved its score."""
        whole = ChartFrame()
        for frame in self.stream_chart(chart, request_id=request_id, explain=explain):
            whole.MergeFrom(frame)
        return convert.coded_chart_from(chart.chart_id, whole)

    def code_charts(
        self, charts: Iterable[Chart], *, request_id: str = "", explain: bool = False
    ) -> Iterator[StreamedChart]:
        """Code many charts in one stream, several at a time; yields them in the order given.

        A refused chart is yielded with its error and the stream goes on. Raises CallError if the stream itself fails,
        and what iterating over `charts` raises.
        """
        requests = _Requests(charts, explain)
        call = self._coding.CodeCharts(iter(requests), metadata=self._metadata(request_id))
        try:
            with _errors():
                yield from _in_order(_answers(call))
        except CallError:
            if requests.failure is None:
                raise
        finally:
            call.cancel()
        if requests.failure is not None:
            raise requests.failure

    def check_claim(self, claim: Claim, *, request_id: str = "") -> CheckedClaim:
        """Check one claim against the compliance edits."""
        request = claim_pb2.CheckClaimRequest()
        claim_messages.put_claim(request.claim, claim)
        with _errors():
            reply = self._claims.CheckClaim(request, timeout=self._timeout_s, metadata=self._metadata(request_id))
        return claim_messages.checked_from(reply)

    def check_claims(self, claims: Iterable[Claim], *, request_id: str = "") -> Iterator[CheckedClaim | CallError]:
        """Check many claims in one stream; yields them in the order given, a refused one as its error."""
        requests = claim_messages.requests_of(claims)
        with _errors():
            replies = self._claims.CheckClaims(requests, metadata=self._metadata(request_id))
            yield from claim_messages.in_order(replies)

    def lookup(
        self, codes: Sequence[str], *, system: System = System.ICD10CM, day: date | None = None
    ) -> list[Code | CallError]:
        """Look codes up; an unknown one has its error in its place."""
        request = codeset_pb2.LookupCodeRequest(system=system.value, codes=codes)
        convert.put_day(request.date, day)
        reply = self._call(self._codesets.LookupCode, request)
        return [
            error_from_status(result.error) if result.HasField("error") else convert.code_from(result.code)
            for result in reply.results
        ]

    def search(
        self,
        query: str,
        *,
        systems: Sequence[System] = (System.ICD10CM,),
        day: date | None = None,
        billable_only: bool = False,
        limit: int = 20,
    ) -> list[SearchHit]:
        """Find codes by words, best first."""
        request = codeset_pb2.SearchCodesRequest(query=query, systems=systems, billable_only=billable_only)
        convert.put_day(request.date, day)
        hits = self._pages(self._codesets.SearchCodes, request, lambda reply: reply.hits, limit)
        return [convert.hit_from(hit) for hit in hits]

    def validate(
        self, codes: Sequence[str], *, system: System = System.ICD10CM, day: date | None = None
    ) -> list[CodeCheck]:
        """Check codes on a day."""
        request = codeset_pb2.ValidateCodesRequest(system=system.value, codes=codes)
        convert.put_day(request.date, day)
        return [convert.check_from(check) for check in self._call(self._codesets.ValidateCodes, request).checks]

    def translate(
        self,
        codes: Sequence[str],
        *,
        source: System = System.ICD10CM,
        target: System | None = None,
        source_day: date | None = None,
        target_day: date | None = None,
        age_years: float | None = None,
        sex: Sex = Sex.UNSPECIFIED,
    ) -> list[Translation]:
        """Carry codes to another release or system; age and sex are for the rules of a SNOMED CT map."""
        request = codeset_pb2.TranslateCodeRequest(
            source_system=source.value,
            target_system=(target or source).value,
            codes=codes,
            sex=f"SEX_{sex.value}",
        )
        if age_years is not None:
            request.age_years = age_years
        convert.put_day(request.source_date, source_day)
        convert.put_day(request.target_date, target_day)
        reply = self._call(self._codesets.TranslateCode, request)
        return [convert.translation_from(item) for item in reply.translations]

    def list_code_sets(self, system: System | None = None) -> list[Release]:
        """List the loaded releases."""
        request = codeset_pb2.ListCodeSetsRequest(system=system.value if system else "")
        sets = self._pages(self._codesets.ListCodeSets, request, lambda reply: reply.code_sets, None)
        return [convert.release_from(item) for item in sets]

    def health(self, services: Sequence[str] = SERVICES) -> dict[str, str]:
        """Ask whether services are well: name to "SERVING", "NOT_SERVING" and the like; "" is the server as a whole."""
        stub = health_pb2_grpc.HealthStub(self._channel)
        replies = {name: self._call(stub.Check, health_pb2.HealthCheckRequest(service=name)) for name in services}
        names = health_pb2.HealthCheckResponse.ServingStatus
        return {name: names.Name(reply.status) for name, reply in replies.items()}

    def list_crosswalks(self, system: System | None = None) -> list[MapRelease]:
        """List the loaded crosswalks, those from and to one system if it is named."""
        request = codeset_pb2.ListCodeSetsRequest(system=system.value if system else "", page_size=1)
        reply = self._call(self._codesets.ListCodeSets, request)
        return [convert.map_from(item) for item in reply.crosswalks]

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        with _errors():
            return method(request, timeout=self._timeout_s, metadata=self._metadata())

    def _metadata(self, request_id: str = "") -> tuple[tuple[str, str], ...]:
        token = self._token() if callable(self._token) else self._token
        said = {
            "x-request-id": request_id,
            "authorization": f"Bearer {token}" if token else "",
            "x-api-key": self._api_key or "",
        }
        return tuple((name, value) for name, value in said.items() if value)

    def _pages(
        self, method: Callable[..., Any], request: Any, items: Callable[[Any], Iterable[Any]], limit: int | None
    ) -> list[Any]:
        found: list[Any] = []
        while True:
            request.page_size = min(100, limit - len(found)) if limit is not None else 100
            reply = self._call(method, request)
            found.extend(items(reply))
            request.page_token = reply.next_page_token
            if not request.page_token or (limit is not None and len(found) >= limit):
                return found


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        raise error_from_call(error) from None


class _Requests:
    """The requests of a stream; gRPC reads them in a thread of its own, where an exception would be lost."""

    def __init__(self, charts: Iterable[Chart], explain: bool) -> None:
        self._charts = charts
        self._explain = explain
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[coding_pb2.CodeChartsRequest]:
        try:
            for chart in self._charts:
                request = coding_pb2.CodeChartsRequest(explain=self._explain)
                convert.put_chart(request.chart, chart)
                yield request
        except Exception as error:
            self.failure = error
            raise


def _answers(replies: Iterable[coding_pb2.CodeChartsResponse]) -> Iterator[StreamedChart]:
    """Put each chart's frames together."""
    open_charts: dict[int, ChartFrame] = {}
    for reply in replies:
        if reply.HasField("error"):
            open_charts.pop(reply.index, None)  # of a large chart, findings may have come before
            yield StreamedChart(reply.index, reply.chart_id, error=error_from_status(reply.error))
            continue
        whole = open_charts.setdefault(reply.index, ChartFrame())
        whole.MergeFrom(reply.frame)
        if whole.HasField("summary"):
            coded = convert.coded_chart_from(reply.chart_id, open_charts.pop(reply.index))
            yield StreamedChart(reply.index, reply.chart_id, coded=coded)


def _in_order(answers: Iterable[StreamedChart]) -> Iterator[StreamedChart]:
    """Hold back what comes early; the server has a bounded number of charts in hand, so few are held."""
    early: dict[int, StreamedChart] = {}
    index = 0
    for answer in answers:
        early[answer.index] = answer
        while index in early:
            yield early.pop(index)
            index += 1
