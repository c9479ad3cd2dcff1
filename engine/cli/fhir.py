"""A coded chart as a FHIR R4 bundle: what the engine proposes, unconfirmed until a person says otherwise.

Patient, Encounter and the documents come with it, so that every reference resolves inside the bundle: a diagnosis is a
Condition, a procedure a Procedure, an alert a DetectedIssue. Encounter.diagnosis carries the order on the claim.
Sources: HL7 FHIR R4 (4.0.1), resources Bundle, Condition, Procedure, Encounter, DocumentReference, DetectedIssue and
OperationOutcome; code system URIs by HL7 Terminology.
"""

import base64
import hashlib
import json
import uuid
from typing import Any

from engine.errors import ChartcoderError
from engine.types import Alert, Chart, CodedChart, Evidence, Role, Setting, Severity, Sex, Suggestion

Resource = dict[str, Any]

_URI = {
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "icd10pcs": "http://www.cms.gov/Medicare/Coding/ICD10",
    "hcpcs": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "cpt": "http://www.ama-assn.org/go/cpt",
    "icd11": "http://id.who.int/icd/release/11/mms",
    "icd9cm": "http://hl7.org/fhir/sid/icd-9-cm",
}
_TERMS = "http://terminology.hl7.org/CodeSystem/"
_ACT = _TERMS + "v3-ActCode"
_CLASSES = {
    Setting.INPATIENT: (_ACT, "IMP", "inpatient encounter"),
    Setting.OUTPATIENT: (_ACT, "AMB", "ambulatory"),
    Setting.EMERGENCY: (_ACT, "EMER", "emergency"),
    Setting.OBSERVATION: (_ACT, "OBSENC", "observation encounter"),
    Setting.UNSPECIFIED: (_TERMS + "v3-NullFlavor", "UNK", "unknown"),
}
_SEVERITIES = {Severity.INFO: "low", Severity.WARNING: "moderate", Severity.ERROR: "high"}
_GENDERS = {Sex.FEMALE: "female", Sex.MALE: "male", Sex.OTHER: "other", Sex.UNSPECIFIED: "unknown"}
# FHIR wants a URL here, not a URN (Extensibility 2.4.1); the name is reserved for examples until the project has one.
_EXTENSIONS = "http://example.org/chartcoder/fhir/StructureDefinition/"
_TAGS = "urn:chartcoder:"
_ISSUE_CODES = {
    "CHART_TOO_LARGE": "too-long",
    "CODE_SYSTEM_UNKNOWN": "not-supported",
    "NO_RELEASE_FOR_DATE": "not-found",
    "CHART_INVALID": "invalid",
    "REQUEST_INVALID": "invalid",
    "OVERLOADED": "throttled",
    "UNAVAILABLE": "transient",
    "AUDIT_UNAVAILABLE": "no-store",
}


def fhir_bundle(chart: Chart, coded: CodedChart) -> str:
    """Return the bundle on one line."""
    return _dump(_Bundle(chart, coded).build())


def operation_outcome(chart_id: str, error: ChartcoderError) -> str:
    """Return why a chart has no bundle, on one line."""
    issue = {
        "severity": "error",
        "code": _ISSUE_CODES.get(error.REASON, "processing"),
        "details": {"coding": [{"system": f"{_TAGS}reason", "code": error.REASON}], "text": str(error)},
        "diagnostics": f"chart {chart_id}",
    }
    return _dump({"resourceType": "OperationOutcome", "issue": [issue]})


def _dump(resource: Resource) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))


