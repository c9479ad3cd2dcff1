"""Drugs given at a visit, by descriptors in the form that CMS writes them; units worked by hand."""

import pytest

from engine.services.administered import find_administered
from engine.services.drug_codes import Amount, DrugIndex, read_amount, read_descriptor
from engine.services.drugs import Text, code_drugs
from engine.text.sections import find_sections
from engine.text.sentences import find_sentences

TITLES = {
    "J0696": "Injection, ceftriaxone sodium, per 250 mg",
    "J1885": "Injection, ketorolac tromethamine, per 15 mg",
    "J3301": "Injection, triamcinolone acetonide, not otherwise specified, 10 mg",
    "J3300": "Injection, triamcinolone acetonide, preservative free, 1 mg",
    "J1010": "Injection, methylprednisolone acetate, 1 mg",
    "J2919": "Injection, methylprednisolone sodium succinate, 5 mg",
    "J0561": "Injection, penicillin g benzathine, 100,000 units",
    "J3420": "Injection, vitamin b-12 cyanocobalamin, up to 1000 mcg",
    "J2270": "Injection, morphine sulfate, up to 10 mg",
    "J2272": "Injection, morphine sulfate (fresenius kabi), not therapeutically equivalent to j2270, up to 10 mg",
    "J2405": "Injection, ondansetron hydrochloride, per 1 mg",
    "J0698": "Injection, cefotaxime sodium, per gm",
    "J0138": "Injection, acetaminophen 10 mg and ibuprofen 3 mg",
    "A9576": "Injection, gadoteridol, (prohance multipack), per ml",
    "E0100": "Cane, includes canes of all materials, adjustable or fixed, with tip",
}
DRUGS = DrugIndex(TITLES.items())

DESCRIPTORS = (
    ("J0696", "ceftriaxone sodium", Amount(250, "mg"), ()),
    ("J3301", "triamcinolone acetonide", Amount(10, "mg"), ()),
    ("J3300", "triamcinolone acetonide", Amount(1, "mg"), ("preservative free",)),
    ("J0561", "penicillin g benzathine", Amount(100_000, "unit"), ()),
    ("J3420", "vitamin b-12 cyanocobalamin", Amount(1, "mg"), ()),
    ("J0698", "cefotaxime sodium", Amount(1000, "mg"), ()),
)


@pytest.mark.parametrize(("code", "name", "per", "only"), DESCRIPTORS)
def test_a_descriptor_says_the_drug_and_what_one_unit_is(code, name, per, only):
    drug = read_descriptor(code, TITLES[code])
    assert (drug.name, drug.per, drug.only) == (name, per, only)


@pytest.mark.parametrize("code", ["J0138", "A9576", "E0100"])
def test_a_descriptor_of_no_single_drug_by_weight_or_units_is_left(code):
    assert read_descriptor(code, TITLES[code]) is None


@pytest.mark.parametrize("title", ["", "Injection", "Injection, , per mg", "Injection, x, 0 mg", "Injection, \0, 1 mg"])
def test_odd_descriptors_are_left(title):
    assert read_descriptor("J0000", title) is None


AMOUNTS = (
    ("1", "g", Amount(1000, "mg")),
    ("1,200", "mg", Amount(1200, "mg")),
    ("2.4", "million units", Amount(2_400_000, "unit")),
    ("500", "mcg", Amount(0.5, "mg")),
    ("20", "mEq", Amount(20, "meq")),
    ("0", "mg", None),
    ("5", "ml", None),
)


@pytest.mark.parametrize(("value", "unit", "amount"), AMOUNTS)
def test_amounts(value, unit, amount):
    assert read_amount(value, unit) == amount


def coded(*texts):
    cut = []
    for text in texts:
        sections = find_sections(text)
        cut.append(Text(text, sections, find_sentences(text, sections)))
    return code_drugs(cut, DRUGS, TITLES.__getitem__)


