"""The yearly changes: a made-up year by hand, FY2027 by its published count."""

from datetime import date

import pytest
from made_files import ADDED, NO_LONGER_BILLABLE, REVISED, TABULAR, real_file

from codesets.errors import SourceError
from codesets.icd10cm import (
    PACKAGED_TABULAR,
    Changes,
    apply_changes,
    packaged_tabular,
    read_added,
    read_not_billable,
    read_revised,
    read_tabular,
)
from codesets.types import Node, NoteKind, ReleaseSource


@pytest.fixture(scope="module")
def base() -> ReleaseSource:
    return read_tabular(TABULAR.encode(), source="made.xml")


@pytest.fixture(scope="module")
def changes() -> Changes:
    return Changes(
        read_added(ADDED, source="added"),
        read_revised(REVISED, source="revised"),
        read_not_billable(NO_LONGER_BILLABLE, source="gone"),
    )


@pytest.fixture(scope="module")
def after(base: ReleaseSource, changes: Changes) -> dict[str, Node]:
    return {node.code: node for node in apply_changes(base, changes, source="made").nodes}


def test_the_next_release_is_of_the_next_fiscal_year(base: ReleaseSource, changes: Changes) -> None:
    made = apply_changes(base, changes, source="made")
    assert (made.version, made.effective_from, made.effective_to) == ("2027", date(2026, 10, 1), date(2027, 9, 30))


def test_an_added_code_joins_its_category_with_its_first_day(after: dict[str, Node]) -> None:
    assert (after["A00.1"].parent, after["A00.1"].billable, after["A00.1"].added) == ("A00", True, date(2026, 10, 1))


def test_a_new_category_joins_the_block_of_the_one_before(after: dict[str, Node]) -> None:
    assert (after["A01"].parent, after["A01"].billable) == ("A00-A09", False)
    assert (after["A01.0"].parent, after["A01.0"].billable) == ("A01", True)


def test_a_code_that_is_subdivided_becomes_a_category_and_keeps_its_notes(after: dict[str, Node]) -> None:
    assert not after["B20"].billable
    assert after["B20.1"].parent == "B20"
    assert NoteKind.CODE_FIRST in {note.kind for note in after["B20"].notes}


def test_a_code_that_gains_no_parts_is_deleted(after: dict[str, Node]) -> None:
    assert "A00.9" not in after


def test_a_revised_title_takes_the_place_of_the_old(after: dict[str, Node]) -> None:
    assert after["A00.0"].title == "Classical cholera"


def test_what_no_change_names_stays_as_it_was(base: ReleaseSource, after: dict[str, Node]) -> None:
    touched = {"A00.0", "A00.9", "B20"}
    assert all(after[node.code] == node for node in base.nodes if node.code not in touched)


def test_nodes_stay_in_tree_order(base: ReleaseSource, changes: Changes) -> None:
    codes = [node.code for node in apply_changes(base, changes, source="made").nodes]
    assert codes[:9] == ["1", "A00-A09", "A00", "A00.0", "A00.1", "A01", "A01.0", "B20", "B20.1"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Changes((), (), ("A99.9",)), "code A99.9: the release it changes has no such code"),
        (Changes((), (("A99.9", "new title"),), ()), "code A99.9: the release it changes has no such code"),
        (Changes((("Z99.1", "orphan", True),), (), ()), "code Z99.1: the release it is added to has no category"),
        (Changes((("Z99", "orphan", True),), (), ()), "code Z99: the release it is added to has no category"),
        (
            Changes((("A00.0", "again", True),), (), ()),
            "code A00.0: got it as added, but the release it changes has it",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_changes_to_another_release_are_refused(base: ReleaseSource, wrong: Changes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        apply_changes(base, wrong, source="made")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "code\tlong_title\n",
        "code\tbillable\tlong_title\nA001\t1\n",
        "code\tbillable\tlong_title\nA001\t1\tCholera\tmore\n",
        "code\tbillable\tlong_title\nA-1\t1\tCholera\n",
        "code\tbillable\tlong_title\nA001\tyes\tCholera\n",
        "code\tbillable\tlong_title\nA001\t1\t\n",
    ],
)
def test_a_damaged_list_of_added_codes_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="added"):
        read_added(text, source="added.tsv")


@pytest.mark.parametrize("text", ["A009\nnot a code\n", "A009 A010\n", "A00999999\n"])
def test_a_damaged_list_of_codes_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="gone"):
        read_not_billable(text, source="gone.txt")


def test_fiscal_year_2027_has_its_published_number_of_billable_codes() -> None:
    added, revised, gone = (
        real_file(f"icd10cm_fy2027_{name}").read_text(encoding="utf-8")
        for name in ("added.tsv", "revised.tsv", "no_longer_billable.txt")
    )
    base = read_tabular(packaged_tabular(), source=PACKAGED_TABULAR)
    changes = Changes(
        read_added(added, source="a"), read_revised(revised, source="r"), read_not_billable(gone, source="g")
    )
    made = apply_changes(base, changes, source="fy2027")
    nodes = {node.code: node for node in made.nodes}
    assert sum(node.billable for node in made.nodes) == 74_879
    assert nodes["D69.11"].parent == "D69.1"
    assert not nodes["D69.1"].billable
    assert nodes["L02.232"].title == "Carbuncle of back [any part, except buttock and flank]"