class _Bundle:
    """The resources of one chart, each under a URN that follows from the chart and what it was coded with."""

    def __init__(self, chart: Chart, coded: CodedChart) -> None:
        self._chart, self._coded = chart, coded
        self._versions = {release.system: release.version for release in coded.header.releases}
        header = coded.header
        made_of = repr((chart, header.engine_version, header.releases, header.models))
        digest = hashlib.sha256(made_of.encode("utf-8", "replace")).hexdigest()
        self._namespace = uuid.uuid5(uuid.NAMESPACE_URL, f"{_TAGS}{digest}")

    def build(self) -> Resource:
        coded = self._coded
        tag = [{"system": f"{_TAGS}audit-record", "code": coded.audit_record}] if coded.audit_record else []
        entries = [
            ("patient", self._patient()),
            ("encounter", self._encounter()),
            *((f"document-{n}", self._document(n)) for n in range(len(self._chart.documents))),
            *((f"suggestion-{n}", self._proposal(s)) for n, s in enumerate(coded.suggestions)),
            *((f"alert-{n}", self._alert(a)) for n, a in enumerate(coded.alerts)),
        ]
        return {
            "resourceType": "Bundle",
            **({"meta": {"tag": tag}} if tag else {}),
            "identifier": {"system": f"{_TAGS}chart", "value": coded.chart_id},
            "type": "collection",
            "entry": [{"fullUrl": self._url(name), "resource": resource} for name, resource in entries],
        }

    def _url(self, name: str) -> str:
        return uuid.uuid5(self._namespace, name).urn

    def _refer(self, name: str) -> Resource:
        return {"reference": self._url(name)}

    def _patient(self) -> Resource:
        birth = self._chart.birth_date
        return {
            "resourceType": "Patient",
            "gender": _GENDERS[self._chart.sex],
            **({"birthDate": birth.isoformat()} if birth else {}),
        }

    def _encounter(self) -> Resource:
        system, code, display = _CLASSES[self._chart.setting]
        day = self._chart.release_day
        # Where an inpatient's day of discharge is not given, the date of service is taken for it.
        edge = "end" if self._chart.setting is Setting.INPATIENT else "start"
        ranked = [
            {
                "condition": self._refer(f"suggestion-{number}"),
                **({} if _is_procedure(suggestion) else {"use": _use("billing")}),
                "rank": number + 1,
            }
            for number, suggestion in enumerate(self._coded.suggestions)
        ]
        return {
            "resourceType": "Encounter",
            "status": "unknown",
            "class": {"system": system, "code": code, "display": display},
            "subject": self._refer("patient"),
            **({"period": {edge: day.isoformat()}} if day else {}),
            **({"diagnosis": ranked} if ranked else {}),
        }

    def _document(self, number: int) -> Resource:
        document = self._chart.documents[number]
        data = document.text.encode("utf-8", "replace")
        return {
            "resourceType": "DocumentReference",
            **({"identifier": [{"value": document.document_id}]} if document.document_id.strip() else {}),
            "status": "current",
            **({"type": {"text": document.kind}} if document.kind.strip() else {}),
            "subject": self._refer("patient"),
            "content": [
                {
                    "attachment": {
                        "contentType": "text/plain; charset=utf-8",
                        "data": base64.b64encode(data).decode("ascii"),
                        "size": len(data),
                        "hash": base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode("ascii"),
                    }
                }
            ],
            "context": {"encounter": [self._refer("encounter")]},
        }

    def _proposal(self, suggestion: Suggestion) -> Resource:
        return self._procedure(suggestion) if _is_procedure(suggestion) else self._condition(suggestion)

    def _condition(self, suggestion: Suggestion) -> Resource:
        evidence = [{"detail": [self._place(place)]} for place in suggestion.evidence]
        return {
            "resourceType": "Condition",
            **_marks(suggestion),
            "verificationStatus": {"coding": [{"system": _TERMS + "condition-ver-status", "code": "unconfirmed"}]},
            "category": [{"coding": [{"system": _TERMS + "condition-category", "code": "encounter-diagnosis"}]}],
            "code": self._code(suggestion),
            "subject": self._refer("patient"),
            "encounter": self._refer("encounter"),
            **({"evidence": evidence} if evidence else {}),
            **_notes(suggestion),
        }

    def _procedure(self, suggestion: Suggestion) -> Resource:
        reasons = [self._place(place) for place in suggestion.evidence]
        return {
            "resourceType": "Procedure",
            **_marks(suggestion),
            "status": "unknown",
            "code": self._code(suggestion),
            "subject": self._refer("patient"),
            "encounter": self._refer("encounter"),
            **({"reasonReference": reasons} if reasons else {}),
            **_notes(suggestion),
        }

    def _alert(self, alert: Alert) -> Resource:
        return {
            "resourceType": "DetectedIssue",
            "status": "preliminary",
            "code": {"coding": [{"system": f"{_TAGS}alert", "code": alert.kind}], "text": alert.kind},
            "severity": _SEVERITIES[alert.severity],
            "patient": self._refer("patient"),
            **({"evidence": [{"detail": [self._place(p) for p in alert.evidence]}]} if alert.evidence else {}),
            "detail": f"{alert.message} ({alert.source})" if alert.source else alert.message,
        }

    def _code(self, suggestion: Suggestion) -> Resource:
        version = self._versions.get(suggestion.system)
        coding = {
            "system": _URI.get(suggestion.system, f"{_TAGS}{suggestion.system}"),
            **({"version": version} if version else {}),
            "code": suggestion.code,
            "display": suggestion.display,
        }
        return {"coding": [coding]}

    def _place(self, place: Evidence) -> Resource:
        """Refer to a document, and by an extension to the code points of it that say so."""
        span = [{"url": "begin", "valueUnsignedInt": place.begin}, {"url": "end", "valueUnsignedInt": place.end}]
        return {
            "extension": [{"url": f"{_EXTENSIONS}span", "extension": span}],
            **self._refer(f"document-{place.document}"),
        }


def _is_procedure(suggestion: Suggestion) -> bool:
    return suggestion.role is Role.PROCEDURE


def _use(code: str) -> Resource:
    return {"coding": [{"system": _TERMS + "diagnosis-role", "code": code}]}


def _marks(suggestion: Suggestion) -> Resource:
    """The route as a workflow tag, and how sure the engine is."""
    return {
        "meta": {"tag": [{"system": f"{_TAGS}route", "code": suggestion.route.value}]},
        "extension": [{"url": f"{_EXTENSIONS}confidence", "valueDecimal": suggestion.confidence}],
    }


def _notes(suggestion: Suggestion) -> Resource:
    texts = [
        f"{reason.rule}: {reason.detail} ({reason.source})" if reason.detail else f"{reason.rule} ({reason.source})"
        for reason in suggestion.reasons
    ]
    return {"note": [{"text": text} for text in texts]} if texts else {}
