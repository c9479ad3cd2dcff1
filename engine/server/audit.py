"""AuditService: records and proofs in messages. Whoever reads is recorded first."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from engine import __version__
from engine.audit.find import find_by_receipt
from engine.audit.kinds import AccessAction, access
from engine.audit.log import AuditLog
from engine.audit.prove import newest_checkpoint, prove_frame, prove_growth
from engine.audit.record import decode_record, tenant_of
from engine.audit.tree import read_key
from engine.errors import InputError, UnknownRecordError
from engine.pb.chartcoder.v1 import audit_pb2 as pb
from engine.server.calls import Call, current_call
from engine.server.convert import put_header
from engine.server.pool import EnginePool
from engine.server.receipts import sequence_told
from engine.server.validate import Checker, parse
from engine.types import Header

SERVICE = "chartcoder.v1.AuditService"
_NO_RECORD = "record_id: got none of this log at that sequence, want those of an AuditReceipt"
_RECORD_ID = re.compile(r"[0-9a-f]{32}")

Reply = TypeVar("Reply", pb.GetRecordResponse, pb.ProveRecordResponse, pb.GetCheckpointResponse)


class AuditService:
    """Answers from the log that this worker writes, whichever worker wrote the record."""

    def __init__(self, log: AuditLog, pool: EnginePool) -> None:
        self._log = log
        self._pool = pool

    async def get_record(self, data: bytes, context: Any) -> bytes:
        """Give a record."""
        request = _parse_named(pb.GetRecordRequest, data)
        return await self._run(self._get_record, request, pb.GetRecordResponse())

    async def prove_record(self, data: bytes, context: Any) -> bytes:
        """Prove that a record is in the log."""
        request = _parse_named(pb.ProveRecordRequest, data)
        return await self._run(self._prove_record, request, pb.ProveRecordResponse())

    async def get_checkpoint(self, data: bytes, context: Any) -> bytes:
        """Give the newest checkpoint."""
        request = parse(pb.GetCheckpointRequest, data)
        return await self._run(self._get_checkpoint, request, pb.GetCheckpointResponse())

    async def _run(self, answer: Callable[[Any, Call, Reply], None], request: Any, reply: Reply) -> bytes:
        call = current_call()
        put_header(reply.header, Header(__version__, (), (), call.request_id))
        await self._pool.run_lookup(partial(answer, request, call, reply))
        return reply.SerializeToString()

    def _get_record(self, request: pb.GetRecordRequest, call: Call, reply: pb.GetRecordResponse) -> None:
        _, reply.record, digest = self._find(request, call, AccessAction.RECORD_READ)
        reply.hash = digest.hex()

    def _prove_record(self, request: pb.ProveRecordRequest, call: Call, reply: pb.ProveRecordResponse) -> None:
        shard, record, _ = self._find(request, call, AccessAction.PROOF_READ)
        reply.proof = prove_frame(self._log.directory, shard, record).text()

    def _find(
        self, request: pb.GetRecordRequest | pb.ProveRecordRequest, call: Call, action: AccessAction
    ) -> tuple[int, bytes, bytes]:
        """Find a record of the caller's own tenant; another's is refused as if there were none, and that recorded."""
        assert call.principal is not None  # the table of roles lets nobody in who is not known
        sequence = sequence_told(self._log.salt, call.principal.tenant, request.record_id, request.sequence)
        found = find_by_receipt(self._log.directory, request.record_id, sequence)
        if found is None:
            raise UnknownRecordError(_NO_RECORD)
        body = decode_record(found[1]).body
        if not call.principal.sees(tenant_of(body)):
            self._log.append(access(call.origin, AccessAction.REFUSED, subject=request.record_id))
            raise UnknownRecordError(_NO_RECORD)
        chart = str(body.get("chart_id_hash", ""))
        self._log.append(access(call.origin, action, subject=request.record_id, chart_id_hash=chart))
        return found

    def _get_checkpoint(self, request: pb.GetCheckpointRequest, call: Call, reply: pb.GetCheckpointResponse) -> None:
        del call  # a checkpoint is for everybody
        directory = self._log.directory
        checkpoint = newest_checkpoint(directory)
        if request.since_size > checkpoint.size:
            raise InputError(f"since_size: got more than {checkpoint.size}, which is signed", field="since_size")
        if request.since_size:
            proof = prove_growth(directory, request.since_size)
            checkpoint, reply.growth_proof = proof.checkpoint, proof.text()
        reply.checkpoint = checkpoint.text()
        key = read_key(directory)
        reply.verifier_key = key.text() if key else ""


def _parse_named(kind: Any, data: bytes) -> Any:
    request = parse(kind, data)
    checker = Checker()
    checker.want("record_id", bool(_RECORD_ID.fullmatch(request.record_id)), "want 32 hexadecimal digits")
    checker.finish()
    return request