GIVEN = (
    # What the note says, and the code with its units: the dose over what one unit is, rounded up.
    ("She was given ceftriaxone 1 g IM in the office.", [("J0696", 4)]),
    ("Rocephin 250 mg IM was given.", [("J0696", 1)]),
    ("Rocephin 300 mg IM was given.", [("J0696", 2)]),
    ("Toradol 60 mg IM was administered today.", [("J1885", 4)]),
    ("The knee was injected with 40 mg of Kenalog.", [("J3301", 4)]),
    ("Injected with 4 mg of triamcinolone acetonide, preservative free.", [("J3300", 4)]),
    ("Bicillin L-A 2.4 million units IM given.", [("J0561", 24)]),
    ("B12 1000 mcg IM given today.", [("J3420", 1)]),
    ("Depo-Medrol 80 mg was injected.", [("J1010", 80)]),
    ("Solu-Medrol 125 mg IV given.", [("J2919", 25)]),
    ("He received morphine sulfate 4 mg IV and ondansetron 4 mg IV.", [("J2270", 1), ("J2405", 4)]),
    ("Morphine sulfate (Fresenius Kabi) 12 mg IV given.", [("J2272", 2)]),
)


@pytest.mark.parametrize(("text", "codes"), GIVEN)
def test_a_drug_that_was_given_is_coded_with_its_units(text, codes):
    assert [(suggestion.code, suggestion.units) for suggestion in coded(text).suggestions] == codes


NOT_GIVEN = (
    "Continue ceftriaxone 1 g IV daily.",
    "We will give ceftriaxone 1 g IM.",
    "Ceftriaxone 1 g IM was declined today.",
    "Allergic to ceftriaxone; 1 g IM given elsewhere.",
    "Ceftriaxone 1 g.",
    "Ketorolac 10 mg tablets given.",
    "Ondansetron drip at 4 mg/hr IV given.",
    "Last visit she received Toradol 60 mg IM.",
    "Aspirin 325 mg given IV.",
    "",
    "mg " * 2000,
    "1 g " * 3000,
)


@pytest.mark.parametrize("text", NOT_GIVEN)
def test_what_was_not_given_is_not_coded(text):
    assert coded(text).suggestions == []


def test_the_finding_spans_the_name_and_the_dose():
    text = "PLAN:\nToday the knee was injected with 40 mg of Kenalog without trouble."
    (finding,) = coded(text).findings
    assert finding.mention.text == "40 mg of Kenalog"
    assert text[finding.mention.begin : finding.mention.end] == finding.mention.text
    assert finding.mention.section == "PLAN"


def test_a_name_that_fits_two_forms_is_asked_about():
    answer = coded("Methylprednisolone 40 mg IM was given.")
    (suggestion,) = answer.suggestions
    assert suggestion.confidence == 0.5
    assert {suggestion.code, *(candidate.code for candidate in suggestion.alternatives)} == {"J1010", "J2919"}
    assert [alert.kind for alert in answer.alerts] == ["drug_form", "drug_waste"]


def test_the_same_dose_told_twice_counts_once_and_two_doses_are_added_up():
    once = coded("Toradol 30 mg IM given.", "In the ED he received ketorolac 30 mg IM.")
    assert [(s.code, s.units, len(s.evidence)) for s in once.suggestions] == [("J1885", 2, 1)]
    twice = coded("Toradol 30 mg IM given. Then Toradol 60 mg IM given.")
    assert [(s.code, s.units) for s in twice.suggestions] == [("J1885", 6)]
    assert "drug_doses" in [alert.kind for alert in twice.alerts]


def test_what_the_units_hold_over_the_dose_is_told():
    (alert,) = coded("Rocephin 300 mg IM was given.").alerts
    assert "200 mg more than was given" in alert.message


@pytest.mark.parametrize(
    "text", ["Toradol 60 mg IM given \U0001f642\0", "Toradol\u0301 60 mg IM given", "IM given " * 500]
)
def test_odd_text_is_read(text):
    assert len(coded(text).suggestions) <= 1


def test_without_sentences_the_whole_text_is_one():
    assert len(find_administered("Toradol 60 mg IM given", [], DRUGS)) == 1
