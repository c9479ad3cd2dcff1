"""CodingService. Requests come as bytes, so that a bad one is one chart's error and not the stream's end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from engine.audit.log import AuditLog
from engine.pb.chartcoder.v1.coding_pb2 import (
    CodeChartRequest,
    CodeChartResponse,
    CodeChartsRequest,
    CodeChartsResponse,
)
from engine.server.answers import Answer, Coder, answer_chart
from engine.server.calls import Call, current_call
from engine.server.interceptors import log_unexpected
from engine.server.pool import EnginePool, Ticket
from engine.server.status import to_status
from engine.server.validate import parse

SERVICE = "chartcoder.v1.CodingService"
# Charts that one stream may have in hand; further ones wait in the transport, which holds the client back.
MAX_CHARTS_PER_STREAM = 16


class CodingService:
    """Codes charts in a pool; replies are written as ready bytes."""

    def __init__(self, coder: Coder, log: AuditLog, pool: EnginePool) -> None:
        self._coder = coder
        self._log = log
        self._pool = pool
        # No stream may take every slot of the worker.
        self._window = max(1, min(MAX_CHARTS_PER_STREAM, pool.max_in_flight // 2))

    async def code_chart(self, data: bytes, context: Any) -> None:
        """Code one chart and write its frames."""
        answer = await self._answer(data, CodeChartRequest, CodeChartResponse, can_wait=False)
        for reply in answer.replies:
            await context.write(reply)

    async def code_charts(self, requests: AsyncIterator[bytes], context: Any) -> None:
        """Code the charts of a stream, several at a time, each answered as it is done."""
        window = asyncio.Semaphore(self._window)
        writing = asyncio.Lock()
        index = 0
        async with asyncio.TaskGroup() as tasks:
            async for data in requests:
                await window.acquire()
                task = tasks.create_task(self._answer_in_stream(data, index, context, writing))
                task.add_done_callback(lambda _: window.release())
                index += 1

    async def _answer_in_stream(self, data: bytes, index: int, context: Any, writing: asyncio.Lock) -> None:
        base = CodeChartsResponse(index=index)
        try:
            request = parse(CodeChartsRequest, data)
            base.chart_id = request.chart.chart_id
            answer = await self._code(request, len(data), partial(_copy, base), can_wait=True)
            replies = answer.replies
        except Exception as error:
            replies = [_refusal(base, error, current_call())]
        async with writing:
            for reply in replies:
                await context.write(reply)

    async def _answer(self, data: bytes, kind: Any, new_reply: Callable[[], Any], *, can_wait: bool) -> Answer:
        return await self._code(parse(kind, data), len(data), new_reply, can_wait=can_wait)

    async def _code(self, request: Any, size: int, new_reply: Callable[[], Any], *, can_wait: bool) -> Answer:
        call = current_call()
        call.count("charts")
        call.count("chart_bytes", size)

        def work(ticket: Ticket) -> Answer:
            return answer_chart(
                request,
                request_id=call.request_id,
                coder=self._coder,
                log=self._log,
                new_reply=new_reply,
                turns=self._pool.coding_turns,
                check_wanted=ticket.check,
            )

        answer = await self._pool.run_chart(work, can_wait=can_wait)
        call.count("findings", answer.findings)
        call.count("suggestions", answer.suggestions)
        return answer


def _copy(base: CodeChartsResponse) -> CodeChartsResponse:
    reply = CodeChartsResponse()
    reply.CopyFrom(base)
    return reply


def _refusal(base: CodeChartsResponse, error: Exception, call: Call) -> bytes:
    call.count("refused")
    log_unexpected(error, call)
    base.error.CopyFrom(to_status(error, request_id=call.request_id))
    return base.SerializeToString()
