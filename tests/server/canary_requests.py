"""Requests full of marked identifiers: each field of each RPC in turn made wrong, and the bytes themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from canaries import BIRTH_YEAR, MARK
from google.protobuf.descriptor import FieldDescriptor
from google.type.date_pb2 import Date

from engine.pb.chartcoder.v1 import audit_pb2, claim_pb2, codeset_pb2, coding_pb2

_PACKAGE = "chartcoder.v1"
_UTF8_FIELD = b"\x0a\x02\xff\xfe"


@dataclass(frozen=True)
class Rpc:
    """One method: its path, its messages, whether it is a stream."""

    service: str
    name: str
    request: Any
    response: Any

    @property
    def path(self) -> str:
        return f"/{_PACKAGE}.{self.service}/{self.name}"


def _rpcs(service: str, module: Any, *names: str) -> list[Rpc]:
    return [Rpc(service, name, getattr(module, f"{name}Request"), getattr(module, f"{name}Response")) for name in names]


RPCS = (
    *_rpcs("CodingService", coding_pb2, "CodeChart", "CodeCharts"),
    *_rpcs("ClaimService", claim_pb2, "CheckClaim", "CheckClaims"),
    *_rpcs(
        "CodeSetService",
        codeset_pb2,
        "LookupCode",
        "SearchCodes",
        "ValidateCodes",
        "TranslateCode",
        "ListCodeSets",
    ),
    *_rpcs("AuditService", audit_pb2, "GetRecord", "ProveRecord", "GetCheckpoint"),
)
BY_NAME = {rpc.name: rpc for rpc in RPCS}

TEXTS = {
    "plain": MARK,
    "long": MARK * 100,
    "nul": f"{MARK}\0",
    "escape": f"\x1b[31m{MARK}\r\n",
    "other scripts": f"é{MARK}😀",
    "code-like": f"E11.{MARK[:8]}",
}
_NUMBERS = {"negative": -7, "large": 4711}
_DAYS = {
    "a day of birth": Date(year=BIRTH_YEAR, month=2, day=17),
    "no day": Date(year=BIRTH_YEAR, month=2, day=31),
    "half a day": Date(year=BIRTH_YEAR),
}


def base(rpc: Rpc) -> Any:
    """Make a request that is right, with marks wherever text is free."""
    if rpc.service == "CodingService":
        return rpc.request(chart=_chart())
    if rpc.service == "ClaimService":
        return rpc.request(claim=_claim())
    makers: dict[str, dict[str, Any]] = {
        "LookupCode": {"codes": ["I10", MARK]},
        "SearchCodes": {"query": MARK},
        "ValidateCodes": {"codes": ["I10", MARK]},
        "TranslateCode": {"codes": ["I10", MARK]},
        "GetRecord": {"record_id": "ab" * 16, "sequence": 1},
        "ProveRecord": {"record_id": "ab" * 16, "sequence": 1},
    }
    return rpc.request(**makers.get(rpc.name, {}))


def _chart() -> dict[str, Any]:
    document = {"text": f"hypertension, no chest pain {MARK}", "kind": MARK, "document_id": MARK}
    known = {"payer": MARK, "discharge_disposition": MARK, "known_codes": [MARK], "age_years": 61}
    day = {"year": BIRTH_YEAR, "month": 2, "day": 17}
    return {"chart_id": MARK, "documents": [document], "birth_date": day, **known}


def _claim() -> dict[str, Any]:
    texts = {"claim_id": MARK, "payer": MARK, "plan": MARK, "documentation": [MARK]}
    dates = {"from_date": Date(year=2026, month=3, day=31), "birth_date": Date(year=BIRTH_YEAR, month=2, day=17)}
    line = {"code": "99213", "day": Date(year=2026, month=3, day=31), "units": 1}
    items = {
        "diagnoses": [{"code": "I10"}, {"code": MARK[:16]}],
        "procedures": [{"code": "0DTJ4ZZ", "day": dates["from_date"]}],
        "lines": [line],
        "history": [{"code": "99213", "day": dates["from_date"]}],
    }
    return {"kind": "CLAIM_KIND_PROFESSIONAL", **texts, **dates, **items}


def wrong_fields(rpc: Rpc) -> Iterator[tuple[str, bytes]]:
    """Yield the name of what is wrong and a request in which one field is."""
    for path, kind in _leaves(rpc.request.DESCRIPTOR):
        values: dict[str, Any] = {}
        if kind == "day":
            # A day of service is named to the caller where no release covers it; a day of birth never is.
            values = {name: day for name, day in _DAYS.items() if name != "a day of birth" or path[-1] == "birth_date"}
        elif kind == FieldDescriptor.CPPTYPE_STRING:
            values = TEXTS
        elif kind in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_ENUM):
            values = _NUMBERS
        for name, value in values.items():
            message = base(rpc)
            _put(message, path, value)
            yield f"{'.'.join(path)}: {name}", message.SerializeToString()


def wrong_bytes(rpc: Rpc) -> Iterator[tuple[str, bytes]]:
    """Yield bytes that are no such request."""
    data = base(rpc).SerializeToString()
    mark = MARK.encode()
    yield "a broken end", data + b"\xff" + mark
    yield "cut in the middle", data[: max(1, len(data) // 2)] if data else b"\x0a\x09" + mark
    yield "text that is no UTF-8", _UTF8_FIELD + data + mark
    yield "a field that nobody knows", data + b"\xfa\x7f" + bytes([len(mark)]) + mark
    yield "nothing", b""
    yield "only marks", mark * 3


def _leaves(descriptor: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    for each in descriptor.fields:
        if each.message_type is None:
            yield (each.name,), each.cpp_type
        elif each.message_type.full_name == "google.type.Date":
            yield (each.name,), "day"
        else:
            yield from (((each.name, *path), kind) for path, kind in _leaves(each.message_type))


def _put(message: Any, path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        inner = getattr(message, name)
        message = (inner[0] if len(inner) else inner.add()) if hasattr(inner, "add") else inner
    held = getattr(message, path[-1])
    if hasattr(held, "CopyFrom") and not hasattr(held, "append"):
        held.CopyFrom(value)
    elif hasattr(held, "append"):
        held.append(value)
    else:
        setattr(message, path[-1], value)
