"""The order of a claim, worked by hand from the chapters of the guidelines and the notes of the tabular list."""

import pytest
from drafts import chart_in, drafts, facts

from codesets.snapshot import Snapshot
from engine.rules.order_table import orders
from engine.rules.sequence import RULE, Constraint, solve
from engine.types import Setting


def ordered(snapshot: Snapshot, codes: list[str], setting: Setting = Setting.INPATIENT) -> list[str]:
    """Apply the rule to codes in the provider's order."""
    outcome = RULE.apply(drafts(snapshot, *codes), facts(snapshot, chart=chart_in(setting)))
    assert outcome.alerts == []
    return [suggestion.code for suggestion in outcome.suggestions]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # Etiology and manifestation (I.A.13): notes at F02, L97, D63.1.
        (["F02.80", "G30.9"], ["G30.9", "F02.80"]),
        (["L97.512", "E11.621"], ["E11.621", "L97.512"]),
        (["D63.1", "N18.4"], ["N18.4", "D63.1"]),
        (["D63.0", "C18.2"], ["C18.2", "D63.0"]),
        # Use additional (I.A.17): notes at I11.0, I12, E66, J44, I60-I69.
        (["I50.22", "I11.0"], ["I11.0", "I50.22"]),
        (["N18.6", "I12.0"], ["I12.0", "N18.6"]),
        (["Z68.41", "E66.813"], ["E66.813", "Z68.41"]),
        (["F17.210", "J44.1"], ["J44.1", "F17.210"]),
        (["I10", "I63.9"], ["I63.9", "I10"]),
        # A withdrawal is treated for itself, and not "to identify dependence" (note at K70).
        (["F10.230", "K70.30"], ["F10.230", "K70.30"]),
        (["F10.20", "K70.30"], ["K70.30", "F10.20"]),
        # The organism right behind its infection (I.B.7).
        (["N39.0", "I10", "B96.20"], ["N39.0", "B96.20", "I10"]),
        (["I85.11", "K70.30"], ["K70.30", "I85.11"]),
        # Sepsis (I.C.1.d.4, d.1.b).
        (["J18.9", "R65.21", "A41.9"], ["A41.9", "J18.9", "R65.21"]),
        (["N17.9", "R65.20", "A41.9"], ["A41.9", "R65.20", "N17.9"]),
        (["A41.9", "T81.44XA", "T81.41XA"], ["T81.41XA", "T81.44XA", "A41.9"]),
        # COVID-19 (I.C.1.g.1), HIV (I.C.1.a.2.a).
        (["J12.82", "J96.01", "U07.1"], ["U07.1", "J12.82", "J96.01"]),
        (["B59", "B20"], ["B20", "B59"]),
        # Neoplasms (I.C.2.e.2).
        (["C50.411", "Z51.11"], ["Z51.11", "C50.411"]),
        # Poisoning, adverse effect, underdosing (I.C.19.e.5).
        (["R11.2", "T39.1X2A"], ["T39.1X2A", "R11.2"]),
        (["T36.0X5A", "L27.0"], ["L27.0", "T36.0X5A"]),
        (["T42.0X6A", "G40.909", "Z91.138"], ["G40.909", "T42.0X6A", "Z91.138"]),
        # Residual, then sequela (I.B.10); burns by degree (I.C.19.d.1).
        (["T22.311S", "L91.0"], ["L91.0", "T22.311S"]),
        (["T23.201A", "T24.301A"], ["T24.301A", "T23.201A"]),
        # Stroke and what it leaves; acute before chronic (I.B.8).
        (["R47.01", "I63.9"], ["I63.9", "R47.01"]),
        (["J32.0", "J01.00"], ["J01.00", "J32.0"]),
        (["N18.30", "N17.9"], ["N17.9", "N18.30"]),
        # Pregnancy (I.C.15.a.1), outcome of delivery; newborn (I.C.16.a.2).
        (["D50.9", "Z3A.32", "O99.013"], ["O99.013", "D50.9", "Z3A.32"]),
        (["Z37.0", "Z3A.39", "O80"], ["O80", "Z3A.39", "Z37.0"]),
        (["P22.1", "Z38.00"], ["Z38.00", "P22.1"]),
        # Status behind diagnoses, external causes last (I.C.20.a.6).
        (["S52.501A", "W19.XXXA", "I10", "Z79.4"], ["S52.501A", "I10", "Z79.4", "W19.XXXA"]),
        (["Z79.4", "E11.9"], ["E11.9", "Z79.4"]),
        # Nothing to order: the provider's order stays (II.C).
        (["K25.4", "D62", "I10"], ["K25.4", "D62", "I10"]),
        (["Z94.0", "I10"], ["Z94.0", "I10"]),
        (["I10"], ["I10"]),
        ([], []),
    ],
)
def test_codes_stand_in_the_order_of_the_guidelines(snapshot: Snapshot, given: list[str], expected: list[str]) -> None:
    assert ordered(snapshot, given) == expected
    assert ordered(snapshot, expected) == expected


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (Setting.OUTPATIENT, ["Z12.11", "D12.2"]),  # I.C.21.c.5
        (Setting.INPATIENT, ["D12.2", "Z12.11"]),
    ],
)
def test_a_screening_leads_a_visit_and_no_stay(snapshot: Snapshot, setting: Setting, expected: list[str]) -> None:
    assert ordered(snapshot, ["D12.2", "Z12.11"], setting) == expected


def test_what_was_moved_says_before_what_and_why(snapshot: Snapshot) -> None:
    outcome = RULE.apply(drafts(snapshot, "D63.1", "N18.4"), facts(snapshot))
    assert outcome.suggestions[0].reasons[-1].detail == "goes before D63.1: code first note at D63.1"
    assert outcome.suggestions[1].reasons == []


@pytest.mark.parametrize(
    ("constraints", "tiers", "expected"),
    [
        ([], [0, 0, 0], [0, 1, 2]),
        ([(2, 0, 1)], [0, 0, 0], [2, 0, 1]),
        ([(2, 0, 1), (1, 2, 1)], [0, 0, 0], [1, 2, 0]),
        # Of a circle the heavier holds.
        ([(0, 1, 1), (1, 0, 2)], [0, 0], [1, 0]),
        ([(0, 1, 2), (1, 0, 1)], [0, 0], [0, 1]),
        ([], [2, 0, 1], [1, 2, 0]),
    ],
)
def test_constraints_are_kept_and_nothing_else_moves(
    constraints: list[tuple[int, int, int]], tiers: list[int], expected: list[int]
) -> None:
    made = [Constraint(before, after, weight, "none", "none") for before, after, weight in constraints]
    assert solve(len(tiers), made, tiers) == expected


def test_every_code_of_the_table_is_one_of_the_release(snapshot: Snapshot) -> None:
    for order in orders():
        assert "Guidelines" in order.source
        for prefix in (*order.first, *order.later):
            stem = prefix.partition("$")[0]
            assert stem == "*" or len(stem) < 3 or stem in snapshot, prefix
