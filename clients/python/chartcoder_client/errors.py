"""What a server's refusal says, out of the status and its google.rpc details."""

from dataclasses import dataclass, field

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status

_DETAILS_KEY = "grpc-status-details-bin"
_CODE_NAMES: dict[int, str] = {code.value[0]: code.name for code in grpc.StatusCode}


@dataclass(eq=False)
class CallError(Exception):
    """A call or a chart was refused.

    `code` is the canonical code's name ("INVALID_ARGUMENT"), `reason` is stable ("CHART_TOO_LARGE"), `fields` maps a
    field of the request to what is wrong with it, `retry_after_s` is None where trying again would not help.
    """

    code: str
    message: str
    reason: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    retry_after_s: float | None = None
    request_id: str = ""

    def __str__(self) -> str:
        return f"{self.message} ({self.reason or self.code})"


def error_from_status(status: Status) -> CallError:
    """Read a google.rpc.Status."""
    error = CallError(_CODE_NAMES.get(status.code, str(status.code)), status.message)
    for detail in status.details:
        info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            error.reason = info.reason
            error.request_id = info.metadata.get("request_id", "")
        elif detail.Unpack(bad):
            error.fields = {item.field: item.description for item in bad.field_violations}
        elif detail.Unpack(retry):
            error.retry_after_s = retry.retry_delay.ToTimedelta().total_seconds()
    return error


def error_from_call(call: grpc.RpcError) -> CallError:
    """Read the status that a call ended with."""
    for key, value in call.trailing_metadata() or ():
        if key == _DETAILS_KEY:
            try:
                return error_from_status(Status.FromString(value))
            except DecodeError:
                break
    return CallError(call.code().name, call.details() or call.code().name)
