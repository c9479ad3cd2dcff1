"""A server under watch: calls it in every way, and gathers everything it says that is no answer."""

import base64
import io
import logging
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import prometheus_client
import pytest
from canaries import MARK, Watch
from canary_requests import BY_NAME, RPCS, Rpc, base, wrong_bytes, wrong_fields
from conftest import LiveServer, serve_in_thread
from fake_engine import BROKEN, SLOW, FakeEngine
from google.rpc.status_pb2 import Status
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from engine.config import Config
from engine.errors import AuditError, VaultError
from engine.identity.keys import add_key
from engine.identity.principal import Role
from engine.server.logs import set_up_logs
from engine.server.metrics import Metrics
from engine.server.observe import Observers
from engine.server.traces import Traces

TIMEOUT_S = 60
UNSAFE_ID = f"{MARK} is not safe"
Only = Callable[[str], bool]

# What a fault of ours may be, its message quoting the chart.
FAULTS: dict[str, Callable[[str], BaseException]] = {
    "RuntimeError": RuntimeError,
    "ValueError": ValueError,
    "KeyError": KeyError,
    "AssertionError": AssertionError,
    "MemoryError": MemoryError,
    "RecursionError": RecursionError,
    "TypeError": TypeError,
    "UnicodeDecodeError": lambda said: UnicodeDecodeError("utf-8", said.encode(), 0, 1, said),
    "FileNotFoundError": lambda said: FileNotFoundError(2, said, said),
    "ExceptionGroup": lambda said: ExceptionGroup(said, [ValueError(said)]),
    "TimeoutError": TimeoutError,
    "a class of its own": lambda said: type("OddError", (Exception,), {"__str__": lambda self: said})(),
}


@dataclass
class Watched:
    """A server, and what it writes."""

    server: LiveServer
    config: Config
    watch: Watch
    stderr: io.StringIO
    registry: Any
    spans: InMemorySpanExporter
    temp: Path
    channel: Any
    seen: int = 0

    def call(self, path: str, data: bytes, metadata: Iterable[tuple[str, str]] = (), **options: Any) -> list[bytes]:
        """Call a method with one request; returns its replies, and under `status` what it ended with."""
        options.setdefault("timeout", TIMEOUT_S)
        call = self.channel.stream_stream(path)(iter([data]), metadata=tuple(metadata), **options)
        replies: list[bytes] = []
        self.status: list[bytes | str] = []
        try:
            replies.extend(call)
        except grpc.RpcError as error:
            self.status = [str(error.details())]
        for key, value in (*(call.initial_metadata() or ()), *(call.trailing_metadata() or ())):
            self.status += [key, value]
        return replies

    def take(self, name: str, rpc: Rpc, data: bytes, metadata: Iterable[tuple[str, str]] = (), **options: Any) -> None:
        """Take a path: call, and look at the status, at errors inside replies, and at the log so far."""
        replies = self.call(rpc.path, data, metadata, **options)
        errors = [error for reply in replies for error in _errors(rpc.response.FromString(reply))]
        log = self.stderr.getvalue()
        self.watch.take(f"{rpc.name}: {name}", [*self.status, *errors, log[self.seen :]])
        self.seen = len(log)

    def finish(self) -> None:
        """Look at what is left when the server is down."""
        self.watch.look("the log", self.stderr.getvalue())
        self.watch.look("metrics", prometheus_client.generate_latest(self.registry))
        for span in self.spans.get_finished_spans():
            self.watch.look("traces", span.to_json())
        sizes = {name: self.watch.look_through(name, self.temp.parent / name) for name in ("audit", "vault", "temp")}
        assert all((sizes["audit"], sizes["vault"], self.spans.get_finished_spans())), "nothing was looked at"


def _errors(reply: Any) -> Iterator[bytes]:
    """Yield what a reply carries in place of an answer."""
    for _, value in reply.ListFields():
        for each in value if hasattr(value, "add") else [value]:
            if isinstance(each, Status):
                yield each.SerializeToString()
            elif hasattr(each, "ListFields"):
                yield from _errors(each)


