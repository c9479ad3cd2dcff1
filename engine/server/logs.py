"""Structured JSON logs on stderr: one line an event, no chart text, no chart ids.

Other libraries' log lines are reduced to where they come from, since their messages may quote what they handled.
"""

import asyncio
import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_lowest = logging.INFO
_encode = json.JSONEncoder().encode


def set_up_logs(level: str) -> None:
    """Send our events and, reduced, everybody else's to stderr as JSON lines."""
    global _lowest
    _lowest = _LEVELS[level]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Reducer()], force=True)


def get_log() -> Any:
    """Return the logger of the server."""
    return structlog.get_logger()


def log_call(level: str, **fields: Any) -> None:
    """Write the line of a call, in the form of the others; a line a chart is worth a direct way."""
    if _LEVELS[level] < _lowest:
        return
    fields |= {"event": "call", "level": level, "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z")}
    sys.stderr.write(_encode(fields) + "\n")
    sys.stderr.flush()


def where(error: BaseException) -> dict[str, str]:
    """Return the type of an error and where it was raised; never what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "at": " < ".join(f"{_short(frame.filename)}:{frame.lineno}" for frame in reversed(frames[-6:])),
    }


def on_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what the event loop could not hand to anybody."""
    error = context.get("exception")
    get_log().error("loop error", **(where(error) if isinstance(error, BaseException) else {}))


def _short(filename: str) -> str:
    return "/".join(filename.split("/")[-2:])


class _Reducer(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        get_log().log(
            record.levelno,
            "library message",
            logger=record.name,
            line=f"{_short(record.pathname)}:{record.lineno}",
            **(where(error) if error else {}),
        )
