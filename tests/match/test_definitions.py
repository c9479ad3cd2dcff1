"""Abbreviations that a chart defines itself."""

import pytest

from engine.match.definitions import long_form, read_definitions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("She has chronic obstructive pulmonary disease (COPD).", {"COPD": "chronic obstructive pulmonary disease"}),
        ("COPD (chronic obstructive pulmonary disease) is stable.", {"COPD": "chronic obstructive pulmonary disease"}),
        ("Severe atrial fibrillation (AF), rate controlled.", {"AF": "atrial fibrillation"}),
        ("activities of daily living (ADLs)", {"ADLs": "activities of daily living"}),
        ("Allergic asthma (AA) in spring.", {"AA": "Allergic asthma"}),
        ("magnetic resonance\nimaging (MRI)", {"MRI": "magnetic resonance imaging"}),
        ("He was well. Then pain (severe) began.", {}),
        ("The heart (EF 55%) is normal.", {}),
        ("Seen by the doctor (MD).", {}),
        ("multiple sclerosis (MS); mitral stenosis (MS)", {}),
        ("multiple sclerosis (MS) and Multiple Sclerosis (MS)", {"MS": "multiple sclerosis"}),
        ("", {}),
    ],
)
def test_a_definition_is_read_in_both_orders_and_a_torn_one_not_at_all(text: str, found: dict[str, str]) -> None:
    assert read_definitions([text]) == found


def test_definitions_of_all_documents_count_and_two_that_differ_cancel_out() -> None:
    assert read_definitions(["mitral stenosis (MS)", "room air (RA)"]) == {"MS": "mitral stenosis", "RA": "room air"}
    assert read_definitions(["mitral stenosis (MS)", "multiple sclerosis (MS)"]) == {}


@pytest.mark.parametrize(
    ("short", "before", "long"),
    [
        ("DVT", "with acute deep vein thrombosis", "deep vein thrombosis"),
        ("HTN", "known hypertension", ""),
        ("BPH", "benign prostatic hyperplasia", "benign prostatic hyperplasia"),
        ("TB", "treated for tuberculosis", ""),
        ("CRP", "a C-reactive protein", "C-reactive protein"),
        ("ED", "in the", ""),
        ("PE", "", ""),
    ],
)
def test_a_long_form_is_the_words_that_give_the_letters(short: str, before: str, long: str) -> None:
    assert long_form(short, before) == long
