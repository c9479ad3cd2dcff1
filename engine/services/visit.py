"""The level of a visit (evaluation and management): by medical decision making or by total time, with the worksheet.

Sources: the AMA's CPT guidelines for evaluation and management, 2021 (office) and 2023 (hospital, emergency), in our
own words; times as of 2024. Titles come from the user's licensed CPT file, and without one nothing is coded.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.services.drugs import Text
from engine.services.visit_elements import Element, Level, judge_data, judge_problems, judge_risk
from engine.services.visit_words import find, pattern
from engine.types import Alert, Candidate, Chart, Evidence, Reason, Role, Route, Setting, Severity, Suggestion

_SYSTEM = "cpt"
_SOURCE = "CPT evaluation and management guidelines 2023 (AMA)"
# An estimate: a level read from text is for a coder to confirm.
_CONFIDENCE, _UNKNOWN_KIND = 0.7, 0.4


class Kind(StrEnum):
    """Which family of codes a visit belongs to."""

    NEW = "new patient, office"
    ESTABLISHED = "established patient, office"
    EMERGENCY = "emergency department"
    INITIAL = "hospital, first visit"
    SUBSEQUENT = "hospital, later visit"


# Codes from straightforward to high, and the minutes at which total time gives each (None: time does not count).
_CODES: Mapping[Kind, Sequence[str]] = {
    Kind.NEW: ("99202", "99203", "99204", "99205"),
    Kind.ESTABLISHED: ("99212", "99213", "99214", "99215"),
    Kind.EMERGENCY: ("99282", "99283", "99284", "99285"),
    Kind.INITIAL: ("99221", "99221", "99222", "99223"),
    Kind.SUBSEQUENT: ("99231", "99231", "99232", "99233"),
}
_MINUTES: Mapping[Kind, Sequence[int]] = {
    Kind.NEW: (15, 30, 45, 60),
    Kind.ESTABLISHED: (10, 20, 30, 40),
    Kind.INITIAL: (40, 40, 55, 75),
    Kind.SUBSEQUENT: (25, 25, 35, 50),
}


@dataclass(frozen=True, slots=True)
class Worksheet:
    """How the level of a visit was reached. `minutes` is 0 where no total time is stated."""

    kind: Kind
    is_kind_stated: bool
    problems: Element
    data: Element
    risk: Element
    minutes: int
    time: tuple[Evidence, ...]

    @property
    def by_decisions(self) -> Level:
        """Return the level that two of the three elements reach."""
        return sorted((self.problems.level, self.data.level, self.risk.level))[1]

    @property
    def by_time(self) -> Level | None:
        """Return the level that total time reaches, None if none or if time does not count."""
        least = _MINUTES.get(self.kind, ())
        reached = [level for level, minutes in zip(Level, least, strict=False) if self.minutes >= minutes]
        return reached[-1] if reached else None

    @property
    def level(self) -> Level:
        """Return the higher of both: either may be used."""
        return max(self.by_decisions, self.by_time or self.by_decisions)


def read_visit(chart: Chart, diagnoses: Sequence[Suggestion], texts: Sequence[Text]) -> Worksheet:
    """Fill in the worksheet of a chart's visit from its diagnoses and documents."""
    kind, is_stated = _kind(chart, texts)
    minutes, place = _time(texts)
    return Worksheet(
        kind,
        is_stated,
        judge_problems(diagnoses, texts),
        judge_data(texts),
        judge_risk(diagnoses, texts),
        minutes,
        place,
    )


def code_visit(
    chart: Chart, diagnoses: Sequence[Suggestion], texts: Sequence[Text], title: Callable[[str], str]
) -> tuple[Suggestion | None, list[Alert]]:
    """Return the code of the visit with its worksheet as reasons, and what must be asked; None without a diagnosis."""
    if not diagnoses:
        return None, []
    sheet = read_visit(chart, diagnoses, texts)
    code = _CODES[sheet.kind][sheet.level - 1]
    alternatives = [] if sheet.is_kind_stated else [_other_kind(sheet, title)]
    confidence = _CONFIDENCE if sheet.is_kind_stated else _UNKNOWN_KIND
    evidence = [*sheet.problems.evidence, *sheet.data.evidence, *sheet.risk.evidence, *sheet.time]
    suggestion = Suggestion(
        system=_SYSTEM,
        code=code,
        display=title(code),
        role=Role.PROCEDURE,
        confidence=confidence,
        route=Route.REVIEW,
        evidence=sorted(set(evidence), key=lambda place: (place.document, place.begin, place.end)),
        alternatives=alternatives,
        reasons=_worksheet(sheet),
    )
    return suggestion, [] if sheet.is_kind_stated else [_ask_kind(suggestion)]


def _kind(chart: Chart, texts: Sequence[Text]) -> tuple[Kind, bool]:
    if chart.setting is Setting.EMERGENCY:
        return Kind.EMERGENCY, True
    if chart.setting in (Setting.INPATIENT, Setting.OBSERVATION):
        heads = [document.kind or text.text[:200] for document, text in zip(chart.documents, texts, strict=True)]
        return (Kind.INITIAL if any(map(pattern("first_of_stay").search, heads)) else Kind.SUBSEQUENT), True
    if next(find(texts, pattern("new")), None):
        return Kind.NEW, True
    return Kind.ESTABLISHED, next(find(texts, pattern("established")), None) is not None


def _time(texts: Sequence[Text]) -> tuple[int, tuple[Evidence, ...]]:
    for number, text in enumerate(texts):
        if found := pattern("total_time").search(text.text):
            return int(found["a"] or found["b"]), (Evidence(number, found.start(), found.end()),)
    return 0, ()


def _worksheet(sheet: Worksheet) -> list[Reason]:
    lines = [
        ("visit-kind", sheet.kind.value if sheet.is_kind_stated else f"{sheet.kind.value}: not stated"),
        *(
            (f"visit-{name}", f"{element.level.name.lower()}: {element.detail}")
            for name, element in (("problems", sheet.problems), ("data", sheet.data), ("risk", sheet.risk))
        ),
    ]
    if sheet.by_time is not None:
        lines.append(("visit-time", f"{sheet.by_time.name.lower()}: {sheet.minutes} minutes in total"))
    decided = "time" if sheet.by_time is not None and sheet.by_time > sheet.by_decisions else "two of three elements"
    lines.append(("visit-level", f"{sheet.level.name.lower()} by {decided}"))
    return [Reason(rule, _SOURCE, detail) for rule, detail in lines]


def _other_kind(sheet: Worksheet, title: Callable[[str], str]) -> Candidate:
    code = _CODES[Kind.NEW][sheet.level - 1]
    return Candidate(_SYSTEM, code, title(code), _UNKNOWN_KIND / 2, "visit")


def _ask_kind(suggestion: Suggestion) -> Alert:
    codes = [suggestion.code, *(candidate.code for candidate in suggestion.alternatives)]
    return Alert(
        kind="visit_kind",
        severity=Severity.WARNING,
        message=f"{' or '.join(codes)}: whether the patient is new (not seen here for three years) is not documented",
        source=_SOURCE,
        codes=codes,
    )
