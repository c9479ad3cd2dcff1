"""Native writer of the answer's wire format: the records of a ChartFrame, field by field, without message objects.

The bytes are those that the generated classes give. Spans are converted by `tables`.
"""

from collections.abc import Iterable, Sequence

from engine.types import Alert, Finding, Suggestion

class FrameWriter:
    """Fills frames with at most `limit` items each; a piece of evidence counts as one.

    `tables` has for each document None, or the caller's offset of each code point. What is added must come in the order
    findings, suggestions, alerts. Raises UnicodeEncodeError on a lone surrogate.
    """

    def __init__(self, tables: list[Sequence[int] | None], limit: int) -> None: ...
    def add_findings(self, findings: Iterable[Finding]) -> None: ...
    def add_suggestions(self, suggestions: Iterable[Suggestion]) -> None: ...
    def add_alerts(self, alerts: Iterable[Alert]) -> None: ...
    def flush(self) -> list[bytes]:
        """Return the content of the frames filled since the last time (the last may be empty), and start anew."""
