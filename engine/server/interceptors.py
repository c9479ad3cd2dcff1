"""What surrounds every call: access log outside, then errors to status; authentication will stand between the two.

An interceptor here is an async context manager around a call. `Chain` lays it round handlers of every kind, so that
the next one need not know unary from stream.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from inspect import isasyncgenfunction
from typing import Any

import grpc
import grpc.aio

from engine.errors import ShuttingDownError
from engine.server.calls import CURRENT_CALL, REQUEST_ID_KEY, Call, current_call, request_id_from
from engine.server.logs import get_log, where
from engine.server.status import is_expected, to_status

DETAILS_KEY = "grpc-status-details-bin"
_QUIET = ("/grpc.health.v1.Health/", "/grpc.reflection.")
_BEHAVIOURS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class Interceptor(grpc.aio.ServerInterceptor, ABC):  # type: ignore[misc]  # grpc is untyped
    """Lays `around` round every call."""

    @abstractmethod
    def around(self, method: str, context: Any) -> AbstractAsyncContextManager[None]:
        """Surround one call."""

    async def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        """Return the handler of a call, surrounded."""
        handler = await continuation(details)
        if handler is None:
            return None
        name = next(name for name in _BEHAVIOURS if getattr(handler, name) is not None)
        return handler._replace(**{name: self._surround(getattr(handler, name), details.method)})

    def _surround(self, behaviour: Callable[[Any, Any], Any], method: str) -> Callable[[Any, Any], Any]:
        async def answer(request: Any, context: Any) -> Any:
            async with self.around(method, context):
                return await behaviour(request, context)

        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
            async with self.around(method, context):
                async for item in behaviour(request, context):
                    yield item

        return stream if isasyncgenfunction(behaviour) else answer


class AccessLog(Interceptor):
    """Gives every call its request id, and writes one line when it ends."""

    @asynccontextmanager
    async def around(self, method: str, context: Any) -> AsyncIterator[None]:
        """Log method, status, duration, request id and counts."""
        call = Call(method, request_id_from(context.invocation_metadata() or ()))
        token = CURRENT_CALL.set(call)
        context.set_trailing_metadata(((REQUEST_ID_KEY, call.request_id),))
        started = time.perf_counter()
        outcome = ["CANCELLED"]
        try:
            with _outcome(context, outcome):
                yield
        except asyncio.CancelledError:
            if _is_deadline_over(context):
                outcome[0] = "DEADLINE_EXCEEDED"
            raise
        finally:
            CURRENT_CALL.reset(token)
            self._write(call, outcome[0], (time.perf_counter() - started) * 1000)

    def _write(self, call: Call, code: str, duration_ms: float) -> None:
        log = get_log()
        write = log.debug if call.method.startswith(_QUIET) else log.info
        write(
            "call",
            method=call.method,
            code=code,
            duration_ms=round(duration_ms, 3),
            request_id=call.request_id,
            **call.counts,
        )


@contextmanager
def _outcome(context: Any, outcome: list[str]) -> Iterator[None]:
    """Leave in `outcome` the status code with which the call ends; it stays as it is for a call that is dropped."""
    try:
        yield
    except grpc.aio.AbortError:
        outcome[0] = _code_name(context)
        raise
    except Exception:
        outcome[0] = "UNKNOWN"
        raise
    outcome[0] = _code_name(context)


def _is_deadline_over(context: Any) -> bool:
    # The caller's clock starts before ours, so it may end the call when we have a moment left.
    remaining_s = context.time_remaining()
    return remaining_s is not None and remaining_s < 0.05


def _code_name(context: Any) -> str:
    code = context.code() or 0
    return str(code.name) if isinstance(code, grpc.StatusCode) else _CODE_NAMES.get(code, str(code))


_CODE_NAMES: dict[int, str] = {code.value[0]: code.name for code in grpc.StatusCode}
_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Errors(Interceptor):
    """Turns what a handler raises into a canonical status with details."""

    @asynccontextmanager
    async def around(self, method: str, context: Any) -> AsyncIterator[None]:
        """Abort the call with the status of what it raised; log what nobody expected."""
        try:
            yield
        except grpc.aio.AbortError:
            raise
        except Exception as error:
            await abort(context, error)


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


class Admission(Interceptor):
    """Knows the calls in flight, and refuses new ones once the server drains.

    grpc's own way to stop cancels a call that comes at the wrong moment; here it is told to try elsewhere.
    """

    def __init__(self) -> None:
        self._active = 0
        self._is_closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    @asynccontextmanager
    async def around(self, method: str, context: Any) -> AsyncIterator[None]:
        """Count a call while it runs; raises ShuttingDownError for a new one once closed."""
        if method.startswith(_QUIET):  # health is watched to the end, and holds up nobody
            yield
            return
        if self._is_closed:
            raise ShuttingDownError("server: shutting down, takes no new calls; try again")
        self._active += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._active -= 1
            if self._active == 0:
                self._idle.set()

    async def close(self, grace_s: float) -> None:
        """Refuse new calls, and return once those in flight have ended or `grace_s` is over."""
        self._is_closed = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), grace_s)


def make_interceptors(admission: Admission) -> tuple[Interceptor, ...]:
    """Return the chain, outermost first."""
    return (AccessLog(), Errors(), admission)
