"""The tables of documentation queries: their codes exist, their wording leads nowhere and speaks of no payment."""

import re

import pytest

from engine.queries.words import NUMBERS, WORDS, numbers_of, read_table

# AHIMA/ACDIS 2022: a query never mentions reimbursement, quality measures or what an answer is worth.
PAYMENT = re.compile(
    r"\b(?:drg|cc|mcc|hcc|raf|pay\w*|reimburse\w*|revenue|denial|claim\w*|bill\w*|money|upcod\w*)\b", re.IGNORECASE
)
TABLES = ("drugs", "specificity", "results", "validation", "chronic")


def prefixes(entry):
    return [*entry.get("codes", ()), *entry.get("signs", ()), *entry.get("treats", ()), *entry.get("named", ())]


@pytest.mark.parametrize("name", TABLES)
def test_every_code_of_a_table_begins_a_code_of_the_release(name, snapshot):
    codes = sorted(snapshot.code_at(number) for number in range(len(snapshot)))
    for entry in read_table(name):
        for prefix in prefixes(entry):
            if prefix.endswith("!"):
                assert prefix[:-1] in snapshot, prefix
            else:
                assert any(code.startswith(prefix) for code in codes), prefix


@pytest.mark.parametrize("name", ["specificity", "results"])
def test_a_query_offers_at_least_two_answers_and_speaks_of_no_payment(name):
    for entry in read_table(name):
        assert len(set(entry["options"])) == len(entry["options"]) >= 2, entry["name"]
        assert not PAYMENT.search(" ".join([entry.get("asks", ""), *entry["options"]])), entry["name"]


@pytest.mark.parametrize("name", ["specificity", "results", "validation"])
def test_names_of_entries_are_unique(name):
    names = [entry["name"] for entry in read_table(name)]
    assert len(set(names)) == len(names)


def test_a_drug_stands_in_one_entry():
    names = [name for entry in read_table("drugs") for name in entry["names"]]
    assert len(set(names)) == len(names)


def test_words_are_lower_case_and_numbered_once():
    assert list(WORDS) == sorted(set(WORDS))
    assert all(word == word.lower().strip() for word in WORDS)
    assert [NUMBERS[word] for word in WORDS] == list(range(len(WORDS)))
    assert numbers_of(["insulin"]) == (WORDS.index("insulin"),)


def test_a_result_bounds_what_can_be_a_value_on_one_side_of_its_range():
    for entry in read_table("results"):
        least, most = entry["within"]
        limits = [entry[side] for side in ("below", "above") if side in entry]
        assert len(limits) == 1, entry["name"]
        assert least < limits[0] < most, entry["name"]
