"""The SNOMED CT map: RF2 columns, groups and priorities, and rules by age and sex."""

import pytest

from codesets.crosswalk import MapRow, Relationship
from codesets.errors import SourceError
from codesets.map_rules import PatientFacts, choose_rows, is_rule
from codesets.snomed_map import ICD10_REFSET, ICD10CM_REFSET, looks_like, read_extended_map
from codesets.types import System

NAME = "der2_iisssccRefset_ExtendedMapSnapshot_US1000124_20260301.txt"
HEAD = (
    "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tmapGroup\tmapPriority\t"
    "mapRule\tmapAdvice\tmapTarget\tcorrelationId\tmapCategoryId\n"
)
CHILD = "IFA 445518008 | Age at onset of clinical finding (observable entity) | < 18.0 years"
FEMALE = "IFA 248152002 | Female (finding) |"
OTHER = "IFA 77386006 | Pregnancy (finding) |"


def line(
    member: str = "m1", group: str = "1", priority: str = "1", *, rule: str = "TRUE", target: str = "E11.9",
    day: str = "20260301", active: str = "1", refset: str = ICD10CM_REFSET, concept: str = "44054006",
    category: str = "447637006",
) -> str:  # fmt: skip
    cells = (member, day, active, "900000000000207008", refset, concept, group, priority, rule, f"ALWAYS {target}",
             target, "447561005", category)  # fmt: skip
    return "\t".join(cells) + "\n"


def test_rows_are_read_by_group_and_priority() -> None:
    text = (
        HEAD
        + line("m3", "2", target="I10")
        + line("m2", "1", "2", rule="OTHERWISE TRUE")
        + line("m1", rule=CHILD, target="E10.9")
    )
    assert looks_like(text)
    read = read_extended_map(text, name=NAME)
    assert (read.source_system, read.target_system, read.version) == (System.SNOMEDCT, System.ICD10CM, "20260301")
    assert [(row.group, row.order, row.target, row.rule) for row in read.rows["44054006"]] == [
        (1, 1, "E10.9", CHILD),
        (1, 2, "E11.9", "OTHERWISE TRUE"),
        (2, 1, "I10", "TRUE"),
    ]


def test_the_map_to_icd10_is_told_apart() -> None:
    assert read_extended_map(HEAD + line(refset=ICD10_REFSET), name=NAME).target_system is System.ICD10


def test_of_a_full_file_the_last_state_counts_and_inactive_rows_are_left_out() -> None:
    text = (
        HEAD
        + line(day="20240301", target="E11.8")
        + line(day="20260301")
        + line("m9", "2", target="I10", day="20240301")
        + line("m9", "2", target="I10", day="20250301", active="0")
    )
    (row,) = read_extended_map(text, name=NAME).rows["44054006"]
    assert row.target == "E11.9"


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ({"target": ""}, ""),
        ({"category": "447638001"}, ""),
        ({"target": "S72.00?"}, "S72.00"),
        ({"target": "E119"}, "E11.9"),
    ],
)
def test_targets_are_written_as_published(given: dict[str, str], target: str) -> None:
    (row,) = read_extended_map(HEAD + line(**given), name=NAME).rows["44054006"]  # type: ignore[arg-type]
    assert row.target == target


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD, "refsetId: got no active row"),
        (HEAD + line()[:-30] + "\n", "line 2"),
        (HEAD + line().replace("20260301", "2026-03-01"), "effectiveTime"),
        (HEAD + line(group="x"), "mapGroup: got 'x'"),
        (HEAD + line(concept="abc"), "referencedComponentId"),
        (HEAD + line(rule="WHEN IT SUITS"), "mapRule"),
        (HEAD + line(target="HTN??"), "mapTarget: got 'HTN"),
        (HEAD + line() + line("m2"), "two rows of one group and priority"),
        (HEAD + line() + line(), "member m1: got it twice"),
        (HEAD + line() + line("m2", "2", refset=ICD10_REFSET), "refsetId: got"),
        (HEAD + line(refset="5"), "refsetId: got 5"),
        (HEAD + line() + "m2\t20260301\t1\n", "line 3: got 3 cells"),
    ],
)
def test_a_wrong_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_extended_map(text, name=NAME)


def rows(*rules: str) -> list[MapRow]:
    return [MapRow(f"A{n:02}", Relationship.RELATED_TO, 1, n, rule=rule) for n, rule in enumerate(rules)]


@pytest.mark.parametrize(
    ("rules", "facts", "chosen"),
    [
        ((CHILD, "OTHERWISE TRUE"), PatientFacts(age_years=17.9), ["A00"]),
        ((CHILD, "OTHERWISE TRUE"), PatientFacts(age_years=18.0), ["A01"]),
        ((CHILD, "OTHERWISE TRUE"), PatientFacts(), ["A00", "A01"]),
        ((FEMALE, "OTHERWISE TRUE"), PatientFacts(sex="female"), ["A00"]),
        ((FEMALE, "OTHERWISE TRUE"), PatientFacts(sex="male"), ["A01"]),
        ((FEMALE, "OTHERWISE TRUE"), PatientFacts(), ["A00", "A01"]),
        ((f"{CHILD} AND {FEMALE}", "OTHERWISE TRUE"), PatientFacts(7, "male"), ["A01"]),
        ((f"{CHILD} AND {FEMALE}", "OTHERWISE TRUE"), PatientFacts(7), ["A00", "A01"]),
        ((f"{CHILD} AND {FEMALE}", "OTHERWISE TRUE"), PatientFacts(7, "female"), ["A00"]),
        # Another finding: held if told of, and never taken for absent.
        ((OTHER, "OTHERWISE TRUE"), PatientFacts(concepts=frozenset(("77386006",))), ["A00"]),
        ((OTHER, "OTHERWISE TRUE"), PatientFacts(), ["A00", "A01"]),
        # Days: 28 days are 0.0767 years.
        (("IFA 424144002 | Current chronological age (observable entity) | < 28.0 days", "OTHERWISE TRUE"),
         PatientFacts(0.07), ["A00"]),
        (("IFA 424144002 | Current chronological age (observable entity) | < 28.0 days", "OTHERWISE TRUE"),
         PatientFacts(0.08), ["A01"]),
        (("TRUE",), PatientFacts(), ["A00"]),
        ((CHILD,), PatientFacts(40), []),
    ],
)  # fmt: skip
def test_the_first_rule_that_holds_is_the_target(
    rules: tuple[str, ...], facts: PatientFacts, chosen: list[str]
) -> None:
    assert [row.target for row in choose_rows(rows(*rules), facts)] == chosen


@pytest.mark.parametrize(
    ("rule", "is_one"),
    [("TRUE", True), ("OTHERWISE TRUE", True), (CHILD, True), (f"{CHILD} AND {FEMALE}", True), ("IFA x", False),
     ("perhaps", False), (f"{CHILD} OR {FEMALE}", False)],
)  # fmt: skip
def test_what_is_a_rule(rule: str, is_one: bool) -> None:
    assert is_rule(rule) is is_one
