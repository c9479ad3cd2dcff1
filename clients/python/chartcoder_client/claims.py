"""Between the records of claims and the messages, on the caller's side."""

from collections.abc import Iterable, Iterator
from typing import Any

from chartcoder_client.convert import header_from, put_day
from chartcoder_client.errors import CallError, error_from_status
from engine.claims.records import CheckedClaim, Claim, ClaimAlert
from engine.pb.chartcoder.v1 import claim_pb2, types_pb2
from engine.types import Severity


def _number(message_enum: Any, name: str) -> Any:
    return message_enum.Value(name)


def put_claim(to: claim_pb2.Claim, claim: Claim) -> None:
    """Fill in a claim; raises ValueError for text that is not valid Unicode and numbers that do not fit."""
    to.claim_id, to.bill_type = claim.claim_id, claim.bill_type
    to.kind = _number(claim_pb2.ClaimKind, f"CLAIM_KIND_{claim.kind.name}")
    to.sex = _number(types_pb2.Sex, f"SEX_{claim.sex.name}")
    for name in ("from_date", "through_date", "birth_date"):
        put_day(getattr(to, name), getattr(claim, name))
    if claim.age_years is not None:
        to.age_years = claim.age_years
    to.payer, to.plan, to.contractor = claim.payer, claim.plan, claim.contractor
    to.place, to.discharge_status = claim.place, claim.discharge_status
    for diagnosis in claim.diagnoses:
        to.diagnoses.add(code=diagnosis.code, present_on_admission=diagnosis.present_on_admission)
    for procedure in claim.procedures:
        put_day(to.procedures.add(code=procedure.code).day, procedure.day)
    for line in claim.lines:
        added = to.lines.add(
            code=line.code,
            system=line.system,
            modifiers=line.modifiers,
            units=line.units,
            place=line.place,
            pointers=line.pointers,
        )
        put_day(added.day, line.day)
    for service in claim.history:
        put_day(to.history.add(code=service.code, units=service.units).day, service.day)
    to.documentation.extend(claim.documentation)


def requests_of(claims: Iterable[Claim]) -> Iterator[claim_pb2.CheckClaimsRequest]:
    """Yield the requests of a stream."""
    for claim in claims:
        request = claim_pb2.CheckClaimsRequest()
        put_claim(request.claim, claim)
        yield request


def checked_from(reply: Any) -> CheckedClaim:
    """Return the answer of a CheckClaimResponse or CheckClaimsResponse."""
    message = reply.claim
    return CheckedClaim(
        claim_id=message.claim_id,
        header=header_from(reply.header),
        alerts=[_alert(item) for item in message.alerts],
        edits=tuple(message.edits),
        elapsed_ms=message.elapsed.ToNanoseconds() / 1_000_000,
        audit_record=message.audit.record_id,
    )


def _alert(message: claim_pb2.ClaimAlert) -> ClaimAlert:
    return ClaimAlert(
        kind=message.kind,
        severity=Severity[types_pb2.Severity.Name(message.severity).removeprefix("SEVERITY_")],
        message=message.message,
        source=message.source,
        resolve=message.resolve,
        release=message.release,
        codes=list(message.codes),
        lines=list(message.lines),
        diagnoses=list(message.diagnoses),
        procedures=list(message.procedures),
        units=message.units,
    )


def in_order(replies: Iterable[claim_pb2.CheckClaimsResponse]) -> Iterator[CheckedClaim | CallError]:
    """Hold back what comes early; the server has few claims of a stream in hand."""
    early: dict[int, CheckedClaim | CallError] = {}
    index = 0
    for reply in replies:
        early[reply.index] = error_from_status(reply.error) if reply.HasField("error") else checked_from(reply)
        while index in early:
            yield early.pop(index)
            index += 1
