"""Other ways to write a term, worked out by hand from titles of the tabular list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.match.variants import bracketed_abbreviations, says_no_less, term_variants


@pytest.mark.parametrize(
    ("term", "variants"),
    [
        ("Calculus of kidney", ["Calculus of kidney", "kidney Calculus"]),
        (
            "Essential (primary) hypertension",
            [
                "Essential (primary) hypertension", "Essential hypertension", "Essential primary hypertension",
                "primary hypertension",
            ],
        ),
        ("Asthma, unspecified", ["Asthma, unspecified", "Asthma", "unspecified Asthma"]),
        ("Hypertension, essential", ["Hypertension, essential", "essential Hypertension"]),
        ("Asthma NOS", ["Asthma NOS", "Asthma"]),
        ("Unspecified asthma", ["Unspecified asthma", "asthma"]),
        ("Fracture of femur NEC", ["Fracture of femur NEC", "Fracture of femur", "femur Fracture"]),
        ("Chronic lung disease [CLD]", ["Chronic lung disease [CLD]", "Chronic lung disease"]),
        ("Bunion(s)", ["Bunion"]),
        ("Nausea and/or vomiting", ["Nausea and/or vomiting", "Nausea and vomiting", "Nausea or vomiting"]),
        ("Abscess/cellulitis", ["Abscess/cellulitis", "Abscess", "cellulitis"]),
        ("Ulcer, deep, old", ["Ulcer, deep, old", "deep old Ulcer", "old deep Ulcer"]),
        ("Pneumonia, organism unspecified", ["Pneumonia, organism unspecified", "Pneumonia"]),
        ("Malignant neoplasm of unspecified site", ["Malignant neoplasm of unspecified site", "Malignant neoplasm"]),
    ],
)  # fmt: skip
def test_a_term_has_the_variants_that_charts_use(term: str, variants: list[str]) -> None:
    found = term_variants(term)
    assert found[0] == variants[0]
    assert set(variants) <= set(found)


@pytest.mark.parametrize(
    ("term", "never"),
    [
        ("Diabetes mellitus without complications", "complications"),
        ("Abscess of lung without pneumonia", "lung without pneumonia Abscess"),
        ("Disorder of kidney and ureter", "kidney and ureter Disorder"),
        ("Asthma, with acute exacerbation", "with acute exacerbation Asthma"),
        ("Injury of nerve (of ankle)", "of ankle"),
        ("Other specified disorders of bone", "bone"),
        ("Cholera, unspecified", ""),
    ],
)
def test_a_term_is_not_turned_into_what_it_does_not_say(term: str, never: str) -> None:
    assert never not in term_variants(term)


@pytest.mark.parametrize(
    "term", ["", " ", "()", "[]", ",", "unspecified", "NOS", "(s)", "-", "((((", ")(", "[[a]]", ",,,,"]
)
def test_an_odd_term_gives_no_empty_variant(term: str) -> None:
    assert all(variant.strip() for variant in term_variants(term)[1:])


@given(st.text("ab ,()[]/-of unspecified NOS", max_size=40))
def test_variants_are_few_and_begin_with_the_term(term: str) -> None:
    found = term_variants(term)
    assert 1 <= len(found) <= 24
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("term", "abbreviations"),
    [
        ("Chronic obstructive pulmonary disease [COPD]", ["COPD"]),
        ("Human immunodeficiency virus [HIV] disease", ["HIV"]),
        ("Attention-deficit disorder [ADD, ADHD]", ["ADD", "ADHD"]),
        ("Carbuncle of back [any part, except buttock]", []),
        ("Hypertension", []),
        ("Vitamin [B]", []),
        ("Something [Covid]", []),
        ("Disease [SARS-2]", ["SARS-2"]),
    ],
)
def test_abbreviations_stand_in_brackets_in_capitals(term: str, abbreviations: list[str]) -> None:
    assert bracketed_abbreviations(term) == abbreviations


@pytest.mark.parametrize(
    ("term", "variant", "says"),
    [
        (
            "Displaced spiral fracture of shaft of unspecified tibia",
            "Displaced spiral fracture of shaft of tibia",
            True,
        ),
        ("Asthma, unspecified", "Asthma", True),
        ("Essential (primary) hypertension", "primary hypertension", False),
        ("Calculus of kidney", "kidney Calculus", False),
    ],
)
def test_a_title_without_what_is_unspecified_says_no_less(term: str, variant: str, says: bool) -> None:
    assert variant in term_variants(term)
    assert says_no_less(term, variant) is says
