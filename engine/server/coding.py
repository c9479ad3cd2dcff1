"""CodingService. Requests come as bytes, so that a bad one is one chart's error and not the stream's end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext, suppress
from typing import Any

import grpc.aio

from engine.identity.limits import Meter
from engine.pb.chartcoder.v1.coding_pb2 import CodeChartRequest, CodeChartsRequest, CodeChartsResponse
from engine.server.calls import Call, current_call
from engine.server.interceptors import log_unexpected
from engine.server.pool import EnginePool
from engine.server.status import to_status
from engine.server.validate import parse
from engine.server.wire import ONE_CHART, Envelope, stream_envelope

SERVICE = "chartcoder.v1.CodingService"
# Charts that one stream may have in hand; further ones wait in the transport, which holds the client back.
MAX_CHARTS_PER_STREAM = 16


class CodingService:
    """Codes charts in a pool; replies are written as ready bytes."""

    def __init__(self, pool: EnginePool) -> None:
        self._pool = pool
        # No stream may take every slot of the worker.
        self._window = max(1, min(MAX_CHARTS_PER_STREAM, pool.max_in_flight // 2))

    async def code_chart(self, _: Any, context: Any) -> bytes:
        """Code one chart and write its replies; returns the last one. A refusal comes before the chart is read."""
        self._pool.check_room()
        if (meter := current_call().meter) is not None:
            meter.check()
        data = await context.read()
        if data is grpc.aio.EOF:
            data = b""
        frames = _Frames(context, ONE_CHART)
        *first, last = await self._code(parse(CodeChartRequest, data), len(data), frames, can_wait=False)
        await frames.write(first)
        return ONE_CHART.wrap(last)

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
            current_call().recheck()
            request = parse(CodeChartsRequest, data)
            base.chart_id = request.chart.chart_id
            frames = _Frames(context, stream_envelope(base.chart_id, index), writing)
            await frames.write(await self._code(request, len(data), frames, can_wait=True))
        except Exception as error:
            refusal = _refusal(base, error, current_call())
            async with writing:
                await context.write(refusal)

    async def _code(self, request: Any, size: int, frames: "_Frames", *, can_wait: bool) -> list[bytes]:
        """Code a chart; returns the frames that are still to be written, the last among them."""
        call = current_call()
        call.count("charts")
        call.count("chart_bytes", size)
        if call.meter is not None:
            await _take_from(call.meter, size, can_wait=can_wait)
        try:
            answer = await self._pool.code(request, size, call, can_wait=can_wait, on_frames=frames.write_soon)
        except BaseException as error:
            frames.stop()
            if isinstance(error, Exception):  # else the caller is gone
                await frames.written()
            raise
        await frames.written()
        call.count("findings", answer.findings)
        call.count("suggestions", answer.suggestions)
        return answer.frames


async def _take_from(meter: Meter, size: int, *, can_wait: bool) -> None:
    """Count a chart for its caller; raises LimitError if it comes too soon and cannot wait."""
    if not can_wait:
        meter.check()
    while (wait_s := meter.wait_s()) > 0:
        await asyncio.sleep(wait_s)
    meter.take(size)


# Stands for the lock of a stream where a call has but one chart; it may be entered by several at once.
_NOBODY_ELSE = nullcontext()


class _Frames:
    """Writes a chart's frames in order; those that come early in a task of their own, in the pace of the reader."""

    def __init__(self, context: Any, envelope: Envelope, writing: Any = _NOBODY_ELSE) -> None:
        self._context = context
        self._envelope = envelope
        self._writing = writing
        self._early: asyncio.Task[None] | None = None
        self._is_stopped = False

    def write_soon(self, frames: list[bytes]) -> None:
        """Write frames while the chart is still being read."""
        self._early = asyncio.get_running_loop().create_task(self._write_after(self._early, frames))

    async def written(self) -> None:
        """Return once everything that came early is written."""
        if self._early is not None:
            await self._early

    def stop(self) -> None:
        """Begin no more of what came early: the call ends otherwise. A write under way is not to be broken off."""
        self._is_stopped = True

    async def write(self, frames: list[bytes]) -> None:
        """Write frames now."""
        async with self._writing:
            for frame in frames:
                await self._context.write(self._envelope.wrap(frame))

    async def _write_after(self, before: asyncio.Task[None] | None, frames: list[bytes]) -> None:
        if before is not None:
            await before
        if not self._is_stopped:
            with suppress(Exception):  # the caller is gone: the call's own task is told
                await self.write(frames)


def _refusal(base: CodeChartsResponse, error: Exception, call: Call) -> bytes:
    call.count("refused")
    log_unexpected(error, call)
    base.error.CopyFrom(to_status(error, request_id=call.request_id))
    return base.SerializeToString()
