"""Between the messages of claims and their records."""

from datetime import date
from typing import Any

from engine.audit.chain import Receipt
from engine.claims.check import MAX_HISTORY, MAX_LINES, faults_of
from engine.claims.records import (
    CheckedClaim,
    Claim,
    ClaimAlert,
    ClaimDiagnosis,
    ClaimKind,
    ClaimLine,
    ClaimProcedure,
    PriorService,
)
from engine.pb.chartcoder.v1 import claim_pb2, types_pb2
from engine.server.convert import enum_numbers
from engine.server.validate import Checker, RequestError, Violation, day_from
from engine.types import Severity, Sex

_KINDS = {n: kind for kind, n in enum_numbers(claim_pb2.ClaimKind, tuple(ClaimKind), "CLAIM_KIND").items()}
_SEXES = {n: sex for sex, n in enum_numbers(types_pb2.Sex, tuple(Sex), "SEX").items()}
_SEVERITIES = enum_numbers(types_pb2.Severity, tuple(Severity), "SEVERITY")


def claim_from(request: Any) -> Claim:
    """Return the claim of a request; raises RequestError with every field that is wrong."""
    checker = Checker()
    message = request.claim
    checker.want("claim", request.HasField("claim"), "got none, want a claim")
    checker.want("claim.kind", message.kind in _KINDS, f"got {message.kind}, want a ClaimKind")
    checker.want("claim.sex", message.sex in _SEXES, f"got {message.sex}, want a Sex")
    for name, most in (("lines", MAX_LINES), ("history", MAX_HISTORY)):
        count = len(getattr(message, name))
        checker.want(f"claim.{name}", count <= most, f"got {count}, want at most {most}")
    checker.finish()
    claim = _claim(checker, message)
    checker.finish()
    faults = [Violation(_path(fault.field), fault.description) for fault in faults_of(claim)]
    if faults:
        raise RequestError(faults)
    return claim


def _path(field: str) -> str:
    return field if field == "claim" else f"claim.{field}"


def _claim(checker: Checker, message: claim_pb2.Claim) -> Claim:
    return Claim(
        claim_id=message.claim_id,
        kind=_KINDS[message.kind],
        bill_type=message.bill_type,
        from_date=_day(checker, message, "from_date", "claim.from_date"),
        through_date=_day(checker, message, "through_date", "claim.through_date"),
        sex=_SEXES[message.sex],
        birth_date=_day(checker, message, "birth_date", "claim.birth_date"),
        age_years=message.age_years if message.HasField("age_years") else None,
        payer=message.payer,
        plan=message.plan,
        contractor=message.contractor,
        place=message.place,
        discharge_status=message.discharge_status,
        diagnoses=tuple([ClaimDiagnosis(item.code, item.present_on_admission) for item in message.diagnoses]),
        procedures=tuple(
            [
                ClaimProcedure(item.code, _day(checker, item, "day", f"claim.procedures[{number}].day"))
                for number, item in enumerate(message.procedures)
            ]
        ),
        lines=tuple([_line(checker, item, number) for number, item in enumerate(message.lines)]),
        history=tuple([_prior(checker, item, number) for number, item in enumerate(message.history)]),
        documentation=tuple(message.documentation),
    )


def _line(checker: Checker, message: claim_pb2.ClaimLine, number: int) -> ClaimLine:
    return ClaimLine(
        code=message.code,
        system=message.system,
        modifiers=tuple(message.modifiers),
        units=message.units if message.HasField("units") else 1,
        day=_day(checker, message, "day", f"claim.lines[{number}].day"),
        place=message.place,
        pointers=tuple(message.pointers),
    )


def _prior(checker: Checker, message: claim_pb2.PriorService, number: int) -> PriorService:
    name = f"claim.history[{number}].day"
    day = _day(checker, message, "day", name)
    checker.want(name, message.HasField("day"), "got none, want a date")
    return PriorService(message.code, day or date.min, message.units if message.HasField("units") else 1)


def _day(checker: Checker, message: Any, field: str, name: str) -> date | None:
    if not message.HasField(field):
        return None
    return checker.take(name, lambda: day_from(getattr(message, field)), None)


def put_checked(to: claim_pb2.CheckedClaim, checked: CheckedClaim, receipt: Receipt) -> None:
    """Fill in the answer for a claim, with the receipt of its record."""
    to.claim_id = checked.claim_id
    for alert in checked.alerts:
        _put_alert(to.alerts.add(), alert)
    to.edits.extend(checked.edits)
    to.is_clean = checked.is_clean
    to.elapsed.FromNanoseconds(round(checked.elapsed_ms * 1_000_000))
    to.audit.record_id, to.audit.sequence, to.audit.hash = receipt.record_id, receipt.sequence, receipt.hash


def _put_alert(to: claim_pb2.ClaimAlert, alert: ClaimAlert) -> None:
    to.kind = alert.kind
    to.severity = _SEVERITIES[alert.severity]
    to.message = alert.message
    to.source = alert.source
    to.release = alert.release
    to.codes.extend(alert.codes)
    to.lines.extend(alert.lines)
    to.diagnoses.extend(alert.diagnoses)
    to.procedures.extend(alert.procedures)
    to.units = alert.units
    to.resolve = alert.resolve
