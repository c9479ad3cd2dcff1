"""Combination codes and both sides, worked by hand from the guidelines and the tabular list."""

import pytest
from drafts import draft, drafts, facts, marked

from codesets.snapshot import Snapshot
from engine.rules import bilateral, combination
from engine.types import Chart, Document, Evidence


def combined(snapshot: Snapshot, *codes: str) -> list[str]:
    """Apply the rule on combination codes."""
    return [s.code for s in combination.RULE.apply(drafts(snapshot, *codes), facts(snapshot)).suggestions]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        # I.C.9.a.1-3.
        (["I10", "I50.9"], ["I11.0", "I50.9"]),
        (["I50.22", "I10"], ["I11.0", "I50.22"]),
        (["I10", "N18.30"], ["I12.9", "N18.30"]),
        (["I10", "N18.6"], ["I12.0", "N18.6"]),
        (["I10", "I50.9", "N18.4"], ["I13.0", "I50.9", "N18.4"]),
        (["I10", "I50.9", "N18.6"], ["I13.2", "I50.9", "N18.6"]),
        # Index: Diabetes, type 2, with; E11.42 says the polyneuropathy itself.
        (["E11.9", "N18.30"], ["E11.22", "N18.30"]),
        (["E11.9", "G62.9"], ["E11.42"]),
        (["E11.9", "L97.419"], ["E11.621", "L97.419"]),
        (["I10", "E11.9", "N18.30"], ["I12.9", "E11.22", "N18.30"]),
        # What is already combined takes the other in.
        (["I11.0", "I10", "I50.9"], ["I11.0", "I50.9"]),
        # Nothing to combine.
        (["I10", "E11.9"], ["I10", "E11.9"]),
        (["I15.0", "I50.9"], ["I15.0", "I50.9"]),
        # As many codes of diabetes as its complications need (I.C.4.a).
        (["E11.65", "L97.419"], ["E11.65", "E11.621", "L97.419"]),
        (["E11.22", "N18.30"], ["E11.22", "N18.30"]),
        (["E13.9", "N18.4"], ["E13.22", "N18.4"]),
        # Heart conditions of I51.4-I51.7, I51.89, I51.9 (I.C.9.a.1), and with kidney disease (I.C.9.a.3).
        (["I10", "I51.7"], ["I11.9"]),
        (["I10", "I51.9", "N18.30"], ["I13.10", "N18.30"]),
        (["I12.9", "N18.30", "I50.9"], ["I13.0", "N18.30", "I50.9"]),
        (["I12.9", "N18.6"], ["I12.0", "N18.6"]),
        (["I10", "I51.81"], ["I10", "I51.81"]),
        # Coronary disease with angina (I.C.9.b).
        (["I25.10", "I20.0"], ["I25.110"]),
        (["I20.9", "I25.10"], ["I25.119"]),
        (["I25.10", "R07.9"], ["I25.10", "R07.9"]),
        # Index: Anemia, in, chronic kidney disease, neoplastic disease; iron deficiency is another anemia.
        (["N18.4", "D64.9"], ["N18.4", "D63.1"]),
        (["C18.2", "D64.9"], ["C18.2", "D63.0"]),
        (["C18.2", "D50.9"], ["C18.2", "D50.9"]),
        # Bleeding with what bleeds (Index: Ulcer, stomach, with hemorrhage; Diverticulosis, with bleeding).
        (["K25.7", "K92.2"], ["K25.4"]),
        (["K57.30", "K62.5"], ["K57.31"]),
        (["K57.30", "R10.9"], ["K57.30", "R10.9"]),
        # Acute on chronic of one code (I.B.8).
        (["J96.11", "J96.01"], ["J96.21"]),
        (["J44.9", "J18.9"], ["J44.0", "J18.9"]),
        (["J44.1", "J18.9"], ["J44.1", "J44.0", "J18.9"]),
        (["J44.1", "R05.9"], ["J44.1", "R05.9"]),
        (["K70.30", "I85.01"], ["K70.30", "I85.11"]),
        (["I85.01"], ["I85.01"]),
        (["U07.1", "J18.9"], ["U07.1", "J12.82"]),
        (["N20.1", "N13.30"], ["N13.2"]),
        ([], []),
    ],
)
def test_conditions_presumed_related_are_one_code(snapshot: Snapshot, codes: list[str], expected: list[str]) -> None:
    assert combined(snapshot, *codes) == expected


