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
├── OverloadedError            try again later
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


class OverloadedError(ChartcoderError):
    """More work is offered than may be queued."""

    REASON = "OVERLOADED"


class ShuttingDownError(ChartcoderError):
    """The server takes no new calls any more."""

    REASON = "SHUTTING_DOWN"
