"""CMS-HCC risk score by the package hccinfhir (an optional extra), behind our own records.

The model is V28, of the payment year after the date of service, as far as the package has it as final (2025 and 2026).
The patient is taken as a continuing enrollee of the community, by age, without Medicaid and without another original
reason of entitlement: a claim says no more. The score is of this claim's diagnoses alone, before normalisation and
coding intensity.
"""

from importlib import import_module
from typing import Any

from engine.claims.check import check_claim
from engine.claims.records import Claim
from engine.errors import ClaimError, ConfigError
from engine.grouping.drg import age_of
from engine.grouping.records import Hcc, RiskScore
from engine.types import Sex

MODEL = "CMS-HCC Model V28"
FIRST_YEAR, LAST_YEAR = 2025, 2026
_SEXES = {Sex.MALE: "M", Sex.FEMALE: "F"}
_DIGITS = 3


class RiskScorer:
    """Scores the diagnoses of claims. Raises ConfigError where hccinfhir is not installed."""

    def __init__(self) -> None:
        try:
            self._package: Any = import_module("hccinfhir")
        except ImportError:
            raise ConfigError(
                "grouping: the package hccinfhir is not installed; `pip install 'chartcoder[grouping]'`"
            ) from None
        self._by_year: dict[int, Any] = {}

    def score(self, claim: Claim) -> RiskScore:
        """Score a claim's diagnoses; raises ClaimError where age or sex is not said."""
        check_claim(claim)
        age, sex = age_of(claim), _SEXES.get(claim.sex)
        if age is None:
            raise ClaimError("age_years: got neither birth_date nor age_years, want one", field="age_years")
        if sex is None:
            raise ClaimError("sex: got neither FEMALE nor MALE, which the model needs", field="sex")
        day = claim.through_date or claim.from_date or max(line.day for line in claim.lines if line.day)
        year = min(max(day.year + 1, FIRST_YEAR), LAST_YEAR)
        codes = sorted({item.code.strip().upper().replace(".", "") for item in claim.diagnoses})
        return self._score(codes, {"age": age, "sex": sex}, year)

    def _score(self, codes: list[str], patient: dict[str, Any], year: int) -> RiskScore:
        model = self._model(year)
        result = model.calculate_from_diagnosis(codes, patient)
        kept = sorted(result.hcc_list, key=int)
        hccs = []
        for number in kept:
            own = tuple(sorted(result.cc_to_dx[number]))
            detail = next(item for item in result.hcc_details if item.hcc == number)
            rest = model.calculate_from_diagnosis([code for code in codes if code not in own], patient)
            over = model.hierarchies_mapping.get((number, MODEL), set()) & set(result.cc_to_dx)
            hccs.append(
                Hcc(
                    number,
                    detail.label or "",
                    round(detail.coefficient or 0.0, _DIGITS),
                    own,
                    round(rest.risk_score, _DIGITS),
                    tuple(sorted(over, key=int)),
                )
            )
        terms = {name: value for name, value in result.coefficients.items() if not name.isdigit()}
        return RiskScore(
            MODEL,
            year,
            round(result.risk_score, _DIGITS),
            round(result.risk_score_demographics, _DIGITS),
            tuple(hccs),
            tuple((name, round(value, _DIGITS)) for name, value in sorted(terms.items()) if value),
            tuple(sorted(set(result.cc_to_dx) - set(kept), key=int)),
        )

    def _model(self, year: int) -> Any:
        if year not in self._by_year:
            self._by_year[year] = self._package.HCCInFHIR(
                model_name=MODEL,
                dx_cc_mapping_filename=f"ra_dx_to_cc_{year}.csv",
                hierarchies_filename=f"ra_hierarchies_{year}.csv",
                coefficients_filename=f"ra_coefficients_{year}.csv",
            )
        return self._by_year[year]
