"""A coded chart as the JSON line that API.md fixes."""

import json
from dataclasses import asdict
from typing import Any

from engine.errors import ChartcoderError
from engine.types import Alert, Candidate, CodedChart, Evidence, Finding, Header, Suggestion

# Line ends to some readers of lines, though not to JSON.
_LINE_ENDS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def chart_line(coded: CodedChart, *, file: str = "") -> str:
    """Return one line of JSON, without its line break; `file` tells charts of the same id apart."""
    return _dump(
        {
            "chart_id": coded.chart_id,
            **_file(file),
            "header": _header(coded.header),
            "findings": [_finding(finding) for finding in coded.findings],
            "suggestions": [_suggestion(suggestion) for suggestion in coded.suggestions],
            "alerts": [_alert(alert) for alert in coded.alerts],
            "summary": {"elapsed_ms": round(coded.elapsed_ms, 3), "audit_record": coded.audit_record},
        }
    )


def error_line(chart_id: str, error: ChartcoderError, *, file: str = "") -> str:
    """Return the line of a chart that could not be coded."""
    problem = {"reason": error.REASON, "field": error.field, "message": str(error)}
    return _dump({"chart_id": chart_id, **_file(file), "error": problem})


def _file(file: str) -> dict[str, str]:
    return {"file": file} if file else {}


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_LINE_ENDS)


def _header(header: Header) -> dict[str, Any]:
    return {
        "engine_version": header.engine_version,
        "releases": [
            {"system": r.system, "version": r.version, "content_hash": r.content_hash} for r in header.releases
        ],
        "models": [{"name": name, "hash": digest} for name, digest in header.models],
        "request_id": header.request_id,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    mention, context = finding.mention, finding.mention.context
    return {
        "document": mention.document,
        "begin": mention.begin,
        "end": mention.end,
        "text": mention.text,
        "section": mention.section,
        "assertion": context.assertion.value,
        "temporality": context.temporality.value,
        "experiencer": context.experiencer.value,
        "cues": [{"axis": c.axis.value, "begin": c.begin, "end": c.end, "rule": c.rule} for c in context.cues],
        "codes": [candidate_json(candidate) for candidate in finding.codes],
    }


def candidate_json(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as JSON values."""
    return {
        "system": candidate.system,
        "code": candidate.code,
        "display": candidate.display,
        "score": candidate.score,
        "origin": candidate.origin,
    }


def _evidence(evidence: list[Evidence]) -> list[dict[str, int]]:
    return [{"document": e.document, "begin": e.begin, "end": e.end} for e in evidence]


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "system": suggestion.system,
        "code": suggestion.code,
        "display": suggestion.display,
        "role": suggestion.role.value,
        "confidence": suggestion.confidence,
        "route": suggestion.route.value,
        "evidence": _evidence(suggestion.evidence),
        "alternatives": [candidate_json(candidate) for candidate in suggestion.alternatives],
        "reasons": [{"rule": r.rule, "source": r.source, "detail": r.detail} for r in suggestion.reasons],
        **({"units": suggestion.units} if suggestion.units != 1 else {}),
        **({"explanation": asdict(suggestion.explanation)} if suggestion.explanation is not None else {}),
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "kind": alert.kind,
        "severity": alert.severity.value,
        "message": alert.message,
        "source": alert.source,
        "codes": alert.codes,
        "evidence": _evidence(alert.evidence),
        **({"query": {"question": alert.query.question, "options": alert.query.options}} if alert.query else {}),
    }
