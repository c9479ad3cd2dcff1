"""Nothing of a chart or claim leaves by a log, status, metric, trace, temporary file, or the stores' bytes.

Every RPC, with each field wrong in turn and every part failing in turn, at every log level; and the proof that the
test sees: each guard taken away in turn is noticed.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from canaries import MARK
from canary_calls import sweep
from google.rpc.status_pb2 import Status

from codesets.errors import UnknownCodeError
from codesets.types import System
from engine.audit.kinds import AccessAction, access
from engine.claims.check import Fault
from engine.config import LOG_LEVELS
from engine.errors import UnsupportedSystemError
from engine.server import convert
from engine.server.validate import MalformedMessageError
from engine.types import Chart

AT_LEAST = 500


@pytest.mark.parametrize("level", LOG_LEVELS)
def test_no_mark_leaves_on_any_path(level: str, tmp_path: Path, small_home: Path) -> None:
    watch = sweep(tmp_path, small_home, level=level)
    assert watch.leaks == []
    assert len(watch.paths) >= AT_LEAST


def _say(error: Exception, *, request_id: str = "") -> Any:
    return Status(code=13, message=str(error))


def _kept_plainly(self: Any, tenant: str, chart_hash: str, chart: Chart) -> None:
    with self._transaction() as db:
        row = (tenant, chart_hash, "", "1", b"", chart.documents[0].text.encode())
        db.execute("INSERT OR REPLACE INTO charts VALUES (?, ?, ?, ?, ?, ?)", row)


def _fault_of_bill(claim: Any) -> Iterator[Fault]:
    yield Fault("kind", f"got bill_type {claim.bill_type!r}")


def _named_day(value: Any) -> date:
    try:
        return date(value.year, value.month, value.day)
    except ValueError:
        raise ValueError(f"got year {value.year}, month {value.month}, want a date") from None


def _quoted_system(name: str, *, field: str) -> System:
    try:
        return System(name or "icd10cm")
    except ValueError:
        raise UnsupportedSystemError(f"{field}: got {name!r}", field=field) from None


def _quoted_bytes(kind: Any, data: bytes) -> Any:
    try:
        return kind.FromString(data)
    except Exception:
        raise MalformedMessageError(f"request: got {data!r}") from None


def _unknown(self: Any, code: str) -> int:
    number = self.index_of(code)
    if number < 0:
        raise UnknownCodeError(f"code: got {code!r}")
    return int(number)


def _any_id(metadata: Any) -> str:
    return dict(metadata).get("x-request-id", "made")


def _span(self: Any, call: Any, metadata: Any, code: int, name: str, *, began_ns: int, ended_ns: int) -> None:
    span = self._tracer.start_span(call.method, attributes={"all": str(metadata)})
    span.end()


def _labelled(self: Any, call: Any, code: str, seconds: float) -> None:
    self._calls.labels(call.origin.principal + call.request_id, code).inc()


def _wordy(error: BaseException) -> dict[str, str]:
    return {"error": repr(error)}


# A guard taken away: what stands in its place, and a path on which that shows.
GUARDS: dict[str, tuple[list[tuple[str, Any]], tuple[str, ...]]] = {
    "statuses do not say what a fault of ours says": (
        [("engine.server.interceptors.to_status", _say)],
        ("CodeChart: coder raises RuntimeError",),
    ),
    "nor those inside a stream": (
        [("engine.server.coding.to_status", _say)],
        ("CodeCharts: coder raises RuntimeError",),
    ),
    "nor those of claims": (
        [("engine.server.claim.to_status", _say)],
        ("CheckClaims: edits raises ValueError",),
    ),
    "the log says where, not what": (
        [("engine.server.interceptors.where", _wordy)],
        ("CodeChart: coder raises ValueError",),
    ),
    "request ids are checked": (
        [("engine.server.interceptors.request_id_from", _any_id)],
        ("CodeChart: an unsafe id",),
    ),
    "bytes are not quoted": (
        [("engine.server.coding.parse", _quoted_bytes)],
        ("CodeChart: only marks",),
    ),
    "days are not quoted": (
        [("engine.server.convert.day_from", _named_day)],
        ("CodeChart: chart.birth_date: no day",),
    ),
    "systems are not quoted": (
        [("engine.server.codesets.system_from", _quoted_system)],
        ("LookupCode: system: plain",),
    ),
    "codes are not quoted": (
        [("codesets.snapshot.Snapshot._known", _unknown)],
        ("LookupCode: right",),
    ),
    "types of bill are not quoted": (
        [("engine.server.claim_convert.faults_of", _fault_of_bill)],
        ("CheckClaim: claim.bill_type: plain",),
    ),
    "chart ids are hashed": (
        [("engine.audit.record.hash_chart_id", lambda salt, chart_id, tenant="": chart_id)],
        ("CodeChart: right",),
    ),
    "claim ids are hashed": (
        [("engine.audit.claims.hash_chart_id", lambda salt, chart_id, tenant="": chart_id)],
        ("CheckClaim: right",),
    ),
    "what is no code is not recorded": (
        [("engine.audit.claims._CODE", re.compile(".*"))],
        ("CheckClaim: right",),
    ),
    "kept charts are encrypted": (
        [("engine.vault.store.Vault.keep", _kept_plainly)],
        ("CodeChart: right",),
    ),
    "kept charts go by a hash": (
        [("engine.server.answers.hash_chart_id", lambda salt, chart_id, tenant="": chart_id)],
        ("CodeChart: right",),
    ),
    "spans have no metadata": (
        [("engine.server.traces.Traces.note_call", _span)],
        ("CodeChart: metadata x-patient",),
    ),
    "metrics have no ids": (
        [
            ("engine.server.interceptors.request_id_from", _any_id),
            ("engine.server.metrics.Metrics.note_call", _labelled),
            ("engine.server.interceptors.log_call", lambda *_, **__: None),
        ],
        ("CodeChart: an unsafe id",),
    ),
    "credentials are not quoted": (
        [("engine.server.refusals.access", lambda origin, action, subject, count: _noted(origin, count))],
        ("CodeChart: an unknown key", "CodeChart: nobody"),
    ),
    "other libraries' words are reduced": (
        [("engine.server.logs._Reducer.emit", lambda self, record: sys.stderr.write(record.getMessage()))],
        ("CodeChart: a library warns",),
    ),
    "nothing is left in temporary files": (
        [("engine.server.answers.chart_from", lambda request: _spool(request))],
        ("CodeChart: right",),
    ),
}


def _noted(origin: Any, count: int) -> Any:
    return access(origin, AccessAction.REFUSED, subject=MARK, count=count)


def _spool(request: Any) -> Chart:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(request.SerializeToString())
    return convert.chart_from(request)


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_that_is_gone_is_noticed(
    guard: str, tmp_path: Path, small_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches, paths = GUARDS[guard]
    needed = {*paths, "CodeChart: right"}
    assert sweep(tmp_path / "with", small_home, level="debug", only=needed.__contains__).leaks == []
    for target, instead in patches:
        monkeypatch.setattr(target, instead)
    watch = sweep(tmp_path / "without", small_home, level="debug", only=needed.__contains__)
    assert needed <= watch.paths, "a path of the table is not taken"
    assert watch.leaks
