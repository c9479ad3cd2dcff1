"""Edits of the Medicare Code Editor; flags are those of made_tables, conditions of its definitions manual."""

from pathlib import Path

import pytest
from made_tables import alerts, make_store, open_checker, said, stay, visit

from engine.edits.run import ClaimChecker


def stays(*procedures: str, diagnoses: tuple[str, ...] = ("J18.9",), **facts: object) -> dict[str, object]:
    """Make a stay with procedures."""
    return stay(*diagnoses, procedures=list(procedures), **facts)


@pytest.mark.parametrize(
    ("claim", "want"),
    [
        (stay("J18.9", "E11.9"), []),
        # 2: external cause as principal.
        (stay("W19.XXXA"), ["external_cause_as_principal ERROR"]),
        (stay("J18.9", "W19.XXXA"), []),
        # 3: duplicate of the principal.
        (stay("J18.9", "J189"), ["duplicate_of_principal ERROR"]),
        (stay("J18.9", "M81.0", "M81.0"), ["duplicate_diagnosis WARNING"]),
        # 6: manifestation as principal.
        (stay("F02.80", "J18.9"), ["manifestation_as_principal ERROR"]),
        (stay("J18.9", "F02.80"), []),
        # 8: questionable admission, of the principal diagnosis only.
        (stay("E11.9"), ["questionable_admission WARNING"]),
        # 9: unacceptable principal; one that is acceptable beside any other.
        (stay("Z37.0"), ["unacceptable_principal ERROR"]),
        (stay("Z51.89"), ["requires_secondary_diagnosis ERROR"]),
        (stay("Z51.89", "J18.9"), []),
        # Outpatient: the first-listed diagnosis may be a status, but no manifestation.
        (visit("U9001", diagnoses=["Z37.0"]), []),
        (visit("U9001", diagnoses=["F02.80"]), ["manifestation_as_principal ERROR"]),
        # 20: unspecified side.
        (stay("M17.10"), ["unspecified_side WARNING"]),
        (visit("U9001", diagnoses=["M17.10"]), []),
        # 18: wrong procedure performed.
        (stay("J18.9", "Y65.51"), ["wrong_procedure ERROR"]),
        # 14 to 16: age, sex, discharge status.
        (stay("J18.9", discharge_status="", sex=None), ["discharge_status_missing ERROR", "sex_missing ERROR"]),
        (stay("J18.9", discharge_status="08"), ["discharge_status_invalid ERROR"]),
        (stay("J18.9", discharge_status="95"), []),
        (stay("J18.9", age_years=None), ["age_missing ERROR"]),
    ],
)
def test_diagnoses_of_a_stay(checker: ClaimChecker, claim: dict[str, object], want: list[str]) -> None:
    assert said(checker, claim) == want


@pytest.mark.parametrize(
    ("code", "ages"),
    [
        ("P59.9", {0: True, 1: False}),
        ("Z00.129", {0: True, 17: True, 18: False}),
        ("O80", {8: False, 9: True, 64: True, 65: False}),
        ("M81.0", {14: False, 15: True, 124: True}),
    ],
)
def test_ages_go_with_diagnoses_up_to_their_bounds(checker: ClaimChecker, code: str, ages: dict[int, bool]) -> None:
    for age, fits in ages.items():
        kinds = said(checker, stay("J18.9", code, age_years=age))
        assert ("age_conflict ERROR" not in kinds) is fits, age


def test_age_is_taken_on_the_day_of_admission(checker: ClaimChecker) -> None:
    birthday_inside = stay("J18.9", "P59.9", birth_date="2023-08-05", age_years=None)
    assert said(checker, birthday_inside) == []
    assert said(checker, birthday_inside | {"birth_date": "2023-08-01"}) == ["age_conflict ERROR"]


@pytest.mark.parametrize(
    ("day", "sex", "want"),
    [
        ("2024-09-30", "MALE", ["sex_conflict ERROR"]),
        ("2024-10-01", "MALE", []),
        ("2024-09-30", "FEMALE", []),
        ("2024-09-30", None, ["sex_missing ERROR"]),
    ],
)
def test_sex_conflicts_until_cms_ended_them(checker: ClaimChecker, day: str, sex: str | None, want: list[str]) -> None:
    assert said(checker, stay("J18.9", "N85.9", from_date="2024-09-01", through_date=day, sex=sex)) == want


