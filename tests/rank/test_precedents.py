"""What coded documents tell of terms and siblings, counted and weighed by hand."""

import math

import pytest

from engine.rank.precedents import FEATURES, CodedDocument, Precedents, count_precedents, term_key, title_words
from engine.rank.siblings import may_lead

DOCUMENTS = [
    CodedDocument((("Nodes", ("R59.1", "R59.0")),), frozenset(["R59.9", "I10"])),
    CodedDocument((("nodes", ("R59.1",)), ("nodes", ("R59.1",))), frozenset(["R59.1"])),
    CodedDocument((("fever", ("R50.9",)), ("nothing", ())), frozenset()),
]


def test_documents_are_counted_once_for_each_term_first_candidate_and_category() -> None:
    lines = count_precedents(DOCUMENTS).to_text().splitlines()[1:]
    # I10 stands in a chart of its own category, so it tells nothing of nodes.
    assert lines == [
        *sorted([f"term\t{term_key('fever')}\t1", f"term\t{term_key('nodes')}\t2\tR59.1=1\tR59.9=1"]),
        "first\tR50.9\t1",
        "first\tR59.1\t2\tR59.1=1\tR59.9=1",
        "category\tR50\t1",
        "category\tR59\t2\tR59.1=1\tR59.9=1",
    ]


def test_what_too_few_documents_have_is_left_out() -> None:
    text = count_precedents(DOCUMENTS, least=2).to_text()
    assert "R50" not in text
    assert term_key("fever") not in text
    assert "first\tR59.1\t2" in text


def test_tables_are_read_as_they_are_written_and_hold_no_term() -> None:
    text = count_precedents(DOCUMENTS).to_text()
    assert Precedents.of_text(text).to_text() == text
    assert "nodes" not in text.lower()
    assert "fever" not in text


def test_a_term_moves_the_rate_of_its_code_by_what_was_seen() -> None:
    found = count_precedents(DOCUMENTS).of_term("NODES", "R59.1", "Generalized enlarged lymph nodes", 0.0)
    # 1 right of 2, beside 3 documents' worth of one half; "node" is one of the title's four words, and all of the term.
    assert found == (pytest.approx(0.0), pytest.approx(math.log(3)), 0.25, 1.0)
    assert count_precedents([]).of_term("x1", "I10", "", 0.0) == (pytest.approx(0.0), 0.0, 0.0, 0.0)


def test_a_code_after_a_first_candidate_is_weighed_with_its_share_of_the_category() -> None:
    row = count_precedents(DOCUMENTS).of_code("R59.9", "Enlarged lymph nodes, unspecified", "R59.1")
    found = dict(zip(FEATURES[4:-1], row, strict=True))
    share = (1 + 0.3 / 4) / 3
    after = (1 + 3 * share) / (2 + 3)
    assert found["title_words"] == 3
    assert (found["is_unspecified"], found["is_other"]) == (1, 0)
    assert found["share_of_category"] == pytest.approx(math.log(share / (1 - share)))
    assert found["share_after_first"] == pytest.approx(math.log(after / (1 - after)))
    assert found["first_seen"] == pytest.approx(math.log(3))


def test_siblings_come_oftenest_first_and_are_few() -> None:
    known = Precedents({"category": {"R10": (9, {"R10.9": 2, "R10.2": 5, "R10.13": 2, "R10.84": 1})}})
    assert known.siblings("R10") == ("R10.2", "R10.13", "R10.9")
    assert known.siblings("Z99") == ()


def test_words_are_told_singular_and_without_those_that_tell_nothing() -> None:
    assert title_words("other specified injuries of the lymph nodes, unspecified") == {"injury", "lymph", "node"}


ANKLE = "Sprain of unspecified ligament of {} ankle, initial encounter"


@pytest.mark.parametrize(
    ("sibling", "first", "term", "may"),
    [
        ("Enlarged lymph nodes, unspecified", "Generalized enlarged lymph nodes", "lymphadenopathy", True),
        ("Enlarged lymph nodes, unspecified", "Generalized enlarged lymph nodes", "generalized nodes", False),
        # A side that was read stays, whichever the sibling has.
        (ANKLE.format("left"), ANKLE.format("right"), "sprain", False),
        (ANKLE.format("unspecified"), ANKLE.format("right"), "sprain", False),
        # A site in the term is more than "unspecified".
        ("Edema, unspecified", "Localized edema", "leg edema", False),
        ("Edema, unspecified", "Localized edema", "edema", True),
        # A stage that was read stays.
        ("Chronic kidney disease, unspecified", "Chronic kidney disease, stage 5", "stage 5 kidney disease", False),
        # Nothing is added.
        ("Gross hematuria", "Hematuria, unspecified", "hematuria", False),
    ],
)
def test_a_sibling_may_lead_only_where_it_says_less_than_the_term(
    sibling: str, first: str, term: str, may: bool
) -> None:
    assert may_lead(sibling, first, term) is may
