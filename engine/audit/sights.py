"""Who saw a chart: every record of it, and every look at those records, oldest first."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.audit.export import read_records
from engine.audit.kinds import ACCESS, AccessAction
from engine.audit.record import Record, decode_record

_ACCESS_KIND = f'"kind":"{ACCESS}"'.encode()


@dataclass(frozen=True, slots=True)
class Sight:
    """One time that somebody saw a chart, or what was made of it.

    `what` is the kind of a record of the chart itself (`chart_coded`, ...), or what was looked at (`RECORD_READ`, ...);
    `subject` is the record that was looked at; `time` is RFC 3339, UTC.
    """

    time: str
    what: str
    principal: str
    role: str
    tenant: str
    address: str
    record_id: str
    subject: str = ""


def find_sights(directory: Path, chart_id_hash: str) -> list[Sight]:
    """List who saw the chart of this hash (`record.hash_chart_id`); reads the log once, memory grows with its looks.

    An export of all records counts if the chart's first record came before it. Raises AuditError if the directory
    cannot be read, AuditCorruptError at a record that is altered.
    """
    needle = chart_id_hash.encode()
    own: list[Record] = []
    looks: list[Record] = []
    for encoded in read_records(directory):
        is_of_chart = needle in encoded
        if is_of_chart or _ACCESS_KIND in encoded:
            record = decode_record(encoded)
            if record.envelope.kind == ACCESS:
                looks.append(record)
            elif record.body.get("chart_id_hash") == chart_id_hash:
                own.append(record)
    first = min((record.envelope.time for record in own), default="")
    ids = {record.envelope.record_id for record in own}
    seen = own + [look for look in looks if _is_of(look, chart_id_hash, ids, first)]
    return sorted((_sight(record) for record in seen), key=lambda sight: (sight.time, sight.record_id))


def _is_of(look: Record, chart_id_hash: str, ids: set[str], first: str) -> bool:
    body = look.body
    if body.get("action") == AccessAction.RECORDS_EXPORTED:
        return bool(first) and look.envelope.time >= first
    return body.get("chart_id_hash") == chart_id_hash or body.get("subject") in ids


def _sight(record: Record) -> Sight:
    origin: Any = record.body.get("origin", {})
    who = {name: str(origin.get(name, "")) for name in ("principal", "role", "tenant", "address")}
    envelope = record.envelope
    if envelope.kind != ACCESS:
        return Sight(envelope.time, envelope.kind, record_id=envelope.record_id, **who)
    action, subject = str(record.body.get("action", "")), str(record.body.get("subject", ""))
    return Sight(envelope.time, action, record_id=envelope.record_id, subject=subject, **who)
