"""Raises the documentation queries of a chart; a kind that fails is reported and never takes the chart down."""

from typing import Any

from engine.queries import care, conflict, indication, results, specificity, validation
from engine.queries.base import AskAbout, Record
from engine.types import Alert, Severity

KINDS: tuple[tuple[str, AskAbout], ...] = (
    (specificity.KIND, specificity.ask),
    (validation.KIND, validation.ask),
    (conflict.KIND, conflict.ask),
    (results.KIND, results.ask),
    (indication.KIND, indication.ask),
    (care.KIND, care.ask),
)


def raise_queries(record: Record) -> list[Alert]:
    """Return the queries of a chart, in the order of KINDS; reasons of care are added to the suggestions."""
    alerts: list[Alert] = []
    for kind, ask in KINDS:
        try:
            alerts += ask(record)
        except Exception as error:  # the boundary that keeps one kind's fault from the whole chart
            _log().error("query_failed", query=kind, error_type=type(error).__name__)
            alerts.append(_failed(kind))
    return alerts


def _failed(kind: str) -> Alert:
    return Alert(
        kind="query_failed",
        severity=Severity.WARNING,
        message=f"{kind} failed and was left out; a person must look for what it would have asked",
        source="",
    )


def _log() -> Any:
    import structlog  # here, where it is rarely needed: it takes 60 ms to import

    return structlog.get_logger(__name__)
