"""What is recorded beside coded charts: decisions of coders, outcomes of claims, access, administration.

Each says who did it and from where; the envelope says when. Nothing here may hold chart text, names or record numbers:
reasons are codes of a list, charts go by the hash of their id, and the caller keeps identifiers of patients out of
principals, addresses and subjects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.audit.record import Entry, Json, Origin, hash_chart_id, make_entry
from engine.errors import AuditError

CODER_DECISION = "coder_decision"
OUTCOME = "outcome"
ACCESS = "access"
ADMINISTRATION = "administration"


class DecisionAction(StrEnum):
    """What a coder did with a code."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    ADDED = "ADDED"
    REPLACED = "REPLACED"


class OutcomeKind(StrEnum):
    """What became of a claim."""

    PAID = "PAID"
    DENIED = "DENIED"
    ADJUSTED = "ADJUSTED"
    REVERSED = "REVERSED"


class AccessAction(StrEnum):
    """What was looked at."""

    RECORD_READ = "RECORD_READ"
    PROOF_READ = "PROOF_READ"
    RECORDS_EXPORTED = "RECORDS_EXPORTED"
    CHART_READ = "CHART_READ"
    REPORT_READ = "REPORT_READ"  # the access report of a chart
    REFUSED = "REFUSED"


class AdministrationAction(StrEnum):
    """What was changed."""

    RELEASE_IMPORTED = "RELEASE_IMPORTED"
    MODEL_SWAPPED = "MODEL_SWAPPED"
    POLICY_CHANGED = "POLICY_CHANGED"
    RETENTION_APPLIED = "RETENTION_APPLIED"
    KEY_ADDED = "KEY_ADDED"
    KEY_REVOKED = "KEY_REVOKED"
    LOG_RECOVERED = "LOG_RECOVERED"  # after it had refused to record


@dataclass(frozen=True, slots=True)
class CodeDecision:
    """What a coder decided on one code; `replaced_by` is the code that took its place, `reason` a code of a list."""

    system: str
    code: str
    action: DecisionAction
    replaced_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CodeOutcome:
    """What the payer said of one code; `remarks` are CARC and RARC codes."""

    system: str
    code: str
    kind: OutcomeKind
    remarks: tuple[str, ...] = ()


def coder_decision(
    origin: Origin, chart_id: str, decisions: Sequence[CodeDecision], *, salt: bytes, audit_record: str = ""
) -> Entry:
    """Say what a coder decided on a chart; `audit_record` is that of the answer the coder saw."""
    decided: Json = [
        {
            "action": decision.action.value,
            "code": decision.code,
            "reason": decision.reason,
            "replaced_by": decision.replaced_by,
            "system": decision.system,
        }
        for decision in decisions
    ]
    about = _about_chart(origin, chart_id, salt, audit_record)
    return _entry(CODER_DECISION, origin, {**about, "decisions": decided})


def outcome(
    origin: Origin, chart_id: str, outcomes: Sequence[CodeOutcome], *, salt: bytes, audit_record: str = ""
) -> Entry:
    """Say what became of a chart's claim."""
    told: Json = [
        {"code": each.code, "kind": each.kind.value, "remarks": list(each.remarks), "system": each.system}
        for each in outcomes
    ]
    about = _about_chart(origin, chart_id, salt, audit_record)
    return _entry(OUTCOME, origin, {**about, "outcomes": told})


def access(
    origin: Origin, action: AccessAction, *, subject: str = "", chart_id_hash: str = "", count: int = 1
) -> Entry:
    """Say what was looked at: `subject` names the RPC or the record, `count` how many records it gave."""
    return _entry(
        ACCESS, origin, {"action": action.value, "chart_id_hash": chart_id_hash, "count": count, "subject": subject}
    )


def administration(
    origin: Origin, action: AdministrationAction, subject: str, *, before: str = "", after: str = "", count: int = 0
) -> Entry:
    """Say what was changed: `subject` names it, `before` and `after` are versions or hashes, `count` what it covers."""
    return _entry(
        ADMINISTRATION,
        origin,
        {"action": action.value, "after": after, "before": before, "count": count, "subject": subject},
    )


def _about_chart(origin: Origin, chart_id: str, salt: bytes, audit_record: str) -> dict[str, Json]:
    return {"audit_record": audit_record, "chart_id_hash": hash_chart_id(salt, chart_id, origin.tenant)}


def _entry(kind: str, origin: Origin, body: Mapping[str, Json]) -> Entry:
    if not origin.principal:
        raise AuditError("principal: got none, want who did it", field="principal")
    return make_entry(kind, {**body, "origin": origin.facts()})
