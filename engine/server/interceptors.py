"""What surrounds every call: the access log outside, then errors to status, then who calls, then admission.

One interceptor does it, in plain `with` and `try`: three of them, laid round each call as async context managers, cost
as much as a sixth of the whole call. Handlers are surrounded once, not once a call.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from inspect import isasyncgenfunction
from typing import Any

import grpc
import grpc.aio

from engine.audit.record import Origin
from engine.errors import ShuttingDownError
from engine.identity.principal import LOCAL
from engine.server.calls import CURRENT_CALL, REQUEST_ID_KEY, UNIDENTIFIED, Call, current_call, request_id_from
from engine.server.guard import Guard
from engine.server.logs import get_log, log_call, where
from engine.server.observe import Observers
from engine.server.status import is_expected, to_status

DETAILS_KEY = "grpc-status-details-bin"
_QUIET = ("/grpc.health.v1.Health/", "/grpc.reflection.")
_BEHAVIOURS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class Surrounding(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc is untyped
    """Lays log, errors, guard and admission round every call."""

    def __init__(self, admission: "Admission", guard: Guard, observers: Observers) -> None:
        self._admission = admission
        self._guard = guard
        self._observers = observers
        self._handlers: dict[str, Any] = {}

    async def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        """Return the handler of a call, surrounded; None for a method that nobody has."""
        known = self._handlers.get(details.method)
        if known is not None:
            return known
        handler = await continuation(details)
        if handler is None:
            return None
        name = next(name for name in _BEHAVIOURS if getattr(handler, name) is not None)
        surrounded = handler._replace(**{name: self._surround(getattr(handler, name), details.method)})
        self._handlers[details.method] = surrounded
        return surrounded

    def _surround(self, behaviour: Callable[[Any, Any], Any], method: str) -> Callable[[Any, Any], Any]:
        is_quiet = method.startswith(_QUIET)
        # Health is watched to the end, and holds up nobody.
        admission = Admission() if is_quiet else self._admission
        guard, observers = self._guard, self._observers

        async def answer(request: Any, context: Any) -> Any:
            with _Log(method, context, observers, is_quiet=is_quiet) as call:
                try:
                    await guard.admit(call, context)
                    with admission:
                        return await behaviour(request, context)
                except grpc.aio.AbortError:
                    raise
                except Exception as error:
                    await abort(context, error)
                finally:
                    guard.dismiss(call)

        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
            with _Log(method, context, observers, is_quiet=is_quiet) as call:
                try:
                    await guard.admit(call, context)
                    with admission:
                        async for item in behaviour(request, context):
                            yield item
                except grpc.aio.AbortError:
                    raise
                except Exception as error:
                    await abort(context, error)
                finally:
                    guard.dismiss(call)

        return stream if isasyncgenfunction(behaviour) else answer


class _Log:
    """Gives a call its request id, and writes one line when it ends: method, status, duration, id and counts."""

    __slots__ = ("_call", "_context", "_is_quiet", "_observers", "_token")

    def __init__(self, method: str, context: Any, observers: Observers, *, is_quiet: bool) -> None:
        origin = Origin(UNIDENTIFIED, address=context.peer())
        self._call = Call(method, request_id_from(context.invocation_metadata() or ()), origin)
        self._context = context
        self._observers = observers
        self._is_quiet = is_quiet

    def __enter__(self) -> Call:
        self._token = CURRENT_CALL.set(self._call)
        self._context.set_trailing_metadata(((REQUEST_ID_KEY, self._call.request_id),))
        return self._call

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        CURRENT_CALL.reset(self._token)
        duration_s = time.perf_counter() - self._call.began_s
        code = _outcome(self._context, error)
        if self._observers.is_on:
            self._observers.note_call(self._call, self._context.invocation_metadata() or (), code, duration_s)
        log_call(
            "debug" if self._is_quiet else "info",
            method=self._call.method,
            code=code,
            duration_ms=round(duration_s * 1000, 3),
            request_id=self._call.request_id,
            **_who(self._call),
            **self._call.counts,
        )


def _who(call: Call) -> dict[str, str]:
    """Name the caller; where nothing is configured, it is not worth the words."""
    if call.principal is None or call.principal is LOCAL:
        return {}
    return {"principal": call.principal.name, "tenant": call.principal.tenant}


def _outcome(context: Any, error: BaseException | None) -> str:
    """Name the status with which a call ends."""
    if error is None or isinstance(error, grpc.aio.AbortError):
        return _code_name(context)
    if isinstance(error, Exception):
        return "UNKNOWN"
    return "DEADLINE_EXCEEDED" if _is_deadline_over(context) else "CANCELLED"


def _is_deadline_over(context: Any) -> bool:
    # The caller's clock starts before ours, so it may end the call when we have a moment left.
    remaining_s = context.time_remaining()
    return remaining_s is not None and remaining_s < 0.05


def _code_name(context: Any) -> str:
    code = context.code() or 0
    return str(code.name) if isinstance(code, grpc.StatusCode) else _CODE_NAMES.get(code, str(code))


_CODE_NAMES: dict[int, str] = {code.value[0]: code.name for code in grpc.StatusCode}
_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}


async def abort(context: Any, error: Exception) -> None:
    """End the call with an error's status; raises grpc.aio.AbortError."""
    call = current_call()
    log_unexpected(error, call)
    status = to_status(error, request_id=call.request_id)
    trailing = ((REQUEST_ID_KEY, call.request_id), (DETAILS_KEY, status.SerializeToString()))
    await context.abort(_STATUS_CODES[status.code], status.message, trailing_metadata=trailing)


def log_unexpected(error: Exception, call: Call) -> None:
    """Log where an error came from, unless it is one that tells the caller what to do."""
    if not is_expected(error):
        get_log().error("internal error", method=call.method, request_id=call.request_id, **where(error))


class Admission:
    """Knows the calls in flight, and refuses new ones once the server drains.

    grpc's own way to stop cancels a call that comes at the wrong moment; here it is told to try elsewhere.
    """

    def __init__(self) -> None:
        self._active = 0
        self._is_closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    def __enter__(self) -> None:
        """Count a call in; raises ShuttingDownError once closed."""
        if self._is_closed:
            raise ShuttingDownError("server: shutting down, takes no new calls; try again")
        self._active += 1
        self._idle.clear()

    def __exit__(self, *_: object) -> None:
        """Count it out."""
        self._active -= 1
        if self._active == 0:
            self._idle.set()

    async def close(self, grace_s: float) -> None:
        """Refuse new calls, and return once those in flight have ended or `grace_s` is over."""
        self._is_closed = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), grace_s)