@pytest.mark.parametrize(
    ("claim", "want"),
    [
        (stays("0DTJ4ZZ"), []),
        (stays("00F3XZZ"), ["non_covered_procedure ERROR"]),
        (stays("02YA0Z0"), ["limited_coverage WARNING"]),
        # Sterilisation for contraception only.
        (stays("0U570ZZ"), []),
        (stays("0U570ZZ", diagnoses=("J18.9", "Z30.2")), ["non_covered_procedure ERROR"]),
        # Stem cells with the listed leukaemias.
        (stays("30233AZ"), []),
        (stays("30233AZ", diagnoses=("J18.9", "C91.00")), ["non_covered_procedure ERROR"]),
        # Lumbar disc prosthesis: over 60 years.
        (stays("0SR20JZ", age_years=60), []),
        (stays("0SR20JZ", age_years=61), ["non_covered_procedure ERROR"]),
        # Pancreas: with a kidney, or type 1 diabetes.
        (stays("0FYG0Z0"), ["non_covered_procedure ERROR"]),
        (stays("0FYG0Z0", diagnoses=("J18.9", "E10.22")), ["limited_coverage WARNING"]),
        (stays("0FYG0Z0", "0TY00Z0"), ["limited_coverage WARNING", "limited_coverage WARNING"]),
        # Ventilation of more than 96 hours.
        (stays("5A1955Z", through_date="2024-08-05"), []),
        (stays("5A1955Z", through_date="2024-08-04"), ["inconsistent_with_stay ERROR"]),
        # A delivery has an outcome.
        (stays("10D00Z0"), ["questionable_obstetric_admission WARNING"]),
        (stays("10D00Z0", diagnoses=("J18.9", "Z37.0")), []),
        (
            stays("10D00Z0", diagnoses=("Z37.0",)),
            ["unacceptable_principal ERROR", "questionable_obstetric_admission WARNING"],
        ),
    ],
)
def test_procedures_of_a_stay(checker: ClaimChecker, claim: dict[str, object], want: list[str]) -> None:
    assert said(checker, claim) == want


@pytest.mark.parametrize(
    ("code", "day", "want"),
    [
        ("B00.1", "2024-08-10", ""),
        ("B00.1", "2024-10-01", "deleted_code"),
        ("B00.2", "2024-08-10", "future_code"),
        ("B00.2", "2024-10-01", ""),
        ("E11", "2024-08-10", "not_billable"),
        ("Q99.99", "2024-08-10", "invalid_code"),
        ("!!!", "2024-08-10", "malformed_code"),
        # No release of ICD-10-CM is loaded for these days: the code editor's dates tell.
        ("B00.1", "2023-09-30", ""),
        ("B00.1", "2026-01-01", "invalid_code"),
    ],
)
def test_diagnoses_are_codes_of_their_day(checker: ClaimChecker, code: str, day: str, want: str) -> None:
    found = alerts(checker, stay("J18.9", code, from_date="2023-09-01", through_date=day))
    assert [alert.kind for alert in found] == ([want] if want else [])


@pytest.mark.parametrize(
    ("code", "want"), [("U9001", ""), ("U9301", "deleted_code"), ("U9302", "future_code"), ("U9999", "invalid_code")]
)
def test_services_are_codes_of_their_day(checker: ClaimChecker, code: str, want: str) -> None:
    assert [alert.kind for alert in alerts(checker, visit(code))] == ([want] if want else [])


def test_a_manifestation_is_known_by_the_tabular_list_where_no_code_editor_is_loaded(tmp_path: Path) -> None:
    make_store(tmp_path)
    for path in (tmp_path / "edits").iterdir():
        path.unlink()
    assert said(open_checker(tmp_path), stay("F02.80", "J18.9")) == ["manifestation_as_principal ERROR"]
