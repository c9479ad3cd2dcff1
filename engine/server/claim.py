"""ClaimService: the compliance edits in messages. A claim is checked in the thread of look-ups, recorded in another."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Protocol

from engine.audit.claims import claim_checked
from engine.audit.log import AuditLog
from engine.claims.records import CheckedClaim, Claim
from engine.pb.chartcoder.v1 import claim_pb2 as pb
from engine.server.calls import Call, current_call
from engine.server.claim_convert import claim_from, put_checked
from engine.server.convert import put_header
from engine.server.interceptors import log_unexpected
from engine.server.pool import EnginePool
from engine.server.status import to_status
from engine.server.validate import parse

SERVICE = "chartcoder.v1.ClaimService"
# Claims of one stream in hand: those that wait for the disk share its syncs.
MAX_CLAIMS_PER_STREAM = 16


class Checker(Protocol):
    """What the service needs of engine.edits.run.ClaimChecker."""

    def check(self, claim: Claim, *, request_id: str = "") -> CheckedClaim: ...


class ClaimService:
    """Checks claims; nothing is answered before it is recorded."""

    def __init__(self, checker: Checker, log: AuditLog, pool: EnginePool) -> None:
        self._checker = checker
        self._log = log
        self._pool = pool

    async def check_claim(self, data: bytes, context: Any) -> bytes:
        """Check one claim."""
        reply = pb.CheckClaimResponse()
        await self._fill(reply, parse(pb.CheckClaimRequest, data), current_call())
        return reply.SerializeToString()

    async def check_claims(self, requests: AsyncIterator[bytes], context: Any) -> None:
        """Check the claims of a stream, several at a time, each answered as it is done."""
        window = asyncio.Semaphore(MAX_CLAIMS_PER_STREAM)
        writing = asyncio.Lock()
        index = 0
        async with asyncio.TaskGroup() as tasks:
            async for data in requests:
                await window.acquire()
                task = tasks.create_task(self._answer_in_stream(data, index, context, writing))
                task.add_done_callback(lambda _: window.release())
                index += 1

    async def _answer_in_stream(self, data: bytes, index: int, context: Any, writing: asyncio.Lock) -> None:
        call = current_call()
        reply = pb.CheckClaimsResponse(index=index)
        try:
            await self._fill(reply, parse(pb.CheckClaimsRequest, data), call)
        except Exception as error:
            call.count("refused")
            log_unexpected(error, call)
            reply = pb.CheckClaimsResponse(index=index, error=to_status(error, request_id=call.request_id))
        async with writing:
            await context.write(reply.SerializeToString())

    async def _fill(self, reply: pb.CheckClaimResponse | pb.CheckClaimsResponse, request: Any, call: Call) -> None:
        call.count("claims")
        claim = claim_from(request)
        checked = await self._pool.run_lookup(partial(self._checker.check, claim, request_id=call.request_id))
        entry = claim_checked(claim, checked, salt=self._log.salt, origin=call.origin)
        receipt = await asyncio.to_thread(self._log.append, entry)
        call.count("alerts", len(checked.alerts))
        put_header(reply.header, checked.header, receipt.record_id)
        put_checked(reply.claim, checked, receipt)
