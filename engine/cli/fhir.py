"""A coded chart as a FHIR R4 bundle: one Condition a suggestion, unconfirmed until a person says otherwise.

Source: HL7 FHIR R4 (Condition, Bundle); code system URI by HL7 Terminology (http://hl7.org/fhir/sid/icd-10-cm).
"""

import json
from typing import Any

from engine.types import Chart, CodedChart, Suggestion

_URI = {"icd10cm": "http://hl7.org/fhir/sid/icd-10-cm", "hcpcs": "urn:oid:2.16.840.1.113883.6.285"}
_STATUS = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"


def fhir_bundle(chart: Chart, coded: CodedChart) -> str:
    """Return the bundle on one line."""
    versions = {release.system: release.version for release in coded.header.releases}
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": {"system": "urn:chartcoder:chart", "value": coded.chart_id},
        "meta": {"tag": [{"system": "urn:chartcoder:audit-record", "code": coded.audit_record or "none"}]},
        "entry": [{"resource": _condition(s, number, versions)} for number, s in enumerate(coded.suggestions)],
    }
    return json.dumps(bundle, ensure_ascii=False, separators=(",", ":"))


def _condition(suggestion: Suggestion, number: int, versions: dict[str, str]) -> dict[str, Any]:
    coding = {
        "system": _URI.get(suggestion.system, f"urn:chartcoder:{suggestion.system}"),
        "version": versions.get(suggestion.system, ""),
        "code": suggestion.code,
        "display": suggestion.display,
    }
    return {
        "resourceType": "Condition",
        "id": f"suggestion-{number}",
        "verificationStatus": {"coding": [{"system": _STATUS, "code": "unconfirmed"}]},
        "category": [{"coding": [{"system": _CATEGORY, "code": "encounter-diagnosis"}]}],
        "code": {"coding": [coding]},
        "subject": {"display": "the chart's patient"},
        "extension": [
            {"url": "urn:chartcoder:confidence", "valueDecimal": suggestion.confidence},
            {"url": "urn:chartcoder:route", "valueCode": suggestion.route.value},
            *(
                {"url": "urn:chartcoder:evidence", "valueString": f"{e.document}:{e.begin}-{e.end}"}
                for e in suggestion.evidence
            ),
        ],
    }
