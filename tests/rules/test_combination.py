"""Combination codes and both sides, worked by hand from the guidelines and the tabular list."""

import pytest
from drafts import draft, drafts, facts

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
        (["E11.65", "L97.419"], ["E11.65", "L97.419"]),
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
        assert all(prefix in snapshot for prefix in (*pair.first, *pair.other, *pair.also))


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