@contextmanager
def watched(folder: Path, home: Path, watch: Watch, *, level: str, **settings: Any) -> Iterator[Watched]:
    """Start a server that keeps charts, counts, traces and logs, all into one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    keys, temp, stderr = folder / "vault-keys.toml", folder / "temp", io.StringIO()
    temp.mkdir(exist_ok=True)
    secret = base64.b64encode(b"k" * 32).decode()
    names = ("default", "north")
    keys.write_text("".join(f'[tenants.{n}]\ncurrent="1"\n[tenants.{n}.keys]\n1="{secret}"\n' for n in names))
    keys.chmod(0o600)
    config = Config(home=home, audit_dir=folder / "audit", port=0, drain_s=5.0, log_level=level)
    vault = {"keep_charts": True, "vault_keys": str(keys), "vault_dir": folder / "vault"}
    config = config.changed(vault | settings)
    spans, registry, provider = InMemorySpanExporter(), prometheus_client.CollectorRegistry(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        patch.setattr(tempfile, "tempdir", str(temp))
        patch.setattr(prometheus_client, "CollectorRegistry", lambda: registry)
        observers = Observers(Metrics(), Traces(provider))
        patch.setattr(Observers, "of", classmethod(lambda cls, config: observers))
        set_up_logs(level)
        try:
            with serve_in_thread(config, FakeEngine(config)) as server, server.channel() as channel:
                yield Watched(server, config, watch, stderr, registry, spans, temp, channel)
        finally:
            set_up_logs("error")


def sweep_requests(at: Watched, only: Only) -> None:
    """Take every RPC with each field wrong, with bytes that are no request, and with odd metadata."""
    for rpc in RPCS:
        right = base(rpc).SerializeToString()
        odd = (("authorization", f"Bearer {MARK}"), ("x-api-key", MARK), ("traceparent", MARK), ("tracestate", MARK))
        cases = [("right", right, ()), ("an unsafe id", right, (("x-request-id", UNSAFE_ID),))]
        cases += [(f"metadata {key}", right, ((key, value),)) for key, value in (*odd, ("x-patient", MARK))]
        cases += [(name, data, ()) for name, data in (*wrong_fields(rpc), *wrong_bytes(rpc))]
        for name, data, metadata in cases:
            if only(f"{rpc.name}: {name}"):
                at.take(name, rpc, data, metadata)


def sweep_libraries(at: Watched, only: Only) -> None:
    """Let a library log what it was given, in the middle of a call."""
    from engine.server import answers

    chart_from = answers.chart_from

    def warn(request: Any) -> Any:
        for level in (logging.DEBUG, logging.WARNING, logging.CRITICAL):
            logging.getLogger("a.library").log(level, "cannot read %s", request)
        try:
            raise ValueError(str(request))
        except ValueError:
            logging.getLogger("a.library").exception("cannot read")
        return chart_from(request)

    for name in ("CodeChart", "CodeCharts"):
        if only(f"{name}: a library warns"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(answers, "chart_from", warn)
                at.take("a library warns", BY_NAME[name], base(BY_NAME[name]).SerializeToString())


def sweep_faults(at: Watched, only: Only) -> None:
    """Take each way in which a part of ours may fail, its exception quoting the chart."""
    coder = at.server.engine.pipeline
    words = f"hypertension {MARK}"
    for kind, make in FAULTS.items():

        def fail(*_: Any, made: Callable[[str], BaseException] = make, **__: Any) -> Any:
            raise made(words) from ValueError(words)

        # Which part fails, and which calls meet it.
        places: tuple[tuple[str, str, tuple[str, ...]], ...] = (
            ("coder", "fake_engine.FakeCoder.code", ("CodeChart", "CodeCharts")),
            ("header", "fake_engine.FakeCoder.header", ("CodeChart", "CodeCharts")),
            ("edits", "engine.edits.run.ClaimChecker.check", ("CheckClaim", "CheckClaims")),
            ("search", "engine.server.codesets.search_codes", ("SearchCodes",)),
            ("look-up", "codesets.store.Releases.release", ("LookupCode", "ValidateCodes")),
            ("translation", "engine.server.codesets.translate", ("TranslateCode",)),
            ("list", "codesets.store.Releases.list", ("ListCodeSets",)),
            ("record", "engine.server.audit.find_by_receipt", ("GetRecord", "ProveRecord")),
            ("checkpoint", "engine.server.audit.newest_checkpoint", ("GetCheckpoint",)),
            ("conversion", "engine.server.answers.chart_from", ("CodeChart",)),
            ("conversion", "engine.server.claim.claim_from", ("CheckClaim",)),
        )
        for place, target, names in places:
            for name in names:
                path = f"{place} raises {kind}"
                if only(f"{name}: {path}"):
                    with pytest.MonkeyPatch.context() as patch:
                        patch.setattr(target, fail)
                        at.take(path, BY_NAME[name], base(BY_NAME[name]).SerializeToString())
    assert coder is at.server.engine.pipeline


def sweep_stores(at: Watched, only: Only) -> None:
    """Take the ways in which the log and the vault refuse."""
    refused = {
        "audit refuses": ("engine.audit.log.AuditLog.append", AuditError("audit log: cannot write: No space left")),
        "audit refuses many": ("engine.audit.log.AuditLog.append_many", AuditError("audit log: read-only")),
        "vault refuses": ("engine.vault.store.Vault.keep", VaultError("vault: cannot be used (SQLITE_FULL)")),
        "log is broken": ("engine.audit.log.AuditLog.append", OSError(5, f"I/O {MARK}", MARK)),
        "log is broken for many": ("engine.audit.log.AuditLog.append_many", OSError(5, f"I/O {MARK}", MARK)),
        "vault is broken": ("engine.vault.store.Vault.keep", RuntimeError(f"could not keep {MARK}")),
        "key is broken": ("engine.vault.keys.FileKeys.current", ValueError(MARK)),
    }
    for name, (target, error) in refused.items():

        def fail(*_: Any, made: BaseException = error, **__: Any) -> Any:
            raise made

        for rpc in (BY_NAME[each] for each in ("CodeChart", "CodeCharts", "CheckClaim", "CheckClaims")):
            if only(f"{rpc.name}: {name}"):
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(target, fail)
                    at.take(name, rpc, base(rpc).SerializeToString())


def sweep_charts(at: Watched, only: Only) -> None:
    """Take charts that are large, too large, slow, broken, given up, or cut off by their deadline."""
    for name in ("CodeChart", "CodeCharts"):
        rpc = BY_NAME[name]
        texts = {
            "a large chart": f"hypertension {MARK} " * 5_000,
            "a large chart of one word": MARK * 5_000,
            "a large broken chart": f"{BROKEN} {MARK} " * 5_000,
            "over the limit of charts": MARK * 270_000,
            "over the limit of messages": MARK * 1_100_000,
            "a broken chart": f"{BROKEN} {MARK}",
            "blank": " ",
            "NUL": f"\0{MARK}\0",
            "a bare accent": f"{MARK}\u0301",
        }
        for about, text in texts.items():
            if only(f"{name}: {about}"):
                at.take(
                    about, rpc, rpc.request(chart={"chart_id": MARK, "documents": [{"text": text}]}).SerializeToString()
                )
        many = rpc.request(chart={"documents": [{"text": MARK}] * 1001}).SerializeToString()
        slow = rpc.request(chart={"chart_id": MARK, "documents": [{"text": f"{SLOW} {MARK}"}]}).SerializeToString()
        if only(f"{name}: ends"):
            at.take("too many documents", rpc, many)
            at.take("a deadline", rpc, slow, timeout=0.1)
            call = at.channel.stream_stream(rpc.path)(iter([slow]), timeout=TIMEOUT_S)
            call.cancel()
            at.watch.take(f"{name}: given up", [at.stderr.getvalue()])
            at.take("after those", rpc, base(rpc).SerializeToString())
    for path in (
        f"/{MARK}/{MARK}",
        f"/chartcoder.v1.CodingService/{MARK}",
        "/chartcoder.v1.CodingService/",
        f"//{MARK}",
    ):
        if only(f"unknown {path}"):
            at.call(path, MARK.encode())
            # gRPC's own words name the method that the caller asked for; nothing of the request.
            at.watch.take(f"unknown {path}", [at.stderr.getvalue()])


def sweep_callers(folder: Path, home: Path, watch: Watch, level: str, only: Only) -> None:
    """Take callers who are not known, may not, or ask too much, at every RPC."""
    path = folder / "keys.json"
    keys = {role: add_key(path, f"a-{role}", tenant="north", roles=(role,))[1] for role in Role}
    limits = folder / "identities.toml"
    limits.write_text(
        "[limits]\ncharts_per_s = 0.001\nburst_s = 1000\nbytes_per_s = 400\ncalls = 4\n", encoding="utf-8"
    )
    with watched(folder / "guarded", home, watch, level=level, api_keys=path, identities=limits) as at:
        ways: dict[str, tuple[tuple[str, str], ...]] = {
            "nobody": (),
            "an unknown key": (("x-api-key", MARK),),
            "a key like ours": (("x-api-key", f"cck_{MARK}"),),
            "no token": (("authorization", f"Bearer {MARK}"),),
            "a made-up token": (("authorization", f"Bearer {MARK}.{MARK}.{MARK}"),),
            "another scheme": (("authorization", f"Basic {MARK}"),),
            "two tokens": (("authorization", f"Bearer {MARK}"), ("authorization", f"Bearer {MARK}")),
        }
        ways |= {f"as {role.value}": (("x-api-key", keys[role]),) for role in Role}
        for rpc in RPCS:
            for name, metadata in ways.items():
                if only(f"{rpc.name}: {name}"):
                    # A stream's charts wait for their limit: until the caller has enough of it.
                    waits = {"timeout": 0.2} if rpc.name == "CodeCharts" and name.startswith("as ") else {}
                    at.take(name, rpc, base(rpc).SerializeToString(), metadata, **waits)
        submitter = (("x-api-key", keys[Role.SUBMITTER]), ("x-request-id", UNSAFE_ID))
        for number in range(3):
            if only(f"CodeChart: beyond the limit {number}"):
                at.take(
                    f"beyond the limit {number}",
                    BY_NAME["CodeChart"],
                    base(BY_NAME["CodeChart"]).SerializeToString(),
                    submitter,
                )
    at.finish()


def sweep(folder: Path, home: Path, *, level: str, only: Only = lambda _: True) -> Watch:
    """Take every path and return what was found."""
    watch = Watch()
    with watched(folder / "open", home, watch, level=level) as at:
        for part in (sweep_requests, sweep_libraries, sweep_faults, sweep_stores, sweep_charts):
            part(at, only)
    at.finish()
    if any(only(f"{rpc.name}: nobody") for rpc in RPCS):
        sweep_callers(folder, home, watch, level, only)
    return watch
