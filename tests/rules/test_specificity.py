"""Seventh character, unspecified beside specific, symptoms integral to a diagnosis (Guidelines I.A.5, I.B), by hand."""

import tomllib
from pathlib import Path

import pytest
from drafts import draft, drafts, facts

import engine.rules.integral_symptoms as integral
from codesets.snapshot import Snapshot
from engine.rules import seventh_character, unspecified
from engine.types import Severity


def vague_gone(snapshot: Snapshot, *codes: str) -> list[str]:
    """Apply the rule on unspecified codes."""
    return [s.code for s in unspecified.RULE.apply(drafts(snapshot, *codes), facts(snapshot)).suggestions]


@pytest.mark.parametrize(
    ("vague", "specific"),
    [
        ("I50.9", "I50.22"),
        ("I63.9", "I63.411"),
        ("N18.9", "N18.4"),
        ("N18.9", "N18.30"),
        ("E11.9", "E11.65"),
        ("J44.9", "J44.1"),
        ("J45.909", "J45.40"),
        ("K21.9", "K21.00"),
        ("K80.20", "K80.00"),
        ("K57.30", "K57.31"),
        ("K57.30", "K57.20"),
        ("N40.0", "N40.1"),
        ("F32.A", "F32.1"),
        ("F32.9", "F32.1"),
        ("D64.9", "D64.81"),
        ("R10.9", "R10.11"),
        ("R11.10", "R11.2"),
        ("R06.00", "R06.02"),
        ("M25.50", "M25.561"),
        ("M10.9", "M10.071"),
        ("M54.50", "M54.51"),
        ("C50.919", "C50.411"),
        ("C79.9", "C79.51"),
        ("L03.90", "L03.115"),
        ("S52.509A", "S52.501A"),
        ("S72.90XA", "S72.001A"),
        ("T14.8XXA", "S83.521A"),
        ("T07.XXXA", "S72.001A"),
        ("W19.XXXA", "W10.9XXA"),
        ("R52", "M25.561"),
        ("B99.9", "N39.0"),
        ("C80.1", "C34.90"),
        ("D84.9", "D80.2"),
        ("I51.9", "I50.22"),
        ("M19.90", "M17.11"),
        ("M19.90", "M20.21"),
        ("M19.90", "M47.816"),
        ("H54.7", "H53.47"),
        ("N28.9", "N18.31"),
        ("O14.90", "O14.93"),
    ],
)
def test_the_code_that_says_less_goes(snapshot: Snapshot, vague: str, specific: str) -> None:
    assert vague_gone(snapshot, vague, specific) == [specific]
    assert vague_gone(snapshot, specific, vague) == [specific]


@pytest.mark.parametrize(
    "codes",
    [
        ("I50.9",),
        ("I50.9", "I48.91"),
        # Different things of one category, however vague one is.
        ("I48.91", "I48.3"),
        ("R11.2", "R11.0"),
        ("M54.9", "M54.2"),
        ("E11.40", "E11.22"),
        ("E78.5", "E78.1"),
        ("I51.9", "I51.7"),
        ("N39.0", "N39.3"),
        # Catalogues: one external cause or status says nothing of another.
        ("Z79.899", "Z79.4"),
        ("Z88.9", "Z88.0"),
        ("Y92.9", "Y92.009"),
        ("W19.XXXA", "W20.8XXA"),
        ("T14.8XXA", "M54.50"),
        # Gout and osteoarthritis stand side by side, and a cancer known by its metastasis alone is of an unknown site.
        ("M19.90", "M10.9"),
        ("M19.90", "M20.11"),
        ("H54.7", "H40.9"),
        ("C80.1", "C79.51"),
    ],
)
def test_different_things_stay_side_by_side(snapshot: Snapshot, codes: tuple[str, ...]) -> None:
    assert vague_gone(snapshot, *codes) == list(codes)


