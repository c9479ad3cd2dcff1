"""What is recorded of a checked claim: its hash, versions, alerts; no name, date of birth or claim number."""

import hashlib
import json
import re
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from engine.audit.record import Entry, Json, Origin, hash_chart_id, make_entry
from engine.claims.records import CheckedClaim, Claim, ClaimAlert

CLAIM_CHECKED, CLAIM_GROUPED = "claim_checked", "claim_grouped"
_DOMAIN = b"chartcoder claim 1\n"
# What the systems write: ICD-10-CM, HCPCS and CPT, ICD-10-PCS. Anything else in a field of codes may be a name.
_CODE = re.compile(r"[A-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?|\d{4}[0-9A-Z]|[A-Z]\d{4}|(?=.*\d)[0-9A-HJ-NP-Z]{7}")


def claim_digest(claim: Claim) -> str:
    """Hash a claim: every field, as SHA-256 in hex over a domain line and canonical JSON (sorted keys, no spaces)."""
    facts = {item.name: getattr(claim, item.name) for item in fields(claim)}
    text = json.dumps(facts, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(_DOMAIN + text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else asdict(value)


def claim_checked(claim: Claim, checked: CheckedClaim, *, salt: bytes, origin: Origin | None = None) -> Entry:
    """Say what was answered for a claim, and to whom; the claim's id goes by its hash under the log's salt."""
    header = checked.header
    body: dict[str, Json] = {
        "alerts": [_alert(alert) for alert in checked.alerts],
        "claim_id_hash": hash_chart_id(salt, claim.claim_id),
        "edits": list(checked.edits),
        "engine_version": header.engine_version,
        "input_hash": claim_digest(claim),
        "models": [{"hash": digest, "name": name} for name, digest in header.models],
        "releases": [asdict(release) for release in header.releases],
        "request_id": header.request_id,
    }
    if origin is not None:
        body["origin"] = origin.facts()
    return make_entry(CLAIM_CHECKED, body)


def _alert(alert: ClaimAlert) -> dict[str, Json]:
    return {
        "codes": [code if _CODE.fullmatch(code) else "?" for code in alert.codes],
        "diagnoses": list(alert.diagnoses),
        "kind": alert.kind,
        "lines": list(alert.lines),
        "procedures": list(alert.procedures),
        "release": alert.release,
        "severity": alert.severity.value,
        "source": alert.source,
        "units": alert.units,
    }


def claim_grouped(
    claim: Claim, *, drg: int | None, hccs: list[str], salt: bytes, origin: Origin | None = None
) -> Entry:
    """Say how a claim was grouped: its MS-DRG (None for what is no stay) and its HCCs."""
    body: dict[str, Json] = {
        "claim_id_hash": hash_chart_id(salt, claim.claim_id),
        "drg": drg,
        "hccs": list(hccs),
        "input_hash": claim_digest(claim),
    }
    if origin is not None:
        body["origin"] = origin.facts()
    return make_entry(CLAIM_GROUPED, body)
