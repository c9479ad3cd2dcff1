"""The billable code that a category stands for when nothing more is said, on a few categories of the tabular list."""

from datetime import date
from pathlib import Path

import pytest

from codesets.defaults import NO_DEFAULT, default_code
from codesets.snapshot import Snapshot, write_snapshot
from codesets.types import Node, ReleaseSource, System

NODES = (
    Node("E08-E13", "Diabetes mellitus", "", False),
    Node("E11", "Type 2 diabetes mellitus", "E08-E13", False),
    Node("E11.8", "Type 2 diabetes mellitus with unspecified complications", "E11", True),
    Node("E11.9", "Type 2 diabetes mellitus without complications", "E11", True),
    Node("I10", "Essential (primary) hypertension", "", True),
    Node("K21", "Gastro-esophageal reflux disease", "", False),
    Node("K21.0", "Gastro-esophageal reflux disease with esophagitis", "K21", True),
    Node("K21.9", "Gastro-esophageal reflux disease without esophagitis", "K21", True),
    Node("S62.1", "Fracture of other and unspecified carpal bone(s)", "", False),
    Node("S62.10", "Fracture of unspecified carpal bone", "S62.1", False),
    Node("S62.101", "Fracture of unspecified carpal bone, right wrist", "S62.10", False),
    Node("S62.109", "Fracture of unspecified carpal bone, unspecified wrist", "S62.10", False),
    Node("S62.109A", "unspecified wrist, initial encounter for closed fracture", "S62.109", True),
    Node("S62.109B", "unspecified wrist, initial encounter for open fracture", "S62.109", True),
    Node("S62.109D", "unspecified wrist, subsequent encounter", "S62.109", True),
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    path: Path = tmp_path_factory.mktemp("defaults") / "made.ccsnap"
    write_snapshot(path, ReleaseSource(System.ICD10CM, "2026", date(2025, 10, 1), None, "made for tests", NODES))
    return Snapshot(path)


@pytest.mark.parametrize(
    ("code", "default"),
    [
        ("I10", "I10"),  # billable: itself
        ("E11", "E11.9"),  # without complications, rather than with unspecified ones
        ("S62.109", "S62.109A"),  # Guidelines I.C.19.a and c: initial encounter, closed
        ("S62.10", "S62.109A"),  # the side is not said
        ("K21", ""),  # neither child says less than the other
        ("E08-E13", ""),  # a block stands for no code
    ],
)
def test_a_category_stands_for_the_code_that_says_no_more(snapshot: Snapshot, code: str, default: str) -> None:
    found = default_code(code, snapshot, system=System.ICD10CM)
    assert found == (snapshot.index_of(default) if default else NO_DEFAULT)


def test_other_systems_have_no_defaults(snapshot: Snapshot) -> None:
    assert default_code("E11", snapshot, system=System.HCPCS) == NO_DEFAULT
