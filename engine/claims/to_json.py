"""A checked claim as one line of JSON."""

import json
from dataclasses import asdict
from typing import Any

from engine.claims.records import CheckedClaim, ClaimAlert
from engine.errors import ChartcoderError


def checked_line(checked: CheckedClaim) -> str:
    """Return one line of JSON, without its line break."""
    return _dump(
        {
            "claim_id": checked.claim_id,
            "header": {
                "engine_version": checked.header.engine_version,
                "releases": [asdict(release) for release in checked.header.releases],
                "models": [{"name": name, "hash": digest} for name, digest in checked.header.models],
                "request_id": checked.header.request_id,
            },
            "edits": list(checked.edits),
            "alerts": [alert_json(alert) for alert in checked.alerts],
            "summary": {
                "is_clean": checked.is_clean,
                "elapsed_ms": round(checked.elapsed_ms, 3),
                "audit_record": checked.audit_record,
            },
        }
    )


def alert_json(alert: ClaimAlert) -> dict[str, Any]:
    """Return an alert as JSON values."""
    return {**asdict(alert), "severity": alert.severity.value}


def claim_error_line(claim_id: str, error: ChartcoderError) -> str:
    """Return the line of a claim that could not be checked."""
    problem = {"reason": error.REASON, "field": error.field, "message": str(error)}
    return _dump({"claim_id": claim_id, "error": problem})


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
