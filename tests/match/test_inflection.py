"""Plurals, singulars and spellings of single words, worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.match.inflection import INVARIANT, americanise, group_spellings, plurals, singular, spellings

# Singular, plural.
REGULAR = [
    ("stone", "stones"), ("fracture", "fractures"), ("injury", "injuries"), ("abscess", "abscesses"),
    ("reflex", "reflexes"),
    ("patch", "patches"), ("rash", "rashes"), ("headache", "headaches"),
    ("calorie", "calories"), ("day", "days"), ("biopsy", "biopsies"), ("cough", "coughs"), ("ulcer", "ulcers"),
]  # fmt: skip
LEARNED = [
    ("diagnosis", "diagnoses"), ("metastasis", "metastases"), ("thrombus", "thrombi"), ("diverticulum", "diverticula"),
    ("carcinoma", "carcinomas"), ("carcinoma", "carcinomata"), ("vertebra", "vertebrae"), ("bulla", "bullae"),
    ("disease", "diseases"),
    ("foot", "feet"), ("tooth", "teeth"), ("child", "children"), ("louse", "lice"), ("testis", "testes"),
    ("cortex", "cortices"),
    ("phalanx", "phalanges"), ("calyx", "calyces"), ("bronchus", "bronchi"), ("varix", "varices"), ("septum", "septa"),
    ("ganglion", "ganglia"), ("foramen", "foramina"), ("life", "lives"), ("stimulus", "stimuli"), ("axis", "axes"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "many"), REGULAR + LEARNED)
def test_a_singular_has_its_plural(one: str, many: str) -> None:
    assert many in plurals(one)


@pytest.mark.parametrize(("one", "many"), REGULAR + LEARNED)
def test_a_plural_has_its_singular_when_both_are_known(one: str, many: str) -> None:
    assert singular(many, {one}) == one


@pytest.mark.parametrize(("one", "many"), REGULAR)
def test_a_regular_plural_has_its_singular_when_nothing_is_known(one: str, many: str) -> None:
    assert singular(many) == one


@pytest.mark.parametrize(
    "word",
    ["diabetes", "pancreas", "rabies", "herpes", "ascites", "caries", "pus", "thrombus", "diagnosis", "abscess",
     "mass", "virus", "series",
     "kidney", "is", "as", "gas", "meninges", "sepsis", "pelvis", "stress", "biceps", "ids", "2s", "covid19s",
     "measles", "facies"],
)  # fmt: skip
def test_a_word_that_only_looks_like_a_plural_stays(word: str) -> None:
    assert singular(word) == word


@pytest.mark.parametrize("word", sorted(INVARIANT))
def test_an_invariant_word_has_no_plural(word: str) -> None:
    assert plurals(word) == []


@pytest.mark.parametrize("word", ["is", "a", "", "b12", "naïve", "19"])
def test_what_is_no_plain_word_has_no_plural(word: str) -> None:
    assert plurals(word) == []


BRITISH = [
    ("haemorrhage", "hemorrhage"), ("anaemia", "anemia"), ("oedema", "edema"), ("oesophagus", "esophagus"),
    ("oestrogen", "estrogen"),
    ("foetus", "fetus"), ("gynaecology", "gynecology"), ("paediatric", "pediatric"), ("aetiology", "etiology"),
    ("caecum", "cecum"),
    ("faeces", "feces"), ("coeliac", "celiac"), ("anaesthesia", "anesthesia"), ("leucocytosis", "leukocytosis"),
    ("tumour", "tumor"),
    ("behaviour", "behavior"), ("fibre", "fiber"), ("diarrhoea", "diarrhea"), ("dyspnoea", "dyspnea"),
    ("haematuria", "hematuria"),
    ("hospitalisation", "hospitalization"), ("leukaemia", "leukemia"), ("haemoglobin", "hemoglobin"),
    ("amoebic", "amebic"),
    ("haematoma", "hematoma"), ("glycaemic", "glycemic"), ("hypoglycaemia", "hypoglycemia"), ("ischaemic", "ischemic"),
    ("ischaemia", "ischemia"), ("sulphate", "sulfate"), ("apnoea", "apnea"), ("haemophilia", "hemophilia"),
    ("labour", "labor"),
    ("orthopaedic", "orthopedic"), ("uraemia", "uremia"), ("septicaemia", "septicemia"), ("faecal", "fecal"),
    ("grey", "gray"),
    ("dyslipidaemia", "dyslipidemia"), ("hyperlipidaemia", "hyperlipidemia"), ("bacteraemia", "bacteremia"),
]  # fmt: skip


@pytest.mark.parametrize(("british", "american"), BRITISH)
def test_british_is_spelled_american(british: str, american: str) -> None:
    assert americanise(british) == american
    assert americanise(american) == american


@pytest.mark.parametrize(("british", "american"), [pair for pair in BRITISH if pair[0] not in ("grey", "foetus")])
def test_an_american_word_has_its_british_spelling(british: str, american: str) -> None:
    assert british in spellings(american)


@pytest.mark.parametrize(
    "word",
    ["hemisphere", "emission", "fetal", "edge", "labored", "chemical", "hemiplegia", "schema", "academia", "pedal"],
)
def test_a_word_alike_to_one_of_them_stays(word: str) -> None:
    assert americanise(word) == word


def test_spellings_begin_with_the_word_itself_and_repeat_none() -> None:
    found = spellings("tumor")
    assert found == ["tumor", "tumors", "tumour", "tumours"]


def test_spellings_of_given_words_lead_to_one_head() -> None:
    canonical, by_spelling = group_spellings(["stones", "stone", "anaemia", "diabetes"])
    assert canonical == {"stones": "stone", "stone": "stone", "anaemia": "anemia", "diabetes": "diabetes"}
    assert {by_spelling[word] for word in ("stone", "stones")} == {"stone"}
    assert {by_spelling[word] for word in ("anemia", "anaemia", "anemias")} == {"anemia"}
    assert "diabete" not in by_spelling


def test_a_given_word_keeps_its_own_meaning_over_another_s_plural() -> None:
    # "lens" is given itself: it must not become the plural of "len".
    _, by_spelling = group_spellings(["len", "lens"])
    assert by_spelling["lens"] == "lens"


@given(st.lists(st.text("abcdeioustnxm", min_size=1, max_size=9), max_size=12))
def test_every_given_word_leads_to_its_own_head_and_every_head_to_itself(words: list[str]) -> None:
    canonical, by_spelling = group_spellings(words)
    assert set(canonical) == set(words)
    assert all(by_spelling[word] == head for word, head in canonical.items())
    assert group_spellings(reversed(words)) == (canonical, by_spelling)


@given(st.text("abcdeioustnxmy", min_size=3, max_size=10))
def test_no_spelling_is_empty_or_repeated(word: str) -> None:
    found = spellings(word)
    assert all(found)
    assert len(set(found)) == len(found)
