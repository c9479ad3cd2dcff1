"""Excludes1 (Guidelines I.A.12.a), by hand from notes of the tabular list, April 2026."""

import pytest
from drafts import draft, drafts, facts

from codesets.snapshot import Snapshot
from codesets.types import NoteKind
from engine.rules.excludes1 import RULE
from engine.rules.note_references import Condition, Reference, references
from engine.types import Severity


def kept(snapshot: Snapshot, *codes: str) -> list[str]:
    """Apply the rule to codes of falling confidence."""
    return [suggestion.code for suggestion in RULE.apply(drafts(snapshot, *codes), facts(snapshot)).suggestions]


@pytest.mark.parametrize(
    ("pair", "stays"),
    [
        # At the code: N20 sends stones with hydronephrosis to N13.2, so N13.2 stays although it is less sure.
        (("N20.0", "N13.2"), ["N13.2"]),
        (("N13.2", "N20.0"), ["N13.2"]),
        # At the category: E11 excludes type 1 diabetes, and E10 excludes type 2: the surer one stays.
        (("E11.9", "E10.9"), ["E11.9"]),
        (("E10.9", "E11.9"), ["E10.9"]),
        # At the category: R10 excludes renal colic (N23); the diagnosis stays however sure the symptom is.
        (("R10.9", "N23"), ["N23"]),
        (("R56.9", "G40.909"), ["G40.909"]),
        # At the code: a history of stroke excludes its sequelae; the diagnosis stays before the status.
        (("Z86.73", "I69.90"), ["I69.90"]),
        # At the chapter, both ways: a complication of pregnancy and the supervision of a normal one (I.C.15.b.1).
        (("Z34.90", "O24.419"), ["O24.419"]),
        # At the block I10-I1A: primary pulmonary hypertension (I27.0). A block points nowhere: the surer one stays.
        (("I10", "I27.0"), ["I10"]),
        (("I27.0", "I10"), ["I27.0"]),
        (("K50.90", "K58.9"), ["K50.90"]),
        # At chapter 4: disorders specific to newborn (P70-P74).
        (("E16.2", "P70.4"), ["E16.2"]),
        (("P70.4", "E16.2"), ["P70.4"]),
        # Nothing is said of these two, and an Excludes2 note (I50 has one with P29.0) excludes nothing.
        (("E11.9", "I10"), ["E11.9", "I10"]),
        (("J44.9", "J47.9"), ["J44.9", "J47.9"]),
        (("I50.9", "P29.0"), ["I50.9", "P29.0"]),
    ],
)
def test_one_of_a_pair_stays(snapshot: Snapshot, pair: tuple[str, str], stays: list[str]) -> None:
    assert kept(snapshot, *pair) == stays


@pytest.mark.parametrize(
    ("pair", "owner"),
    [
        (("Z86.73", "I69.90"), "Z86.73"),
        (("N20.0", "N13.2"), "N20"),
        (("I10", "I27.0"), "I10-I1A"),
        (("E16.2", "P70.4"), "4"),
    ],
)
def test_the_alert_names_where_the_note_stands(snapshot: Snapshot, pair: tuple[str, str], owner: str) -> None:
    (alert,) = RULE.apply(drafts(snapshot, *pair), facts(snapshot)).alerts
    assert f"(Excludes1 at {owner})" in alert.message


def test_order_is_that_of_the_claim_and_not_of_confidence(snapshot: Snapshot) -> None:
    given = [draft(snapshot, "I10", 0.3), draft(snapshot, "R56.9", 0.9, 1), draft(snapshot, "G40.909", 0.6, 2)]
    assert [s.code for s in RULE.apply(given, facts(snapshot)).suggestions] == ["I10", "G40.909"]


def test_what_goes_is_reported_with_its_evidence_and_what_stays_says_why(snapshot: Snapshot) -> None:
    outcome = RULE.apply(drafts(snapshot, "E11.9", "E10.9"), facts(snapshot))
    (alert,) = outcome.alerts
    assert (alert.kind, alert.severity, alert.codes) == ("excludes1", Severity.WARNING, ["E10.9", "E11.9"])
    assert [(evidence.begin, evidence.end) for evidence in alert.evidence] == [(1, 2)]
    assert "unrelated" in alert.message
    assert "E10.9" in outcome.suggestions[0].reasons[-1].detail


