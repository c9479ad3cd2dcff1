"""Errors of the engine.

ChartcoderError
├── InputError                 the caller's input is wrong: change it and send again
│   ├── ChartError             a field of the chart (field, got, want)
│   ├── ClaimError             a field of the claim (field, got, want)
│   ├── ChartTooLargeError     over the stated size limit: split it
│   ├── UnsupportedSystemError a code system that is unknown or not loaded
│   └── UnknownRecordError     the audit log holds no such record
├── ReleaseError               no loaded code-set release covers the date of service
├── ArtifactError              a compiled dictionary, cue table or model cannot be used: rebuild it
├── ConfigError                a setting is wrong
├── AuditError                 the audit log cannot record: nothing may be answered
│   ├── AuditUnsignedError     the record, or the log, is not signed yet: try again in some seconds
│   └── AuditCorruptError      the audit log does not verify
│       └── AuditFormatError   a newer version wrote the audit log
├── VaultError                 kept charts cannot be stored, opened or destroyed
├── CredentialsError           nobody knows the caller: want a token, API key or certificate
│   ├── CredentialsInvalidError  those it has are not valid here
│   └── TokenExpiredError      it needs a new token
├── RoleError                  the caller is known, and may not do this
├── OverloadedError            try again later
│   └── LimitError             this caller asked more than its limit: try again after `retry_after_s`
└── ShuttingDownError          try again, elsewhere

Messages read "field: got, want" and never carry chart text, names or record numbers. `reason` is stable.
"""


class ChartcoderError(Exception):
    """Base of every error raised by `engine`; `field` names the offending input where there is one."""

    REASON = "INTERNAL"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class InputError(ChartcoderError):
    """The caller's input is wrong."""

    REASON = "INPUT_INVALID"


class ChartError(InputError):
    """A field of the chart is wrong."""

    REASON = "CHART_INVALID"


class ClaimError(InputError):
    """A field of the claim is wrong."""

    REASON = "CLAIM_INVALID"


class ChartTooLargeError(InputError):
    """The chart is over the stated limit."""

    REASON = "CHART_TOO_LARGE"


class UnsupportedSystemError(InputError):
    """The named code system is unknown, or no release of it is loaded."""

    REASON = "CODE_SYSTEM_UNKNOWN"


class UnknownRecordError(InputError):
    """The audit log holds no such record."""

    REASON = "RECORD_UNKNOWN"


class ReleaseError(ChartcoderError):
    """No loaded release covers the date of service."""

    REASON = "NO_RELEASE_FOR_DATE"


class ArtifactError(ChartcoderError):
    """A compiled artifact is missing, truncated, altered or from another version."""

    REASON = "ARTIFACT_INVALID"


class ConfigError(ChartcoderError):
    """A setting is wrong."""

    REASON = "CONFIG_INVALID"


class AuditError(ChartcoderError):
    """The audit log cannot record, so the chart is refused."""

    REASON = "AUDIT_UNAVAILABLE"


class AuditCorruptError(AuditError):
    """The audit log does not verify."""

    REASON = "AUDIT_CORRUPT"


class AuditUnsignedError(AuditError):
    """What is asked for is not under a signed checkpoint yet."""

    REASON = "AUDIT_UNSIGNED"


class AuditFormatError(AuditCorruptError):
    """A newer version wrote the audit log."""

    REASON = "AUDIT_FORMAT_NEWER"


class VaultError(ChartcoderError):
    """The store of kept charts, or its keys, cannot be used."""

    REASON = "VAULT_UNAVAILABLE"


class OverloadedError(ChartcoderError):
    """More work is offered than may be queued."""

    REASON = "OVERLOADED"


class LimitError(OverloadedError):
    """A caller asks more than it may; `retry_after_s` is when it may again."""

    REASON = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class CredentialsError(ChartcoderError):
    """The caller is not known; a subclass says what is wrong with its credentials."""

    REASON = "CREDENTIALS_MISSING"


class CredentialsInvalidError(CredentialsError):
    """The token, API key or certificate is not one that is valid here."""

    REASON = "CREDENTIALS_INVALID"


class TokenExpiredError(CredentialsError):
    """The token was valid once: fetch a new one."""

    REASON = "TOKEN_EXPIRED"


class RoleError(ChartcoderError):
    """The caller has no role that allows this."""

    REASON = "ROLE_MISSING"


class ShuttingDownError(ChartcoderError):
    """The server takes no new calls any more."""

    REASON = "SHUTTING_DOWN"
