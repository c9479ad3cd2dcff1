"""Our errors as canonical gRPC status with google.rpc details.

Messages of our own error trees name fields, never chart text, so they travel; anything else is INTERNAL without a word
of what it said. An audit log that refuses is UNAVAILABLE, not FAILED_PRECONDITION: the caller has nothing to mend, and
may try again or another server.
"""

import math

from google.protobuf.any_pb2 import Any
from google.rpc import code_pb2, error_details_pb2
from google.rpc.status_pb2 import Status

from codesets import errors as codeset_errors
from engine import errors
from engine.server.validate import RequestError

DOMAIN = "chartcoder"
RETRY_OVERLOAD_MS = 250
RETRY_AUDIT_MS = 5000

_Codes = dict[type[Exception], int]

# The first class that fits decides, so subclasses stand above their base.
_CODES: _Codes = {
    errors.UnknownRecordError: code_pb2.NOT_FOUND,
    errors.InputError: code_pb2.INVALID_ARGUMENT,
    errors.ReleaseError: code_pb2.FAILED_PRECONDITION,
    errors.AuditCorruptError: code_pb2.DATA_LOSS,
    errors.AuditUnsignedError: code_pb2.FAILED_PRECONDITION,
    errors.AuditError: code_pb2.UNAVAILABLE,
    errors.VaultError: code_pb2.UNAVAILABLE,
    errors.CredentialsError: code_pb2.UNAUTHENTICATED,
    errors.RoleError: code_pb2.PERMISSION_DENIED,
    errors.OverloadedError: code_pb2.RESOURCE_EXHAUSTED,
    errors.ShuttingDownError: code_pb2.UNAVAILABLE,
    codeset_errors.UnknownSystemError: code_pb2.INVALID_ARGUMENT,
    codeset_errors.UnknownCodeError: code_pb2.NOT_FOUND,
    codeset_errors.NoReleaseError: code_pb2.FAILED_PRECONDITION,
    codeset_errors.CrosswalkError: code_pb2.FAILED_PRECONDITION,
}
_RETRY_MS: dict[int, int] = {
    code_pb2.RESOURCE_EXHAUSTED: RETRY_OVERLOAD_MS,
    code_pb2.UNAVAILABLE: RETRY_AUDIT_MS,
}
_INTERNAL_TEXT = "internal error; the server's log has it under the request id"


class AnsweredError(Exception):
    """An error of another process of ours, which has made (and logged) its own status already."""

    def __init__(self, status: bytes) -> None:
        super().__init__("answered elsewhere")
        self.status = Status.FromString(status)


def is_expected(error: Exception) -> bool:
    """Whether the error is one the caller can do something about."""
    return isinstance(error, AnsweredError) or any(isinstance(error, kind) for kind in _CODES)


def to_status(error: Exception, *, request_id: str = "") -> Status:
    """Return the status that tells the caller what went wrong and what to do."""
    if isinstance(error, AnsweredError):
        return error.status
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), code_pb2.INTERNAL)
    if code == code_pb2.INTERNAL:
        return _status(code, _INTERNAL_TEXT, "INTERNAL", request_id)
    reason = getattr(error, "REASON", "INTERNAL")
    status = _status(code, str(error), reason, request_id)
    violations = _violations(error)
    if violations:
        _add(status, error_details_pb2.BadRequest(field_violations=violations))
    if code in _RETRY_MS:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(_retry_ms(error, code))
        _add(status, retry)
    return status


def _retry_ms(error: Exception, code: int) -> int:
    after_s = getattr(error, "retry_after_s", None)
    return _RETRY_MS[code] if after_s is None else max(1, math.ceil(after_s * 1000))


def _status(code: int, message: str, reason: str, request_id: str) -> Status:
    status = Status(code=code, message=message)
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN)
    if request_id:
        info.metadata["request_id"] = request_id
    _add(status, info)
    return status


def _violations(error: Exception) -> list[error_details_pb2.BadRequest.FieldViolation]:
    make = error_details_pb2.BadRequest.FieldViolation
    if isinstance(error, RequestError):
        return [make(field=item.field, description=item.description, reason=error.REASON) for item in error.violations]
    field = getattr(error, "field", "")
    return [make(field=field, description=str(error), reason=getattr(error, "REASON", ""))] if field else []


def _add(
    status: Status, detail: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest | error_details_pb2.RetryInfo
) -> None:
    packed = Any()
    packed.Pack(detail)
    status.details.append(packed)