def test_a_symptom_beside_its_cause_needs_nobody(snapshot: Snapshot) -> None:
    (alert,) = RULE.apply(drafts(snapshot, "R56.9", "G40.909"), facts(snapshot)).alerts
    assert alert.severity is Severity.INFO


def test_a_code_that_excludes_two_others_takes_both_off(snapshot: Snapshot) -> None:
    outcome = RULE.apply(drafts(snapshot, "R56.9", "R56.00", "G40.909"), facts(snapshot))
    assert [s.code for s in outcome.suggestions] == ["G40.909"]
    assert len(outcome.alerts) == 2


def test_nothing_to_exclude_changes_nothing(snapshot: Snapshot) -> None:
    outcome = RULE.apply(drafts(snapshot, "I10", "E11.9", "M54.50"), facts(snapshot))
    assert [s.code for s in outcome.suggestions] == ["I10", "E11.9", "M54.50"]
    assert outcome.alerts == []


def test_no_suggestions_give_none(snapshot: Snapshot) -> None:
    assert RULE.apply([], facts(snapshot)).suggestions == []


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ("typhoid (A01.0-)", [Reference("A01.0", "A01.0")]),
        ("cholera (A00)", [Reference("A00", "A00")]),
        ("neoplasms (C00-D49)", [Reference("C00", "D49")]),
        ("this and that (A01, B02.1)", [Reference("A01", "A01"), Reference("B02.1", "B02.1")]),
        ("one (A01) and other (C7A.-)", [Reference("A01", "A01"), Reference("C7A", "C7A")]),
        ("code to condition", []),
        ("diabetes (E08-E13 with .51-.52)", [Reference("E08", "E13", Condition(3, 5, "51", "52"))]),
        ("diabetes (E08-E13 with .62-)", [Reference("E08", "E13", Condition(3, 5, "62", "62"))]),
        ("hemiplegia (I69. with final characters -23)", [Reference("I69", "I69", Condition(-2, None, "23", "23"))]),
        ("open (S02.- with 7th character B)", [Reference("S02", "S02", Condition(6, 7, "B", "B"))]),
        ("sleep (F11-F19 with fifth to sixth characters 51)", [Reference("F11", "F19", Condition(4, 6, "51", "51"))]),
        ("open (S52.- with open fracture 7th character)", []),
    ],
)
def test_the_codes_of_a_note_are_read(note: str, found: list[Reference]) -> None:
    assert references(note) == found


@pytest.mark.parametrize(
    ("reference", "code", "covered"),
    [
        (Reference("K50", "K50"), "K50.911", True),
        (Reference("K50", "K50"), "K51.0", False),
        (Reference("C00", "C14"), "C00.0", True),
        (Reference("C00", "C14"), "C14.8", True),
        (Reference("C00", "C14"), "C15.9", False),
        (Reference("E08", "E13", Condition(3, 5, "51", "52")), "E11.51", True),
        (Reference("E08", "E13", Condition(3, 5, "51", "52")), "E11.59", False),
        (Reference("E08", "E13", Condition(3, 5, "51", "52")), "E11.9", False),
        (Reference("I69", "I69", Condition(-2, None, "23", "23")), "I69.323", True),
        (Reference("I69", "I69", Condition(-2, None, "23", "23")), "I69.320", False),
        (Reference("S02", "S02", Condition(6, 7, "B", "B")), "S02.0XXB", True),
        (Reference("S02", "S02", Condition(6, 7, "B", "B")), "S02.0XXA", False),
    ],
)
def test_a_reference_covers_the_codes_it_names(reference: Reference, code: str, covered: bool) -> None:
    assert reference.covers(code) is covered


def test_every_condition_of_the_tabular_list_is_read_or_known_to_be_left_out(snapshot: Snapshot) -> None:
    unread = set()
    for code in snapshot.codes():
        for note in snapshot.notes(code, NoteKind.EXCLUDES1):
            if "(" in note and " with " in note.partition("(")[2] and not references(note):
                unread.add(note.partition("(")[2].partition(" with ")[2].rstrip(")"))
    assert unread <= {"C3 glomerulopathy", "open fracture 7th character"}
