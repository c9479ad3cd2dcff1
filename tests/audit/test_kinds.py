"""Every kind of record says who, when and from where, and is read back as it was said."""

import pytest

from engine.audit.kinds import (
    AccessAction,
    AdministrationAction,
    CodeDecision,
    CodeOutcome,
    DecisionAction,
    OutcomeKind,
    access,
    administration,
    coder_decision,
    outcome,
)
from engine.audit.log import AuditLog, record_coded_chart
from engine.audit.record import Origin, hash_chart_id
from engine.audit.verify import find_record, verify
from engine.errors import AuditError
from engine.types import Chart, CodedChart, Document, Header

CODER = Origin("coder-7", role="coder", tenant="north", address="10.0.0.7")
SAYS = {"address": "10.0.0.7", "principal": "coder-7", "role": "coder", "tenant": "north"}
SALT = bytes(32)
DECISIONS = [
    CodeDecision("icd10cm", "E11.9", DecisionAction.REPLACED, replaced_by="E11.22", reason="SPECIFICITY"),
    CodeDecision("icd10cm", "I10", DecisionAction.ACCEPTED),
]
OUTCOMES = [CodeOutcome("icd10cm", "E11.22", OutcomeKind.DENIED, remarks=("CO-11", "N657"))]

ENTRIES = {
    "coder_decision": coder_decision(CODER, "CANARYID", DECISIONS, salt=SALT, audit_record="ab" * 16),
    "outcome": outcome(CODER, "CANARYID", OUTCOMES, salt=SALT),
    "access": access(CODER, AccessAction.RECORD_READ, subject="ab" * 16),
    "administration": administration(
        CODER, AdministrationAction.RELEASE_IMPORTED, "icd10cm 2026", before="aa", after="bb", count=74719
    ),
}


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_record_says_who_when_and_from_where(tmp_path, kind):
    with AuditLog(tmp_path) as log:
        receipt = log.append(ENTRIES[kind])
    record = find_record(tmp_path, receipt.record_id)
    assert record.envelope.kind == kind
    assert record.body["origin"] == SAYS
    assert record.envelope.time.endswith("Z")
    assert verify(tmp_path).is_valid


def test_a_decision_names_the_chart_by_its_hash_and_the_answer_by_its_record():
    body = ENTRIES["coder_decision"].body
    assert b"CANARY" not in body
    assert hash_chart_id(SALT, "CANARYID", CODER.tenant).encode() in body
    assert b'"audit_record":"' + b"ab" * 16 in body
    assert (
        b'{"action":"REPLACED","code":"E11.9","reason":"SPECIFICITY","replaced_by":"E11.22","system":"icd10cm"}' in body
    )


@pytest.mark.parametrize("action", AdministrationAction)
def test_every_act_of_administration_is_recorded(action):
    assert f'"action":"{action.value}"'.encode() in administration(CODER, action, "x").body


def test_nobody_is_not_somebody():
    with pytest.raises(AuditError, match="principal: got none, want who did it"):
        access(Origin(""), AccessAction.RECORD_READ)


def test_a_coded_chart_says_who_asked_where_that_is_known(tmp_path):
    chart = Chart("c", (Document("text"),))
    coded = CodedChart("c", Header("0.1.0", (), ()), [], [], [])
    with AuditLog(tmp_path) as log:
        known = record_coded_chart(log, chart, coded, origin=CODER)
        unknown = record_coded_chart(log, chart, coded)
    assert find_record(tmp_path, known.record_id).body["origin"] == SAYS
    assert "origin" not in find_record(tmp_path, unknown.record_id).body