def test_a_combination_is_explained_and_keeps_the_evidence_of_both(snapshot: Snapshot) -> None:
    outcome = combination.RULE.apply(drafts(snapshot, "I10", "I50.9"), facts(snapshot))
    made = outcome.suggestions[0]
    assert (made.display, [evidence.begin for evidence in made.evidence]) == (snapshot.title("I11.0"), [0, 1])
    assert made.reasons[-1].detail == "I10 with I50.9"
    assert [alert.codes for alert in outcome.alerts] == [["I10", "I11.0"]]


def test_every_code_of_the_table_is_one_of_the_release(snapshot: Snapshot) -> None:
    for pair in combination.pairs():
        assert snapshot.is_billable(pair.becomes)
        assert all(len(prefix) == 1 or prefix in snapshot for prefix in (*pair.first, *pair.other, *pair.also))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[I10|Hypertension], [N18.30|CKD stage 3].", ["I12.9", "N18.30"]),
        ("[I10|Hypertension]. [N18.30|CKD stage 3], not due to hypertension.", ["I10", "N18.30"]),
        ("[I10|Hypertension]. Non-hypertensive [N18.30|CKD stage 3].", ["I10", "N18.30"]),
        ("[E11.9|Diabetes]. [L97.519|Foot ulcer], unrelated to diabetes.", ["E11.9", "L97.519"]),
    ],
)
def test_what_the_provider_calls_unrelated_is_not_combined(snapshot: Snapshot, text: str, expected: list[str]) -> None:
    outcome = combination.RULE.apply(*marked(snapshot, text))
    assert [s.code for s in outcome.suggestions] == expected
    assert any("not related" in alert.message for alert in outcome.alerts) is ("I12.9" not in expected)


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("M77.00", "Bilateral [medial epicondylitis].", ["M77.01", "M77.02"]),
        ("M22.2X9", "[Patellofemoral pain syndrome], bilateral.", ["M22.2X1", "M22.2X2"]),
        ("S63.509A", "[Sprains of both wrists].", ["S63.501A", "S63.502A"]),
        # One side, another clause, a category with a bilateral code, a code without sides.
        ("M77.00", "[Medial epicondylitis].", ["M77.00"]),
        ("M77.00", "Bilateral edema. [Medial epicondylitis].", ["M77.00"]),
        ("H40.10X0", "Both eyes: [open-angle glaucoma].", ["H40.10X0"]),
        ("M17.9", "Bilateral [knee osteoarthritis].", ["M17.9"]),
    ],
)
def test_both_sides_get_a_code_each(snapshot: Snapshot, code: str, text: str, expected: list[str]) -> None:
    begin, end = text.index("["), text.index("]") - 1
    chart = Chart("made", (Document(text.replace("[", "").replace("]", "")),))
    suggestion = draft(snapshot, code)
    suggestion.evidence = [Evidence(0, begin, end)]
    outcome = bilateral.RULE.apply([suggestion], facts(snapshot, chart=chart))
    assert [s.code for s in outcome.suggestions] == expected
    assert bool(outcome.alerts) is (len(expected) > 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[K25.7|Gastric ulcer] with [R58|hemorrhage].", ["K25.4"]),
        ("[K25.7|Gastric ulcer]." + " Nothing else was found." * 4 + " [R58|Hemorrhage].", ["K25.7", "R58"]),
    ],
)
def test_bleeding_of_no_place_is_the_lesions_if_said_with_it(
    snapshot: Snapshot, text: str, expected: list[str]
) -> None:
    outcome = combination.RULE.apply(*marked(snapshot, text))
    assert [s.code for s in outcome.suggestions] == expected
