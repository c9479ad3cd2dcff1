"""The duration axis: 3 less than 24 consecutive hours, 4 24 to 96, 5 more (ICD-10-PCS tables 5A0 and 5A1)."""

import pytest

from engine.procedures.duration import duration


@pytest.mark.parametrize(
    ("after", "value"),
    [
        (" for 10 hours.", "3"),
        (" for 24 hours.", "4"),
        (" for 2 days and was weaned", "4"),
        (" for four days.", "4"),
        (" for 97 h.", "5"),
        (", lasting a total of 2 weeks", "5"),
        (" was started.", ""),
        (" was started. She stayed for 5 days", ""),
    ],
)
def test_a_duration_told_right_after_settles_the_axis(after: str, value: str) -> None:
    text = f"mechanical ventilation{after}"
    assert duration(text, len("mechanical ventilation"), "5A19") == (((4, value),) if value else ())


def test_other_procedures_have_no_duration() -> None:
    assert duration("chest tube for 2 days", len("chest tube"), "0W9B") == ()
