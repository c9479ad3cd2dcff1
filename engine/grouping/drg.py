"""MS-DRG by the package msdrg (an optional extra), behind our own records: the DRG, and that without each code.

The package was ported from CMS's distributed software. The grouper version is the one of the discharge: fiscal years
from October, and their April updates. Hospital-acquired conditions count where the claim says what was present on
admission.
"""

from collections.abc import Mapping
from datetime import date
from importlib import import_module
from types import TracebackType
from typing import Any

from engine.claims.check import check_claim, kind_of
from engine.claims.records import Claim, ClaimKind
from engine.errors import ClaimError, ConfigError, ReleaseError
from engine.grouping.records import Drg, DrgCode, GroupedStay
from engine.types import Sex

UNGROUPABLE = 999
LAST_DAY = date(2027, 3, 31)
# Grouper versions by their first day.
_VERSIONS = (
    (date(2022, 10, 1), 400),
    (date(2023, 4, 1), 401),
    (date(2023, 10, 1), 410),
    (date(2024, 4, 1), 411),
    (date(2024, 10, 1), 420),
    (date(2025, 4, 1), 421),
    (date(2025, 10, 1), 430),
    (date(2026, 4, 1), 431),
    (date(2026, 10, 1), 440),
)
_SEXES = {Sex.MALE: 0, Sex.FEMALE: 1}
_UNKNOWN_SEX = 2
_POA = frozenset("YNUW")
_HOME = 1


def version_on(day: date) -> int:
    """Return the grouper version of a discharge; raises ReleaseError for a day that none covers."""
    found = [version for first, version in _VERSIONS if first <= day]
    if not found or day > LAST_DAY:
        raise ReleaseError(
            f"through_date: got {day}, want a discharge from {_VERSIONS[0][0]} to {LAST_DAY}, which msdrg groups",
            field="through_date",
        )
    return found[-1]


class DrgGrouper:
    """Groups stays; close it, or use it as a context manager. Raises ConfigError where msdrg is not installed."""

    def __init__(self) -> None:
        try:
            self._grouper: Any = import_module("msdrg").MsdrgGrouper()
        except ImportError:
            raise ConfigError(
                "grouping: the package msdrg is not installed; `pip install 'chartcoder[grouping]'`"
            ) from None

    def __enter__(self) -> "DrgGrouper":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the grouper."""
        self._grouper.close()

    def group(self, claim: Claim) -> GroupedStay:
        """Group a stay; raises ClaimError for a claim that is none or says too little, ReleaseError for its day."""
        check_claim(claim)
        if kind_of(claim) is not ClaimKind.INPATIENT:
            raise ClaimError("kind: got a claim that is no stay, want INPATIENT: MS-DRGs are of stays", field="kind")
        if not claim.diagnoses:
            raise ClaimError("diagnoses: got none, want the principal diagnosis first", field="diagnoses")
        version = version_on(claim.through_date or claim.from_date or LAST_DAY)
        given = _input(claim, version)
        result = self._grouper.group(given)
        return GroupedStay(_drg(result), f"{version // 10}.{version % 10}", tuple(self._codes(claim, given, result)))

    def _codes(self, claim: Claim, given: Mapping[str, Any], result: Mapping[str, Any]) -> list[DrgCode]:
        """Return every code with what it did; each is left out in turn, by its place, so that repeats count singly."""
        severities = {item["code"]: item["severity"] for item in result["sdx_output"] if item["flags"]}
        rooms = {item["code"]: item["is_or"] for item in result["proc_output"]}
        codes = [DrgCode(claim.diagnoses[0].code, "diagnosis", 0)]
        for number, item in enumerate(given["sdx"]):
            severity = severities.get(item["code"], "")
            without = self._without(given, "sdx", number)
            shown = severity if severity in ("CC", "MCC") else ""
            codes.append(DrgCode(claim.diagnoses[number + 1].code, "diagnosis", number + 1, shown, without=without))
        for number, item in enumerate(given["procedures"]):
            without = self._without(given, "procedures", number)
            is_room = bool(rooms.get(item["code"], False))
            codes.append(DrgCode(claim.procedures[number].code, "procedure", number, "", is_room, without))
        return codes

    def _without(self, given: Mapping[str, Any], name: str, number: int) -> Drg:
        left = [item for place, item in enumerate(given[name]) if place != number]
        return _drg(self._grouper.group({**given, name: left}))


def _input(claim: Claim, version: int) -> dict[str, Any]:
    age = age_of(claim)
    if age is None:
        raise ClaimError("age_years: got neither birth_date nor age_years, want one", field="age_years")
    diagnoses = [_diagnosis(item.code, item.present_on_admission) for item in claim.diagnoses]
    says_present = any(item.present_on_admission for item in claim.diagnoses)
    return {
        "version": version,
        "age": min(age, 124),
        "sex": _SEXES.get(claim.sex, _UNKNOWN_SEX),
        "discharge_status": int(claim.discharge_status) if claim.discharge_status.isdigit() else _HOME,
        "hospital_status": "NOT_EXEMPT" if says_present else "EXEMPT",
        "pdx": diagnoses[0],
        "sdx": diagnoses[1:],
        "procedures": [{"code": item.code.strip().upper()} for item in claim.procedures],
    }


def _diagnosis(code: str, present: str) -> dict[str, str]:
    poa = present.strip().upper()
    return {"code": code.strip().upper().replace(".", ""), **({"poa": poa} if poa in _POA else {})}


def age_of(claim: Claim) -> int | None:
    """Return the age in years on the first day, None if the claim does not say it."""
    born, day = claim.birth_date, claim.from_date or claim.through_date
    if born is None or day is None:
        return claim.age_years
    return max(0, day.year - born.year - ((day.month, day.day) < (born.month, born.day)))


def _drg(result: Mapping[str, Any]) -> Drg:
    number = result["final_drg"] or UNGROUPABLE
    code = result["return_code"]
    return Drg(number, result["final_drg_description"] or "", result["final_mdc"], "" if code == "OK" else code)