def test_an_unspecified_code_that_goes_is_reported_and_the_other_says_why(snapshot: Snapshot) -> None:
    outcome = unspecified.RULE.apply(drafts(snapshot, "I50.22", "I50.9"), facts(snapshot))
    assert [(alert.kind, alert.codes) for alert in outcome.alerts] == [
        ("unspecified_beside_specific", ["I50.9", "I50.22"])
    ]
    assert outcome.suggestions[0].reasons[-1].rule == "unspecified_beside_specific"


def test_the_same_code_twice_does_not_take_itself_off(snapshot: Snapshot) -> None:
    assert vague_gone(snapshot, "I50.9", "I50.9") == ["I50.9", "I50.9"]


def test_a_code_that_lacks_characters_is_taken_off_and_asked_for(snapshot: Snapshot) -> None:
    outcome = seventh_character.RULE.apply(drafts(snapshot, "S52.501", "E11", "I10"), facts(snapshot))
    assert [s.code for s in outcome.suggestions] == ["I10"]
    assert [(alert.kind, alert.severity, alert.codes) for alert in outcome.alerts] == [
        ("missing_specificity", Severity.WARNING, ["S52.501"]),
        ("missing_specificity", Severity.WARNING, ["E11"]),
    ]


def test_a_seventh_character_is_explained(snapshot: Snapshot) -> None:
    (suggestion,) = seventh_character.RULE.apply(drafts(snapshot, "S52.501K"), facts(snapshot)).suggestions
    assert "nonunion" in suggestion.reasons[-1].detail
    (short,) = seventh_character.RULE.apply(drafts(snapshot, "I10"), facts(snapshot)).suggestions
    assert short.reasons == []


def test_codes_of_other_systems_are_not_judged(snapshot: Snapshot) -> None:
    procedure = draft(snapshot, "0DTJ4ZZ")
    procedure.system = "icd10pcs"
    assert seventh_character.RULE.apply([procedure], facts(snapshot)).suggestions == [procedure]


def after_integral(snapshot: Snapshot, *codes: str) -> list[str]:
    """Apply the rule on integral symptoms."""
    return [s.code for s in integral.RULE.apply(drafts(snapshot, *codes), facts(snapshot)).suggestions]


@pytest.mark.parametrize(
    ("disease", "symptom"),
    [
        ("J18.9", "R05.9"),
        ("J18.9", "R50.9"),
        ("J45.909", "R06.2"),
        ("I50.9", "R06.02"),
        ("I21.4", "R07.9"),
        ("K35.80", "R10.31"),
        ("N39.0", "R30.0"),
        ("M17.11", "M25.561"),
        ("G43.909", "R51.9"),
        ("A09", "R19.7"),
    ],
)
def test_a_symptom_that_the_disease_has_by_nature_goes(snapshot: Snapshot, disease: str, symptom: str) -> None:
    assert after_integral(snapshot, symptom, disease) == [disease]


@pytest.mark.parametrize(
    "codes",
    [
        ("R05.9",),
        ("J18.9", "R55"),
        ("I50.9", "R31.9"),
        ("M17.11", "M25.511"),
        # A past disease explains nothing.
        ("Z87.01", "R05.9"),
    ],
)
def test_a_symptom_that_is_not_part_of_the_disease_stays(snapshot: Snapshot, codes: tuple[str, ...]) -> None:
    assert after_integral(snapshot, *codes) == list(codes)


def test_what_is_integral_is_reported_and_the_disease_says_why(snapshot: Snapshot) -> None:
    outcome = integral.RULE.apply(drafts(snapshot, "R05.9", "J18.9"), facts(snapshot))
    assert [alert.codes for alert in outcome.alerts] == [["R05.9", "J18.9"]]
    assert outcome.suggestions[0].reasons[-1].detail == "accounts for R05.9"


def test_every_code_of_the_table_is_in_the_release(snapshot: Snapshot) -> None:
    path = Path(integral.__file__).with_name("integral_symptoms.toml")
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["disease"]:
        for code in row["codes"] + row["symptoms"]:
            assert code in snapshot, code
        assert not any(symptom.startswith(tuple(row["codes"])) for symptom in row["symptoms"])
