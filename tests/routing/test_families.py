"""Families of codes: beginnings, ranges and single characters left open."""

import pytest

from engine.routing.families import Families


@pytest.mark.parametrize(
    ("family", "inside", "outside"),
    [
        ("E11", ("E11", "E11.9", "E11.65"), ("E10.9", "E1", "")),
        ("I50.2", ("I50.20", "I50.23"), ("I50.30", "I50")),
        ("i502", ("I50.20",), ("I50.30",)),
        ("A40-A41", ("A40.0", "A41.9", "A41.51"), ("A39.9", "A42.7")),
        ("O00-O9A", ("O00.101", "O80", "O99.89", "O9A.112"), ("N99.9", "P00.0")),
        ("I50.2-I50.4", ("I50.20", "I50.43"), ("I50.1", "I50.810")),
        ("C00-D49", ("C00.0", "C7A.00", "D49.9"), ("B99.9", "D50.0")),
        ("L89.??3", ("L89.153", "L89.003"), ("L89.152", "L89.43")),
        ("0?Y", ("02YA0Z0", "0TY00Z0"), ("02Y", "0RG00Z0")[1:]),
        ("0SG0-0SG3", ("0SG00A0", "0SG3071"), ("0SG4071", "0SR90J9")),
    ],
)
def test_a_family_has_what_is_inside_and_nothing_else(
    family: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    families = Families.of((family,))
    assert [code for code in inside if not families.has(code)] == []
    assert [code for code in outside if families.has(code)] == []


def test_several_families_have_what_any_of_them_has() -> None:
    families = Families.of(("E11", "A40-A41", "R65.2"))
    assert [families.has(code) for code in ("E11.9", "A41.9", "R65.21", "I10")] == [True, True, True, False]


def test_no_family_at_all_has_every_code() -> None:
    assert Families.of(()).has("I10")


@pytest.mark.parametrize(
    "family", ["", " ", "E 11", "A41-A40", "A40-", "-A40", "A4?-A41", "A40-A41-A42", "É11", "E11\0", "E" * 8, "*", ".."]
)
def test_what_is_no_family_is_refused(family: str) -> None:
    with pytest.raises(ValueError):
        Families.of((family,))
