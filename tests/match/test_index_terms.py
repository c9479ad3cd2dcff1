"""The phrases that index entries stand for, worked out by hand."""

import pytest

from codesets.index import IndexEntry
from engine.match.index_terms import MAX_FORMS, entry_code, entry_forms


def entry(*path: str, code: str = "A00.9", column: int = 0, nonessential: tuple[str, ...] = ()) -> IndexEntry:
    return IndexEntry(path, nonessential, code, column=column)


@pytest.mark.parametrize(
    ("code", "stem"), [("S82.-", "S82"), ("C79.8-", "C79.8"), ("A00.9", "A00.9"), ("", ""), ("--", "")]
)
def test_an_incomplete_code_leads_to_its_stem(code: str, stem: str) -> None:
    assert entry_code(entry("x", code=code)) == stem


@pytest.mark.parametrize(
    ("path", "forms"),
    [
        (("Cholera",), ["Cholera"]),
        (("Cholera", "classical"), ["classical Cholera", "Cholera classical"]),
        (("Pneumonia", "due to", "Hemophilus"), ["Hemophilus Pneumonia due to", "Pneumonia Hemophilus due to"]),
        (("Hypertension", "with", "heart failure"), []),
        (("Fracture, traumatic",), ["Fracture", "traumatic"]),
        (("Ulcer", "deep", "old"), ["old deep Ulcer", "Ulcer deep old", "deep old Ulcer"]),
        (("Anemia", "in chronic kidney disease"), ["Anemia in chronic kidney disease"]),
        (("Accident NEC",), ["Accident"]),
    ],
)  # fmt: skip
def test_main_term_and_subterms_are_joined_as_charts_do(path: tuple[str, ...], forms: list[str]) -> None:
    assert set(forms) <= set(entry_forms(entry(*path), "alphabetic"))


def test_nonessential_modifiers_may_stand_before_the_main_term() -> None:
    forms = entry_forms(entry("Cholera", nonessential=("Asiatic", "epidemic")), "alphabetic")
    assert forms == ["Cholera", "Asiatic Cholera", "epidemic Cholera"]


def test_forms_are_bounded_and_repeat_none() -> None:
    path = ("a, b, c", "d or e", "f, g", "h or i", "k, l")
    forms = entry_forms(entry(*path), "alphabetic")
    assert len(forms) == len(set(forms)) <= MAX_FORMS


@pytest.mark.parametrize(
    ("column", "form"),
    [
        (2, "cancer of breast"), (2, "breast cancer"), (3, "metastatic to breast"), (4, "carcinoma in situ of breast"),
        (5, "benign breast tumor"), (6, "neoplasm of uncertain behavior of breast"), (7, "breast tumor"),
    ],
)  # fmt: skip
def test_a_row_of_the_neoplasm_table_is_named_by_its_column(column: int, form: str) -> None:
    assert form in entry_forms(entry("Neoplasm, neoplastic", "breast", column=column), "neoplasm")


def test_a_nested_row_of_the_neoplasm_table_is_named_both_ways() -> None:
    forms = entry_forms(entry("Neoplasm, neoplastic", "breast (connective tissue)", "nipple", column=2), "neoplasm")
    assert any(form.startswith("nipple") for form in forms)


@pytest.mark.parametrize(
    ("column", "form"),
    [
        (2, "aspirin overdose"),
        (3, "intentional aspirin overdose"),
        (6, "adverse effect of aspirin"),
        (7, "underdosing of aspirin"),
    ],
)
def test_a_row_of_the_drug_table_is_named_by_its_column(column: int, form: str) -> None:
    assert form in entry_forms(entry("Aspirin".lower(), column=column), "drug")


@pytest.mark.parametrize("column", [4, 5])
def test_poisoning_by_assault_or_of_undetermined_intent_has_no_phrase(column: int) -> None:
    assert entry_forms(entry("aspirin", column=column), "drug") == []
