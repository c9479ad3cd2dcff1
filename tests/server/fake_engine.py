"""A small stand-in for engine.live.Live: real releases and a real audit log, and a coder that knows five terms.

Importable by name, so that spawned workers can open it.
"""

import re
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from made_coded import made_coded, made_finding, made_suggestion

from codesets.edit_store import EditTables
from codesets.errors import NoReleaseError
from codesets.store import Releases, save_release
from codesets.types import Node, Note, NoteKind, ReleaseSource, System
from engine.audit.log import AuditLog
from engine.charts import check_chart
from engine.config import Config
from engine.edits.run import ClaimChecker
from engine.errors import ReleaseError, UnsupportedSystemError
from engine.explanation import Explanation, Influence
from engine.types import (
    Assertion,
    Axis,
    Chart,
    CodedChart,
    Cue,
    Evidence,
    Finding,
    Header,
    ReleaseUsed,
    Suggestion,
)

TERMS = {
    "chest pain": "R07.9",
    "hypertension": "I10",
    "diabète": "E11.9",
    "सिरदर्द": "R51.9",
    "😀 face": "R29.810",
}
_CUE = re.compile(r"\b(no|denies)\s+(?=chest pain)")
_TERM = re.compile("|".join(map(re.escape, TERMS)))
SLOW = "take your time"
BROKEN = "raise an error"

_COMMON = (
    Node("9", "Diseases of the circulatory system (I00-I99)", "", False),
    Node("I10-I1A", "Hypertensive diseases", "9", False),
    Node(
        "I10",
        "Essential (primary) hypertension",
        "I10-I1A",
        True,
        (
            Note(NoteKind.INCLUSION_TERM, "high blood pressure"),
            Note(NoteKind.EXCLUDES1, "hypertensive disease complicating pregnancy"),
        ),
    ),
    Node("E11", "Type 2 diabetes mellitus", "", False),
    Node("E11.2", "Type 2 diabetes mellitus with kidney complications", "E11", False),
    Node("E11.21", "Type 2 diabetes mellitus with diabetic nephropathy", "E11.2", True),
    Node("E11.22", "Type 2 diabetes mellitus with diabetic chronic kidney disease", "E11.2", True),
    Node("E11.9", "Type 2 diabetes mellitus without complications", "E11", True),
    Node("R07.9", "Chest pain, unspecified", "", True),
)
_OLD = (*_COMMON, Node("R51", "Headache", "", True), Node("Z03.8", "Encounter for observation", "", True))
_NEW = (
    *_COMMON,
    Node("R51", "Headache", "", False),
    Node("R51.0", "Headache with orthostatic component", "R51", True),
    Node("R51.9", "Headache, unspecified", "R51", True),
    Node("R29.810", "Facial weakness", "", True),
)


def make_home(home: Path) -> None:
    """Write two small releases into a store."""
    for version, begin, end, nodes in (
        ("2025", date(2024, 10, 1), date(2025, 9, 30), _OLD),
        ("2026", date(2025, 10, 1), date(2026, 9, 30), _NEW),
    ):
        save_release(home, ReleaseSource(System.ICD10CM, version, begin, end, "made for tests", nodes))


class FakeCoder:
    """Finds five terms; checks charts as the real pipeline does."""

    def __init__(self, config: Config, releases: Releases) -> None:
        self._config = config
        self._releases = releases
        self.coded = 0

    def code(
        self,
        chart: Chart,
        *,
        request_id: str = "",
        on_findings: Callable[[list[Finding]], None] | None = None,
        explain: bool = False,
    ) -> CodedChart:
        header = self.header(chart, request_id)
        text = chart.documents[0].text
        if BROKEN in text:
            raise RuntimeError(f"could not read {text}")
        if SLOW in text:
            time.sleep(0.5)
        findings: list[Finding] = []
        for number, document in enumerate(chart.documents):
            if number and SLOW in document.text:
                time.sleep(0.5)
            found = find(document.text, number)
            if on_findings:
                on_findings(found)
            findings += found
        self.coded += 1
        suggestions = suggest(findings)
        for suggestion in suggestions if explain else ():
            suggestion.explanation = Explanation(suggestion.code, 0.5, [Influence("made", "made", "as made", -0.25)])
        return made_coded(chart, findings, suggestions, header=header)

    def header(self, chart: Chart, request_id: str = "") -> Header:
        check_chart(chart, max_bytes=self._config.max_chart_bytes)
        for number, system in enumerate(chart.systems):
            if system != "icd10cm":
                raise UnsupportedSystemError(f"systems[{number}]: want icd10cm", field=f"systems[{number}]")
        try:
            release = self._releases.release(System.ICD10CM, chart.release_day).release
        except NoReleaseError as error:
            raise ReleaseError(str(error), field=chart.release_day_field) from None
        used = (ReleaseUsed(release.system.value, release.version, release.content_hash),)
        policy = self._config.routing_policy
        models = (("dictionary", "0" * 64), *((("routing:made", policy.parent.name),) if policy else ()))
        return Header("test", used, models, request_id)


def find(text: str, document: int) -> list[Finding]:
    """Find the five terms."""
    findings = []
    cues = {cue.end(): cue for cue in _CUE.finditer(text)}
    for match in _TERM.finditer(text):
        place = Evidence(document, match.start(), match.end())
        cue = cues.get(match.start())
        said = (Cue(Axis.ASSERTION, cue.start(), cue.end(), "no"),) if cue else ()
        assertion = Assertion.ABSENT if cue else Assertion.PRESENT
        findings.append(made_finding(place, match.group(), TERMS[match.group()], assertion=assertion, cues=said))
    return findings


def suggest(findings: list[Finding]) -> list[Suggestion]:
    """Suggest every code found present, with all its evidence."""
    evidence: dict[str, list[Evidence]] = {}
    for finding in findings:
        mention = finding.mention
        if mention.context.assertion is Assertion.PRESENT:
            place = Evidence(mention.document, mention.begin, mention.end)
            evidence.setdefault(finding.codes[0].code, []).append(place)
    return [made_suggestion(code, places) for code, places in evidence.items()]


class FakeEngine:
    """What the server needs of Live."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.missing = ""
        self.releases = Releases.open(config.home)
        self.pipeline = FakeCoder(config, self.releases)

    def problem(self) -> str:
        return self.missing

    def claim_checker(self) -> ClaimChecker:
        return ClaimChecker(EditTables.open(self.config.home), self.releases)

    @property
    def coder(self) -> FakeCoder:
        return self.pipeline

    def models(self) -> dict[str, str]:
        policy = self.config.routing_policy
        return {"ranker:document": "0" * 64, "routing:made": policy.parent.name if policy else ""}

    def swap(self, config: Config, *, on_done: Callable[[Any], None]) -> None:
        self.config, self.pipeline = config, FakeCoder(config, self.releases)
        on_done(None)

    def audit_log(self) -> AuditLog:
        return AuditLog(self.config.audit_directory)


def open_fake(config: Config) -> FakeEngine:
    """Open the stand-in."""
    return FakeEngine(config)
